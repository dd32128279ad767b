"""One comparison of a condition as a function of its attributes' values, quick enough to be asked for thousands of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from seccfg.expr.ast import (
    Attribute,
    Bool,
    Compare,
    Double,
    Duration,
    Expr,
    Has,
    In,
    Int,
    ListLiteral,
    Matches,
    String,
    TextTest,
    TimePart,
    Timestamp,
)
from seccfg.expr.boundaries import MISSING
from seccfg.expr.evaluate import UNUSABLE, Context, Truth, constant_value, evaluate
from seccfg.expr.regex import MAX_SUBJECT, parse_regex
from seccfg.expr.regex_automaton import automaton
from seccfg.expr.times import timestamp_part
from seccfg.expr.types import SIDES, AttributeKey

__all__ = ["CONSTANTS", "ERR", "FALSE", "TRUE", "Reader", "Sign", "Situation", "context_of", "is_value", "reader"]

Sign = Literal[0, 1, 2]
FALSE: Final = 0
TRUE: Final = 1
ERR: Final = 2
Situation = Mapping[AttributeKey, object]
"""A value for each attribute; `MISSING` or left out: not there; `UNUSABLE`: there, and no value of its type."""
Reader = Callable[[Sequence[object]], Sign]
"""The sign of an atom for the values of its component's attributes, in the component's order."""

CONSTANTS: Final = (Bool, Int, Double, String, Timestamp, Duration)
_SIGN: Final[Mapping[Truth, Sign]] = {Truth.TRUE: TRUE, Truth.FALSE: FALSE, Truth.ERR: ERR}
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_TURNED: Final[Mapping[str, str]] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def is_value(value: object) -> bool:
    """Neither missing nor unusable."""
    return value is not MISSING and value is not UNUSABLE


def context_of(situation: Situation) -> Context:
    """*situation* as the reference evaluator takes it."""
    return {
        side: {name: value for (of, name), value in situation.items() if of == side and value is not MISSING}
        for side in SIDES
    }


def reader(atom: Expr, keys: Sequence[AttributeKey], fixed: Situation) -> Reader:
    """
    The sign of *atom* for values of *keys*; attributes in *fixed* have that value.

    The values given are of the attributes' types, `MISSING` or `UNUSABLE`.
    """
    place = {key: at for at, key in enumerate(keys)}
    match atom:
        case Has(Attribute(side, name)) if (side, name) in place:
            at = place[side, name]
            return lambda values: FALSE if values[at] is MISSING else TRUE
        case Attribute(side, name) if (side, name) in place:
            return _asking(place[side, name], bool)
        case Compare(op, Attribute(side, name), Attribute(side2, name2)) if (side, name) in place and (side2, name2) in place:
            return _comparing(op, place[side, name], place[side2, name2])
        case Compare(op, Attribute(side, name), other) if (side, name) in place and isinstance(other, CONSTANTS):
            return _against(op, place[side, name], constant_value(other))
        case Compare(op, other, Attribute(side, name)) if (side, name) in place and isinstance(other, CONSTANTS):
            return _against(_TURNED[op], place[side, name], constant_value(other))
        case Compare(op, TimePart(part, Attribute(side, name, "timestamp")), Int(number)) if (side, name) in place:
            compare = _OPERATORS[op]
            return _asking(
                place[side, name],
                lambda seconds: isinstance(seconds, int) and bool(compare(timestamp_part(seconds, part), number)),
            )
        case In(Attribute(side, name), ListLiteral(items)) if (side, name) in place:
            among = tuple(constant_value(item) for item in items)
            return _asking(place[side, name], lambda value: value in among)
        case In(item, Attribute(side, name)) if (side, name) in place and isinstance(item, CONSTANTS):
            wanted = constant_value(item)
            return _asking(place[side, name], lambda items: isinstance(items, tuple) and wanted in items)
        case TextTest(op, Attribute(side, name), String(text)) if (side, name) in place:
            return _asking(place[side, name], _text_test(op, text))
        case Matches(Attribute(side, name), pattern) if (side, name) in place:
            return _matching(place[side, name], pattern)
        case _:
            return _evaluating(atom, keys, fixed)


def _asking(at: int, test: Callable[[object], bool]) -> Reader:
    def sign(values: Sequence[object]) -> Sign:
        value = values[at]
        if value is MISSING or value is UNUSABLE:
            return ERR
        return TRUE if test(value) else FALSE

    return sign


def _against(op: str, at: int, constant: object) -> Reader:
    compare = _OPERATORS[op]
    return _asking(at, lambda value: bool(compare(value, constant)))


def _comparing(op: str, left: int, right: int) -> Reader:
    compare = _OPERATORS[op]

    def sign(values: Sequence[object]) -> Sign:
        a, b = values[left], values[right]
        if a is MISSING or a is UNUSABLE or b is MISSING or b is UNUSABLE:
            return ERR
        return TRUE if compare(a, b) else FALSE

    return sign


def _text_test(op: str, part: str) -> Callable[[object], bool]:
    if op == "contains":
        return lambda text: part in str(text)
    if op == "startsWith":
        return lambda text: str(text).startswith(part)
    return lambda text: str(text).endswith(part)


def _matching(at: int, pattern: str) -> Reader:
    machine = automaton(parse_regex(pattern))

    def sign(values: Sequence[object]) -> Sign:
        text = values[at]
        if not isinstance(text, str) or not text.isascii() or len(text) > MAX_SUBJECT or "\0" in text:
            return ERR
        return TRUE if machine.search(text) else FALSE

    return sign


def _evaluating(atom: Expr, keys: Sequence[AttributeKey], fixed: Situation) -> Reader:
    names = tuple(keys)

    def sign(values: Sequence[object]) -> Sign:
        return _SIGN[evaluate(atom, context_of({**fixed, **dict(zip(names, values, strict=True))}))]

    return sign
