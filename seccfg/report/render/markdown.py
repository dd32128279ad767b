"""The report as Markdown: what has to be read first, then the tables."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.report.model import VERDICTS, Cell, ControlVerdict, Framework, NeedResult, Report, TargetSummary
from seccfg.report.render.words import first_line

__all__ = ["markdown"]

_MARKS = {"yes": "yes", "if": "if", "no": ""}


def markdown(report: Report) -> bytes:
    """The whole report."""
    return ("\n".join(_lines(report)) + "\n").encode()


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_text(report.title)}: security report"
    yield ""
    yield _text(first_line(report))
    yield ""
    yield f"`{report.path}`, SHA-256 `{report.spec_sha256}`, seccfg {report.tool_version}" + (
        f", commit `{report.git_commit}`" if report.git_commit else ""
    ) + (f", {report.timestamp}" if report.timestamp else "")
    for conflict in report.conflicts:
        yield ""
        yield f"**Conflict.** {_text(conflict.message)} ({', '.join(map(str, conflict.places))})"
    yield ""
    yield "## Who may do what"
    yield ""
    yield from _matrix(report)
    yield "## Targets"
    yield ""
    for target in report.targets:
        yield from _target(target)
    yield "## Findings"
    yield ""
    yield from _findings(report)
    for framework in report.frameworks:
        yield from _framework(report, framework)


def _matrix(report: Report) -> Iterator[str]:
    roles = report.matrix.roles
    yield f"| route | nobody | anyone authenticated | {' | '.join(map(_text, roles))} |".replace("|  |", "|")
    yield f"|---|---|---|{'---|' * len(roles)}"
    for row in report.matrix.rows:
        cells = (row.anonymous, row.any, *row.roles)
        yield f"| `{row.route}` | {' | '.join(map(_cell, cells))} |"
    yield ""


def _cell(cell: Cell) -> str:
    if cell.access == "if":
        return f"if: {_text('; '.join(cell.ways))}"
    return _MARKS[cell.access]


def _target(target: TargetSummary) -> Iterator[str]:
    yield f"### {_text(target.name)}"
    yield ""
    yield f"{len(target.artefacts)} files, SHA-256 of their list `{target.sha256}`, {len(target.gaps)} gaps."
    yield ""
    if target.gaps:
        yield "| gap | in the spec | kind | instead | state |"
        yield "|---|---|---|---|---|"
        for gap, state in target.gaps:
            yield f"| {gap.id} | `{gap.place}` ({gap.pos.line}) | {gap.kind} | {_text(gap.bound)} | {state} |"
        yield ""


def _findings(report: Report) -> Iterator[str]:
    if not report.findings:
        yield "None."
        yield ""
        return
    yield "| severity | rule | where | what |"
    yield "|---|---|---|---|"
    for finding in report.findings:
        ignored = f" (ignored: {finding.ignored})" if finding.ignored else ""
        yield f"| {finding.severity} | {finding.rule} | {finding.at} | {_text(finding.message + ignored)} |"
    yield ""


def _framework(report: Report, framework: Framework) -> Iterator[str]:
    yield f"## {_text(framework.name)} {_text(framework.edition)}"
    yield ""
    yield ", ".join(f"{report.count(verdict, framework.id)} {verdict}" for verdict in VERDICTS)
    yield ""
    yield "| control | verdict | about | why |"
    yield "|---|---|---|---|"
    verdicts = [verdict for verdict in report.verdicts if verdict.framework == framework.id]
    for verdict in verdicts:
        said = "not-satisfied (accepted risk)" if verdict.accepted_risk else verdict.verdict
        why = f"{verdict.why}. Addressable, reason: {verdict.justification}" if verdict.justification else verdict.why
        yield f"| {verdict.control.id} | {said} | {_text(verdict.control.title)} | {_text(why)} |"
    yield ""
    for verdict in verdicts:
        if verdict.needs and verdict.verdict != "not-applicable":
            yield from _evidence(verdict)


def _evidence(verdict: ControlVerdict) -> Iterator[str]:
    yield f"<details><summary>{_text(verdict.control.id)}: evidence</summary>"
    yield ""
    for need in verdict.telling:
        yield f"- {_text(need.need.text)}: {need.outcome}, {_text(need.message)}{_where(need)}"
        for test in need.tests:
            observed = ", ".join(f"{engine} {answer}" for engine, answer in test.observed)
            yield f"  - `{_code(test.id)}`: expected {test.expected}; {_text(observed)}"
    if verdict.quiet:
        yield f"- rules that find nothing: {', '.join(verdict.quiet)}"
    yield ""
    yield "</details>"
    yield ""


def _where(need: NeedResult) -> str:
    places = [f"`{_code(place.text)}` {place.at}" for place in need.places]
    return f" ({', '.join(places)})" if places else ""


def _text(text: str) -> str:
    """*text* as text: nothing in it is markup or ends a cell."""
    flat = " ".join(text.split())
    for char in "\\`*_{}[]<>#|~":
        flat = flat.replace(char, f"\\{char}" if char not in "<>" else {"<": "&lt;", ">": "&gt;"}[char])
    return flat


def _code(text: str) -> str:
    return " ".join(text.replace("`", "'").replace("|", "\\|").split())
