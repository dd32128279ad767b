"""What a lowered condition means: the two-valued evaluator that printers are compared with."""

from __future__ import annotations

from seccfg.expr.evaluate import Context, Scalar, typed_value
from seccfg.expr.lower import (
    AllOf,
    And,
    AnyOf,
    Ascii,
    Cmp,
    Const,
    Element,
    Guard,
    InRange,
    Length,
    Lowered,
    Match,
    Member,
    OneOf,
    Op,
    Or,
    Present,
    Short,
    Slot,
    Sum,
    Term,
    Test,
    Text,
    TimeField,
    Typed,
    Value,
)
from seccfg.expr.regex import MAX_SUBJECT, regex_matches
from seccfg.expr.times import duration_part, timestamp_part

__all__ = ["holds"]

_Value = Scalar | tuple[Scalar, ...]


def holds(lowered: Lowered, context: Context) -> bool:
    """Whether *lowered* holds in *context* (as `evaluate` takes it)."""
    return _holds(lowered, context, None)


def _holds(lowered: Lowered, context: Context, element: Scalar | None) -> bool:
    match lowered:
        case Const(value):
            return value
        case And(items):
            return all(_holds(item, context, element) for item in items)
        case Or(items):
            return any(_holds(item, context, element) for item in items)
        case Test(guards, op):
            return all(_passes(guard, context, element) for guard in guards) and _op(op, context, element)
        case AnyOf(guards, items, _, body):
            return all(_passes(guard, context, element) for guard in guards) and any(
                _holds(body, context, item) for item in _list(items, context))
        case AllOf(guards, items, _, body):
            return all(_passes(guard, context, element) for guard in guards) and all(
                _holds(body, context, item) for item in _list(items, context))


def _passes(guard: Guard, context: Context, element: Scalar | None) -> bool:
    match guard:
        case Typed(slot):
            return typed_value(context.get(slot.side, {}).get(slot.name), slot.type) is not None
        case Ascii(text):
            return _text(text, context, element).isascii()
        case Short(text):
            return len(_text(text, context, element)) <= MAX_SUBJECT
        case InRange(total):
            return typed_value(_term(total, context, element), total.type) is not None


def _op(op: Op, context: Context, element: Scalar | None) -> bool:
    match op:
        case Cmp(sign, left, right):
            a, b = _term(left, context, element), _term(right, context, element)
            if sign in ("==", "!="):
                return (a == b) is (sign == "==")
            x, y = _number(a), _number(b)
            return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[sign]
        case Text(test, subject, argument, expect):
            text, part = _text(subject, context, element), _text(argument, context, element)
            found = {"startsWith": text.startswith(part), "endsWith": text.endswith(part), "contains": part in text}
            return found[test] is expect
        case Match(subject, regex, expect):
            return regex_matches(regex, _text(subject, context, element)) is expect
        case OneOf(item, values, expect):
            return (_term(item, context, element) in [value.value for value in values]) is expect
        case Member(item, items, expect):
            return (_term(item, context, element) in _list(items, context)) is expect
        case Present(side, name, expect):
            return (context.get(side, {}).get(name) is not None) is expect


def _term(term: Term, context: Context, element: Scalar | None) -> _Value:
    match term:
        case Slot(side, name, kind):
            value = typed_value(context.get(side, {}).get(name), kind)
        case Element():
            value = element
        case Value(constant):
            value = constant
        case Length(of):
            counted = _term(of, context, element)
            value = len(counted) if isinstance(counted, (str, tuple)) else None
        case TimeField(part, of, of_type):
            seconds = int(_number(_term(of, context, element)))
            value = duration_part(seconds, part) if of_type == "duration" else timestamp_part(seconds, part)
        case Sum(op, left, right):
            a, b = (int(_number(_term(side, context, element))) for side in (left, right))
            value = a + b if op == "+" else a - b
    if value is None:
        raise TypeError("a slot was read before its guard")
    return value


def _text(term: Term, context: Context, element: Scalar | None) -> str:
    value = _term(term, context, element)
    if not isinstance(value, str):
        raise TypeError("a text was read before its guard")
    return value


def _number(value: _Value) -> int | float:
    if isinstance(value, (str, tuple)):
        raise TypeError("a number was read before its guard")
    return value


def _list(slot: Slot, context: Context) -> tuple[Scalar, ...]:
    value = typed_value(context.get(slot.side, {}).get(slot.name), slot.type)
    if not isinstance(value, tuple):
        raise TypeError("a list was read before its guard")
    return value
