"""Findings as SARIF 2.1.0, as code hosts read it: one run, paths from the top of the repository, own fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from seccfg import __version__
from seccfg.cli.proposals import Proposals
from seccfg.cli.render.json import dumps
from seccfg.cli.render.places import Repository
from seccfg.findings import Finding, Severity, Span, render_path
from seccfg.lint.baseline import IN_BASELINE
from seccfg.lint.catalogue import RuleText, rules
from seccfg.lint.fingerprint import fingerprint
from seccfg.lint.pages import rule_page

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked
    from seccfg.cli.proposals import Proposal

__all__ = ["sarif"]

_SCORES: Final[dict[Severity, str]] = {"error": "8.0", "warning": "5.0", "note": "2.0"}
_PROBLEMS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "note": "recommendation"}
_PRECISION: Final = {"high": "very-high", "medium": "high", "low": "medium"}
_RANK: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "note": 2}
_MOST_TAGS: Final = 20
_MOST_RESULTS: Final = 25_000
_MOST_PLACES: Final = 100

_Json = dict[str, object]


def sarif(results: Sequence[Checked]) -> str:
    """Every finding, ignored ones as suppressed; the rules are those that fired."""
    found = [(finding, result) for result in results for finding in result.findings]
    if len(found) > _MOST_RESULTS:  # a host refuses the whole file: the least severe are left out
        found = sorted(found, key=lambda item: _RANK[item[0].severity])[:_MOST_RESULTS]
    known = {rule.id: rule for rule in rules()}
    fired = sorted({finding.rule for finding, _ in found})
    repository = Repository()
    seen: dict[str, int] = {}
    proposals = {result.path: Proposals(result.path, result.data) for result in results}
    index = {rule: number for number, rule in enumerate(fired)}
    made = []
    for finding, result in found:
        mark = fingerprint(finding, result.data)
        seen[mark] = seen.get(mark, 0) + 1
        value = _result(finding, index[finding.rule], f"{mark}:{seen[mark]}", repository)
        proposal = proposals[result.path].of(finding)
        made.append(value if proposal is None else {**value, "fixes": [_fix(proposal, finding.at, repository)]})
    driver = {"name": "seccfg", "semanticVersion": __version__, "rules": [_rule(known[ident]) for ident in fired]}
    run: _Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": all(result.loads for result in results)}],
        "results": made,
    }
    return dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _rule(rule: RuleText) -> _Json:
    tags = [*dict.fromkeys((*rule.controls, *rule.refs))][: _MOST_TAGS - 2]
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why}\n{rule.fix}", "markdown": rule_page(rule)},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {
            "tags": [*tags, "security", rule.area.lower()],
            "precision": _PRECISION[rule.confidence],
            "problem.severity": _PROBLEMS[rule.severity],
            "security-severity": _SCORES[rule.severity],
        },
    }


def _result(finding: Finding, index: int, mark: str, repository: Repository) -> _Json:
    location = _location(finding.at, repository)
    if finding.spec_path:
        location["logicalLocations"] = [{"fullyQualifiedName": render_path(finding.spec_path)}]
    text = finding.message if not finding.help else f"{finding.message}\n{finding.help}"
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": text},
        "locations": [location],
        "relatedLocations": [
            {"id": number, "message": {"text": related.label}, **_location(related.span, repository)}
            for number, related in enumerate(finding.related[:_MOST_PLACES], 1)
        ],
        "partialFingerprints": {"primaryLocationLineHash": mark, "seccfg/v1": mark},
        "suppressions": _suppressions(finding),
    }


def _fix(proposal: Proposal, at: Span, repository: Repository) -> _Json:
    """One change to the spec's own file; a host shows it beside the finding, an editor applies it."""
    title = proposal.title if proposal.safe else f"{proposal.title} (may change what is allowed)"
    replaced = [
        {
            "deletedRegion": {
                "startLine": r.line, "startColumn": r.column, "endLine": r.end_line, "endColumn": r.end_column
            },
            "insertedContent": {"text": r.text},
        }
        for r in proposal.replacements
    ]  # fmt: skip
    changed = {"artifactLocation": _artifact(at, repository), "replacements": replaced}
    return {
        "description": {"text": title},
        "artifactChanges": [changed],
        "properties": {"safe": proposal.safe},
    }


def _artifact(span: Span, repository: Repository) -> _Json:
    return {"uri": quote(repository.relative(span.path)), "uriBaseId": "%SRCROOT%"}


def _suppressions(finding: Finding) -> list[_Json]:
    if not finding.ignored:
        return []
    kind = "external" if finding.ignored == IN_BASELINE else "inSource"
    return [{"kind": kind, "status": "accepted", "justification": finding.ignored}]


def _location(span: Span, repository: Repository) -> _Json:
    physical: _Json = {"artifactLocation": _artifact(span, repository)}
    if span.line:
        region = {"startLine": span.line, "startColumn": span.column}
        if span.end_line:
            region |= {"endLine": span.end_line, "endColumn": span.end_column}
        physical["region"] = region
    return {"physicalLocation": physical}
