"""What a rule is that the loader refuses a spec by."""

from __future__ import annotations

from seccfg.findings import Severity
from seccfg.record import Record

__all__ = ["LoadRule", "refusing"]


class LoadRule(Record):
    """
    One reason a spec does not load.

    `bad` breaks exactly this rule, `good` none. Both are YAML fragments merged onto the minimal spec (maps merge, all
    else replaces); one that says `seccfg` is a whole spec.
    """

    id: str
    name: str
    severity: Severity
    why: str
    fix: str
    refs: tuple[str, ...]
    bad: str
    good: str


def refusing(id_: str, name: str, why: str, fix: str, bad: str, good: str, *refs: str) -> LoadRule:
    """A rule that is an error, as all are that keep a spec from loading."""
    return LoadRule(id_, name, "error", why, fix, refs, bad, good)
