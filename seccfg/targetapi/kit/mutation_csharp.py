"""Edits of C# text, one place at a time: what `mutation` does to the expressions a policy document carries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from seccfg.record import Record

__all__ = ["CsharpEdit", "csharp_edits", "is_csharp"]

_TOKEN: Final = re.compile(
    r"(?P<space>\s+)|(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<text>\"(?:[^\"\\\n]|\\.)*\")|(?P<sign>'(?:[^'\\\n]|\\.)*')"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<suffix>[A-Za-z]*)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<mark>==|!=|<=|>=|&&|\|\||=>|\+\+|--|\+=|-=|\?\?|.)",
    re.DOTALL,
)
_CLOSES: Final = {"{": "}", "(": ")", "[": "]"}
_OTHER: Final = {"==": "!=", "!=": "==", "<=": "<", ">=": ">"}
_KEYWORDS: Final = frozenset({
    "if", "else", "return", "new", "is", "as", "null", "true", "false", "foreach", "for", "in", "while", "switch", "case", "break",
    "string", "bool", "int", "long", "double", "var", "byte", "object",
})  # fmt: skip
_BEGINS: Final = re.compile(r"/\* runtime: (\w+) \*/")
_ENDS: Final = re.compile(r"/\* end of \w+ \*/")
"""Comments around what a target emits of its own runtime, whatever the spec says."""
_STARTS: Final = frozenset(
    {"if", "else", "for", "foreach", "switch", "case", "return", "break", "var", "try", "catch", "default", "continue"}
)
_ANCHORS: Final = re.compile(r"\^|\\\\A|\\\\z|\$")
Operator = Literal["delete element", "flip boolean", "drop item", "widen pattern", "swap order", "change number", "change word"]


class CsharpEdit(Record):
    """Characters *start* to *end* replaced by *text*."""

    operator: Operator
    where: str
    what: str
    start: int
    end: int
    text: str


class _Token(Record):
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def is_csharp(text: str) -> bool:
    """Whether *text* is a policy expression."""
    return text.strip().startswith(("@(", "@{"))


def csharp_edits(source: str) -> Iterator[CsharpEdit]:
    """Every edit of *source*, an expression with its `@`, in the order of the text."""
    every = [token for token in _tokens(source) if token.kind != "space"]
    tokens = [token for token in every if token.kind != "comment"]
    pairs = dict(_brackets(tokens))
    names = _named(every, _names(tokens))
    for number in range(len(tokens)):
        yield from _word(tokens, number, names[number])
    for opening, closing in pairs.items():
        yield from _operands(source, tokens, opening, closing, names[opening])
        if tokens[opening].text == "{" and tokens[opening - 1].text == "]":
            yield from _items(source, tokens, opening, closing, names[opening])
    yield from _statements(source, tokens, pairs, names)


def _tokens(source: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(source):
        kind = "number" if found["number"] else found.lastgroup or ""
        yield _Token(kind, found.group(), found.start())


def _brackets(tokens: Sequence[_Token]) -> Iterator[tuple[int, int]]:
    open_ones: list[int] = []
    for number, token in enumerate(tokens):
        if token.kind == "mark" and token.text in _CLOSES:
            open_ones.append(number)
        elif token.kind == "mark" and open_ones and token.text == _CLOSES[tokens[open_ones[-1]].text]:
            yield open_ones.pop(), number


def _named(every: Sequence[_Token], names: Sequence[str]) -> list[str]:
    """*names* of the tokens that are no comments, with the part they stand in where comments bound one."""
    found: list[str] = []
    part = ""
    for token in every:
        if token.kind == "comment":
            begins = _BEGINS.match(token.text)
            part = begins[1] if begins else "" if _ENDS.match(token.text) else part
        else:
            name = names[len(found)]
            found.append(f"{part}: {name}" if part else name)
    return found


def _names(tokens: Sequence[_Token]) -> list[str]:
    """For each token what its statement is about: the name that is assigned, or the first one."""
    found: list[str] = []
    start = 0
    for number, token in enumerate(tokens):
        found.append("")
        if token.text in (";", "{", "}") or number == len(tokens) - 1:
            name = _about(tokens[start : number + 1])
            for place in range(start, number + 1):
                found[place] = name
            start = number + 1
    return found


def _about(statement: Sequence[_Token]) -> str:
    words = [token for token in statement if token.kind == "name" and token.text not in _KEYWORDS]
    for place, token in enumerate(statement):
        if token.text in ("=", "+=") and place:
            before = [t for t in statement[:place] if t.kind == "name" and t.text not in _KEYWORDS]
            return before[-1].text if before else ""
    head = next((t.text for t in statement if t.text in ("if", "case", "foreach", "for", "return", "while")), "")
    return " ".join(part for part in (head, words[0].text if words else "") if part)


def _word(tokens: Sequence[_Token], number: int, name: str) -> Iterator[CsharpEdit]:
    token = tokens[number]
    if token.kind == "number":
        digits = re.match(r"[0-9]+", token.text)
        value, rest = (int(digits[0]), token.text[len(digits[0]) :]) if digits else (0, "")
        for other in (value + 1, value - 1):
            if other >= 0:
                yield _put("change number", name, token, f"{other}{rest}")
    elif token.text in ("true", "false"):
        yield _put("flip boolean", name, token, "false" if token.text == "true" else "true")
    elif token.text in _OTHER:
        yield _put("change word", name, token, _OTHER[token.text])
    elif token.text in ("<", ">") and _compares(tokens, number):
        yield _put("change word", name, token, f"{token.text}=")
    elif token.text == "!" and tokens[number + 1].text != "=":
        yield _put("change word", name, token, "")
    elif token.kind == "text":
        pattern = tokens[number - 1].text == "," and tokens[number + 1].text == ")" and len(token.text) > 4
        if pattern and _ANCHORS.search(token.text):
            yield _put("widen pattern", name, token, _ANCHORS.sub("", token.text))
        if _is_compared(tokens, number):
            yield _put("change word", name, token, f'{token.text[:-1]}x"')


def _compares(tokens: Sequence[_Token], number: int) -> bool:
    """`<` and `>` between values, not around type arguments: only values have spaces around the mark."""
    before, after = tokens[number - 1], tokens[number + 1]
    return before.end < tokens[number].start and tokens[number].end < after.start


def _is_compared(tokens: Sequence[_Token], number: int) -> bool:
    """A text something is compared with, or a header that is asked for."""
    before, after = tokens[number - 1].text, tokens[number + 1].text
    call = tokens[number - 2].text if before == "(" else ""
    return before in ("==", "!=", "case") or after in ("==", "!=") or call == "ContainsKey" or (before == "," and after == ",")


def _put(operator: Operator, name: str, token: _Token, text: str) -> CsharpEdit:
    return CsharpEdit(operator, f"c# {name}", f"{_short(token.text)} -> {_short(text)}", token.start, token.end, text)


def _operands(source: str, tokens: Sequence[_Token], opening: int, closing: int, name: str) -> Iterator[CsharpEdit]:
    """`(a && b)`: either side left out."""
    if tokens[opening].text != "(":
        return
    for mark in ("&&", "||"):
        parts = _parts(tokens, opening, closing, mark)
        if len(parts) < 2 or _splits(tokens, opening, closing):
            continue
        texts = [source[start:end] for start, end in parts]
        for number in range(len(parts)):
            kept = f" {mark} ".join(text for place, text in enumerate(texts) if place != number)
            inside = (tokens[opening].end, tokens[closing].start)
            yield CsharpEdit("delete element", f"c# {name}", f"without {_short(texts[number])}", *inside, kept)


def _splits(tokens: Sequence[_Token], opening: int, closing: int) -> bool:
    """Something binds looser than `&&` and `||` there: leaving an operand out would say something else."""
    depth = 0
    marks = set()
    for token in tokens[opening + 1 : closing]:
        depth += (token.text in _CLOSES) - (token.text in _CLOSES.values())
        if depth == 0 and token.text in ("&&", "||", "?", ":", "=>", ",", ";", "??"):
            marks.add(token.text)
    return len(marks) != 1


def _items(source: str, tokens: Sequence[_Token], opening: int, closing: int, name: str) -> Iterator[CsharpEdit]:
    """`new string[] { a, b }`: one dropped, two swapped."""
    parts = _parts(tokens, opening, closing, ",")
    texts = [source[start:end] for start, end in parts]
    inside = (tokens[opening].start, tokens[closing].end)
    for number, text in enumerate(texts):
        kept = ", ".join(other for place, other in enumerate(texts) if place != number)
        yield CsharpEdit("drop item", f"c# {name}", f"without {_short(text)}", *inside, f"{{ {kept} }}")
        if number + 1 < len(texts) and texts[number + 1] != text:
            swapped = ", ".join([*texts[:number], texts[number + 1], text, *texts[number + 2 :]])
            what = f"{_short(texts[number + 1])} before {_short(text)}"
            yield CsharpEdit("swap order", f"c# {name}", what, *inside, f"{{ {swapped} }}")


def _parts(tokens: Sequence[_Token], opening: int, closing: int, mark: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    depth, first = 0, opening + 1
    for number in range(opening + 1, closing + 1):
        token = tokens[number]
        if number == closing or (token.text == mark and depth == 0):
            if number > first:
                spans.append((tokens[first].start, tokens[number - 1].end))
            first = number + 1
        elif token.kind == "mark":
            depth += (token.text in _CLOSES) - (token.text in _CLOSES.values())
    return spans


def _statements(
    source: str, tokens: Sequence[_Token], pairs: dict[int, int], names: Sequence[str]
) -> Iterator[CsharpEdit]:  # fmt: skip
    """An assignment or call gone; an `if` that never, and one that always holds."""
    for number, token in enumerate(tokens):
        if token.text == "if" and number + 1 in pairs:
            inside = (tokens[number + 1].end, tokens[pairs[number + 1]].start)
            asked = _short(source[slice(*inside)])
            for always in ("true", "false"):
                yield CsharpEdit("flip boolean", f"c# {names[number]}", f"{asked} -> {always}", *inside, always)
        if token.text not in (";", "{", "}") or number + 1 >= len(tokens) or tokens[number + 1].kind != "name":
            continue
        end = next((n for n in range(number + 1, len(tokens)) if tokens[n].text in (";", "{", "}", ":")), number)
        first = tokens[number + 1].text
        declares = tokens[number + 2].kind == "name" or tokens[number + 2].text in ("[", "<")
        indexed = tokens[number + 2].text == "[" and _is_index(tokens, number + 2)
        if tokens[end].text == ";" and first not in _STARTS and (indexed or not declares):
            span = (tokens[number + 1].start, tokens[end].end)
            yield CsharpEdit("delete element", f"c# {names[number + 1]}", f"without {_short(source[slice(*span)])}", *span, "")


def _is_index(tokens: Sequence[_Token], bracket: int) -> bool:
    """`a[1] = x` and not `int[] a`."""
    return tokens[bracket + 1].text != "]" and tokens[bracket - 1].text not in _KEYWORDS


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 90 else f"{flat[:40]} ... {flat[-40:]}"
