"""Findings as a GitLab code quality report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from seccfg.cli.render.json import dumps
from seccfg.cli.render.places import Repository
from seccfg.findings import Severity
from seccfg.lint.fingerprint import fingerprint
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked

__all__ = ["gitlab"]

_SEVERITIES: Final[dict[Severity, str]] = {"error": "critical", "warning": "major", "note": "info"}


def gitlab(results: Sequence[Checked]) -> str:
    """A list of what counts; fingerprints differ where two findings would share one, or the host keeps only the last."""
    repository = Repository()
    seen: Counter[str] = Counter()
    listed = []
    for result in results:
        for finding in result.counting():
            path = repository.relative(finding.at.path)
            mark = f"{fingerprint(finding, result.data)}:{path}"
            seen[mark] += 1
            listed.append(
                {
                    "description": show(finding.message),
                    "check_name": finding.rule,
                    "fingerprint": f"{mark}:{seen[mark]}",
                    "severity": _SEVERITIES[finding.severity],
                    "location": {"path": path, "lines": {"begin": max(finding.at.line, 1)}},
                }
            )
    return dumps(listed)
