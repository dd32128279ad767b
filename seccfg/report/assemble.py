"""Puts a report together from a spec, its Policy, what lint found and what the targets make of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from seccfg.findings import Finding, InputError, SpecPath
from seccfg.ir.policy import Policy
from seccfg.record import Record
from seccfg.report.checks.facts import facts_of
from seccfg.report.mapping import choose, claims
from seccfg.report.matrix import matrix
from seccfg.report.model import Artefact, Conflict, Executed, Framework, Need, Report, TargetSummary
from seccfg.report.verdicts import Grounds, judge_framework
from seccfg.source.document import Document
from seccfg.spec import loader
from seccfg.spec.scalars import duration_s
from seccfg.targetapi.base import Gap, Output

__all__ = ["Material", "assemble", "summary", "tags_of"]


class Material(Record):
    """What a report is made from. `ran`: whether a rule was part of the run."""

    path: str
    env: str
    document: Document
    spec: loader.Spec
    policy: Policy
    findings: tuple[Finding, ...]
    ran: Callable[[str], bool]
    targets: tuple[TargetSummary, ...]
    executed: Executed
    today: str
    tool_version: str
    git_commit: str
    timestamp: str


def summary(name: str, output: Output, states: Sequence[tuple[Gap, str]]) -> TargetSummary:
    """The files of a target by their hashes, and its gaps with what becomes of each."""
    files = sorted(output.files, key=lambda file: file.path)
    artefacts = tuple(Artefact(name, file.path, hashlib.sha256(file.content).hexdigest()) for file in files)
    listing = "".join(f"{artefact.sha256}  {artefact.path}\n" for artefact in artefacts)
    return TargetSummary(name, hashlib.sha256(listing.encode()).hexdigest(), artefacts, tuple(states))


def assemble(material: Material, known: Sequence[Framework], wanted: Iterable[str] = ()) -> Report:
    """
    The report.

    Args:
        known: Every framework there is.
        wanted: Ids of frameworks to report on; none: those the spec names, and when it names none, all.
    Raises:
        InputError: *wanted*, or a `compliance` tag of the spec, names no framework or control; says where.
    """
    named = _named(material, known)
    frameworks = choose(wanted, known) or choose(named, known) or tuple(known)
    facts = facts_of(material.spec, material.policy, material.today)
    grounds = Grounds(
        facts, material.document, material.findings, material.ran, material.targets, material.executed
    )  # fmt: skip
    verdicts = tuple(verdict for framework in frameworks for verdict in judge_framework(framework, grounds))
    return Report(
        title=material.spec.service.title or material.spec.service.name,
        path=material.path,
        env=material.env,
        spec_sha256=material.document.sha256(),
        tool_version=material.tool_version,
        git_commit=material.git_commit,
        timestamp=material.timestamp,
        matrix=matrix(material.policy, dict(facts.data)),
        targets=material.targets,
        executed=material.executed,
        findings=material.findings,
        frameworks=frameworks,
        verdicts=verdicts,
        conflicts=_conflicts(material, frameworks),
    )


def _named(material: Material, known: Sequence[Framework]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for path, tag in tags_of(material.spec):
        try:
            found.update(dict.fromkeys(claims((tag,), known).frameworks))
        except LookupError as error:
            raise InputError(f"{material.document.span(path)}: `compliance`: {error.args[1]}") from error
    return tuple(found)


def tags_of(spec: loader.Spec) -> list[tuple[SpecPath, str]]:
    """Every `compliance` tag of a spec with its place."""
    found: list[tuple[SpecPath, str]] = [(("compliance", n), tag) for n, tag in enumerate(spec.compliance or ())]
    for template, item in spec.routes.items():
        for key in ("", "get", "head", "post", "put", "patch", "delete", "options"):
            level = getattr(item, key) if key else item
            here: SpecPath = ("routes", template, key) if key else ("routes", template)
            said = level.compliance if level is not None else None
            found += [((*here, "compliance", n), tag) for n, tag in enumerate(said or ())]
    return found


def _conflicts(material: Material, frameworks: Sequence[Framework]) -> tuple[Conflict, ...]:
    """Shortest times of a framework that the longest time the spec states for another cannot meet."""
    retention = material.spec.audit.retention if material.spec.audit else None
    if retention is None or retention.max is None:
        return ()
    found = []
    at: SpecPath = ("audit", "retention")
    for framework, control, need in _floors(frameworks):
        floor = str(dict(need.params)["min"])
        if duration_s(floor) > duration_s(retention.max):
            spans = [material.document.span((*at, "max"))]
            spans += [material.document.span((*at, "min"))] if retention.min else []
            message = f"{framework}:{control} asks for records of at least {floor}, and `max` ends them after {retention.max}"
            found.append(Conflict(message, tuple(spans)))
    return tuple(found)


def _floors(frameworks: Sequence[Framework]) -> list[tuple[str, str, Need]]:
    return [
        (framework.id, control.id, need)
        for framework in frameworks
        for control in framework.controls
        for need in control.needs
        if need.name == "retention"
    ]
