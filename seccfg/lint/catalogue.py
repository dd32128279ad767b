"""Every rule there is, load rules included: for lists, pages and explanations. A run of lint does not need it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Literal

from seccfg.findings import Severity
from seccfg.lint.index import INDEX
from seccfg.lint.model import Confidence, Rule
from seccfg.lint.reach import REACH
from seccfg.record import Record

__all__ = ["RuleText", "find", "lint_rules", "load_rules", "rules"]


class RuleText(Record):
    """A rule as people read it. `stage`: `load` rules are kept before a spec is one, and cannot be silenced."""

    id: str
    name: str
    severity: Severity
    stage: Literal["load", "lint"]
    why: str
    fix: str
    refs: tuple[str, ...]
    bad: str
    good: str
    confidence: Confidence = "high"
    since: str = "0.1.0"
    whole: bool = False
    """`bad` and `good` are whole files, not parts merged onto the minimal spec."""
    file: str = "seccfg.yaml"
    """The kind of file the examples are."""
    fixed: Literal["", "safe", "unsafe"] = ""
    """Whether `--fix` puts its findings right, or `--unsafe-fixes` does, at least some of them."""
    targets: tuple[str, ...] = ()
    """Targets whose files its two examples differ in."""
    controls: tuple[str, ...] = ()
    """Controls of frameworks that need it, `FRAMEWORK:ID`."""

    @property
    def area(self) -> str:
        return self.id.rstrip("0123456789")


def lint_rules() -> Iterator[Rule]:
    """Every rule of lint, by id."""
    for entry in INDEX:
        rule = import_module(f"seccfg.lint.rules.{entry.module}").RULE
        if not isinstance(rule, Rule):
            raise TypeError(f"RULE of {entry.module} is no Rule")
        yield rule


def load_rules() -> tuple[RuleText, ...]:
    """Every rule a spec must keep to load at all, by id."""
    from seccfg.lint.fixes import kind_of
    from seccfg.resolve.rules import FILE_RULES, INVARIANT_RULES
    from seccfg.source.rules import LOAD_RULES
    from seccfg.spec.load_rules import RULES

    found = [
        RuleText(r.id, r.name, r.severity, "load", r.why, r.fix, r.refs, r.bad, r.good, whole=True, file=r.file,
                 fixed=kind_of(r.id))
        for r in (*LOAD_RULES, *FILE_RULES, *INVARIANT_RULES)
    ]
    found += [
        RuleText(r.id, r.name, r.severity, "load", r.why, r.fix, r.refs, r.bad, r.good, fixed=kind_of(r.id))
        for r in RULES.values()
    ]
    return tuple(sorted(found, key=lambda rule: rule.id))


def rules() -> tuple[RuleText, ...]:
    """Every rule, by id."""
    from seccfg.lint.fixes import kind_of

    found = [
        RuleText(r.id, r.name, r.severity, "lint", r.why, r.fix, r.refs, r.bad, r.good, r.confidence, r.since,
                 fixed=kind_of(r.id), targets=_reach(r.id, 0), controls=_reach(r.id, 1))
        for r in lint_rules()
    ]  # fmt: skip
    return tuple(sorted((*found, *load_rules()), key=lambda rule: rule.id))


def _reach(rule: str, column: Literal[0, 1]) -> tuple[str, ...]:
    """Nothing for a rule that is being written: its row is made once it is in the index."""
    return tuple(REACH[rule][column].split()) if rule in REACH else ()


def find(name: str) -> RuleText | None:
    """The rule with the id or name *name*, or that had it once."""
    from seccfg.lint.selection import FORMER_IDS

    name = FORMER_IDS.get(name, name)
    wanted = name.upper()
    return next((rule for rule in rules() if rule.id == wanted or rule.name == name), None)
