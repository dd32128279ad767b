"""Just enough of the protobuf text format to read conformance tests: fields, messages, lists, strings, numbers."""

from __future__ import annotations

import re

Message = dict[str, list["Field"]]
Field = str | bytes | Message

_TOKEN = re.compile(
    r"""(?P<space>(?:\s+|\#[^\n]*)+) | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<word>\[[A-Za-z0-9_./]+\]|[A-Za-z0-9_.+-]+) | (?P<mark>[{}<>:,;\[\]])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_SIMPLE = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def read(text: str) -> Message:
    """The message *text* holds: each field's values in order; strings as bytes, words as str."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"unexpected {text[at:at + 20]!r}")
        if match.lastgroup and match.lastgroup != "space":
            tokens.append((match.lastgroup, match.group()))
        at = match.end()
    message, end = _message(tokens, 0)
    if end != len(tokens):
        raise ValueError("unbalanced braces")
    return message


def _message(tokens: list[tuple[str, str]], at: int) -> tuple[Message, int]:
    found: Message = {}
    while at < len(tokens) and tokens[at][1] not in ("}", ">"):
        name = tokens[at][1]
        at += 1
        if tokens[at] == ("mark", ":"):
            at += 1
        if tokens[at] == ("mark", "["):
            at += 1
            while tokens[at] != ("mark", "]"):
                value, at = _value(tokens, at)
                found.setdefault(name, []).append(value)
                if tokens[at] == ("mark", ","):
                    at += 1
            at += 1
        else:
            value, at = _value(tokens, at)
            found.setdefault(name, []).append(value)
        if at < len(tokens) and tokens[at][1] in (",", ";"):
            at += 1
    return found, at


def _value(tokens: list[tuple[str, str]], at: int) -> tuple[Field, int]:
    kind, text = tokens[at]
    if text in ("{", "<"):
        message, at = _message(tokens, at + 1)
        return message, at + 1
    if kind == "text":
        joined = b""
        while at < len(tokens) and tokens[at][0] == "text":
            joined += _ESCAPE.sub(_unescape, tokens[at][1][1:-1].encode())
            at += 1
        return joined, at
    return text, at + 1


def _unescape(match: re.Match[bytes]) -> bytes:
    octal, hexa, short, long, simple = match.groups()
    if octal:
        return bytes([int(octal, 8) & 255])
    if hexa:
        return bytes([int(hexa, 16)])
    if short or long:
        return chr(int(short or long, 16)).encode()
    return _SIMPLE.get(simple, simple)
