"""Edits of Lua text, one place at a time: what `mutation` does to the programs a configuration file carries.

Only what a target generated is changed: where a text holds the line `-- generated from here`, what stands after it. The rest
is the target's own runtime, which the target's own tests judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

from seccfg.record import Record, replace

__all__ = ["LuaEdit", "lua_edits"]

_FROM: Final = "-- generated from here"
_TOKEN: Final = re.compile(
    r'(?P<space>\s+)|(?P<comment>--[^\n]*)|(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<number>0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?)'
    r"|(?P<name>[A-Za-z_]\w*)|(?P<mark>\.\.|==|~=|<=|>=|.)",
    re.DOTALL,
)
_DEFINED: Final = re.compile(r"^(?:local )?((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:\[[^\]\n]*\])?) = ", re.MULTILINE)
_CLOSES: Final = {"{": "}", "(": ")", "[": "]"}
_CHECK: Final = re.compile(r"^ *if not \(.*\) then\n +return [^\n]*\n *end\n", re.MULTILINE)
_ANCHORS: Final = re.compile(r"\^|\\\\z|\$")


class LuaEdit(Record):
    """Characters *start* to *end* replaced by *text*."""

    operator: Literal["delete element", "flip boolean", "drop item", "widen pattern", "swap order", "change number"]
    where: str
    what: str
    start: int
    end: int
    text: str


class _Token(Record):
    kind: str
    text: str
    start: int


def lua_edits(source: str) -> Iterator[LuaEdit]:
    """Every edit, in the order of the text."""
    for edit in _edits(source):
        yield replace(edit, what=f"{edit.what} in {_context(source, edit.start)}")


def _context(source: str, at: int) -> str:
    """What is defined there and the words around: `S[8]: if not (...) then`."""
    names = [found[1] for found in _DEFINED.finditer(source, 0, at + 1)]
    first = source.rfind("\n", 0, at) + 1
    end = source.find("\n", at)
    line = source[max(first, at - 90) : min(end if end >= 0 else len(source), at + 90)]
    return f"{names[-1] if names else 'the chunk'}: {' '.join(line.split())}"


def _edits(source: str) -> Iterator[LuaEdit]:
    first = source.find(_FROM)
    start = 0 if first < 0 else source.index("\n", first) + 1
    yield from _checks(source, start)
    tokens = [t for t in _tokens(source, start) if t.kind not in ("space", "comment")]
    yield from _words(tokens)
    for opening, closing in _brackets(tokens):
        if tokens[opening].text == "{":
            yield from _table(source, tokens, opening, closing)
    yield from _operands(source, tokens)


def _tokens(source: str, start: int) -> Iterator[_Token]:
    for found in _TOKEN.finditer(source, start):
        yield _Token(found.lastgroup or "", found.group(), found.start())


def _checks(source: str, start: int) -> Iterator[LuaEdit]:
    for found in _CHECK.finditer(source, start):
        line = found.group().strip().splitlines()[0]
        yield LuaEdit("delete element", "check", f"without {line[:90]}", found.start(), found.end(), "")


def _words(tokens: list[_Token]) -> Iterator[LuaEdit]:
    for number, token in enumerate(tokens):
        end = token.start + len(token.text)
        name = _name_before(tokens, number)
        if token.kind == "number":
            # the index of a table of constants names another constant, or none
            text = str(int(token.text, 0) + 1) if "." not in token.text else str(float(token.text) + 1)
            yield LuaEdit("change number", name, f"{token.text} -> {text}", token.start, end, text)
        elif token.text in ("true", "false"):
            other = "false" if token.text == "true" else "true"
            yield LuaEdit("flip boolean", name, f"{token.text} -> {other}", token.start, end, other)
        elif token.kind == "text" and len(token.text) > 4 and _is_pattern(tokens, number) and _ANCHORS.search(token.text):
            text = f'"{_ANCHORS.sub("", token.text[1:-1])}"'
            yield LuaEdit("widen pattern", name, f"{token.text[:60]} -> {text[:60]}", token.start, end, text)


def _is_pattern(tokens: list[_Token], number: int) -> bool:
    """The last argument of a call whose name says that it matches."""
    following = tokens[number + 1].text if number + 1 < len(tokens) else ""
    return tokens[number - 1].text == "," and following == ")"


def _name_before(tokens: list[_Token], number: int) -> str:
    """What the value is called: the member, the table that is indexed, or the function that is called."""
    for back in range(number - 1, max(number - 12, -1), -1):
        token = tokens[back]
        if token.kind == "text" and tokens[back - 1].text == "[" and tokens[back + 1].text == "]":
            return token.text.strip('"')
        if token.kind == "name" and token.text not in ("and", "or", "not", "return", "true", "false", "nil", "function"):
            return token.text
    return ""


def _brackets(tokens: list[_Token]) -> Iterator[tuple[int, int]]:
    open_ones: list[int] = []
    for number, token in enumerate(tokens):
        if token.kind == "mark" and token.text in _CLOSES:
            open_ones.append(number)
        elif token.kind == "mark" and open_ones and token.text == _CLOSES[tokens[open_ones[-1]].text]:
            yield open_ones.pop(), number


def _table(source: str, tokens: list[_Token], opening: int, closing: int) -> Iterator[LuaEdit]:
    """Each member deleted; items without a name dropped, and swapped with the next."""
    spans = _parts(tokens, opening, closing)
    texts = [source[start:end] for start, end in spans]
    inside = (tokens[opening].start, tokens[closing].start + 1)
    name = _name_before(tokens, opening)
    for number, text in enumerate(texts):
        kept = ", ".join(t for n, t in enumerate(texts) if n != number)
        member = re.match(r"(?:\[(\"[^\"]*\")\]|([A-Za-z_]\w*)) = ", text)
        operator: Literal["delete element", "drop item"] = "delete element" if member else "drop item"
        where = f"{name}.{(member[1] or member[2]).strip(chr(34))}" if member else name
        yield LuaEdit(operator, where, f"without {_short(text)}", *inside, f"{{ {kept} }}")
        if not member and number + 1 < len(texts) and texts[number + 1] != text:
            swapped = [*texts[:number], texts[number + 1], text, *texts[number + 2 :]]
            what = f"{_short(texts[number + 1])} before {_short(text)}"
            yield LuaEdit("swap order", name, what, *inside, f"{{ {', '.join(swapped)} }}")


def _parts(tokens: list[_Token], opening: int, closing: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    depth, first = 0, opening + 1
    words = {"function": 1, "if": 1, "do": 1, "end": -1}
    for number in range(opening + 1, closing + 1):
        token = tokens[number]
        if (token.text == "," and depth == 0) or number == closing:
            if number > first:
                last = tokens[number - 1]
                spans.append((tokens[first].start, last.start + len(last.text)))
            first = number + 1
        elif token.kind == "mark" and token.text in _CLOSES:
            depth += 1
        elif token.kind == "mark" and token.text in _CLOSES.values():
            depth -= 1
        elif token.kind == "name":
            depth += words.get(token.text, 0)
    return spans


def _operands(source: str, tokens: list[_Token]) -> Iterator[LuaEdit]:
    """`(a) and (b)`: either side left out."""
    pairs = {closing: opening for opening, closing in _brackets(tokens)}
    opens = {opening: closing for closing, opening in pairs.items()}
    for number, token in enumerate(tokens):
        if token.text not in ("and", "or") or number - 1 not in pairs or number + 1 not in opens:
            continue
        left, right = pairs[number - 1], opens[number + 1]
        if tokens[left - 1].kind == "name" and tokens[left - 1].text not in ("and", "or", "not", "return", "if", "elseif"):
            continue  # the parentheses of a call
        start, end = tokens[left].start, tokens[right].start + 1
        first = source[start : tokens[number - 1].start + 1]
        second = source[tokens[number + 1].start : end]
        yield LuaEdit("delete element", token.text, f"without {_short(first)}", start, end, second)
        yield LuaEdit("delete element", token.text, f"without {_short(second)}", start, end, first)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 90 else f"{flat[:40]} ... {flat[-40:]}"
