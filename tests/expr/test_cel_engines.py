"""Two independent CEL engines agree with the reference on well-typed conditions, where CEL and this language mean the same."""

from __future__ import annotations

import datetime
import random
from typing import Any

import pytest

from seccfg.expr.ast import Attribute, Expr, Matches, TimePart, TimeSum, walk
from seccfg.expr.canonical import print_expr
from seccfg.expr.evaluate import Context, Truth, evaluate
from seccfg.expr.types import SIDES, element_type

CONDITIONS = 250
CONTEXTS = 4


def _comparable(expr: Expr) -> bool:
    """Left out: sums, which are errors at different limits, and names CEL refuses."""
    return not any(isinstance(node, TimeSum) or (isinstance(node, Attribute) and node.name == "na-me") for node in walk(expr))


def _well_typed(make: Any) -> tuple[Expr, list[Context]]:
    while True:
        expr = make.condition(2)
        if _comparable(expr) and not _strange_variable(expr):
            return expr, [make.context(hostile=False) for _ in range(CONTEXTS)]


def _strange_variable(expr: Expr) -> bool:
    return " lambda" in print_expr(expr) or "(lambda" in print_expr(expr)


def _types(expr: Expr) -> dict[tuple[str, str], str]:
    return {(n.side, n.name): str(n.type) for n in walk(expr) if isinstance(n, Attribute)}


def _moment(seconds: int) -> datetime.datetime:
    return datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=seconds)


def _native(expr: Expr, context: Context) -> dict[str, dict[str, Any]]:
    """Values in the types an engine expects: whole numbers as int, times as datetime."""
    found: dict[str, dict[str, Any]] = {side: {} for side in SIDES}
    for (side, name), kind in _types(expr).items():
        value: Any = context[side][name]  # type: ignore[index]
        convert: Any = {"integer": int, "number": float, "timestamp": lambda s: _moment(int(s)),
                        "duration": lambda s: datetime.timedelta(seconds=int(s))}.get(kind, lambda v: v)
        if element_type(kind) is not None:  # type: ignore[arg-type]
            value = [int(v) if element_type(kind) == "integer" else v for v in value]  # type: ignore[arg-type]
            convert = list
        found[side][name] = convert(value)
    return found


def test_common_expression_language_agrees(conditions: Any) -> None:
    """The Rust engine, on conditions without sizes of text (it counts bytes)."""
    cel = pytest.importorskip("cel")
    make = conditions(random.Random(7))
    compared = 0
    for _ in range(CONDITIONS):
        expr, contexts = _well_typed(make)
        if any(isinstance(node, (Matches, TimePart)) for node in walk(expr)):
            continue  # its patterns are Unicode, and its durations have no parts
        for context in contexts:
            truth = evaluate(expr, context)
            if truth is Truth.ERR:
                continue
            assert cel.evaluate(print_expr(expr), _native(expr, context)) is (truth is Truth.TRUE), print_expr(expr)
            compared += 1
    assert compared > CONDITIONS


def test_cel_python_agrees(conditions: Any) -> None:
    """The Python engine, patterns and calendar included."""
    celpy = pytest.importorskip("celpy")
    from celpy import celtypes

    def converted(value: Any) -> Any:
        if isinstance(value, datetime.datetime):
            return celtypes.TimestampType(value)
        if isinstance(value, datetime.timedelta):
            return celtypes.DurationType(value)
        return celpy.json_to_cel(value)

    make = conditions(random.Random(8))
    environment = celpy.Environment()
    compared = 0
    for _ in range(CONDITIONS // 2):
        expr, contexts = _well_typed(make)
        program = environment.program(environment.compile(print_expr(expr)))
        for context in contexts:
            truth = evaluate(expr, context)
            if truth is Truth.ERR:
                continue
            native = _native(expr, context)
            activation = {side: celtypes.MapType({celtypes.StringType(n): converted(v) for n, v in values.items()})
                          for side, values in native.items()}
            assert bool(program.evaluate(activation)) is (truth is Truth.TRUE), (print_expr(expr), context)
            compared += 1
    assert compared > CONDITIONS // 2
