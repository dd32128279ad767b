"""
What puts a finding right, for rules whose fix needs no knowledge that is not in the spec.

`safe` is a claim that is proven each time: a fix that lets anybody do more is never applied as a safe one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from seccfg.findings import Finding
from seccfg.record import Record
from seccfg.source.edit import AppendItem, Edit, RemoveComment, RemoveKey, RenameKey, ReplaceText, SetValue

__all__ = ["FIXES", "Fix", "fix_of"]


class Fix(Record):
    """Edits to the file the finding is in, and whether they can be tried without being asked for."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


def fix_of(finding: Finding) -> Fix | None:
    """The fix for *finding*; None when there is none."""
    make = FIXES.get(finding.rule)
    return make(finding) if make is not None and not finding.ignored else None


def _stale(finding: Finding) -> Fix | None:
    if finding.spec_path:
        return Fix("remove the waiver", (RemoveKey(finding.spec_path),), True)
    return Fix("remove the comment", (RemoveComment(finding.at),), True)


def _preload(finding: Finding) -> Fix | None:
    hsts = ("tls", "hsts")
    if "max_age" in finding.message:
        return Fix("promise HSTS for a year", (SetValue((*hsts, "max_age"), "365d"),), True)
    return Fix("promise HSTS for subdomains", (SetValue((*hsts, "include_subdomains"), True),), False)


def _redact(finding: Finding) -> Fix | None:
    found = re.search(r"lacks `([^`]+)`", finding.message)
    if found is None:
        return None
    return Fix(f"redact {found[1]}", (AppendItem(("audit", "redact"), found[1]),), True)


def _unused(finding: Finding) -> Fix | None:
    return Fix("remove the definition", (RemoveKey(finding.spec_path),), False)


def _unknown_key(finding: Finding) -> Fix | None:
    found = re.search(r"did you mean `([^`]+)`\?$", finding.message)
    if found is None or not finding.spec_path or not isinstance(finding.spec_path[-1], str):
        return None
    return Fix(f"write {found[1]}", (RenameKey(finding.spec_path, found[1]),), False)


def _boolean(finding: Finding) -> Fix | None:
    found = re.search(r"`(yes|no|on|off|y|n)`", finding.message, re.IGNORECASE)
    if found is None or finding.at.end_line != finding.at.line:
        return None
    meant = "true" if found[1].lower() in ("yes", "on", "y") else "false"
    return Fix(f"write {meant}", (ReplaceText(finding.at, meant),), False)


FIXES: Final[Mapping[str, Callable[[Finding], Fix | None]]] = {
    "AUDIT001": _redact,
    "AUTHZ004": _unused,
    "DATA001": _unknown_key,
    "REF101": _stale,
    "TLS001": _preload,
    "YAML009": _boolean,
}
