"""The types of the condition language and the attributes a condition may name.

A type is a short string (`"integer"`, `"list<string>"`), closed by `ExprType`, so that records, JSON and messages all
show the same word. What values each type has, on every host alike:

| type | values |
|---|---|
| `string` | Unicode text without NUL, U+FFFD and lone surrogates |
| `integer` | whole numbers within +-(2^53 - 1); `5.0` is the integer 5; a boolean is never a number |
| `number` | finite numbers within +-(2^53 - 1); compared, never computed with |
| `boolean` | true and false |
| `timestamp` | whole seconds since 1970-01-01T00:00:00Z, from year 1 to year 9999; UTC |
| `duration` | whole seconds, at most 9,223,372,036 (about 292 years) either way |
| `list<T>` | any number of values of the scalar type T; one element of another type spoils the whole list |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, get_args

from seccfg.record import Record

__all__ = [
    "BUILT_IN", "DURATION_LIMIT", "INTEGER_LIMIT", "SIDES", "TIMESTAMP_MAX", "TIMESTAMP_MIN",
    "AttributeKey", "AttributeType", "ExprType", "ScalarType", "Side", "TypeEnv", "element_type", "list_of",
]

Side = Literal["principal", "resource", "request"]
SIDES: Final[tuple[Side, ...]] = get_args(Side)

ScalarType = Literal["string", "integer", "number", "boolean", "timestamp", "duration"]
ExprType = Literal[
    "string", "integer", "number", "boolean", "timestamp", "duration",
    "list<string>", "list<integer>", "list<number>", "list<boolean>", "list<timestamp>", "list<duration>",
]
AttributeKey = tuple[Side, str]
"""Side and name: what `principal.department` refers to."""

INTEGER_LIMIT: Final = 2**53 - 1
"""Largest whole number every host holds exactly; beyond it a value is an error."""
TIMESTAMP_MIN: Final = -62_135_596_800
TIMESTAMP_MAX: Final = 253_402_300_799
DURATION_LIMIT: Final = 9_223_372_036
"""CEL counts durations in 64-bit nanoseconds."""

_LIST_OF: Final[dict[ScalarType, ExprType]] = {
    "string": "list<string>", "integer": "list<integer>", "number": "list<number>",
    "boolean": "list<boolean>", "timestamp": "list<timestamp>", "duration": "list<duration>",
}
_ELEMENT_OF: Final[dict[str, ScalarType]] = {listed: element for element, listed in _LIST_OF.items()}


def list_of(element: ScalarType) -> ExprType:
    """The type of lists whose elements are of type *element*."""
    return _LIST_OF[element]


def element_type(type_: ExprType) -> ScalarType | None:
    """What a list of type *type_* holds; None for a scalar."""
    return _ELEMENT_OF.get(type_)


class AttributeType(Record):
    """What an attribute holds, and whether a well-formed request may lack it."""

    type: ExprType
    optional: bool = False


BUILT_IN: Final[Mapping[AttributeKey, AttributeType]] = {
    ("principal", "subject"): AttributeType("string"),
    ("principal", "roles"): AttributeType("list<string>"),
    ("principal", "scopes"): AttributeType("list<string>"),
    ("principal", "method"): AttributeType("string"),
    ("principal", "client"): AttributeType("string", True),
    ("request", "method"): AttributeType("string"),
    ("request", "path"): AttributeType("string"),
    ("request", "host"): AttributeType("string"),
    ("request", "ip"): AttributeType("string"),
    ("request", "time"): AttributeType("timestamp"),
}
"""Attributes every spec has without declaring them."""


class TypeEnv:
    """The attributes conditions may name: the declared ones and the built-in ones, which no declaration changes."""

    __slots__ = ("_hash", "_types")

    def __init__(self, declared: Mapping[AttributeKey, AttributeType] | None = None) -> None:
        self._types: dict[AttributeKey, AttributeType] = {**(declared or {}), **BUILT_IN}
        self._hash = hash(frozenset(self._types.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeEnv) and self._types == other._types

    def __hash__(self) -> int:
        return self._hash

    def lookup(self, side: Side, name: str) -> AttributeType | None:
        """The type of `side.name`, None when nothing of that name exists."""
        return self._types.get((side, name))

    def names(self, side: Side) -> Iterable[str]:
        """Every name on *side*, in order of declaration, built-in ones last."""
        return [name for of, name in self._types if of == side]

    def items(self) -> Iterable[tuple[AttributeKey, AttributeType]]:
        """All attributes with their types."""
        return self._types.items()
