"""Loads specs and lints them, for `lint` itself and for commands that refuse a spec with errors."""

from __future__ import annotations

from seccfg.findings import Finding, SourceError
from seccfg.lint import engine
from seccfg.lint.engine import Variant
from seccfg.lint.selection import ALL_RULES, Selection
from seccfg.record import Record, replace
from seccfg.source import project
from seccfg.source.document import Document
from seccfg.spec import loader
from seccfg.spec.named_files import FILE_RULE, referenced_files

__all__ = ["Checked", "check_spec"]


def _missing_files(document: Document, spec: loader.Spec) -> tuple[Finding, ...]:
    """Files the spec names that are not there. What is in them is for the commands that read them."""
    findings = []
    for reference in referenced_files(spec):
        problem = project.unreadable_beside(document, reference.path)
        if problem:
            help_ = f"the {reference.what} is read relative to the spec, inside the project"
            at = document.span(reference.at)
            findings.append(Finding(FILE_RULE, "error", problem, at, help_, (), reference.at))
    return tuple(findings)


def _told_of(findings: tuple[Finding, ...], environment: str, known: list[Finding]) -> list[Finding]:
    """What *environment* adds to the findings known, said to be its own."""
    if not environment:
        return list(findings)
    new = [finding for finding in findings if finding not in known]
    return [replace(finding, message=f"{finding.message}, in environment `{environment}`") for finding in new]


class Checked(Record):
    """One spec after lint. `data` is what it says, None when it does not load; then all findings say why."""

    path: str
    data: object
    findings: tuple[Finding, ...]
    notices: tuple[str, ...] = ()
    """What its author may want to know and nobody has to act on: names of rules that have changed."""

    @property
    def loads(self) -> bool:
        return self.data is not None

    def counting(self) -> tuple[Finding, ...]:
        """The findings nobody silenced."""
        return tuple(finding for finding in self.findings if not finding.ignored)


def _invariants(variants: list[Variant], path: str, selected: Selection) -> list[Finding]:
    """Invariants that are broken, or not proven; nobody silences one, as a spec may leave it out."""
    from seccfg.cli.invariants import findings

    known: list[Finding] = []
    for variant in variants:
        found = [f for f in findings(path, variant.environment, variant.document, variant.spec) if selected.has(f.rule)]
        known += _told_of(tuple(found), variant.environment, known)
    return known


def check_spec(
    path: str, today: str, selected: Selection = ALL_RULES, content: bytes | None = None, *, prove: bool = True
) -> Checked:
    """
    Load and lint the spec at *path*, as it is and as each of its environments reads it.

    Args:
        prove: Prove its invariants as well, where it has any.
        content: What its file is taken to hold, instead of what it holds.
    Raises:
        InputError: its file cannot be read.
    """
    variants: list[Variant] = []
    broken: list[Finding] = []
    try:
        files = project.open_spec(path, content)
    except SourceError as error:
        return Checked(path, None, engine.in_source_order(error.findings))
    for environment in ("", *files.environments):
        try:
            document = files.document(environment or None)
            spec = loader.load(document)
            broken += _told_of(_missing_files(document, spec), environment, broken)
            variants.append(Variant(environment, document, spec))
        except SourceError as error:
            broken += _told_of(error.findings, environment, broken)
            if not environment:
                break  # every environment would repeat it
    if broken:
        return Checked(path, None, engine.in_source_order(tuple(dict.fromkeys(broken))))
    found = engine.check(variants, today, selected)
    if prove and any(variant.spec.invariants for variant in variants):
        found = engine.in_source_order((*found, *_invariants(variants, path, selected)))
    return Checked(path, variants[0].document.data, selected.weighed(found), engine.former_names(variants))
