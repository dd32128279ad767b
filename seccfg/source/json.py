"""JSON text to plain data and nodes: RFC 8259 to the letter, each member name once, all numbers finite."""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # stdlib, absent from its stubs
from typing import NoReturn

from seccfg.source.document import MAX_DEPTH, Data, Nodes
from seccfg.source.plain import MAX_INTEGER, TOO_LARGE
from seccfg.source.problems import Enough, Problems, shown

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"-?[A-Za-z][A-Za-z0-9_]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS: dict[str, Data] = {"true": True, "false": False, "null": None}
_LONGEST_NUMBER = 400


class _Stop(Exception):
    """The rest cannot be read."""


def read_json(text: str, nodes: Nodes, problems: Problems) -> list[Data]:
    """The value of *text*, in a list that is empty when it has none. Raises Enough where a limit is passed."""
    reader = _Reader(text, nodes, problems)
    try:
        return [reader.whole()]
    except _Stop:
        return []


class _Reader:
    def __init__(self, text: str, nodes: Nodes, problems: Problems) -> None:
        self.text = text
        self.nodes = nodes
        self.problems = problems

    def whole(self) -> Data:
        at = self._skip(0)
        if at == len(self.text):
            self.problems.add("YAML014", "the file is empty", 0)
            raise _Stop
        value, at = self._value(at, 1)
        at = self._skip(at)
        if at < len(self.text):
            self._fail("nothing may follow the value", at)
        return value

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _fail(self, message: str, at: int) -> NoReturn:
        help = "write it as JSON (RFC 8259), or name the file `.yaml`"
        self.problems.add("YAML001", f"not JSON: {message}", at, help=help)
        raise _Stop

    def _value(self, at: int, depth: int) -> tuple[Data, int]:
        first = self.text[at : at + 1]
        if first == '"':
            return self._string(at)
        if first in ("{", "["):
            if depth > MAX_DEPTH:
                self.problems.add("YAML018", f"objects and arrays are nested more than {MAX_DEPTH} deep", at, at + 1)
                raise Enough
            node = self.nodes.add(at, at)
            value, end = self._object(at + 1, depth) if first == "{" else self._array(at + 1, depth)
            self.nodes.ends[node] = end
            self.nodes.after[node] = len(self.nodes.starts)
            return value, end
        return self._number_or_word(at)

    def _string(self, at: int) -> tuple[str, int]:
        try:
            value, end = scanstring(self.text, at + 1, True)
        except JSONDecodeError as error:
            if "Unterminated" in error.msg:
                self._fail("a string is not closed", error.pos)
            self._fail("a wrong escape or a line break in a string", error.pos)
        self.nodes.add(at, end)
        if _SURROGATE.search(value):
            self.problems.add("YAML011", "the text contains half of a surrogate pair", at, end)
        elif "\0" in value:
            self.problems.add("YAML011", "the text contains NUL", at, end)
        return value, end

    def _number_or_word(self, at: int) -> tuple[Data, int]:
        word = _WORD.match(self.text, at)
        if word:
            if word[0] in ("NaN", "Infinity", "-Infinity"):
                self.problems.add("YAML016", "a number that is not finite", at, word.end())
            elif word[0] not in _WORDS:
                self._fail("a value expected", at)
            self.nodes.add(at, word.end())
            return _WORDS.get(word[0]), word.end()
        found = _NUMBER.match(self.text, at)
        if found is None:
            self._fail("a value expected", at)
        self.nodes.add(at, found.end())
        return self._number(found), found.end()

    def _number(self, found: re.Match[str]) -> int | float | str:
        whole, fraction, exponent = found.groups()
        if fraction is None and exponent is None:
            if len(whole) <= 17 and abs(int(whole)) <= MAX_INTEGER:
                return int(whole)
            self.problems.add("YAML017", TOO_LARGE.message, *found.span(), help=TOO_LARGE.help)
            return found[0]
        number = float(found[0]) if len(found[0]) <= _LONGEST_NUMBER else float("inf")
        if number - number != 0:
            self.problems.add("YAML016", "a number that is not finite", *found.span())
            return found[0]
        return number

    def _array(self, at: int, depth: int) -> tuple[list[Data], int]:
        items: list[Data] = []
        at = self._skip(at)
        if self.text[at : at + 1] == "]":
            return items, at + 1
        while True:
            value, at = self._value(self._skip(at), depth + 1)
            items.append(value)
            at = self._skip(at)
            match self.text[at : at + 1]:
                case ",":
                    at += 1
                case "]":
                    return items, at + 1
                case _:
                    self._fail("`,` or `]` expected", at)

    def _object(self, at: int, depth: int) -> tuple[dict[str, Data], int]:
        members: dict[str, Data] = {}
        firsts: dict[str, int] = {}
        at = self._skip(at)
        if self.text[at : at + 1] == "}":
            return members, at + 1
        while True:
            at = self._skip(at)
            if self.text[at : at + 1] != '"':
                self._fail("a member name in double quotes expected", at)
            start = at
            name, at = self._string(at)
            if name in firsts:
                first = firsts[name]
                related = [(first, first + at - start, "first given here")]
                self.problems.add("YAML003", f"the key `{shown(name)}` is given twice", start, at, related=related)
            firsts.setdefault(name, start)
            at = self._skip(at)
            if self.text[at : at + 1] != ":":
                self._fail("`:` expected", at)
            members[name], at = self._value(self._skip(at + 1), depth + 1)
            at = self._skip(at)
            match self.text[at : at + 1]:
                case ",":
                    at += 1
                case "}":
                    return members, at + 1
                case _:
                    self._fail("`,` or `}` expected", at)
