"""The report as JSON, version 1."""

from __future__ import annotations

import json
from collections.abc import Sequence

from seccfg.findings import Finding, render_path
from seccfg.report.model import (
    VERDICTS,
    Cell,
    ControlVerdict,
    Framework,
    NeedResult,
    Observation,
    Place,
    Report,
    TargetSummary,
)

__all__ = ["as_json", "evidence"]

_Json = dict[str, object]


def as_json(report: Report) -> bytes:
    """Everything, in a stable order."""
    value: _Json = {
        "version": 1,
        "counts": {verdict: report.count(verdict) for verdict in VERDICTS},
        "service": report.title,
        "spec": report.path,
        "environment": report.env or None,
        "spec_sha256": report.spec_sha256,
        "tool_version": report.tool_version,
        "git_commit": report.git_commit or None,
        "timestamp": report.timestamp or None,
        "executed": report.executed.run,
        "frameworks": [_framework(report, framework) for framework in report.frameworks],
        "conflicts": [
            {"message": one.message, "at": [str(span) for span in one.places]} for one in report.conflicts
        ],
        "matrix": _matrix(report),
        "targets": [_target(target) for target in report.targets],
        "not_run": [{"target": t, "engine": e, "why": why} for t, e, why in report.executed.missing],
        "findings": [_finding(finding) for finding in report.findings],
    }  # fmt: skip
    return (json.dumps(value, indent=2, ensure_ascii=True) + "\n").encode()


def _framework(report: Report, framework: Framework) -> _Json:
    verdicts = [verdict for verdict in report.verdicts if verdict.framework == framework.id]
    return {
        "framework": framework.id,
        "name": framework.name,
        "edition": framework.edition,
        "counts": {name: report.count(name, framework.id) for name in VERDICTS},
        "controls": [evidence(report, verdict) for verdict in verdicts],
    }


def evidence(report: Report, verdict: ControlVerdict) -> _Json:
    """The evidence record of one control."""
    ignored = [f for need in verdict.needs for f in need.findings if f.ignored]
    looked_at = any(need.need.kind == "check" for need in verdict.needs)
    return {
        "control": f"{verdict.framework}:{verdict.control.id}",
        "title": verdict.control.title,
        "class": verdict.control.class_,
        "verdict": verdict.verdict,
        "accepted_risk": verdict.accepted_risk,
        "why": verdict.why,
        "remains": verdict.control.remains or None,
        "justification": verdict.justification or None,
        "targets_that_fall_short": list(verdict.targets),
        "rule_ids": [need.need.name for need in verdict.needs if need.need.kind == "rule"],
        "claimed_at": [_place(place) for place in verdict.claimed],
        "needs": [_need(need) for need in verdict.needs],
        "emitted_artifacts": [{"target": t.name, "sha256": t.sha256} for t in report.targets] if looked_at else [],
        "suppressions": [{"rule": f.rule, "at": str(f.at), "reason": f.ignored} for f in ignored],
    }


def _need(result: NeedResult) -> _Json:
    return {
        "need": result.need.text,
        "relation": result.need.relation,
        "outcome": result.outcome,
        "message": result.message,
        "places": [_place(place) for place in result.places],
        "findings": [_finding(finding) for finding in result.findings],
        "tests": [_observation(test) for test in result.tests],
        "gaps": [
            {"target": target, "gap": gap.id, "at": gap.place, "kind": gap.kind, "bound": gap.bound}
            for target, gap in result.gaps
        ],
    }


def _place(place: Place) -> _Json:
    return {"spec_path": place.text, "at": str(place.at), "written": place.written}


def _observation(test: Observation) -> _Json:
    return {
        "id": test.id,
        "request": f"{test.method} {test.target}",
        "expected": test.expected,
        "observed": dict(test.observed),
        "wrong": list(test.wrong),
    }


def _finding(finding: Finding) -> _Json:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "at": str(finding.at),
        "spec_path": render_path(finding.spec_path),
        "help": finding.help,
        "ignored": finding.ignored or None,
    }


def _matrix(report: Report) -> _Json:
    def cells(found: Sequence[Cell]) -> _Json:
        return {
            role: {"access": cell.access, "ways": list(cell.ways)}
            for role, cell in zip(report.matrix.roles, found, strict=True)
        }

    return {
        "roles": list(report.matrix.roles),
        "routes": [
            {
                "route": row.route,
                "at": str(row.at),
                "data": list(row.data),
                "anonymous": row.anonymous.access,
                "authenticated": {"access": row.any.access, "ways": list(row.any.ways)},
                "roles": cells(row.roles),
                "always": list(row.conditions),
            }
            for row in report.matrix.rows
        ],
    }


def _target(target: TargetSummary) -> _Json:
    return {
        "target": target.name,
        "sha256": target.sha256,
        "files": [{"path": one.path, "sha256": one.sha256} for one in target.artefacts],
        "gaps": [
            {
                "gap": gap.id,
                "at": gap.place,
                "line": str(gap.pos),
                "kind": gap.kind,
                "bound": gap.bound,
                "widens": gap.widens,
                "state": state,
                "why": gap.why,
            }
            for gap, state in target.gaps
        ],
    }
