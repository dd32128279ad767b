"""Fixes that add an item to a list or a header to those that are set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from seccfg.lint.fixes.model import Case, Fix, Maker, to_list, to_map
from seccfg.source.edits import AppendItem, SetValue

__all__ = ["ADDITIONS"]

_REFUSALS: Final = ("auth.failed", "authz.denied")
_DEFAULT_EVENTS: Final = (
    "auth.failed", "authz.denied", "check.failed", "input.rejected", "rate.limited", "token.revoked"
)  # fmt: skip
"""What is recorded where `events` is not written."""


def _redact(case: Case) -> Fix | None:
    found = re.search(r"lacks `([^`]+)`", case.finding.message)
    return None if found is None else _redacted(found[1])


def _redact_parameter(case: Case) -> Fix | None:
    return _redacted(str(case.path[-1])) if case.listed("audit", "redact") else None


def _redacted(header: str) -> Fix:
    return Fix(f"redact {header}", (AppendItem(("audit", "redact"), header),), True)


def _record_refusals(case: Case) -> Fix | None:
    at = ("audit", "events")
    missing = [event for event in _REFUSALS if event not in case.listed(*at)]
    if not missing or case.get(*at) is None:
        return None
    return Fix(f"record {' and '.join(missing)}", tuple(AppendItem(at, event) for event in missing), True)


def _record_access(case: Case) -> Fix | None:
    at = ("audit", "events")
    if case.listed(*at):
        return Fix("record access.allowed", (AppendItem(at, "access.allowed"),), True)
    events = ["access.allowed", *_DEFAULT_EVENTS]
    return Fix("record access.allowed", (to_map(case, ("audit",), "events", events),), True)


def _header(name: str, value: str) -> Maker:
    """*name* among the headers that are set, whatever it was before."""

    def make(case: Case) -> Fix | None:
        written = next((key for key in case.named(*case.path) if key.lower() == name.lower()), name)
        return Fix(f"set {name}", (SetValue((*case.path, written), value),), True)

    return make


def _csrf_header(case: Case) -> Fix | None:
    """Pages may send one header more."""
    header = case.text("sessions", "csrf", "header") or "X-CSRF-Token"
    return Fix(f"let pages send {header}", (to_list(case, (*case.path, "headers"), header),), False)


ADDITIONS: Final[Mapping[str, Maker]] = {
    "AUDIT001": _redact,
    "AUDIT002": _record_refusals,
    "AUDIT003": _record_access,
    "AUDIT004": _redact_parameter,
    "CORS005": _csrf_header,
    "DATA203": _header("X-Content-Type-Options", "nosniff"),
    "DATA204": _header("Cache-Control", "no-store"),
}
