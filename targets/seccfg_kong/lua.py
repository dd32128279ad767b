"""Lua values and small pieces of Lua text. Every text of the policy goes through `targetapi.escape.lua_string`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence

from seccfg.ir.policy import Cidr, Json
from seccfg.record import Record
from seccfg.targetapi.escape import Unrepresentable, lua_string

__all__ = ["Code", "Constants", "blocks", "function", "indented", "json_value", "list_of", "lua", "set_of", "table"]


class Code(str):
    """Text that is Lua already."""

    __slots__ = ()


def lua(value: object) -> Code:
    """An expression for nil, booleans, numbers, texts, sequences (from 1) and maps with text keys; Code as it stands."""
    match value:
        case Code():
            return value
        case None:
            return Code("nil")
        case bool():
            return Code("true" if value else "false")
        case int():
            return Code(str(int(value)))
        case float():
            if not math.isfinite(value):
                raise Unrepresentable("a number that is not finite has no literal in Lua")
            return Code(repr(float(value)))
        case str():
            return Code(lua_string(value))
        case Mapping():
            return table((str(key), lua(item)) for key, item in value.items())
        case Sequence() | frozenset():
            return list_of(value)
        case Record():
            raise TypeError(type(value).__name__)
        case _:
            raise Unrepresentable(f"{type(value).__name__} has no literal in Lua")


def table(members: Iterable[tuple[str, Code]]) -> Code:
    """`{ name = value }`; members that are nil are left out."""
    inside = ", ".join(f"{_key(name)} = {value}" for name, value in members if value != "nil")
    return Code(f"{{ {inside} }}" if inside else "{}")


_RESERVED = frozenset({
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not", "or",
    "repeat", "return", "then", "true", "until", "while",
})  # fmt: skip


def _key(name: str) -> str:
    plain = name.isascii() and name.isidentifier() and name not in _RESERVED
    return name if plain else f"[{lua_string(name)}]"


def list_of(values: Iterable[object]) -> Code:
    """`{ a, b }`."""
    inside = ", ".join(lua(value) for value in values)
    return Code(f"{{ {inside} }}" if inside else "{}")


def set_of(values: Iterable[object]) -> Code:
    """`{ a = true }` of texts; numbers and booleans as keys of their own type."""
    members = (_key(v) if isinstance(v, str) else f"[{lua(v)}]" for v in values)
    inside = ", ".join(f"{member} = true" for member in members)
    return Code(f"{{ {inside} }}" if inside else "{}")


def blocks(cidrs: Iterable[Cidr]) -> Code:
    """Address blocks as `runtime/addresses.lua` compares them."""
    return list_of(_block(cidr) for cidr in cidrs)


def _block(cidr: Cidr) -> Code:
    size = 32 if cidr.family == 4 else 128
    groups = [cidr.network >> (size - 16 * (n + 1)) & 0xFFFF for n in range(size // 16)]
    whole, rest = divmod(cidr.bits, 16)
    parts = [str(group) for group in groups[:whole]]
    parts += [f"family = {cidr.family}", f"whole = {whole}"]
    if rest:
        unit = 1 << (16 - rest)
        parts += [f"unit = {unit}", f"part = {groups[whole] // unit}"]
    return Code(f"{{ {', '.join(parts)} }}")


def json_value(text: Json) -> Code:
    """A JSON value as `runtime/json.lua` reads it."""
    return _json(json.loads(text))


def _json(value: object) -> Code:
    match value:
        case None:
            return Code("json.null")
        case list():
            return Code(f"{{ a = {list_of(_json(v) for v in value)}, n = {len(value)} }}")
        case dict():
            return Code(f"{{ o = {table((k, _json(v)) for k, v in value.items())} }}")
        case int() if not isinstance(value, bool):
            return lua(float(value)) if abs(value) > 2**63 else lua(value)
        case _:
            return lua(value)


def indented(text: str, depth: int = 1) -> str:
    """*text* with every line but empty ones moved right."""
    pad = "  " * depth
    return "\n".join(pad + line if line else line for line in text.splitlines())


def function(body: str, parameters: str = "q") -> Code:
    """A function over *body*, which is statements."""
    return Code(f"function({parameters})\n{indented(body)}\nend")


class Constants:
    """Values printed once under a number, however often the program names them: `<name>[<number>]`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers: dict[str, int] = {}

    def ref(self, value: str) -> Code:
        """How the program names *value*, a Lua expression."""
        number = self._numbers.setdefault(value, len(self._numbers) + 1)
        return Code(f"{self._name}[{number}]")

    def number(self, value: str) -> int:
        """Its number."""
        return self._numbers.setdefault(value, len(self._numbers) + 1)

    def text(self) -> str:
        """The statements that define them, in the order they were first named."""
        lines = [f"local {self._name} = {{}}"]
        lines += (f"{self._name}[{number}] = {value}" for value, number in self._numbers.items())
        return "\n".join(lines)
