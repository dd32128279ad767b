"""Prints a planned policy as Python: constructor calls of the package's model, shared parts under own names."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Final

from seccfg.record import Record
from seccfg.targetapi.escape import python_literal
from seccfg_python.plan import FunctionName
from seccfg_python.runtime import model

__all__ = ["Definition", "ModulePrinter"]

WIDTH: Final = 112
_PREFIX: Final[dict[type, str]] = {
    model.AddressRule: "NETWORK", model.Audit: "AUDIT", model.Authenticate: "AUTHENTICATE", model.BodyLimit: "BODY",
    model.CertVerifier: "AUTH", model.Condition: "CONDITION", model.Cors: "CORS", model.Errors: "ERRORS",
    model.Forward: "UPSTREAM", model.JwtVerifier: "AUTH", model.KeyVerifier: "AUTH", model.RateLimit: "LIMIT",
    model.ResponseHeaders: "HEADERS", model.Revocation: "REVOCATION",
}  # fmt: skip
"""Parts that many routes share: printed once, as constants that begin with this word."""
_POSITIONAL: Final = (
    model.Fixed, model.Segment, model.Rest, model.HeaderPlace, model.CookiePlace, model.QueryPlace, model.SanLiteral,
    model.SanSegment, model.FromHeader, model.FromPath, model.FromQuery, model.FromBody, model.FromClock,
)  # fmt: skip
"""One field that says it all, printed without its name."""


class Definition(Record):
    """`NAME = Class(...)` of the generated module."""

    name: str
    text: str


class ModulePrinter:
    """Names the shared parts of one policy and prints them, each before it is used."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._taken: set[str] = set()
        self._defaults: dict[type, tuple[tuple[str, object], ...]] = {}
        self.definitions: list[Definition] = []
        self.used: set[str] = set()
        """Names of the model's classes that occur."""

    def define(self, parts: Iterable[object]) -> None:
        """Give each of *parts* a name and a definition; one met before keeps its name."""
        for part in parts:
            if id(part) not in self._names and not self._is_default(part):
                name = self._name(part)
                self.definitions.append(Definition(name, self.assignment(name, part)))
                self._names[id(part)] = name

    def assignment(self, name: str, part: object) -> str:
        """`NAME = Class(...)`, at most `WIDTH` wide where texts allow it."""
        return f"{name} = {self._call(part, 0, len(name) + 3)}"

    def policy(self, policy: model.Policy) -> str:
        """`POLICY = Policy(...)` over the constants `ROUTES` and those defined so far."""
        self._names[id(policy.routes)] = "ROUTES"
        return self.assignment("POLICY", policy)

    def value(self, value: object, indent: int = 0, taken: int = 0) -> str:
        """
        *value* as an expression.

        Args:
            indent: Column the line it stands on begins at.
            taken: Characters already on that line after the indent.
        """
        name = self._names.get(id(value))
        if name is not None:
            return name
        if dataclasses.is_dataclass(value):
            return self._call(value, indent, taken)
        if isinstance(value, FunctionName):
            return value.name
        if isinstance(value, frozenset):
            items = sorted(value, key=str)
            return f"frozenset({self._sequence('{', items, '}', indent, taken + 10)})" if items else "frozenset()"
        if isinstance(value, tuple):
            return self._sequence("(", value, ")", indent, taken)
        text = python_literal(value)
        if isinstance(value, str) and indent + taken + len(text) > WIDTH:
            return _long_text(value, indent)
        return text

    def _call(self, part: object, indent: int, taken: int) -> str:
        kind = type(part)
        self.used.add(kind.__name__)
        written = [(name, value) for name, value in self._fields(part)]
        if kind in _POSITIONAL:
            return f"{kind.__name__}({', '.join(self.value(value, indent, taken) for _, value in written)})"
        flat = f"{kind.__name__}({', '.join(f'{name}={self.value(value)}' for name, value in written)})"
        if "\n" not in flat and indent + taken + len(flat) <= WIDTH:
            return flat
        pad = " " * (indent + 4)
        lines = [f"{pad}{name}={self.value(value, indent + 4, len(name) + 2)}," for name, value in written]
        return "\n".join((f"{kind.__name__}(", *lines, f"{' ' * indent})"))

    def _sequence(self, opening: str, items: Iterable[object], closing: str, indent: int, taken: int) -> str:
        listed = list(items)
        comma = "," if opening == "(" and len(listed) == 1 else ""
        flat = f"{opening}{', '.join(self.value(item) for item in listed)}{comma}{closing}"
        if "\n" not in flat and indent + taken + len(flat) + 1 <= WIDTH:
            return flat
        pad = " " * (indent + 4)
        lines = [f"{pad}{self.value(item, indent + 4, 1)}," for item in listed]
        return "\n".join((opening, *lines, f"{' ' * indent}{closing}"))

    def _fields(self, part: object) -> list[tuple[str, object]]:
        """Fields that differ from their default, in order."""
        kind = type(part)
        known = self._defaults.get(kind)
        if known is None:
            known = tuple((f.name, f.default) for f in dataclasses.fields(part) if f.init)  # type: ignore[arg-type]
            self._defaults[kind] = known
        return [(name, v) for name, default in known if not _same(v := getattr(part, name), default)]

    def _is_default(self, part: object) -> bool:
        return not self._fields(part)

    def _name(self, part: object) -> str:
        own = getattr(part, "name", "") or getattr(part, "upstream", "")
        word = re.sub(r"[^A-Z0-9]+", "_", own.upper()).strip("_")
        base = f"{_PREFIX[type(part)]}_{word}" if word else _PREFIX[type(part)]
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        return name


def _same(value: object, default: object) -> bool:
    """Equal and of one type: `True` is no `1`."""
    return type(value) is type(default) and value == default


def _long_text(text: str, indent: int) -> str:
    """A text over several lines: pieces in parentheses that Python joins."""
    pad = " " * (indent + 4)
    room = max(WIDTH - indent - 6, 40)
    pieces: list[str] = []
    for line in text.splitlines(keepends=True):
        start = 0
        while start < len(line):
            end = min(len(line), start + room)
            while len(python_literal(line[start:end])) > room + 2 and end > start + 1:
                end -= max(1, (len(python_literal(line[start:end])) - room) // 6)
            pieces.append(python_literal(line[start:end]))
            start = end
    return "\n".join(("(", *(f"{pad}{piece}" for piece in pieces), f"{' ' * indent})"))
