"""Attribute values that make conditions TRUE, FALSE or an error: candidates read off the atoms, found by searching them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from seccfg.expr import ast
from seccfg.expr.evaluate import Truth, evaluate
from seccfg.expr.regex import counterexamples, examples, parse_regex
from seccfg.ir.policy import Attr, Condition, Side
from seccfg.record import Record

__all__ = ["Key", "Pools", "Situation", "atoms_of", "context", "deciding_pairs", "find"]

Key = tuple[Side, str]
Situation = Mapping[Key, object]
"""Attribute -> JSON value; an attribute left out is missing."""

_SEARCH_LIMIT = 20_000
_DEFAULTS: Mapping[str, tuple[object, ...]] = {
    "string": ("alpha", "beta"),
    "integer": (1, 0, 7),
    "number": (1.5, 0.0),
    "boolean": (True, False),
    "timestamp": (1_767_614_400, 0),
    "duration": (60, 0),
}


def context(situation: Situation) -> dict[Side, dict[str, object]]:
    """*situation* in the shape the evaluator reads."""
    sides: dict[Side, dict[str, object]] = {"principal": {}, "resource": {}, "request": {}}
    for (side, name), value in situation.items():
        sides[side][name] = value
    return sides


def atoms_of(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    """The boolean leaves of *expr*, each once, in the order written."""
    found: dict[ast.Expr, None] = {}

    def visit(node: ast.Expr) -> None:
        match node:
            case ast.And(operands) | ast.Or(operands):
                for operand in operands:
                    visit(operand)
            case ast.Not(operand):
                visit(operand)
            case _:
                found.setdefault(node)

    visit(expr)
    return tuple(found)


class Pools:
    """Candidate values of each attribute of a Policy, boundary values of the atoms that read it first."""

    def __init__(self, conditions: Iterable[Condition], attrs: Iterable[Attr]) -> None:
        self._types = {(a.side, a.name): ("list" if a.list_of else a.type) for a in attrs}
        self._elements = {(a.side, a.name): a.type for a in attrs}
        self._found: dict[Key, dict[str, object]] = {}
        links: list[tuple[Key, Key]] = []
        for condition in conditions:
            for atom in atoms_of(condition.expr):
                self._read(atom, links)
        for _ in range(2):  # a value one side of `==` can take, the other side can take too
            for left, right in links:
                for ours, theirs in ((left, right), (right, left)):
                    for value in self.of(theirs):
                        self._add(ours, value)

    def of(self, key: Key) -> tuple[object, ...]:
        """Candidates for *key*, defaults of its type last."""
        values = dict(self._found.get(key, {}))
        kind = self._types.get(key, "string")
        for value in ([], ["alpha"]) if kind == "list" else _DEFAULTS[kind]:
            values.setdefault(repr(value), value)
        return tuple(values.values())

    def _add(self, key: Key, *values: object) -> None:
        bucket = self._found.setdefault(key, {})
        for value in values:
            bucket.setdefault(repr(value), value)

    def _read(self, atom: ast.Expr, links: list[tuple[Key, Key]]) -> None:
        match atom:
            case ast.Compare(_, left, right):
                self._read_pair(left, right, links)
                self._read_pair(right, left, links)
            case ast.In(ast.Attribute(side, name), ast.ListLiteral(items)):
                self._add(
                    (side, name),
                    *(_value(item) for item in items),
                    "verify-none" if isinstance(items[0], ast.String) else -1,
                )
            case ast.In(item, ast.Attribute(side, name)) if isinstance(item, _CONSTANTS):
                self._add((side, name), [_value(item)], [], [_value(item), "verify-more"])
            case ast.In(ast.Attribute(side, name), ast.Attribute(other, listed)):
                self._add((side, name), "alpha")
                self._add((other, listed), ["alpha"], ["beta"], [])
            case ast.TextTest(_, ast.Attribute(side, name), ast.String(text)):
                self._add((side, name), text, text + "x", "x" + text, text[:-1], text.swapcase())
            case ast.Matches(ast.Attribute(side, name), pattern):
                tree = parse_regex(pattern)
                self._add(
                    (side, name), *itertools.islice(examples(tree), 3), *itertools.islice(counterexamples(tree), 3)
                )
            case ast.Exists(ast.Attribute(side, name), _, body) | ast.ForAll(ast.Attribute(side, name), _, body):
                words = [_value(n) for n in ast.walk(body) if isinstance(n, _CONSTANTS)]
                self._add((side, name), [], *([word] for word in words), [*words, "verify-more"])
            case ast.Attribute(side, name):
                self._add((side, name), True, False)
            case _:
                for node in ast.walk(atom):
                    if isinstance(node, ast.Compare):
                        self._read_pair(node.left, node.right, links)

    def _read_pair(self, one: ast.Expr, other: ast.Expr, links: list[tuple[Key, Key]]) -> None:
        match one, other:
            case ast.Attribute(side, name), ast.Attribute(side2, name2):
                links.append(((side, name), (side2, name2)))
            case ast.Attribute(side, name), constant if isinstance(constant, _CONSTANTS):
                self._add((side, name), *_around(constant))
            case ast.Size(ast.Attribute(side, name)), ast.Int(size):
                self._add(
                    (side, name), *([f"v{n}" for n in range(max(length, 0))] for length in (size, size - 1, size + 1))
                )
            case ast.TimePart(_, ast.Attribute(side, name)), ast.Int(number):
                self._add((side, name), *(1_767_571_200 + 3600 * hour for hour in (number, number - 1, number + 1)))
            case _:
                pass


_CONSTANTS = (ast.Bool, ast.Int, ast.Double, ast.String, ast.Timestamp, ast.Duration)


def _value(node: ast.Expr) -> object:
    match node:
        case ast.Bool(value) | ast.Int(value) | ast.Double(value) | ast.String(value):
            return value
        case ast.Timestamp(seconds) | ast.Duration(seconds):
            return seconds
        case _:
            raise TypeError("not a constant")


def _around(node: ast.Expr) -> tuple[object, ...]:
    """A constant and its neighbours: equal, just below, just above."""
    value = _value(node)
    if isinstance(value, bool):
        return (value, not value)
    if isinstance(value, (int, float)):
        return (value, value - 1, value + 1)
    text = str(value)
    return (text, text + "x", text.swapcase(), "verify-none")


class Goal(Record):
    """A condition and the truth it should have."""

    condition: Condition
    truth: Truth


def find(
    goals: Sequence[Goal], pools: Pools, fixed: Situation, allowed: Mapping[Key, Sequence[object]]
) -> Situation | None:
    """
    Values that give every goal its truth; None when the candidates hold none.

    Args:
        fixed: Attributes that cannot be chosen.
        allowed: Narrower candidates for some attributes (a key record's, a path parameter's).
    """
    keys = sorted({k for goal in goals for k in ast.attributes(goal.condition.expr)} - fixed.keys())
    reads = [(goal, ast.attributes(goal.condition.expr)) for goal in goals]
    tried = 0

    def search(index: int, chosen: dict[Key, object]) -> dict[Key, object] | None:
        nonlocal tried
        known = chosen.keys() | fixed.keys() | (set() if index < len(keys) else set(keys))
        ready = [goal for goal, needs in reads if needs <= known]
        here = context({**fixed, **chosen})
        if any(evaluate(goal.condition.expr, here) is not goal.truth for goal in ready):
            return None
        if index == len(keys):
            return chosen
        for value in allowed.get(keys[index], ()) or pools.of(keys[index]):
            tried += 1
            if tried > _SEARCH_LIMIT:
                return None
            found = search(index + 1, {**chosen, keys[index]: value})
            if found is not None:
                return found
        return None

    found = search(0, {})
    return None if found is None else {**fixed, **found}


class Pair(Record):
    """Two situations between which one atom decides a condition (MC/DC): `holds` makes it TRUE, `fails` does not."""

    atom: int
    holds: Situation
    fails: Situation


def deciding_pairs(
    condition: Condition, pools: Pools, base: Situation, allowed: Mapping[Key, Sequence[object]]
) -> Iterator[Pair]:
    """
    For each atom two situations that differ in its truth and in the condition's; unique cause first, masking otherwise.

    An atom without such a pair has no independent effect among the candidates, and yields none.
    """
    atoms = atoms_of(condition.expr)
    keys = sorted(ast.attributes(condition.expr))
    choices = [tuple(allowed.get(key, ()) or pools.of(key)) for key in keys]
    seen: dict[tuple[Truth, ...], tuple[Situation, Truth]] = {}
    for values in itertools.islice(itertools.product(*choices), _SEARCH_LIMIT):
        situation = {**base, **dict(zip(keys, values, strict=True))}
        here = context(situation)
        vector = tuple(evaluate(atom, here) for atom in atoms)
        if vector not in seen:
            seen[vector] = (situation, evaluate(condition.expr, here))
    for index in range(len(atoms)):
        pair = _pair(index, seen)
        if pair is not None:
            yield Pair(index, *pair)


def _pair(index: int, seen: Mapping[tuple[Truth, ...], tuple[Situation, Truth]]) -> tuple[Situation, Situation] | None:
    best: tuple[int, Situation, Situation] | None = None
    for vector, (situation, truth) in seen.items():
        if truth is not Truth.TRUE:
            continue
        for other, (failing, result) in seen.items():
            if result is Truth.TRUE or other[index] is vector[index]:
                continue
            distance = sum(a is not b for a, b in zip(vector, other, strict=True))
            if best is None or distance < best[0]:
                best = (distance, situation, failing)
    return None if best is None else best[1:]


def ill_typed(key: Key, kind: str) -> Iterator[tuple[str, object]]:
    """(label, value) that an attribute of type *kind* must not have; `MISSING` is the caller's to leave out."""
    del key
    yield "null", None
    for label, value, fits in (
        ("a text", "5", "string"),
        ("a number", 5, "integer"),
        ("a fraction", 5.5, "number"),
        ("true", True, "boolean"),
        ("a list", ["alpha"], "list"),
        ("an object", {"a": 1}, "object"),
        ("2^53", 2**53, "huge"),
        ("5.0", 5.0, "integral"),
    ):
        if fits != kind:
            yield label, value
