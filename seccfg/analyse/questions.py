"""
The questions: can it hold, does it always, are two the same, who is newly allowed, which values let one comparison decide.

A "yes" to "can it?" and a "no" to "is it always?" come with a situation, evaluated by the reference before it is given.
Where the analysis cannot tell, the answer is "not decided", never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from seccfg.analyse.atoms import Situation, context_of
from seccfg.analyse.bdd import Node, TooLarge
from seccfg.analyse.space import Space
from seccfg.analyse.values import Shape
from seccfg.expr.ast import And, Bool, Expr, Not, Or, atoms, attributes
from seccfg.expr.boundaries import MISSING
from seccfg.expr.evaluate import Truth, evaluate
from seccfg.expr.types import AttributeKey
from seccfg.record import Record, replace

__all__ = [
    "Answer", "Deciding", "Shapes", "always_holds", "can_hold", "deciding_pairs", "equal", "implies", "newly_allowed",
    "newly_refused", "overlaps",
]

Shapes = Mapping[AttributeKey, Shape]
Verdict = Literal["yes", "no", "not decided"]


class Answer(Record):
    """What a question came to; `situation` shows a "yes" to "can it?", or a "no" to "is it always?"."""

    verdict: Verdict
    situation: Situation | None = None

    def __bool__(self) -> bool:
        raise TypeError("an answer may be neither yes nor no: look at its verdict")


NOT_DECIDED = Answer("not decided")


def can_hold(condition: Expr, shapes: Shapes | None = None, fixed: Situation | None = None) -> Answer:
    """Whether some request makes *condition* TRUE."""
    return find((condition,), lambda s: s.true(condition), lambda c: _is(condition, c, Truth.TRUE), shapes, fixed)


def always_holds(
    condition: Expr, shapes: Shapes | None = None, fixed: Situation | None = None, *, complete: bool = False
) -> Answer:
    """
    Whether every request makes *condition* TRUE.

    Args:
        complete: Ask only about requests in which every attribute it reads is there and of its type.
    """
    if complete:
        known = {key: (shapes or {}).get(key, Shape()) for key in attributes(condition)}
        there = {key: replace(shape, missing=False, unusable=False) for key, shape in known.items()}
        shapes = {**(shapes or {}), **there}
    found = find(
        (condition,), lambda s: s.bdd.no(s.true(condition)), lambda c: not _is(condition, c, Truth.TRUE), shapes, fixed
    )
    return _opposite(found)


def implies(first: Expr, second: Expr, shapes: Shapes | None = None, fixed: Situation | None = None) -> Answer:
    """Whether *second* is TRUE wherever *first* is."""
    return _opposite(newly_allowed(second, first, shapes, fixed))


def equal(first: Expr, second: Expr, shapes: Shapes | None = None, fixed: Situation | None = None) -> Answer:
    """Whether both come to the same, TRUE, FALSE or an error, for every request."""
    if first == second:
        return Answer("yes")

    def differ(space: Space) -> Node:
        (t1, f1), (t2, f2) = space.pair(first), space.pair(second)
        return space.bdd.either(space.bdd.differ(t1, t2), space.bdd.differ(f1, f2))

    def do(situation: Situation) -> bool:
        context = context_of(situation)
        return evaluate(first, context) is not evaluate(second, context)

    return _opposite(find((first, second), differ, do, shapes, fixed))


def overlaps(first: Expr, second: Expr, shapes: Shapes | None = None, fixed: Situation | None = None) -> Answer:
    """Whether some request makes both TRUE."""
    return find(
        (first, second), lambda s: s.bdd.both(s.true(first), s.true(second)),
        lambda c: _is(first, c, Truth.TRUE) and _is(second, c, Truth.TRUE), shapes, fixed,
    )  # fmt: skip


def newly_allowed(old: Expr, new: Expr, shapes: Shapes | None = None, fixed: Situation | None = None) -> Answer:
    """Whether some request that *old* does not allow (FALSE or an error) is allowed by *new*."""
    if old == new:
        return Answer("no")
    return find(
        (old, new), lambda s: s.bdd.minus(s.true(new), s.true(old)),
        lambda c: _is(new, c, Truth.TRUE) and not _is(old, c, Truth.TRUE), shapes, fixed,
    )  # fmt: skip


def newly_refused(old: Expr, new: Expr, shapes: Shapes | None = None, fixed: Situation | None = None) -> Answer:
    """Whether some request that *old* allows is not allowed by *new*."""
    return newly_allowed(new, old, shapes, fixed)


def find(
    conditions: Sequence[Expr],
    wanted: Callable[[Space], Node],
    shown: Callable[[Situation], bool],
    shapes: Shapes | None = None,
    fixed: Situation | None = None,
) -> Answer:
    """
    Whether *wanted*, built of *conditions* in a space, holds anywhere.

    Args:
        shown: Says of a situation whether it really is one; what the reference does not confirm is not given.
    """
    try:
        space = Space(conditions, shapes, fixed)
        node = wanted(space)
        for situation in _some(space, node):
            if shown(situation):
                return Answer("yes", situation)
        if space.exact and space.situation(node) is None:
            return Answer("no")
        outer = Space(conditions, shapes, fixed, outer=True)
        return Answer("no") if outer.situation(wanted(outer)) is None else NOT_DECIDED
    except TooLarge:
        return NOT_DECIDED


def _some(space: Space, node: Node) -> Sequence[Situation]:
    first = space.situation(node)
    return () if first is None else (first,)


def _is(condition: Expr, situation: Situation, truth: Truth) -> bool:
    return evaluate(condition, context_of(situation)) is truth


def _opposite(answer: Answer) -> Answer:
    match answer.verdict:
        case "yes":
            return Answer("no", answer.situation)
        case "no":
            return Answer("yes")
        case _:
            return answer


# -------------------------------------------------------------------------------------------------------------- MC/DC
class Deciding(Record):
    """
    Situations between which one atom decides whether a condition holds.

    `holds` makes the condition TRUE and `fails` does not; the atom is TRUE in the one and FALSE in the other. `error`: the
    atom is an error there and the condition not TRUE, None where there is none. `alone`: `holds` and `fails` differ in
    attributes of the atom only.
    """

    atom: Expr
    holds: Situation
    fails: Situation
    error: Situation | None
    alone: bool


def deciding_pairs(condition: Expr, shapes: Shapes | None = None, fixed: Situation | None = None) -> tuple[Deciding | None, ...]:
    """
    For each atom of *condition*, in the order written: situations that show its effect (modified condition/decision
    coverage); None where it has no effect of its own, or where that cannot be told.
    """
    every = atoms(condition)
    try:
        space = Space((condition,), shapes, fixed)
        return tuple(_deciding(space, condition, atom) for atom in every)
    except TooLarge:
        return (None,) * len(every)


def _deciding(space: Space, condition: Expr, atom: Expr) -> Deciding | None:
    bdd = space.bdd
    high, low = (space.true(_with(condition, atom, value)) for value in (True, False))
    decides = bdd.differ(high, low)
    true, false = space.pair(atom)
    whole = space.true(condition)
    upward = bdd.both(decides, true)
    base = space.situation(upward)
    if base is None:
        return None
    values = bdd.one(upward) or {}
    kept = {number: values.get(number, False) for number in bdd.support(decides) - space.of(attributes(atom))}
    beside = bdd.restrict(bdd.both(decides, false), kept)
    near = space.situation(beside)
    other = {**base, **near} if near is not None else space.situation(bdd.both(decides, false))
    if other is None:
        return None
    neither = bdd.both(decides, bdd.minus(bdd.no(bdd.either(true, false)), whole))
    near = space.situation(bdd.restrict(neither, kept))
    error = {**base, **near} if near is not None else space.situation(neither)
    pair = (base, other) if _is(condition, base, Truth.TRUE) else (other, base)
    if not _is(condition, pair[0], Truth.TRUE) or _is(condition, pair[1], Truth.TRUE):
        return None
    return Deciding(atom, pair[0], pair[1], error, _changed(base, other) <= attributes(atom))


def _changed(one: Situation, other: Situation) -> set[AttributeKey]:
    """The attributes in which two situations differ."""
    return {key for key in one.keys() | other.keys() if repr(one.get(key, MISSING)) != repr(other.get(key, MISSING))}


def _with(condition: Expr, atom: Expr, value: bool) -> Expr:
    """*condition* with *atom* replaced by a constant."""
    if condition == atom:
        return Bool(value)
    match condition:
        case And(operands):
            return And(tuple(_with(operand, atom, value) for operand in operands))
        case Or(operands):
            return Or(tuple(_with(operand, atom, value) for operand in operands))
        case Not(operand):
            return Not(_with(operand, atom, value))
        case _:
            return condition
