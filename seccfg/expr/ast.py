"""The condition language as data: one closed union of records.

`parse` makes these nodes with `Attribute.type` and `Variable.type` empty; `check` returns the same tree with the types
filled in and whole-number literals widened where a `number` is meant. All that follows (evaluating, lowering, printing,
hashing) takes the checked tree.

`pos` is the (start, end) offset span in the condition's text and takes no part in equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from seccfg.expr.types import AttributeKey, ExprType, Side
from seccfg.record import Record

__all__ = [
    "NO_POS", "And", "ArithmeticOp", "Attribute", "Bool", "Compare", "CompareOp", "Constant", "Double", "Duration",
    "Exists", "Expr", "ForAll", "Has", "In", "Int", "ListLiteral", "Matches", "Not", "Or", "Part", "Pos", "Size",
    "String", "TextOp", "TextTest", "TimePart", "TimeSum", "Timestamp", "Variable", "atoms", "attributes", "children",
    "is_atom", "walk",
]

Pos = tuple[int, int]
NO_POS: Pos = (0, 0)

CompareOp = Literal["==", "!=", "<", "<=", ">", ">="]
TextOp = Literal["startsWith", "endsWith", "contains"]
ArithmeticOp = Literal["+", "-"]
Part = Literal[
    "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfYear", "getDayOfWeek", "getHours", "getMinutes",
    "getSeconds",
]


class Bool(Record):
    """`true` or `false`."""

    value: bool
    pos: Pos = NO_POS


class Int(Record):
    """A whole number within +-(2^53 - 1)."""

    value: int
    pos: Pos = NO_POS


class Double(Record):
    """A finite number of type `number`."""

    value: float
    pos: Pos = NO_POS


class String(Record):
    """Text; never holds NUL, U+FFFD or a lone surrogate."""

    value: str
    pos: Pos = NO_POS


class Timestamp(Record):
    """`timestamp("2026-01-05T12:00:00Z")` as whole seconds since the Unix epoch."""

    seconds: int
    pos: Pos = NO_POS


class Duration(Record):
    """`duration("1h30m")` as whole seconds."""

    seconds: int
    pos: Pos = NO_POS


Constant = Bool | Int | Double | String | Timestamp | Duration


class ListLiteral(Record):
    """One or more constants of one type."""

    items: tuple[Constant, ...]
    pos: Pos = NO_POS


class Attribute(Record):
    """`principal.department`; `type` is None until the tree is checked."""

    side: Side
    name: str
    type: ExprType | None = None
    pos: Pos = NO_POS


class Variable(Record):
    """The element an `exists` or `all` is looking at."""

    name: str
    type: ExprType | None = None
    pos: Pos = NO_POS


class Not(Record):
    operand: Expr
    pos: Pos = NO_POS


class And(Record):
    """`a && b && c`: two or more operands, in the order written."""

    operands: tuple[Expr, ...]
    pos: Pos = NO_POS


class Or(Record):
    """`a || b || c`: two or more operands, in the order written."""

    operands: tuple[Expr, ...]
    pos: Pos = NO_POS


class Compare(Record):
    """Two scalars of one type; ordering is for integer, number, timestamp and duration only."""

    op: CompareOp
    left: Expr
    right: Expr
    pos: Pos = NO_POS


class In(Record):
    """`item in container`: the container is a list attribute or a list literal."""

    item: Expr
    container: Expr
    pos: Pos = NO_POS


class Has(Record):
    """`has(side.name)`: present and not JSON null, of whatever type; never an error, as a side is always an object."""

    attribute: Attribute
    pos: Pos = NO_POS


class TextTest(Record):
    """`subject.startsWith(argument)` and its like; compares code points, knows no case and no locale."""

    op: TextOp
    subject: Expr
    argument: Expr
    pos: Pos = NO_POS


class Matches(Record):
    """`subject.matches("pattern")`: a search for a pattern of `seccfg.expr.regex`.

    An error where `subject` is not ASCII, or longer than `regex.MAX_SUBJECT`.
    """

    subject: Expr
    pattern: str
    pos: Pos = NO_POS


class Size(Record):
    """`size(x)`: elements of a list, characters of a string (an error where the string is not ASCII)."""

    operand: Expr
    pos: Pos = NO_POS


class TimePart(Record):
    """A UTC calendar field of a timestamp, or the whole hours, minutes or seconds of a duration; an integer."""

    part: Part
    operand: Expr
    pos: Pos = NO_POS


class TimeSum(Record):
    """`+` and `-` over timestamps and durations; an error where the result is out of range."""

    op: ArithmeticOp
    left: Expr
    right: Expr
    pos: Pos = NO_POS


class Exists(Record):
    """`items.exists(variable, body)`: the `||` of `body` over all elements; FALSE for none."""

    items: Expr
    variable: str
    body: Expr
    pos: Pos = NO_POS


class ForAll(Record):
    """`items.all(variable, body)`: the `&&` of `body` over all elements; TRUE for none."""

    items: Expr
    variable: str
    body: Expr
    pos: Pos = NO_POS


Expr = (
    Bool | Int | Double | String | Timestamp | Duration | ListLiteral | Attribute | Variable | Not | And | Or | Compare
    | In | Has | TextTest | Matches | Size | TimePart | TimeSum | Exists | ForAll
)


_LEAVES = frozenset((Bool, Int, Double, String, Timestamp, Duration, Attribute, Variable))


def children(expr: Expr) -> tuple[Expr, ...]:
    """The nodes directly below *expr*, in the order written."""
    if type(expr) in _LEAVES:  # most nodes are
        return ()
    match expr:
        case And(operands) | Or(operands):
            return operands
        case Not(operand) | Size(operand) | TimePart(_, operand):
            return (operand,)
        case Compare(_, left, right) | TimeSum(_, left, right) | TextTest(_, left, right) | In(left, right):
            return (left, right)
        case Exists(items, _, body) | ForAll(items, _, body):
            return (items, body)
        case ListLiteral(items):
            return items
        case Has(attribute):
            return (attribute,)
        case Matches(subject):
            return (subject,)
        case _:
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """*expr* and every node below it, each before its children."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def attributes(expr: Expr) -> frozenset[AttributeKey]:
    """Every attribute *expr* reads or asks the presence of."""
    return frozenset((node.side, node.name) for node in walk(expr) if isinstance(node, Attribute))


def is_atom(expr: Expr) -> bool:
    """True for a boolean node without boolean structure: what MC/DC and the analysis take as one variable."""
    return not isinstance(expr, (And, Or, Not))


def atoms(expr: Expr) -> tuple[Expr, ...]:
    """The different atoms of a condition, in the order written."""
    found: dict[Expr, None] = {}
    _collect_atoms(expr, found)
    return tuple(found)


def _collect_atoms(expr: Expr, found: dict[Expr, None]) -> None:
    match expr:
        case And(operands) | Or(operands):
            for operand in operands:
                _collect_atoms(operand, found)
        case Not(operand):
            _collect_atoms(operand, found)
        case _:
            found.setdefault(expr)
