"""Apigee's conditions, null operands as documented: a subset both the runtime and apigeelint read, evaluated as the
reference says. What is not certain of the rest (`~~`, `~/`) is refused, not guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from seccfg.record import Record
from seccfg.targetapi.observe import EngineFailed

__all__ = ["Condition", "parse_condition"]

Lookup = Callable[[str], str | None]
_TOKENS: Final = re.compile(
    r'\s*(?:(?P<string>"[^"]*")|(?P<number>-?[0-9]+(?:\.[0-9]+)?)|(?P<op>:=|!=|~/|~~|~|>=|<=|==|=\||=|>|<|&&|\|\||!|\(|\))'
    r"|(?P<word>[A-Za-z][-A-Za-z0-9_.]*))"
)
_WORDS: Final = {
    "equals": "=", "is": "=", "notequals": "!=", "isnot": "!=", "equalscaseinsensitive": ":=", "greaterthan": ">",
    "greaterthanorequals": ">=", "lesserthan": "<", "lesserthanorequals": "<=", "and": "&&", "or": "||", "not": "!",
    "startswith": "=|", "matchespath": "~/", "likepath": "~/", "matches": "~", "like": "~",
}  # fmt: skip
_NULLS: Final[dict[str, tuple[bool, bool, bool]]] = {
    "=": (False, False, True), ":=": (False, False, True), "!=": (True, True, False), "=|": (False, False, False),
    ">": (True, False, False), ">=": (False, True, True), "<": (True, False, False), "<=": (True, False, True),
    "~": (False, False, False), "~/": (False, False, False),
}  # fmt: skip
"""Operator -> what it is when the left side is null, when the right side is, when both are."""


class Condition(Record):
    """A parsed condition: its variables and a way to ask it."""

    text: str
    variables: tuple[str, ...]
    evaluate: Callable[[Lookup], bool]


def parse_condition(text: str) -> Condition:
    """EngineFailed for what is no condition of the subset."""
    parser = _Parser(text)
    found = parser.either()
    if parser.left:
        raise EngineFailed(f"condition {text!r}: {parser.left[0][1]!r} stands where nothing may")
    return Condition(text, tuple(parser.variables), found)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self.left = list(self._tokens())
        self.variables: list[str] = []

    def _tokens(self) -> Iterator[tuple[str, str]]:
        at = 0
        text = self._text.strip()
        while at < len(text):
            found = _TOKENS.match(text, at)
            if found is None:
                raise EngineFailed(f"condition {text!r}: cannot be read at {text[at:at + 12]!r}")
            kind, value = str(found.lastgroup), str(found[str(found.lastgroup)])
            if kind == "word" and value.lower() in _WORDS:
                kind, value = "op", _WORDS[value.lower()]
            yield kind, "=" if (kind, value) == ("op", "==") else value
            at = found.end()

    def _take(self, *ops: str) -> str:
        if self.left and self.left[0][0] == "op" and self.left[0][1] in ops:
            return self.left.pop(0)[1]
        return ""

    def either(self) -> Callable[[Lookup], bool]:
        parts = [self.both()]
        while self._take("||"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda get: any(part(get) for part in parts)

    def both(self) -> Callable[[Lookup], bool]:
        parts = [self.single()]
        while self._take("&&"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else lambda get: all(part(get) for part in parts)

    def single(self) -> Callable[[Lookup], bool]:
        if self._take("!"):
            inner = self.single()
            return lambda get: not inner(get)
        if self._take("("):
            found = self.either()
            if not self._take(")"):
                raise EngineFailed(f"condition {self._text!r}: a parenthesis is not closed")
            return found
        left = self._operand()
        op = self._take(*_NULLS)
        if not op:
            raise EngineFailed(f"condition {self._text!r}: no operator")
        right = self._operand()
        return lambda get: _compare(op, left(get), right(get))

    def _operand(self) -> Callable[[Lookup], str | None]:
        if not self.left:
            raise EngineFailed(f"condition {self._text!r}: ends early")
        kind, value = self.left.pop(0)
        if kind == "string":
            return lambda _: value[1:-1]
        if kind == "number" or value in ("true", "false"):
            return lambda _: value
        if kind == "word" and value == "null":
            return lambda _: None
        if kind != "word":
            raise EngineFailed(f"condition {self._text!r}: {value!r} is no operand")
        self.variables.append(value)
        return lambda get: get(value)


def _compare(op: str, left: str | None, right: str | None) -> bool:
    if left is None or right is None:
        column = 2 if left is None and right is None else 0 if left is None else 1
        return _NULLS[op][column]
    if op in ("=", "!="):
        return (left == right) is (op == "=")
    if op == ":=":
        return left.lower() == right.lower()
    if op == "=|":
        return left.startswith(right)
    if op == "~":
        return re.fullmatch(".*".join(map(re.escape, right.split("*"))), left, re.DOTALL) is not None
    if op == "~/":
        return _matches_path(left.split("/"), right.split("/"))
    a: float | str = left
    b: float | str = right
    try:
        a, b = float(left), float(right)
    except ValueError:
        a, b = left, right
    return {">": a > b, ">=": a >= b, "<": a < b, "<=": a <= b}[op]  # type: ignore[operator]  # both of one type


def _matches_path(path: list[str], pattern: list[str]) -> bool:
    """
    `*` is one element, `**` any number. Whether `*` takes an empty one and `**` none the vendor does not say: here both do,
    so that a bundle cannot lean on either.
    """
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_matches_path(path[at:], pattern[1:]) for at in range(len(path) + 1))
    return bool(path) and pattern[0] in ("*", path[0]) and _matches_path(path[1:], pattern[1:])
