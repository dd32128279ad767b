"""
The conditions of a spec as rules see them, each question about them answered by `seccfg.analyse` and asked once.

Most conditions are plain: each attribute stands in one comparison, which can be true and false whatever the others are.
What that settles needs no analysis, and a run of lint that meets nothing else does not import it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal

from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
    Double,
    Expr,
    Has,
    In,
    Int,
    ListLiteral,
    Not,
    Or,
    String,
    atoms,
    attributes,
    walk,
)
from seccfg.expr.check import check
from seccfg.expr.parser import parse
from seccfg.expr.substitute import substitute
from seccfg.expr.types import AttributeKey
from seccfg.lint.routes import grants_of, routes
from seccfg.record import replace
from seccfg.spec.loader import Attribute as Declared
from seccfg.spec.loader import AttributeSource, Spec
from seccfg.spec.rules.conditions import type_env

if TYPE_CHECKING:
    from seccfg.analyse.questions import Shapes
    from seccfg.lint.routes import Effective

__all__ = ["Conditions", "both", "conditions", "plain", "without"]

_LARGE: Final = 2**53 - 1
_CLOCK: Final[Mapping[str, tuple[int, ...]]] = {"hour_utc": tuple(range(24)), "weekday_utc": tuple(range(7))}
Verdict = Literal["yes", "no", "not decided"]

_read: list[Conditions] = []


def conditions(spec: Spec) -> Conditions:
    """The conditions of *spec*; those of the spec that was asked for last are kept."""
    if not _read or _read[0].spec is not spec:
        _read[:] = [Conditions(spec)]
    return _read[0]


class Conditions:
    """The conditions of one spec, typed, and what they come to."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._env = type_env(spec)
        self._typed: dict[str, Expr] = {}
        self._declared: dict[AttributeKey, Declared] = {}
        if spec.attributes is not None:
            self._declared |= {("resource", name): entry for name, entry in (spec.attributes.resource or {}).items()}
            self._declared |= {("request", name): entry for name, entry in (spec.attributes.request or {}).items()}
        self._asked: dict[tuple[object, ...], Verdict] = {}
        self._form: dict[int, tuple[Expr, frozenset[AttributeKey], bool]] = {}
        self._uses: tuple[frozenset[str], frozenset[str]] | None = None

    def expr(self, name: str) -> Expr:
        """A condition as written; constants of routes are attributes."""
        found = self._typed.get(name)
        if found is None:
            found = self._typed[name] = check(parse((self.spec.conditions or {})[name]), self._env).expr
        return found

    def on(self, route: Effective, name: str) -> Expr:
        """A condition as *route* sees it: the constants it states and its method folded in."""
        expr = self.expr(name)
        stated = {**(route.item.resource or {}), **(route.route.resource or {})}
        read = self._reads(expr)
        if not stated and ("request", "method") not in read:
            return expr
        values: dict[AttributeKey, Bool | Int | Double | String] = {
            ("resource", name): _constant(value) for name, value in stated.items() if ("resource", name) in read
        }
        if ("request", "method") in read:
            values["request", "method"] = String(str(route.at[-1]).upper())
        return substitute(expr, values) if values else expr

    def used(self) -> tuple[frozenset[str], frozenset[str]]:
        """(conditions some grant or `require` needs, conditions some `forbid` names)."""
        if self._uses is None:
            asked = [route for route in routes(self.spec) if not route.public]
            needed = {name for route in asked for name in route.require}
            needed |= {name for route in asked for grant in grants_of(route) for name in grant.if_ or ()}
            self._uses = frozenset(needed), frozenset(name for route in asked for name in route.forbid)
        return self._uses

    def knows_all(self, names: Iterable[str]) -> bool:
        """Whether none of these reads what only the service knows."""
        return all(
            key not in self._declared or self._declared[key].from_ != "application"
            for name in names
            for key in attributes(self.expr(name))
        )

    # ------------------------------------------------------------------------------------------------- questions
    def can_hold(self, condition: Expr) -> bool:
        """Whether some request makes it true; true where that cannot be told."""
        return self.plain(condition) or self._ask("can", condition) != "no"

    def always_holds(self, condition: Expr) -> bool:
        """
        Whether every request makes it true, once all it reads is there; false where that cannot be told.

        A condition that asks with `has()` is asked about requests that lack something too: that is what it is for.
        """
        if self.plain(condition):
            return False
        complete = not any(isinstance(node, Has) for node in walk(condition))
        return self._ask("always complete" if complete else "always", condition) == "yes"

    def implies(self, first: Expr, second: Expr) -> bool:
        """Whether the second is true wherever the first is; false where that cannot be told."""
        if first == second or second == Bool(True):
            return True
        apart = self._reads(first).isdisjoint(self._reads(second))
        if apart and (first == Bool(True) or self.plain(first)) and self.plain(second):
            return False
        return self._ask("implies", first, second) == "yes"

    def same_grants(self, first: Expr, second: Expr) -> bool:
        """Whether both are true for the same requests; false where that cannot be told."""
        return self._ask("implies", first, second) == "yes" and self._ask("implies", second, first) == "yes"

    def may_fail_with(self, condition: Expr, key: AttributeKey) -> bool:
        """Whether it is not known to be true for every request that has a usable value of the attribute *key*."""
        return self._ask("fails with", condition, key) != "no"

    def equal(self, first: Expr, second: Expr) -> bool:
        """Whether both come to the same for every request; false where that cannot be told."""
        return self._reads(first) == self._reads(second) and self._ask("equal", first, second) == "yes"

    def holds_without(self, condition: Expr, key: AttributeKey) -> bool:
        """Whether it can be true for a request that lacks the attribute *key*; false where that cannot be told."""
        return self._ask("without", condition, key) == "yes"

    def plain(self, condition: Expr) -> bool:
        """Whether it can be true and false, and each of its comparisons decides, by its form alone."""
        return self._formed(condition)[2]

    def _reads(self, condition: Expr) -> frozenset[AttributeKey]:
        return self._formed(condition)[1]

    def _formed(self, condition: Expr) -> tuple[Expr, frozenset[AttributeKey], bool]:
        """The condition itself, so that its number stays its own, what it reads, and whether it is plain."""
        found = self._form.get(id(condition))
        if found is None:
            read = attributes(condition)
            is_plain = plain(condition) and not any(self._clock(key) for key in read)
            found = self._form[id(condition)] = (condition, read, is_plain)
        return found

    def _clock(self, key: AttributeKey) -> tuple[int, ...]:
        declared = self._declared.get(key)
        source = declared.from_ if declared is not None else None
        return _CLOCK.get(source.clock or "", ()) if isinstance(source, AttributeSource) else ()

    def _ask(self, question: str, *about: object) -> Verdict:
        found = self._asked.get((question, *about))
        if found is None:
            found = self._asked[question, *about] = self._answer(question, *about)
        return found

    def _answer(self, question: str, condition: object, other: object = None) -> Verdict:
        from seccfg.analyse import questions
        from seccfg.analyse.values import Shape
        from seccfg.expr.boundaries import MISSING

        if not isinstance(condition, Expr):
            raise TypeError("questions are about conditions")
        if question == "without" and isinstance(other, tuple):
            return questions.can_hold(condition, self._shapes(condition), {other: MISSING}).verdict
        if question == "fails with" and isinstance(other, tuple):
            mine = self._shapes(condition)
            there = replace(mine.get(other, Shape()), missing=False, unusable=False)
            shapes: Shapes = {**mine, other: there}
            always = questions.always_holds(condition, shapes).verdict
            return "no" if always == "yes" else "yes" if always == "no" else "not decided"
        if question == "can":
            return questions.can_hold(condition, self._shapes(condition)).verdict
        if question.startswith("always"):
            return questions.always_holds(
                condition, self._shapes(condition), complete=question.endswith("complete")
            ).verdict
        if not isinstance(other, Expr):
            raise TypeError("this question is about two conditions")
        ask = questions.implies if question == "implies" else questions.equal
        return ask(condition, other, self._shapes(condition, other)).verdict

    def _shapes(self, *about: Expr) -> Shapes:
        """What the places of attributes can deliver, as far as it does not depend on the route."""
        from seccfg.analyse.values import Shape

        clocks = {key: self._clock(key) for expr in about for key in attributes(expr)}
        return {key: Shape(False, False, hours) for key, hours in clocks.items() if hours}


def both(*expressions: Expr) -> Expr:
    """All of them; true when there is none."""
    return Bool(True) if not expressions else expressions[0] if len(expressions) == 1 else And(expressions)


def without(condition: Expr, atom: Expr, value: bool) -> Expr:
    """*condition* with *atom* replaced by a constant."""
    if condition == atom:
        return Bool(value)
    match condition:
        case And(operands):
            return And(tuple(without(operand, atom, value) for operand in operands))
        case Or(operands):
            return Or(tuple(without(operand, atom, value) for operand in operands))
        case Not(operand):
            return Not(without(operand, atom, value))
        case _:
            return condition


def plain(condition: Expr) -> bool:
    """Whether each attribute stands in one comparison, and each comparison can be true and false by itself."""
    seen: set[AttributeKey] = set()
    for atom in atoms(condition):
        read = attributes(atom)
        if not read or not seen.isdisjoint(read) or not _decides(atom):
            return False
        seen |= read
    return bool(seen)


def _decides(atom: Expr) -> bool:
    match atom:
        case Compare(_, Attribute(), Attribute()) | Attribute():
            return True
        case Compare(_, Attribute(), String()) | Compare(_, String(), Attribute()):
            return True
        case Compare(_, Attribute(), Int(number)) | Compare(_, Int(number), Attribute()):
            return abs(number) < _LARGE
        case In(String(), Attribute()) | In(Attribute(_, _, "string"), ListLiteral()):
            return True
        case _:
            return False


def _constant(value: object) -> Bool | Int | Double | String:
    if isinstance(value, bool):
        return Bool(value)
    if isinstance(value, int):
        return Int(value)
    return Double(value) if isinstance(value, float) else String(str(value))
