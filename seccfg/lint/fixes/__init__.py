"""
What puts a finding right, for rules whose fix needs no knowledge that is not in the spec.

`safe` is a claim that is proven each time `--fix` writes: a fix that lets anybody do more is never applied as a safe one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from seccfg.findings import Finding
from seccfg.lint.fixes.additions import ADDITIONS
from seccfg.lint.fixes.model import Case, Fix, Maker
from seccfg.lint.fixes.removals import REMOVALS
from seccfg.lint.fixes.texts import TEXTS
from seccfg.lint.fixes.values import VALUES

__all__ = ["FIXES", "SAFE", "Case", "Fix", "fix_of", "kind_of"]

FIXES: Final[Mapping[str, Maker]] = {**VALUES, **ADDITIONS, **REMOVALS, **TEXTS}
SAFE: Final = frozenset({
    "AUDIT001", "AUDIT002", "AUDIT003", "AUDIT004", "AUDIT007", "AUTH002", "AUTH006", "AUTH007", "AUTH018",
    "AUTH020", "AUTH021", "AUTHZ018", "CORS007", "DATA201", "DATA202", "DATA203", "DATA204", "DATA208", "REF101",
    "REF102", "REF105", "TLS001", "TOKEN001", "TOKEN002", "TOKEN003", "TOKEN005", "TOKEN006", "TOKEN007",
    "TOKEN010",
})  # fmt: skip
"""Rules whose fix is safe, at least for some of their findings."""


def kind_of(rule: str) -> Literal["", "safe", "unsafe"]:
    """Which of `--fix` and `--unsafe-fixes` it takes to put findings of *rule* right; empty: neither does."""
    return "safe" if rule in SAFE else "unsafe" if rule in FIXES else ""


def fix_of(finding: Finding, data: object) -> Fix | None:
    """
    The fix for *finding*; None when there is none.

    Args:
        data: What the spec says, None where it does not load.
    """
    make = FIXES.get(finding.rule)
    if make is None or finding.ignored or ", in the environment `" in finding.message:
        return None  # what only an overlay says stands elsewhere than the finding's path tells
    return make(Case(finding, data))
