"""Runs the rules that can fire on a spec and its environments, and gives findings in source order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from seccfg.findings import Finding, InputError, Related
from seccfg.lint import suppressions
from seccfg.lint.index import INDEX, Entry
from seccfg.lint.model import Context
from seccfg.lint.selection import ALL_RULES, FORMER_IDS, Selection, renamed
from seccfg.lint.written import Written
from seccfg.record import Record, replace
from seccfg.source.project import read_beside

if TYPE_CHECKING:
    from seccfg.lint.model import Hit, Rule
    from seccfg.source.document import Document
    from seccfg.spec.loader import Spec

__all__ = ["Variant", "check", "former_names", "in_source_order", "runnable"]


class Variant(Record):
    """A spec as one environment reads it; `environment` is empty for the spec itself."""

    environment: str
    document: Document
    spec: Spec


def check(variants: Sequence[Variant], today: str, selected: Selection = ALL_RULES) -> tuple[Finding, ...]:
    """
    Every finding of lint on one spec, ignored ones marked, in source order and each once.

    Args:
        variants: The spec itself first, then as each environment reads it.
        today: ISO date that waivers and comments expire by.
        selected: The rules to run.
    """
    found: dict[tuple[object, ...], Finding] = {}
    silencers: dict[tuple[object, ...], suppressions.Silencer] = {}
    for variant in variants:
        context = _context(variant, variants[0], today)
        raw = [*_load_warnings(variant, selected), *_rule_findings(variant, context, selected)]
        here = tuple(_silencers(variant))
        silencers.update(((s.rule, s.at, s.place), s) for s in here)
        for finding in suppressions.apply(raw, here, today, selected):
            key = (finding.rule, finding.at, finding.message)
            known = found.get(key)
            if known is None:
                found[key] = _placed(finding, variant.environment)
            elif known.ignored and not finding.ignored:  # what counts in one environment counts
                found[key] = finding
    findings = list(found.values())
    findings += suppressions.judge(tuple(silencers.values()), findings, today, selected)
    return in_source_order(findings)


def former_names(variants: Sequence[Variant]) -> tuple[str, ...]:
    """A notice, with its place, for each comment and waiver that calls a rule what it was once called."""
    if not FORMER_IDS:
        return ()
    said = (silencer for variant in variants for silencer in _silencers(variant))
    return tuple(dict.fromkeys(f"{s.at}: {notice}" for s in said for notice in renamed((s.named,))))


def in_source_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sorted by file, line and column, then by rule and message: the same order whatever found them first."""
    return tuple(sorted(findings, key=lambda f: (f.at.path, f.at.line, f.at.column, f.rule, f.message)))


def runnable(data: object, environment: str = "") -> Iterator[Entry]:
    """The rules that can fire on a spec that says *data*, as *environment* reads it."""
    written = Written(data, environment)
    return (
        entry
        for entry in INDEX
        if entry.judges == "spec" and (not entry.needs or any(written.has(key) for key in entry.needs))
    )


def _context(variant: Variant, base: Variant, today: str) -> Context:
    def read(path: str) -> bytes | None:
        try:
            return read_beside(variant.document, path)
        except InputError:
            return None  # that a file the spec names is missing is a finding of its own

    return Context(today, variant.environment, base.spec if variant.environment else None, read)


def _rule_findings(variant: Variant, context: Context, selected: Selection) -> Iterator[Finding]:
    for entry in runnable(variant.document.data, variant.environment):
        if selected.has(entry.id):
            rule: Rule = import_module(f"seccfg.lint.rules.{entry.module}").RULE
            for hit in rule.hits(variant.spec, context):
                yield _finding(rule, hit, variant.document)


def _finding(rule: Rule, hit: Hit, document: Document) -> Finding:
    related = tuple(Related(document.span(path, True), label) for path, label in hit.related)
    return Finding(rule.id, rule.severity, hit.message, document.span(hit.at, hit.key), rule.fix, related, hit.at)


def _load_warnings(variant: Variant, selected: Selection) -> Iterator[Finding]:
    return (finding for finding in variant.document.warnings if selected.has(finding.rule))


def _silencers(variant: Variant) -> Iterator[suppressions.Silencer]:
    for comment in variant.document.suppressions():
        yield from suppressions.from_comment(comment)
    for index, waiver in enumerate(variant.spec.waivers or ()):
        yield suppressions.from_waiver(waiver, variant.document.span(("waivers", index)))


def _placed(finding: Finding, environment: str) -> Finding:
    """A finding that only an environment has says so."""
    return (
        replace(finding, message=f"{finding.message}, in the environment `{environment}`") if environment else finding
    )
