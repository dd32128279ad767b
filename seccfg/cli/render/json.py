"""Findings as JSON, version 1. Lines and columns count from 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from seccfg.findings import Finding
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked

__all__ = ["as_json", "dumps"]


class _Related(TypedDict):
    message: str
    file: str
    line: int
    column: int


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


def as_json(results: Sequence[Checked]) -> str:
    """Every finding, ignored ones with the reason why."""
    findings = [finding for result in results for finding in result.findings]
    counting = [finding.severity for finding in findings if not finding.ignored]
    summary = {severity: counting.count(severity) for severity in ("error", "warning", "note")}
    return dumps(
        {
            "version": 1,
            "findings": [_finding(finding) for finding in findings],
            "summary": {**summary, "ignored": len(findings) - len(counting), "specs": len(results)},
        }
    )


def dumps(value: object) -> str:
    """JSON text for machines, readable by people: ASCII, indented, a newline at its end."""
    return json.dumps(value, indent=2) + "\n"


def _finding(finding: Finding) -> _Finding:
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
    }
