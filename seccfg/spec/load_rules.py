"""The rules the loader refuses a spec by: id, page and example, as for every rule of lint."""

from __future__ import annotations

from seccfg.findings import Severity
from seccfg.record import Record


class LoadRule(Record):
    """One reason a spec does not load. `bad` and `good` are YAML fragments merged onto the minimal spec."""

    id: str
    name: str
    severity: Severity
    why: str
    fix: str
    refs: tuple[str, ...]
    bad: str
    good: str


RULES: dict[str, LoadRule] = {}
