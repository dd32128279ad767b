"""One line a finding, for editors and grep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seccfg.findings import Finding, Span
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked
    from seccfg.cli.console import Style

__all__ = ["concise", "first_line", "place", "summary"]


def concise(results: Sequence[Checked], style: Style) -> str:
    """`file:line:col: severity[RULE] message` for every finding that counts."""
    return "".join(f"{first_line(finding, style)}\n" for result in results for finding in result.counting())


def first_line(finding: Finding, style: Style) -> str:
    """Where, how bad, which rule, and what."""
    label = style(finding.severity, f"{finding.severity}[{finding.rule}]")
    return f"{style('strong', place(finding.at))}: {label} {show(finding.message)}"


def place(span: Span) -> str:
    """`file:line:col`, printable whatever bytes the file's name has."""
    return f"{show(span.path)}:{span.line}:{span.column}" if span.line else show(span.path)


def summary(results: Sequence[Checked]) -> str:
    """Counts by severity, what was ignored, how many specs were looked at, and what can be put right."""
    findings = [finding for result in results for finding in result.findings]
    counting = [finding for finding in findings if not finding.ignored]
    parts = []
    for severity in ("error", "warning", "note"):
        number = sum(finding.severity == severity for finding in counting)
        if number:
            parts.append(f"{number} {severity}{'' if number == 1 else 's'}")
    ignored = len(findings) - len(counting)
    text = ", ".join(parts) or "no findings"
    if ignored:
        text += f", {ignored} ignored"
    text += f" in {len(results)} spec{'' if len(results) == 1 else 's'}"
    return f"{text}{_fixable(results)}" if counting else text


def _fixable(results: Sequence[Checked]) -> str:
    from seccfg.cli.fixable import fixable

    safe, unsafe = fixable(results)
    if not safe:
        return f"; {unsafe} fixable with --fix --unsafe-fixes" if unsafe else ""
    more = f", {unsafe} more with --unsafe-fixes" if unsafe else ""
    return f"; {safe} fixable with --fix{more}"
