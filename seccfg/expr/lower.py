"""Conditions as every backend prints them: two-valued `and` and `or` over guarded comparisons, no `not`, no errors.

T(e), `true_form`, holds exactly when e is TRUE; F(e), `false_form`, exactly when e is FALSE; neither when e is ERR.
T(!e) = F(e); T(a && b) = T(a) and T(b); F(a && b) = F(a) or F(b); `||` the other way round; T(atom) = guards and
comparison, F(atom) = guards and the opposite comparison. Each atom is lowered once: the size is that of the condition.
A grant compiles to T, a forbid to F.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from seccfg.expr.ast import (
    And as AstAnd,
)
from seccfg.expr.ast import (
    ArithmeticOp,
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
    Part,
    Size,
    String,
    TextOp,
    TextTest,
    TimePart,
    Timestamp,
    TimeSum,
    Variable,
    walk,
)
from seccfg.expr.ast import (
    Or as AstOr,
)
from seccfg.expr.canonical import OPPOSITE
from seccfg.expr.evaluate import Scalar, Truth, constant_value, evaluate, is_duration, value_of
from seccfg.expr.regex import Regex, parse_regex
from seccfg.expr.substitute import bind, constant_type
from seccfg.expr.types import AttributeKey, ExprType, ScalarType, Side
from seccfg.record import Record

__all__ = [
    "FALSE", "TRUE", "AllOf", "And", "AnyOf", "Ascii", "Cmp", "Const", "Element", "Guard", "InRange", "Length",
    "Lowered", "Match", "Member", "OneOf", "Op", "Or", "Present", "Short", "Slot", "Sum", "Term", "Test", "Text",
    "TimeField", "Typed", "Value", "conjunction", "disjunction", "false_form", "slots", "true_form", "weaken",
]


# ---------------------------------------------------------------------------------------------------------- terms
class Slot(Record):
    """The value of an attribute, read only behind its `Typed` guard."""

    side: Side
    name: str
    type: ExprType


class Element(Record):
    """The element the enclosing `AnyOf` or `AllOf` is at; always of its type."""

    name: str
    type: ScalarType


class Value(Record):
    """A constant; timestamps and durations are seconds."""

    value: Scalar
    type: ScalarType


class Length(Record):
    """Elements of a list, or characters of a text behind its `Ascii` guard."""

    of: Term


class TimeField(Record):
    """`part` of a timestamp in UTC (numbered as in CEL), or of a whole duration, towards zero."""

    part: Part
    of: Term
    of_type: Literal["timestamp", "duration"]


class Sum(Record):
    """Seconds added or subtracted; used only behind its `InRange` guard."""

    op: ArithmeticOp
    left: Term
    right: Term
    type: Literal["timestamp", "duration"]


Term = Slot | Element | Value | Length | TimeField | Sum


# --------------------------------------------------------------------------------------------------------- guards
class Typed(Record):
    """The attribute is present, not null, and a value of its type (`seccfg.expr.types`)."""

    slot: Slot


class Ascii(Record):
    """Every character of the text is ASCII."""

    text: Term


class Short(Record):
    """The text has at most `regex.MAX_SUBJECT` characters."""

    text: Term


class InRange(Record):
    """The sum is within the range of its type."""

    sum: Sum


Guard = Typed | Ascii | Short | InRange


# ----------------------------------------------------------------------------------------------------- comparisons
class Cmp(Record):
    """Two terms of one type; ordering is of numbers only."""

    op: CompareOp
    left: Term
    right: Term


class Text(Record):
    """Holds when the ordinal text test gives `expect`."""

    op: TextOp
    subject: Term
    argument: Term
    expect: bool


class Match(Record):
    """Holds when the search for the pattern gives `expect`."""

    subject: Term
    regex: Regex
    expect: bool


class OneOf(Record):
    """Holds when "the item equals one of the constants" is `expect`."""

    item: Term
    values: tuple[Value, ...]
    expect: bool


class Member(Record):
    """Holds when "the item equals an element of the list" is `expect`."""

    item: Term
    items: Slot
    expect: bool


class Present(Record):
    """Holds when "the attribute is present and not null, of whatever type" is `expect`."""

    side: Side
    name: str
    expect: bool


Op = Cmp | Text | Match | OneOf | Member | Present


# ------------------------------------------------------------------------------------------------------ structure
class Test(Record):
    """All guards, in order, and then the comparison."""

    __test__ = False  # no test case, whatever pytest thinks of the name

    guards: tuple[Guard, ...]
    op: Op


class And(Record):
    items: tuple[Lowered, ...]


class Or(Record):
    items: tuple[Lowered, ...]


class Const(Record):
    value: bool


class AnyOf(Record):
    """The guards hold, and the body for some element of the list."""

    guards: tuple[Guard, ...]
    items: Slot
    variable: str
    body: Lowered


class AllOf(Record):
    """The guards hold, and the body for every element of the list."""

    guards: tuple[Guard, ...]
    items: Slot
    variable: str
    body: Lowered


Lowered = Test | And | Or | Const | AnyOf | AllOf

TRUE = Const(True)
FALSE = Const(False)


def true_form(expr: Expr) -> Lowered:
    """Holds exactly when the checked condition is TRUE."""
    return _form(expr, True)


def false_form(expr: Expr) -> Lowered:
    """Holds exactly when the checked condition is FALSE: what a forbid requires."""
    return _form(expr, False)


def conjunction(items: Iterable[Lowered]) -> Lowered:
    """`And` of *items*, flat and without constants."""
    found: list[Lowered] = []
    for item in items:
        if isinstance(item, Const):
            if not item.value:
                return FALSE
        elif isinstance(item, And):
            found += item.items
        else:
            found.append(item)
    return And(tuple(found)) if len(found) > 1 else found[0] if found else TRUE


def disjunction(items: Iterable[Lowered]) -> Lowered:
    """`Or` of *items*, flat and without constants."""
    found: list[Lowered] = []
    for item in items:
        if isinstance(item, Const):
            if item.value:
                return TRUE
        elif isinstance(item, Or):
            found += item.items
        else:
            found.append(item)
    return Or(tuple(found)) if len(found) > 1 else found[0] if found else FALSE


def weaken(lowered: Lowered, unseen: frozenset[AttributeKey]) -> Lowered:
    """
    *lowered* with every atom over an attribute in *unseen* replaced by TRUE.

    The tightest condition over the other attributes that refuses nothing the whole condition would allow: what a
    gateway checks when the service behind it checks the rest.
    """
    match lowered:
        case And(items):
            return conjunction(weaken(item, unseen) for item in items)
        case Or(items):
            return disjunction(weaken(item, unseen) for item in items)
        case Test():
            return TRUE if slots(lowered) & unseen else lowered
        case AnyOf(guards, items, variable, body):
            if (items.side, items.name) in unseen:
                return TRUE
            return AnyOf(guards, items, variable, weaken(body, unseen))
        case AllOf(guards, items, variable, body):
            if (items.side, items.name) in unseen:
                return TRUE
            return AllOf(guards, items, variable, weaken(body, unseen))
        case Const():
            return lowered


def slots(lowered: Lowered) -> frozenset[AttributeKey]:
    """Every attribute *lowered* reads."""
    return frozenset(_slots(lowered))


def _slots(lowered: Lowered) -> Iterator[AttributeKey]:
    match lowered:
        case And(items) | Or(items):
            for item in items:
                yield from _slots(item)
        case AnyOf(_, items, _, body) | AllOf(_, items, _, body):
            yield items.side, items.name
            yield from _slots(body)
        case Test(guards, op):
            yield from ((g.slot.side, g.slot.name) for g in guards if isinstance(g, Typed))
            if isinstance(op, Present):
                yield op.side, op.name
        case Const():
            return


# ------------------------------------------------------------------------------------------------------- lowering
def _form(expr: Expr, sign: bool) -> Lowered:
    match expr:
        case Not(operand):
            return _form(operand, not sign)
        case AstAnd(operands):
            return _join(sign, (_form(o, sign) for o in operands))
        case AstOr(operands):
            return _join(not sign, (_form(o, sign) for o in operands))
        case Exists(ListLiteral(items), variable, body):
            return _join(not sign, (_form(bind(body, variable, item), sign) for item in items))
        case ForAll(ListLiteral(items), variable, body):
            return _join(sign, (_form(bind(body, variable, item), sign) for item in items))
        case Exists(items, variable, body) | ForAll(items, variable, body):
            listed = _slot(items)
            kind = AnyOf if isinstance(expr, Exists) == sign else AllOf
            return kind((Typed(listed),), listed, variable, _form(body, sign))
        case _:
            if any(isinstance(node, (Attribute, Variable)) for node in walk(expr)):
                return _atom(expr, sign)
            return Const(evaluate(expr, {}) is Truth.of(sign))


def _join(all_of: bool, items: Iterable[Lowered]) -> Lowered:
    return conjunction(items) if all_of else disjunction(items)


class _Impossible(Exception):
    """A constant operand is an error, so the atom is."""


def _atom(expr: Expr, sign: bool) -> Lowered:
    guards: dict[Guard, None] = {}
    try:
        op = _op(expr, sign, guards)
    except _Impossible:
        return FALSE
    return Test(tuple(guards), op)


def _op(expr: Expr, sign: bool, guards: dict[Guard, None]) -> Op:
    match expr:
        case Has(attribute):
            return Present(attribute.side, attribute.name, sign)
        case Compare(op, left, right):
            return _cmp(op if sign else OPPOSITE[op], _term(left, guards), _term(right, guards))
        case In(item, ListLiteral(items)):
            return OneOf(_term(item, guards), tuple(_literal(value) for value in items), sign)
        case In(item, container):
            listed = _slot(container)
            looked_for = _term(item, guards)
            guards[Typed(listed)] = None
            return Member(looked_for, listed, sign)
        case TextTest(op, subject, argument):
            return Text(op, _term(subject, guards), _term(argument, guards), sign)
        case Matches(subject, pattern):
            text = _term(subject, guards)
            guards[Ascii(text)] = None
            guards[Short(text)] = None
            return Match(text, parse_regex(pattern), sign)
        case _:
            return Cmp("==", _term(expr, guards), Value(sign, "boolean"))


def _cmp(op: CompareOp, left: Term, right: Term) -> Op:
    """`x != false` as `x == true`: of a value that is missing, "is not false" would hold on many hosts."""
    if isinstance(left, Value) and isinstance(left.value, bool):
        left, right = right, left
    if op == "!=" and isinstance(right, Value) and isinstance(right.value, bool):
        return Cmp("==", left, Value(not right.value, "boolean"))
    return Cmp(op, left, right)


def _term(expr: Expr, guards: dict[Guard, None]) -> Term:
    """The term, its guards added in the order they have to be checked in."""
    if not any(isinstance(node, (Attribute, Variable)) for node in walk(expr)):
        return _constant_term(expr)
    match expr:
        case Attribute():
            slot = _slot(expr)
            guards[Typed(slot)] = None
            return slot
        case Variable(name, kind):
            return Element(name, _scalar_type(kind))
        case Size(operand):
            counted = _term(operand, guards)
            if isinstance(counted, (Slot, Element)) and counted.type == "string":
                guards[Ascii(counted)] = None
            return Length(counted)
        case TimePart(part, operand):
            return TimeField(part, _term(operand, guards), "duration" if is_duration(operand) else "timestamp")
        case TimeSum(op, left, right):
            total = Sum(op, _term(left, guards), _term(right, guards), "duration" if is_duration(expr) else "timestamp")
            guards[InRange(total)] = None
            return total
        case _:
            raise TypeError(f"{type(expr).__name__} is no operand: only checked conditions can be lowered")


def _constant_term(expr: Expr) -> Value:
    if isinstance(expr, (Bool, Int, Double, String, Timestamp, Duration)):
        return _literal(expr)
    value = value_of(expr, {})
    if value is None or isinstance(value, tuple):
        raise _Impossible
    if isinstance(expr, TimeSum):
        return Value(value, "duration" if is_duration(expr) else "timestamp")
    return Value(value, "integer")


def _literal(constant: Constant) -> Value:
    return Value(constant_value(constant), _scalar_type(constant_type(constant)))


def _slot(expr: Expr) -> Slot:
    if not isinstance(expr, Attribute) or expr.type is None:
        raise TypeError("only checked conditions can be lowered")
    return Slot(expr.side, expr.name, expr.type)


def _scalar_type(type_: ExprType | None) -> ScalarType:
    match type_:
        case "string" | "integer" | "number" | "boolean" | "timestamp" | "duration":
            return type_
        case _:
            raise TypeError("only checked conditions can be lowered")
