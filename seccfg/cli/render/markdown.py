"""Findings as Markdown, for a comment on a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seccfg.cli.render.concise import summary
from seccfg.cli.render.places import Repository
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked

__all__ = ["markdown"]


def markdown(results: Sequence[Checked]) -> str:
    """One table, what was ignored below it."""
    repository = Repository()
    findings = [finding for result in results for finding in result.findings]
    counting = [finding for finding in findings if not finding.ignored]
    lines = [f"**{summary(results)}**", ""]
    if counting:
        lines += ["| severity | rule | where | what | what to do |", "|---|---|---|---|---|"]
        for finding in counting:
            where = f"{repository.relative(finding.at.path)}:{finding.at.line}"
            cells = (finding.severity, finding.rule, where, finding.message, finding.help)
            lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
        lines.append("")
    ignored = [finding for finding in findings if finding.ignored]
    if ignored:
        lines += [f"<details><summary>{len(ignored)} ignored</summary>", ""]
        lines += [f"- {_cell(str(finding))}: {_cell(finding.ignored)}" for finding in ignored]
        lines += ["", "</details>", ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text only: nothing in it is markup, mentions anybody, or ends a cell. Backquotes stay: they come in pairs."""
    flat = " ".join(show(text).split())
    if flat.count("`") % 2:
        flat = flat.replace("`", "'")
    parts = flat.split("`")
    for index in range(0, len(parts), 2):
        for char in "\\*_{}[]#~":
            parts[index] = parts[index].replace(char, f"\\{char}")
        parts[index] = parts[index].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        parts[index] = parts[index].replace("@", "&#64;")
    return "`".join(parts).replace("|", "\\|")
