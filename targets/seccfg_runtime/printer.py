"""Prints a planned policy as Python: constructor calls of the package's model, shared parts under own names."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Final

from seccfg.record import Record
from seccfg.targetapi.escape import python_literal
from seccfg_runtime.plan import FunctionName
from seccfg_runtime.runtime import model

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
        self._flats: dict[int, str | None] = {}
        """One-line forms of the model's objects, which outlive the printer."""
        self._literals: dict[str, str] = {}
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
        return f"{name} = {self.value(part, 0, len(name) + 3)}"

    def policy(self, policy: model.Policy) -> str:
        """`POLICY = Policy(...)` over the constants `ROUTES` and those defined so far."""
        self._names[id(policy.routes)] = "ROUTES"
        return self.assignment("POLICY", policy)

    def value(self, value: object, indent: int = 0, taken: int = 0) -> str:
        """
        *value* as an expression: on one line where it fits, else an argument or item a line.

        Args:
            indent: Column the line it stands on begins at.
            taken: Characters already on that line after the indent.
        """
        flat = self._flat(value)
        if flat is not None and indent + taken + len(flat) < WIDTH:
            return flat
        if isinstance(value, str):
            return _long_text(value, indent)
        if isinstance(value, tuple):
            return self._items("(", value, ")", indent)
        if isinstance(value, frozenset):
            return f"frozenset({self._items('{', sorted(value), '}', indent)})"
        if dataclasses.is_dataclass(value) and type(value) not in _POSITIONAL:
            return self._call(value, indent)
        return self._single(value) if flat is None else flat

    def _flat(self, value: object) -> str | None:
        """*value* on one line, None when that would be longer than a whole line."""
        name = self._names.get(id(value))
        if name is not None:
            return name
        if isinstance(value, str):
            text = self._literals.get(value)
            if text is None:
                text = self._literals[value] = python_literal(value)
            return text if len(text) < WIDTH else None
        if isinstance(value, tuple):
            inner = self._joined(value)
            return None if inner is None else f"({inner},)" if len(value) == 1 else f"({inner})"
        if isinstance(value, frozenset):
            inner = self._joined(sorted(value))
            return None if inner is None else f"frozenset({{{inner}}})" if inner else "frozenset()"
        if isinstance(value, FunctionName):
            return value.name
        if dataclasses.is_dataclass(value):
            if id(value) not in self._flats:
                self._flats[id(value)] = self._flat_call(value)
            return self._flats[id(value)]
        return python_literal(value)

    def _flat_call(self, part: object) -> str | None:
        kind = type(part)
        self.used.add(kind.__name__)
        texts: list[str] = []
        length = len(kind.__name__) + 2
        for name, value in self._fields(part):
            text = self._flat(value)
            if text is None:
                return None
            texts.append(text if kind in _POSITIONAL else f"{name}={text}")
            length += len(texts[-1]) + 2
            if length > WIDTH:
                return None
        return f"{kind.__name__}({', '.join(texts)})"

    def _joined(self, items: Iterable[object]) -> str | None:
        texts: list[str] = []
        length = 2
        for item in items:
            text = self._flat(item)
            if text is None:
                return None
            texts.append(text)
            length += len(text) + 2
            if length > WIDTH:
                return None
        return ", ".join(texts)

    def _call(self, part: object, indent: int) -> str:
        pad = " " * (indent + 4)
        lines = [f"{pad}{n}={self.value(value, indent + 4, len(n) + 2)}," for n, value in self._fields(part)]
        return "\n".join((f"{type(part).__name__}(", *lines, f"{' ' * indent})"))

    def _items(self, opening: str, items: Iterable[object], closing: str, indent: int) -> str:
        pad = " " * (indent + 4)
        return "\n".join((opening, *(f"{pad}{self.value(item, indent + 4, 1)}," for item in items), f"{' ' * indent}{closing}"))

    def _single(self, part: object) -> str:
        """A call of one argument that is longer than a line and has no better form."""
        self.used.add(type(part).__name__)
        return f"{type(part).__name__}({', '.join(python_literal(value) for _, value in self._fields(part))})"

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
