"""Findings as JSON, version 1. Lines and columns count from 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from seccfg.findings import Finding
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked
    from seccfg.cli.proposals import Proposal

__all__ = ["as_json", "dumps"]


class _Related(TypedDict):
    message: str
    file: str
    line: int
    column: int


class _Edit(TypedDict):
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class _Fix(TypedDict):
    title: str
    safe: bool
    edits: list[_Edit]


class _Finding(TypedDict):
    rule: str
    severity: str
    message: str
    file: str
    line: int
    column: int
    help: str
    related: list[_Related]
    ignored: str | None
    fix: _Fix | None
    targets: list[str]
    compliance: list[str]


def as_json(results: Sequence[Checked]) -> str:
    """Every finding, ignored ones with the reason why, those that can be put right with the edits to their file."""
    made = [item for result in results for item in _findings(result)]
    counting = [finding["severity"] for finding in made if not finding["ignored"]]
    summary = {severity: counting.count(severity) for severity in ("error", "warning", "note")}
    return dumps(
        {
            "version": 1,
            "findings": made,
            "summary": {**summary, "ignored": len(made) - len(counting), "specs": len(results)},
        }
    )


def dumps(value: object) -> str:
    """JSON text for machines, readable by people: ASCII, indented, a newline at its end."""
    return json.dumps(value, indent=2) + "\n"


def _findings(result: Checked) -> list[_Finding]:
    if not result.findings:
        return []
    from seccfg.cli.proposals import Proposals

    proposals = Proposals(result.path, result.data)
    return [_finding(finding, proposals.of(finding), result.data) for finding in result.findings]


def _finding(finding: Finding, proposal: Proposal | None, data: object) -> _Finding:
    from seccfg.cli.render.about import controls, targets

    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "file": show(finding.at.path),
        "line": finding.at.line,
        "column": finding.at.column,
        "help": finding.help,
        "related": [
            {"message": r.label, "file": show(r.span.path), "line": r.span.line, "column": r.span.column}
            for r in finding.related
        ],
        "ignored": finding.ignored or None,
        "fix": None if proposal is None else _fix(proposal),
        "targets": targets(finding.rule, data),
        "compliance": controls(finding, data),
    }


def _fix(proposal: Proposal) -> _Fix:
    return {
        "title": proposal.title,
        "safe": proposal.safe,
        "edits": [
            {"line": r.line, "column": r.column, "end_line": r.end_line, "end_column": r.end_column, "text": r.text}
            for r in proposal.replacements
        ],
    }
