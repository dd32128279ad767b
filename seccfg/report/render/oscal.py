"""
The report as OSCAL 1.2.1: assessment results of what was examined and tested, and a component definition.

Identifiers are UUIDs of version 5 over the spec's digest and the names of things, so two reports of one spec are equal.
"""

from __future__ import annotations

import json
import uuid
from typing import Final

from seccfg.report.model import ControlVerdict, Framework, NeedResult, Report

__all__ = ["OSCAL_VERSION", "assessment_results", "component_definition"]

OSCAL_VERSION: Final = "1.2.1"
_SPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://seccfg.invalid/oscal")
_NS: Final = "https://seccfg.invalid/ns/oscal"
_METHODS: Final = {"rule": "EXAMINE", "check": "EXAMINE", "test": "TEST"}
_UNDATED: Final = "1970-01-01T00:00:00Z"

_Json = dict[str, object]


class _Ids:
    """UUIDs of one report."""

    def __init__(self, report: Report) -> None:
        self._base = f"{report.spec_sha256}/{report.env}"

    def __call__(self, *names: str) -> str:
        return str(uuid.uuid5(_SPACE, "/".join((self._base, *names))))


def assessment_results(report: Report) -> bytes:
    """What was looked at, and what was found, as `assessment-results`."""
    ids = _Ids(report)
    value = {
        "assessment-results": {
            "uuid": ids("assessment-results"),
            "metadata": _metadata(report, "assessment results"),
            "import-ap": {"href": f"#{ids('plan')}"},
            "results": [_result(report, framework, ids) for framework in report.frameworks],
            "back-matter": {"resources": _resources(report, ids)},
        }
    }
    return _bytes(value)


def component_definition(report: Report) -> bytes:
    """What the spec implements of each framework, as `component-definition`."""
    ids = _Ids(report)
    implementations = [found for framework in report.frameworks if (found := _implementation(report, framework, ids))]
    component: _Json = {
        "uuid": ids("component"),
        "type": "service",
        "title": report.title,
        "description": f"The API that {report.path} speaks of.",
    }
    if implementations:
        component["control-implementations"] = implementations
    value = {
        "component-definition": {
            "uuid": ids("component-definition"),
            "metadata": _metadata(report, "component definition"),
            "components": [component],
            "back-matter": {"resources": _resources(report, ids)},
        }
    }
    return _bytes(value)


def _bytes(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=True) + "\n").encode()


def _metadata(report: Report, what: str) -> _Json:
    return {
        "title": f"{report.title}: {what}",
        "last-modified": report.timestamp or _UNDATED,
        "version": report.spec_sha256[:12],
        "oscal-version": OSCAL_VERSION,
        "props": [
            _prop("tool", f"seccfg {report.tool_version}"),
            _prop("spec-sha256", report.spec_sha256),
            *([_prop("git-commit", report.git_commit)] if report.git_commit else []),
        ],
    }


def _prop(name: str, value: str) -> _Json:
    return {"name": name, "ns": _NS, "value": " ".join(value.split())}


def _resources(report: Report, ids: _Ids) -> list[_Json]:
    plan: _Json = {
        "uuid": ids("plan"),
        "title": "What was assessed",
        "description": "The needs of each control as the framework mappings of seccfg state them.",
    }
    spec: _Json = {
        "uuid": ids("spec"),
        "title": "The spec",
        "rlinks": [{"href": report.path, "hashes": [{"algorithm": "SHA-256", "value": report.spec_sha256}]}],
    }
    files: list[_Json] = [
        {
            "uuid": ids("target", target.name),
            "title": f"Files of the target {target.name}",
            "rlinks": [
                {
                    "href": f"{target.name}/{artefact.path}",
                    "hashes": [{"algorithm": "SHA-256", "value": artefact.sha256}],
                }
                for artefact in target.artefacts
            ],
        }
        for target in report.targets
    ]
    return [plan, spec, *files]


def _result(report: Report, framework: Framework, ids: _Ids) -> _Json:
    verdicts = [verdict for verdict in report.verdicts if verdict.framework == framework.id]
    assessed = [v for v in verdicts if v.verdict not in ("not-assessed", "not-applicable")]
    result: _Json = {
        "uuid": ids("result", framework.id),
        "title": f"{framework.name} {framework.edition}",
        "description": f"{len(assessed)} of {len(verdicts)} controls assessed.",
        "start": report.timestamp or _UNDATED,
        "end": report.timestamp or _UNDATED,
        "props": [_prop("framework", framework.tag)],
        "reviewed-controls": {"control-selections": [_selection(assessed)]},
    }
    observations = [_observation(report, v, need, n, ids) for v in assessed for n, need in enumerate(v.needs)]
    findings = [_finding(verdict, ids) for verdict in assessed]
    if observations:
        result["observations"] = observations
    if findings:
        result["findings"] = findings
    left = [verdict for verdict in verdicts if verdict not in assessed]
    if left:
        lines = [f"{verdict.control.id}: {verdict.verdict}, {verdict.why}" for verdict in left]
        result["remarks"] = "\n".join(lines)
    return result


def _selection(assessed: list[ControlVerdict]) -> _Json:
    if not assessed:
        return {"description": "Nothing could be assessed.", "include-controls": [{"control-id": "none"}]}
    return {"include-controls": [{"control-id": _control_id(verdict)} for verdict in assessed]}


def _control_id(verdict: ControlVerdict) -> str:
    """An OSCAL token: letters, digits, `-`, `_` and `.`, a letter first."""
    text = f"{verdict.framework}-{verdict.control.id}"
    return "".join(char if char.isalnum() or char in "-_." else "_" for char in text).rstrip("_")


def _observation(report: Report, verdict: ControlVerdict, need: NeedResult, number: int, ids: _Ids) -> _Json:
    method = "INTERVIEW" if verdict.verdict == "declared-only" else _METHODS[need.need.kind]
    observation: _Json = {
        "uuid": ids("observation", verdict.framework, verdict.control.id, str(number)),
        "title": need.need.text,
        "description": f"{need.outcome}: {need.message}",
        "methods": [method],
        "collected": report.timestamp or _UNDATED,
    }
    evidence = [{"href": f"#{ids('spec')}", "description": f"{p.text} at {p.at}"} for p in need.places]
    for test in need.tests:
        observed = "; ".join(f"{engine}: {answer}" for engine, answer in test.observed)
        evidence.append(
            {"href": f"#{ids('spec')}", "description": f"{test.id}: expected {test.expected}; {observed}"}
        )
    if need.need.kind == "check":
        evidence += [
            {"href": f"#{ids('target', target.name)}", "description": f"files of {target.name}, {target.sha256}"}
            for target in report.targets
        ]
    if evidence:
        observation["relevant-evidence"] = evidence
    return observation


def _finding(verdict: ControlVerdict, ids: _Ids) -> _Json:
    good = verdict.verdict == "satisfied"
    props = [_prop("verdict", verdict.verdict)]
    if verdict.accepted_risk:
        props.append(_prop("accepted-risk", "yes"))
    props += [_prop("falls-short", target) for target in verdict.targets]
    target: _Json = {
        "type": "objective-id",
        "target-id": _control_id(verdict),
        "status": {"state": "satisfied" if good else "not-satisfied", "reason": "pass" if good else "other"},
    }
    finding: _Json = {
        "uuid": ids("finding", verdict.framework, verdict.control.id),
        "title": f"{verdict.control.id} {verdict.control.title}",
        "description": verdict.why,
        "props": props,
        "target": target,
    }
    if verdict.justification:
        finding["remarks"] = f"addressable, reason: {verdict.justification}"
    related = [
        {"observation-uuid": ids("observation", verdict.framework, verdict.control.id, str(number))}
        for number in range(len(verdict.needs))
    ]
    if related:
        finding["related-observations"] = related
    return finding


def _implementation(report: Report, framework: Framework, ids: _Ids) -> _Json:
    shown = [v for v in report.verdicts if v.framework == framework.id and v.verdict in ("satisfied", "partial", "declared-only")]
    if not shown:
        return {}
    return {
        "uuid": ids("implementation", framework.id),
        "source": f"#{ids('plan')}",
        "description": f"{framework.name} {framework.edition}",
        "implemented-requirements": [
            {
                "uuid": ids("requirement", framework.id, verdict.control.id),
                "control-id": _control_id(verdict),
                "description": verdict.why,
                "props": [_prop("verdict", verdict.verdict)],
            }
            for verdict in shown
        ],
    }
