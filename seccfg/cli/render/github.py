"""Annotations for GitHub Actions, and the whole list in the job's summary."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from seccfg.cli.render.concise import summary
from seccfg.cli.render.places import Repository
from seccfg.findings import Finding, InputError

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked

__all__ = ["github", "job_summary", "workflow_commands"]

_LEVELS: Final = {"error": "error", "warning": "warning", "note": "notice"}
_RANK: Final = {"error": 0, "warning": 1, "note": 2}


def github(results: Sequence[Checked]) -> str:
    """Annotations on standard output; the job's summary is written where GITHUB_STEP_SUMMARY says."""
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        try:
            with open(target, "a", encoding="utf-8") as file:
                file.write(job_summary(results))
        except OSError as error:
            raise InputError(
                f"GITHUB_STEP_SUMMARY cannot be written: {(error.strerror or 'unknown error').lower()}"
            ) from error
    return workflow_commands(results)


def workflow_commands(results: Sequence[Checked]) -> str:
    """One workflow command a finding. Only ten of a level are shown for each step, so the most severe come first."""
    repository = Repository()
    lines = [_annotation(finding, repository) for finding in _most_severe_first(results)]
    return "".join(f"{line}\n" for line in [*lines, summary(results)])


def job_summary(results: Sequence[Checked]) -> str:
    """Every finding that counts, as a table in Markdown."""
    repository = Repository()
    lines = [f"### seccfg lint: {summary(results)}", ""]
    rows = _most_severe_first(results)
    if rows:
        lines += ["| severity | rule | place | what |", "|---|---|---|---|"]
        for finding in rows:
            place = f"{repository.relative(finding.at.path)}:{finding.at.line}:{finding.at.column}"
            lines.append(f"| {finding.severity} | {finding.rule} | {_cell(place)} | {_cell(finding.message)} |")
        lines.append("")
    return "\n".join(lines) + "\n"


def _most_severe_first(results: Sequence[Checked]) -> list[Finding]:
    findings = [finding for result in results for finding in result.counting()]
    return sorted(findings, key=lambda finding: _RANK[finding.severity])


def _annotation(finding: Finding, repository: Repository) -> str:
    at = finding.at
    properties = [("file", repository.relative(at.path)), ("line", str(at.line)), ("col", str(at.column))]
    if at.end_line:
        properties.append(("endLine", str(at.end_line)))
        if at.end_line == at.line:  # an end column is only understood within one line
            properties.append(("endColumn", str(at.end_column)))
    properties.append(("title", finding.rule))
    message = finding.message if not finding.help else f"{finding.message}\n{finding.help}"
    return f"::{_LEVELS[finding.severity]} {','.join(f'{k}={_property(v)}' for k, v in properties)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
