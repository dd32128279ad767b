"""Replace attributes by constants, and elements of written-out lists by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
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
from seccfg.expr.times import parse_duration, parse_timestamp
from seccfg.expr.types import AttributeKey, ExprType, element_type
from seccfg.record import replace

__all__ = ["bind", "constant_type", "substitute"]


def substitute(expr: Expr, values: Mapping[AttributeKey, Constant | ListLiteral]) -> Expr:
    """
    *expr* with every attribute in *values* replaced; `has()` of one becomes `true`.

    Raises:
        TypeError: a value is not of the attribute's type; a whole number for a `number` is widened, and text for a
            timestamp or a duration is read as one.
    """
    match expr:
        case Attribute(side, name, wanted):
            value = values.get((side, name))
            return expr if value is None else _fitted(value, wanted, expr)
        case Has(attribute):
            return Bool(True, expr.pos) if (attribute.side, attribute.name) in values else expr
        case And(operands):
            return And(tuple(substitute(o, values) for o in operands), expr.pos)
        case Or(operands):
            return Or(tuple(substitute(o, values) for o in operands), expr.pos)
        case Not(operand):
            return Not(substitute(operand, values), expr.pos)
        case Compare(op, left, right):
            return Compare(op, substitute(left, values), substitute(right, values), expr.pos)
        case TimeSum(op, left, right):
            return TimeSum(op, substitute(left, values), substitute(right, values), expr.pos)
        case TextTest(op, subject, argument):
            return TextTest(op, substitute(subject, values), substitute(argument, values), expr.pos)
        case In(item, container):
            return In(substitute(item, values), substitute(container, values), expr.pos)
        case Matches(subject, pattern):
            return Matches(substitute(subject, values), pattern, expr.pos)
        case Size(operand):
            return Size(substitute(operand, values), expr.pos)
        case TimePart(part, operand):
            return TimePart(part, substitute(operand, values), expr.pos)
        case Exists(items, variable, body):
            return Exists(substitute(items, values), variable, substitute(body, values), expr.pos)
        case ForAll(items, variable, body):
            return ForAll(substitute(items, values), variable, substitute(body, values), expr.pos)
        case _:
            return expr


def bind(body: Expr, variable: str, value: Expr) -> Expr:
    """*body* of an `exists` or `all` with its *variable* replaced: by an element, or by another name for it."""
    match body:
        case Variable(name):
            return value if name == variable else body
        case And(operands):
            return And(tuple(bind(o, variable, value) for o in operands), body.pos)
        case Or(operands):
            return Or(tuple(bind(o, variable, value) for o in operands), body.pos)
        case Not(operand):
            return Not(bind(operand, variable, value), body.pos)
        case Compare(op, left, right):
            return Compare(op, bind(left, variable, value), bind(right, variable, value), body.pos)
        case TimeSum(op, left, right):
            return TimeSum(op, bind(left, variable, value), bind(right, variable, value), body.pos)
        case TextTest(op, subject, argument):
            return TextTest(op, bind(subject, variable, value), bind(argument, variable, value), body.pos)
        case In(item, container):
            return In(bind(item, variable, value), container, body.pos)
        case Matches(subject, pattern):
            return Matches(bind(subject, variable, value), pattern, body.pos)
        case Size(operand):
            return Size(bind(operand, variable, value), body.pos)
        case TimePart(part, operand):
            return TimePart(part, bind(operand, variable, value), body.pos)
        case _:
            return body


def constant_type(value: Constant) -> ExprType:
    """The type a literal has by itself."""
    match value:
        case Bool():
            return "boolean"
        case Int():
            return "integer"
        case Double():
            return "number"
        case String():
            return "string"
        case Timestamp():
            return "timestamp"
        case Duration():
            return "duration"


def _fitted(value: Constant | ListLiteral, wanted: ExprType | None, where: Attribute) -> Expr:
    if isinstance(value, ListLiteral):
        element = None if wanted is None else element_type(wanted)
        if wanted is not None and element is None:
            raise TypeError(f"{where.side}.{where.name} is no list")
        return ListLiteral(tuple(_scalar(item, element, where) for item in value.items), where.pos)
    return replace(_scalar(value, wanted, where), pos=where.pos)


def _scalar(value: Constant, wanted: ExprType | None, where: Attribute) -> Constant:
    if wanted == "number" and isinstance(value, Int):
        return Double(float(value.value))
    if isinstance(value, String) and wanted in ("timestamp", "duration"):
        seconds = parse_timestamp(value.value) if wanted == "timestamp" else parse_duration(value.value)
        if seconds is None:
            raise TypeError(f"{where.side}.{where.name} is a {wanted}, not any text")
        return Timestamp(seconds) if wanted == "timestamp" else Duration(seconds)
    if wanted is not None and constant_type(value) != wanted:
        raise TypeError(f"{where.side}.{where.name} is a {wanted}, not a {constant_type(value)}")
    return value
