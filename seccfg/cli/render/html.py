"""Findings as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seccfg.cli.render.concise import summary
from seccfg.report.render.html import findings_page

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked

__all__ = ["html"]


def html(results: Sequence[Checked]) -> str:
    """Every finding, with search and a filter by severity."""
    findings = tuple(finding for result in results for finding in result.findings)
    return findings_page(summary(results), findings).decode()
