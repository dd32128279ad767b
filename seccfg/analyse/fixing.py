"""Comparisons over attributes whose value is known."""

from __future__ import annotations

from seccfg.analyse.atoms import Situation, context_of, is_value
from seccfg.expr.ast import (
    Attribute,
    Bool,
    Constant,
    Double,
    Duration,
    Exists,
    Expr,
    ForAll,
    Has,
    Int,
    ListLiteral,
    String,
    Timestamp,
    attributes,
    walk,
)
from seccfg.expr.boundaries import MISSING
from seccfg.expr.evaluate import Truth, evaluate, typed_value
from seccfg.expr.substitute import substitute
from seccfg.expr.types import AttributeKey, ExprType, ScalarType, element_type

__all__ = ["Settled", "constant_of", "settle"]

Settled = Truth | Expr
"""An atom's outcome, or what is left of the atom to ask."""


def settle(atom: Expr, fixed: Situation) -> Settled:
    """*atom* where the attributes in *fixed* have those values."""
    reads = attributes(atom)
    known = reads & fixed.keys()
    if not known:
        return atom if reads else evaluate(atom, {})
    if isinstance(atom, Has):
        return Truth.of(fixed[atom.attribute.side, atom.attribute.name] is not MISSING)
    constants: dict[AttributeKey, Constant | ListLiteral] = {}
    for node in walk(atom):
        if isinstance(node, Attribute) and (node.side, node.name) in known and node.type is not None:
            key = (node.side, node.name)
            value = fixed[key]
            typed = typed_value(value, node.type) if is_value(value) else None
            if typed is not None:
                constants[key] = constant_of(typed, node.type)
            elif not _inside_body(atom, key):
                return Truth.ERR
    settled = substitute(atom, constants)
    return settled if attributes(settled) else evaluate(settled, context_of({}))


def _inside_body(atom: Expr, key: AttributeKey) -> bool:
    """Whether only the body of a quantifier reads *key*: for an empty list it then does not matter."""
    return isinstance(atom, (Exists, ForAll)) and key not in attributes(atom.items)


def constant_of(value: object, type_: ExprType) -> Constant | ListLiteral:
    """A value of *type_* as a literal."""
    element = element_type(type_)
    if element is not None:
        items = value if isinstance(value, tuple) else ()
        return ListLiteral(tuple(_scalar(item, element) for item in items))
    return _scalar(value, _scalar_type(type_))


def _scalar_type(type_: ExprType) -> ScalarType:
    match type_:
        case "string" | "integer" | "number" | "boolean" | "timestamp" | "duration":
            return type_
        case _:
            raise TypeError("a list is no scalar")


def _scalar(value: object, type_: ScalarType) -> Constant:
    if isinstance(value, bool):
        return Bool(value)
    if isinstance(value, str):
        return String(value)
    if isinstance(value, float) or (type_ == "number" and isinstance(value, int)):
        return Double(float(value))
    if not isinstance(value, int):
        raise TypeError("a list's element is a scalar")
    return Timestamp(value) if type_ == "timestamp" else Duration(value) if type_ == "duration" else Int(value)
