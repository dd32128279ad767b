"""How many findings `--fix` and `--unsafe-fixes` have something to try for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seccfg.lint.reach import FIXED

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked

__all__ = ["fixable"]


def fixable(results: Sequence[Checked]) -> tuple[int, int]:
    """Findings with a fix that is tried by `--fix`, and those only `--unsafe-fixes` tries as well."""
    found = [
        (finding, result.data)
        for result in results
        for finding in result.counting()
        if finding.rule in FIXED and finding.at.path == result.path
    ]
    if not found:
        return 0, 0
    from seccfg.lint.fixes import fix_of

    fixes = [fix for fix in (fix_of(finding, data) for finding, data in found) if fix is not None]
    safe = sum(fix.safe for fix in fixes)
    return safe, len(fixes) - safe
