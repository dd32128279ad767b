"""Condition text to tokens: CEL's lexical rules, less what the language leaves out."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from seccfg.expr.errors import Problem
from seccfg.expr.types import INTEGER_LIMIT

__all__ = ["MAX_SOURCE_BYTES", "Token", "TokenKind", "bad_text", "tokenize"]

MAX_SOURCE_BYTES = 4_096

TokenKind = Literal["name", "int", "double", "string", "op", "end"]


class Token(NamedTuple):
    """`value` is the name, the operator, or the value the literal stands for."""

    kind: TokenKind
    value: str | int | float
    start: int
    end: int


_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\n\f\r]|//[^\n]*)+)
      | (?P<string>[bBrR]{0,2}(?:\"\"\"|'''|"|'))
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<double>[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
      | (?P<int>0[xX][0-9A-Fa-f]+|[0-9]+)
      | (?P<op>&&|\|\||==|!=|<=|>=|[<>!()\[\].,+\-*/%?:{}])
    """,
    re.VERBOSE,
)
_PLAIN_STRING = re.compile(r"[^\"'\\\n\r]*")
_SIMPLE_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}
_HEX_ESCAPES = {"x": 2, "X": 2, "u": 4, "U": 8}


def tokenize(source: str, problems: list[Problem]) -> list[Token]:
    """Tokens of *source* up to an `end` token; what is no token is added to *problems* and skipped."""
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_SOURCE_BYTES:
        problems.append(Problem(
            f"a condition may be at most {MAX_SOURCE_BYTES} bytes long, this one has {size}", 0, len(source),
            "split it into several named conditions"))
        return [Token("end", "", len(source), len(source))]
    tokens: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            problems.append(_not_a_token(source, at))
            at += 1
            continue
        kind, end = match.lastgroup, match.end()
        text = match.group()
        if kind == "name":
            tokens.append(Token("name", text, at, end))
        elif kind == "op":
            tokens.append(Token("op", text, at, end))
        elif kind == "string":
            end = _string(source, at, text, tokens, problems)
        elif kind == "int" or kind == "double":
            end = _number(source, at, text, kind, tokens, problems)
        at = end
    tokens.append(Token("end", "", len(source), len(source)))
    return tokens


def _not_a_token(source: str, at: int) -> Problem:
    char = source[at]
    if char in "&|":
        return Problem(f"single `{char}`", at, at + 1, f"write `{char * 2}`")
    if char == "=":
        return Problem("single `=`", at, at + 1, "write `==` to compare")
    if char == "`":
        return Problem("quoted names are not supported", at, at + 1, 'write `resource["some-name"]`')
    shown = f"`{char}`" if char.isprintable() else f"U+{ord(char):04X}"
    return Problem(f"unexpected character {shown}", at, at + 1)


def _number(source: str, at: int, text: str, kind: str, tokens: list[Token], problems: list[Problem]) -> int:
    end = at + len(text)
    while source[end:end + 1].isalnum() or source[end:end + 1] == "_":
        end += 1
    if end > at + len(text):
        unsigned = source[at + len(text):end] in ("u", "U") and kind == "int"
        problems.append(Problem(
            "unsigned integers are not supported" if unsigned else f"`{source[at:end]}` is not a number",
            at, end, f"write `{text}`" if unsigned else ""))
    if kind == "double":
        number = float(text)
        if not abs(number) <= INTEGER_LIMIT:
            problems.append(Problem(f"`{text}` is outside +-(2^53 - 1)", at, end))
            number = 0.0
        tokens.append(Token("double", number, at, end))
        return end
    if len(text) > 1 and text[0] == "0" and text[1] not in "xX":
        problems.append(Problem(f"`{text}` starts with 0", at, end, "it could be meant as octal; write it without"))
    value = int(text, 16) if text[:2] in ("0x", "0X") else int(text)
    if value > INTEGER_LIMIT:
        problems.append(Problem(f"`{text}` is outside +-(2^53 - 1)", at, end, "some hosts would round it"))
        value = 0
    tokens.append(Token("int", value, at, end))
    return end


def _string(source: str, at: int, opening: str, tokens: list[Token], problems: list[Problem]) -> int:
    prefix = opening.rstrip("\"'").lower()
    quote = opening[len(prefix):]
    raw = "r" in prefix
    parts: list[str] = []
    position = at + len(opening)
    while True:
        plain = _PLAIN_STRING.match(source, position)
        if plain is not None and plain.end() > position:
            parts.append(plain.group())
            position = plain.end()
        if source.startswith(quote, position):
            position += len(quote)
            break
        char = source[position:position + 1]
        if char == "" or (char in "\r\n" and len(quote) == 1):
            problems.append(Problem("the text is not closed", at, position, f"add `{quote}`"))
            break
        if char == "\\" and not raw:
            position = _escape(source, position, parts, problems)
        elif char == "\r":  # as in CEL, every line end in triple quotes is one \n
            parts.append("\n")
            position += 2 if source[position + 1:position + 2] == "\n" else 1
        else:
            parts.append(char)
            position += 1
    value = "".join(parts)
    if "b" in prefix:
        problems.append(Problem("bytes are not supported", at, position, "write a string"))
    elif prefix not in ("", "r"):
        problems.append(Problem(f"unknown string prefix `{prefix}`", at, position))
    flaw = bad_text(value)
    if flaw:
        problems.append(Problem(f"the text holds {flaw}", at, position, "no attribute can hold it"))
        value = ""
    tokens.append(Token("string", value, at, position))
    return position


def _escape(source: str, at: int, parts: list[str], problems: list[Problem]) -> int:
    code = source[at + 1:at + 2]
    if code in _SIMPLE_ESCAPES:
        parts.append(_SIMPLE_ESCAPES[code])
        return at + 2
    if code in _HEX_ESCAPES:
        end = at + 2 + _HEX_ESCAPES[code]
        digits, base = source[at + 2:end], 16
    else:
        end = at + 4
        digits, base = source[at + 1:end], 8
    wanted = end - at - (2 if base == 16 else 1)
    allowed = "0123456789abcdefABCDEF" if base == 16 else "01234567"
    if len(digits) != wanted or any(d not in allowed for d in digits) or (base == 8 and digits[0] > "3"):
        problems.append(Problem(
            f"unknown escape `\\{code}`" if code.isprintable() else "unknown escape", at, min(at + 2, len(source)),
            'write `\\\\` for a backslash, or a raw string r"..."'))
        return min(at + 2, len(source))
    number = int(digits, base)
    if number > 0x10FFFF:
        problems.append(Problem("there is no such Unicode character", at, end))
    else:
        parts.append(chr(number))
    return end


def bad_text(text: str) -> str:
    """What makes *text* unusable as a string value, in words; empty when nothing does."""
    if "\0" in text:
        return "NUL"
    if text.isascii():
        return ""
    if "\ufffd" in text:
        return "U+FFFD"
    return "a lone surrogate" if any("\ud800" <= char <= "\udfff" for char in text) else ""
