"""Values on both sides of what one comparison asks, and values of a wrong shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from unicodedata import normalize

from seccfg.expr.ast import (
    Attribute,
    Bool,
    Compare,
    Double,
    Duration,
    Exists,
    Expr,
    ForAll,
    Has,
    In,
    Int,
    ListLiteral,
    Matches,
    Size,
    String,
    TextTest,
    TimePart,
    Timestamp,
    TimeSum,
    Variable,
    walk,
)
from seccfg.expr.evaluate import Scalar, constant_value, typed_value, value_of
from seccfg.expr.regex import counterexamples, examples, parse_regex
from seccfg.expr.substitute import bind
from seccfg.expr.times import parse_timestamp
from seccfg.expr.types import INTEGER_LIMIT, AttributeKey, ExprType, ScalarType, element_type

__all__ = ["MISSING", "Missing", "boundary_values", "shape_variants"]

_MAX_SAMPLES = 6
_MAX_SIZE = 2_000
_NOON = parse_timestamp("2026-01-05T12:00:00Z") or 0
_PART_STEP_S = {"getHours": 3_600, "getMinutes": 60, "getSeconds": 1, "getDayOfWeek": 86_400, "getDate": 86_400,
                "getDayOfMonth": 86_400, "getDayOfYear": 86_400, "getMonth": 31 * 86_400, "getFullYear": 366 * 86_400}
_PLAIN: dict[ExprType, tuple[Scalar, ...]] = {
    "string": ("alpha", "beta"), "integer": (1, 2), "number": (1.5, 2), "boolean": (True, False),
    "timestamp": (_NOON, _NOON + 1), "duration": (60, 61),
}


class Missing:
    """The type of `MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""In place of a value: the attribute is not there."""


def boundary_values(atom: Expr) -> dict[AttributeKey, tuple[object, ...]]:
    """For each attribute of *atom*: values of its type around what the atom asks, then `MISSING`."""
    found: dict[AttributeKey, list[object]] = {}
    for node in walk(atom):
        if isinstance(node, Attribute):
            found.setdefault((node.side, node.name), [])
    for attribute, values in found.items():
        kind = _type_of(atom, attribute)
        for value in [*_about(atom, attribute, kind), *_plain(kind)]:
            if typed_value(value, kind) is not None and not _same(value, values):
                values.append(value)
        values.append(MISSING)
    return {attribute: tuple(values) for attribute, values in found.items()}


def shape_variants(atom: Expr, attribute: AttributeKey) -> tuple[object, ...]:
    """Values of a wrong type or form for *attribute*, near what *atom* asks: each makes a comparison ERR."""
    kind = _type_of(atom, attribute)
    listed = element_type(kind)
    wanted = next(iter(_about(atom, attribute, kind)), None)
    if listed is not None:
        element = wanted[0] if isinstance(wanted, list) and wanted else "x"
        return (None, element, {}, [element, 1 if listed == "string" else "x"], [element, None], [[element]])
    if kind == "string":
        text = wanted if isinstance(wanted, str) else "x"
        return (None, 1, True, [text], {}, text + "\x00", text + "\ufffd")
    if kind == "boolean":
        return (None, "true", 1, 0, "", [True])
    number = wanted if isinstance(wanted, (int, float)) else 1
    wrong: tuple[object, ...] = (None, str(number), True, [number], {}, INTEGER_LIMIT + 1, -INTEGER_LIMIT - 1)
    return wrong if kind == "number" else (*wrong, number + 0.5)


def _same(value: object, values: list[object]) -> bool:
    return any(type(value) is type(other) and value == other for other in values)


def _type_of(atom: Expr, attribute: AttributeKey) -> ExprType:
    for node in walk(atom):
        if isinstance(node, Attribute) and (node.side, node.name) == attribute and node.type is not None:
            return node.type
    raise TypeError("only checked conditions have boundary values")


def _plain(kind: ExprType) -> tuple[object, ...]:
    """Values of a type when nothing better is known."""
    listed = element_type(kind)
    if listed is not None:
        values = _PLAIN[listed]
        return [values[0]], [], [*values]
    return _PLAIN[kind]


def _about(atom: Expr, attribute: AttributeKey, kind: ExprType) -> Iterator[object]:
    """Values around the constants *atom* compares *attribute* with."""
    match atom:
        case Compare(_, left, right):
            for asked, other in ((left, right), (right, left)):
                yield from _beside(asked, other, attribute)
        case In(item, ListLiteral(items)):
            for constant in dict.fromkeys((*items[:_MAX_SAMPLES], *items[-1:])):
                yield from _beside(item, constant, attribute)
        case In(item, container):
            element = element_type(kind)
            if element is not None and _is(container, attribute):
                yield from _lists_with(item, element)
        case TextTest(op, subject, String(text)) if _is(subject, attribute):
            yield from _texts(op, text)
        case TextTest(_, String(text), argument) if _is(argument, attribute):
            yield from (text[:1], text[-1:], text, text + "x", text.swapcase(), "")
        case Matches(subject, pattern) if _is(subject, attribute):
            yield from _pattern_texts(pattern)
        case Exists(items, variable, body) | ForAll(items, variable, body):
            yield from _quantified(items, variable, body, attribute, kind)
        case Has() if not element_type(kind):
            yield from ("",) if kind == "string" else ()
        case _:
            return


def _is(expr: Expr, attribute: AttributeKey) -> bool:
    return isinstance(expr, Attribute) and (expr.side, expr.name) == attribute


def _beside(asked: Expr, other: Expr, attribute: AttributeKey) -> Iterator[object]:
    """Values of *attribute* that put *asked* on, below and above *other*, as far as *other* is a constant."""
    if isinstance(asked, TimeSum) or isinstance(other, TimeSum):
        yield from _sum_values(asked, other)
    if any(isinstance(node, (Attribute, Variable)) for node in walk(other)):
        return
    value = value_of(other, {})
    if value is None or isinstance(value, tuple):
        return
    match asked:
        case Attribute() if _is(asked, attribute):
            yield from _near(value)
        case Size(Attribute(_, _, kind) as operand) if _is(operand, attribute) and isinstance(value, int):
            for count in (value, value - 1, value + 1):
                if 0 <= count <= _MAX_SIZE:
                    yield "a" * count if kind == "string" else _distinct(kind, count)
        case TimePart(part, Attribute(_, _, "duration") as operand) if _is(operand, attribute):
            yield from (int(value) * _PART_STEP_S[part] + off for off in (0, -1, 1, _PART_STEP_S[part]))
        case TimePart(part, operand) if _is(operand, attribute):
            yield from (_NOON + _PART_STEP_S[part] * k for k in range(-12, 13))
            yield from (_NOON + 15 * 60 * k for k in range(1, 4))
        case _:
            return


def _sum_values(asked: Expr, other: Expr) -> Iterator[object]:
    """Seconds for attributes inside sums: fixed times, a noon and zero, moved by every duration written there."""
    nodes = [*walk(asked), *walk(other)]
    steps = sorted({0, *(node.seconds for node in nodes if isinstance(node, Duration))})
    starts = [*(node.seconds for node in nodes if isinstance(node, Timestamp)), _NOON, 0]
    for start in starts:
        for step in steps:
            for moved in dict.fromkeys((start + step, start - step)):
                yield from (moved, moved + 1, moved - 1)


def _near(value: Scalar) -> Iterator[object]:
    if isinstance(value, bool):
        yield from (value, not value)
    elif isinstance(value, str):
        yield from (value, value + "x", value.swapcase(), normalize("NFD", value), value[:-1], "")
    elif isinstance(value, int):
        yield from (value, value - 1, value + 1, float(value), INTEGER_LIMIT, -1, 0)
    else:
        yield from (value, value - 1, value + 1, value + 0.5, int(value), -1, 0)


def _texts(op: str, text: str) -> Iterator[object]:
    yield text
    yield {"startsWith": text + "x", "endsWith": "x" + text}.get(op, "x" + text + "x")
    yield {"startsWith": "x" + text, "endsWith": text + "x"}.get(op, text[:1] + "x" + text[1:])
    yield text[:-1] if op != "endsWith" else text[1:]
    yield text.swapcase()
    yield normalize("NFD", text)
    yield {"startsWith": "\u200d" + text, "endsWith": text + "\u200d"}.get(op, text)
    yield ""


def _pattern_texts(pattern: str) -> Iterator[object]:
    regex = parse_regex(pattern)
    for _, text in zip(range(_MAX_SAMPLES), examples(regex), strict=False):
        yield text
    for _, text in zip(range(2 * _MAX_SAMPLES), counterexamples(regex), strict=False):
        yield text
    shortest = next(iter(examples(regex)), "")
    yield shortest + "\n"
    yield shortest + "\u0663"  # an Arabic digit
    yield shortest + "a" * 1_025


def _lists_with(item: Expr, element: ScalarType) -> Iterator[object]:
    """Lists with and without *item*, alone and in company."""
    plain = _PLAIN[element]
    if isinstance(item, (Bool, Int, Double, String, Timestamp, Duration)):
        value = constant_value(item)
        yield [value]
        yield []
        for near in _near(value):
            if near != value:
                yield [near]
        yield [plain[0], value]
    else:
        yield from ([plain[0]], [], [plain[1]], [*plain])


def _distinct(kind: ExprType | None, count: int) -> list[object]:
    if kind == "list<string>":
        return [f"v{i}" for i in range(count)]
    return [i % 2 == 0 for i in range(count)] if kind == "list<boolean>" else list(range(count))


def _quantified(items: Expr, variable: str, body: Expr, attribute: AttributeKey, kind: ExprType) -> Iterator[object]:
    """Lists out of values around what the body asks of an element; and what it asks of other attributes."""
    inner = [node for node in walk(body) if isinstance(node, (Compare, In, TextTest, Matches))]
    if not _is(items, attribute):
        for node in inner:
            yield from _about(node, attribute, kind)
        return
    element = element_type(kind)
    if element is None:
        return
    name = f"element {variable}"
    single: list[object] = []
    for node in inner:
        single += _about(bind(node, variable, Attribute("resource", name, element)), ("resource", name), element)
    single = single[:2 * _MAX_SAMPLES] or list(_PLAIN[element])
    yield from ([value] for value in single)
    yield []
    yield single[:2]
    yield single[-2:]
