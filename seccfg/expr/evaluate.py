"""What a condition means: the three-valued reference evaluator.

Every atom over a value that is missing, null or of another type is ERR; `!ERR` is ERR; `&&` is FALSE if any operand is
FALSE, else ERR if any is ERR, else TRUE; `||` the other way round; `exists` and `all` are the `||` and `&&` of their
body. A grant needs TRUE, a forbid needs FALSE, so an error never opens anything.

A context gives each side's values by name. Absent and null are both "absent". A value that is there but unusable (a
header given twice, text that is no integer) is `UNUSABLE`: `has()` sees it, every comparison with it is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
    CompareOp,
    Constant,
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
    Not,
    Or,
    Size,
    String,
    TextTest,
    TimePart,
    Timestamp,
    TimeSum,
    Variable,
)
from seccfg.expr.lexer import bad_text
from seccfg.expr.regex import Regex, parse_regex, regex_matches
from seccfg.expr.times import duration_part, timestamp_part
from seccfg.expr.types import DURATION_LIMIT, INTEGER_LIMIT, TIMESTAMP_MAX, TIMESTAMP_MIN, ExprType, Side, element_type

__all__ = [
    "UNUSABLE", "Context", "Scalar", "Truth", "Unusable", "Value", "constant_value", "evaluate", "is_duration",
    "typed_value", "value_of",
]

Context = Mapping[Side, Mapping[str, object]]
Scalar = str | int | float | bool
Value = Scalar | tuple[Scalar, ...]


class Truth(Enum):
    """The outcome of a condition."""

    TRUE = "true"
    FALSE = "false"
    ERR = "error"

    @classmethod
    def of(cls, value: bool) -> Truth:
        return cls.TRUE if value else cls.FALSE

    def __invert__(self) -> Truth:
        return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(self, Truth.ERR)


class Unusable:
    """The type of `UNUSABLE`; a value of no type of the language."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNUSABLE"


UNUSABLE: Final = Unusable()
"""Present, but no value: given twice, or text that does not read as its type."""


def evaluate(expr: Expr, context: Context) -> Truth:
    """The outcome of the typed condition *expr*; total: there is no input it raises on."""
    return _truth(expr, context, None)


def value_of(expr: Expr, context: Context) -> Value | None:
    """The value of a typed operand, None when it is an error; timestamps and durations are seconds."""
    return _value(expr, context, None)


def typed_value(value: object, type_: ExprType) -> Value | None:
    """*value* as one of *type_*, None when it is none: whole floats become integers, lists become tuples."""
    element = element_type(type_)
    if element is not None:
        if not isinstance(value, (list, tuple)):
            return None
        items = [_scalar(item, element) for item in value]
        found = tuple(item for item in items if item is not None)
        return found if len(found) == len(items) else None
    return _scalar(value, type_)


def _scalar(value: object, type_: ExprType) -> Scalar | None:
    if type_ == "string":
        return value if isinstance(value, str) and not bad_text(value) else None
    if type_ == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not -INTEGER_LIMIT <= value <= INTEGER_LIMIT:  # also refuses NaN
        return None
    if type_ == "number":
        return value
    if value != int(value):
        return None
    whole = int(value)
    if type_ == "timestamp":
        return whole if TIMESTAMP_MIN <= whole <= TIMESTAMP_MAX else None
    if type_ == "duration":
        return whole if -DURATION_LIMIT <= whole <= DURATION_LIMIT else None
    return whole


# ----------------------------------------------------------------------------------------------------- conditions
def _truth(expr: Expr, context: Context, element: Scalar | None) -> Truth:
    match expr:
        case And(operands):
            return _all(_truth(o, context, element) for o in operands)
        case Or(operands):
            return _any(_truth(o, context, element) for o in operands)
        case Not(operand):
            return ~_truth(operand, context, element)
        case Has(attribute):
            return Truth.of(_lookup(attribute, context) is not None)
        case Compare(op, left, right):
            a, b = _value(left, context, element), _value(right, context, element)
            return Truth.ERR if a is None or b is None else Truth.of(_compare(op, a, b))
        case In(item, container):
            a, b = _value(item, context, element), _value(container, context, element)
            return Truth.of(a in b) if a is not None and isinstance(b, tuple) else Truth.ERR
        case TextTest(op, subject, argument):
            text, part = _value(subject, context, element), _value(argument, context, element)
            if not isinstance(text, str) or not isinstance(part, str):
                return Truth.ERR
            if op == "contains":
                return Truth.of(part in text)
            return Truth.of(text.startswith(part) if op == "startsWith" else text.endswith(part))
        case Matches(subject, pattern):
            text = _value(subject, context, element)
            found = regex_matches(_regex(pattern), text) if isinstance(text, str) else None
            return Truth.ERR if found is None else Truth.of(found)
        case Exists(items, _, body):
            listed = _value(items, context, element)
            if not isinstance(listed, tuple):
                return Truth.ERR
            return _any(_truth(body, context, item) for item in listed)
        case ForAll(items, _, body):
            listed = _value(items, context, element)
            if not isinstance(listed, tuple):
                return Truth.ERR
            return _all(_truth(body, context, item) for item in listed)
        case _:
            flag = _value(expr, context, element)
            return Truth.of(flag) if isinstance(flag, bool) else Truth.ERR


def _all(outcomes: Iterable[Truth]) -> Truth:
    """Every operand is looked at: a later FALSE outweighs an earlier error."""
    result = Truth.TRUE
    for outcome in outcomes:
        if outcome is Truth.FALSE:
            return Truth.FALSE
        if outcome is Truth.ERR:
            result = Truth.ERR
    return result


def _any(outcomes: Iterable[Truth]) -> Truth:
    result = Truth.FALSE
    for outcome in outcomes:
        if outcome is Truth.TRUE:
            return Truth.TRUE
        if outcome is Truth.ERR:
            result = Truth.ERR
    return result


def _compare(op: CompareOp, a: Value, b: Value) -> bool:
    if op == "==":
        return a == b
    if op == "!=":
        return a != b
    if isinstance(a, (str, tuple)) or isinstance(b, (str, tuple)):
        raise TypeError("only checked conditions can be evaluated: text and lists have no order")
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


# ------------------------------------------------------------------------------------------------------- values
def _value(expr: Expr, context: Context, element: Scalar | None) -> Value | None:
    match expr:
        case Attribute(_, _, kind):
            if kind is None:
                raise TypeError("only checked conditions can be evaluated: an attribute has no type")
            return typed_value(_lookup(expr, context), kind)
        case Variable():
            return element
        case Bool() | Int() | Double() | String() | Timestamp() | Duration():
            return constant_value(expr)
        case ListLiteral(items):
            return tuple(constant_value(item) for item in items)
        case Size(operand):
            counted = _value(operand, context, element)
            if isinstance(counted, str):
                return len(counted) if counted.isascii() else None
            return len(counted) if isinstance(counted, tuple) else None
        case TimePart(part, operand):
            seconds = _value(operand, context, element)
            if not isinstance(seconds, int):
                return None
            return duration_part(seconds, part) if is_duration(operand) else timestamp_part(seconds, part)
        case TimeSum(op, left, right):
            a, b = _value(left, context, element), _value(right, context, element)
            if not isinstance(a, int) or not isinstance(b, int):
                return None
            return typed_value(a + b if op == "+" else a - b, "duration" if is_duration(expr) else "timestamp")
        case _:
            return None


def constant_value(constant: Constant) -> Scalar:
    """What a literal stands for."""
    return constant.seconds if isinstance(constant, (Timestamp, Duration)) else constant.value


def _lookup(attribute: Attribute, context: Context) -> object:
    return context.get(attribute.side, {}).get(attribute.name)


def is_duration(expr: Expr) -> bool:
    """Whether a timestamp-or-duration operand is a duration."""
    match expr:
        case Duration():
            return True
        case Attribute(_, _, kind) | Variable(_, kind):
            return kind == "duration"
        case TimeSum(_, left, right):
            return is_duration(left) == is_duration(right)
        case _:
            return False


_patterns: dict[str, Regex] = {}


def _regex(pattern: str) -> Regex:
    found = _patterns.get(pattern)
    if found is None:
        if len(_patterns) >= 512:
            _patterns.clear()
        found = _patterns[pattern] = parse_regex(pattern)
    return found
