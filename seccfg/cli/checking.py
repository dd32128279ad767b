"""Loads specs and lints them, for `lint` itself and for commands that refuse a spec with errors."""

from __future__ import annotations

from seccfg.findings import Finding, SourceError
from seccfg.lint import engine
from seccfg.lint.engine import Variant
from seccfg.lint.selection import ALL_RULES, Selection
from seccfg.record import Record
from seccfg.source import project
from seccfg.spec import loader

__all__ = ["Checked", "check_spec"]


class Checked(Record):
    """One spec after lint. `data` is what it says, None when it does not load; then all findings say why."""

    path: str
    data: object
    findings: tuple[Finding, ...]

    @property
    def loads(self) -> bool:
        return self.data is not None

    def counting(self) -> tuple[Finding, ...]:
        """The findings nobody silenced."""
        return tuple(finding for finding in self.findings if not finding.ignored)


def check_spec(path: str, today: str, selected: Selection = ALL_RULES) -> Checked:
    """
    Load and lint the spec at *path*, as it is and as each of its environments reads it.

    Raises:
        InputError: its file cannot be read.
    """
    variants: list[Variant] = []
    broken: list[Finding] = []
    try:
        files = project.open_spec(path)
    except SourceError as error:
        return Checked(path, None, engine.in_source_order(error.findings))
    for environment in ("", *files.environments):
        try:
            document = files.document(environment or None)
            variants.append(Variant(environment, document, loader.load(document)))
        except SourceError as error:
            broken += error.findings
            if not environment:
                break  # every environment would repeat it
    if broken:
        return Checked(path, None, engine.in_source_order(tuple(dict.fromkeys(broken))))
    return Checked(path, variants[0].document.data, engine.check(variants, today, selected))
