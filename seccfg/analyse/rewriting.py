"""A condition with its attributes replaced by others, or by values."""

from __future__ import annotations

from collections.abc import Callable

from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
    Exists,
    Expr,
    ForAll,
    Has,
    In,
    Matches,
    Not,
    Or,
    Size,
    TextTest,
    TimePart,
    TimeSum,
)

__all__ = ["conjunction", "disjunction", "rewrite"]

Change = Callable[[Expr], Expr | None]
"""What to put in a node's place; None leaves it, and what is below it is looked at."""


def rewrite(expr: Expr, change: Change) -> Expr:
    """*expr* with every node *change* says something about replaced; `has()` of what became a constant is true."""
    changed = change(expr)
    if changed is not None:
        return changed
    match expr:
        case And(operands):
            return And(tuple(rewrite(operand, change) for operand in operands), expr.pos)
        case Or(operands):
            return Or(tuple(rewrite(operand, change) for operand in operands), expr.pos)
        case Not(operand):
            return Not(rewrite(operand, change), expr.pos)
        case Compare(op, left, right):
            return Compare(op, rewrite(left, change), rewrite(right, change), expr.pos)
        case In(item, container):
            return In(rewrite(item, change), rewrite(container, change), expr.pos)
        case Has(attribute):
            found = rewrite(attribute, change)
            return Has(found, expr.pos) if isinstance(found, Attribute) else Bool(True, expr.pos)
        case TextTest(op, subject, argument):
            return TextTest(op, rewrite(subject, change), rewrite(argument, change), expr.pos)
        case Matches(subject, pattern):
            return Matches(rewrite(subject, change), pattern, expr.pos)
        case Size(operand):
            return Size(rewrite(operand, change), expr.pos)
        case TimePart(part, operand):
            return TimePart(part, rewrite(operand, change), expr.pos)
        case TimeSum(op, left, right):
            return TimeSum(op, rewrite(left, change), rewrite(right, change), expr.pos)
        case Exists(items, variable, body):
            return Exists(rewrite(items, change), variable, rewrite(body, change), expr.pos)
        case ForAll(items, variable, body):
            return ForAll(rewrite(items, change), variable, rewrite(body, change), expr.pos)
        case _:
            return expr


def conjunction(operands: list[Expr]) -> Expr:
    """All of *operands*; TRUE when there are none."""
    return And(tuple(operands)) if len(operands) > 1 else operands[0] if operands else Bool(True)


def disjunction(operands: list[Expr]) -> Expr:
    """Any of *operands*; FALSE when there are none."""
    return Or(tuple(operands)) if len(operands) > 1 else operands[0] if operands else Bool(False)
