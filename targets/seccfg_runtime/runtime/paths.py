"""Step 1, the request target: taken apart once, checked, and remembered.

The path is split on `/` before it is decoded and decoded once. Nothing is normalised: what could be read in two ways is
refused, so every spelling that passes means one thing.
"""

from __future__ import annotations

import re

from .structs import dataclass

Query = tuple[tuple[str | None, str | None], ...]

_RAW = re.compile(rb"[\x00-\x20\x7f#]")
_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NEVER_ENCODED = frozenset({0x2F, 0x5C, 0x7F, *range(0x20)}) | _UNRESERVED


@dataclass(frozen=True, slots=True)
class Target:
    """A request target in origin-form, or one in absolute-form with its `authority`."""

    path: bytes
    """As sent, without query."""
    query: bytes
    """As sent, without `?`."""
    authority: bytes | None
    problem: str
    """Why it is malformed; empty when it is not."""


def split(raw: bytes) -> Target:
    """Take *raw* apart; the path itself is judged by `segments`."""
    authority: bytes | None = None
    rest = raw
    if not raw.startswith(b"/"):
        scheme, mark, after = raw.partition(b"://")
        if not mark or scheme.lower() not in (b"http", b"https"):
            return Target(raw, b"", None, "the request target is no path")
        slash = after.find(b"/")
        if slash < 0 or b"?" in after[:slash]:
            return Target(raw, b"", after, "the request target has no path")
        authority, rest = after[:slash], after[slash:]
    path, _, query = rest.partition(b"?")
    problem = ""
    if _RAW.search(raw):
        problem = "a control character, space or # in the request target"
    elif not raw.isascii():
        problem = "a non-ASCII byte in the request target"
    elif b"%" in query and any(match.group(1) is None for match in _ENCODED.finditer(query)):
        problem = "bad percent-encoding in the query"
    return Target(path, query, authority, problem)


def segments(path: bytes) -> tuple[str, ...] | str:
    """Decoded segments of *path*, `()` for `/`; a text says why the path is malformed."""
    if not path.isascii() or _RAW.search(path):
        return "a character in the path that must be encoded"
    if path == b"/":
        return ()
    if b"\\" in path:
        return "a backslash in the path"
    if b"//" in path:
        return "an empty segment in the path"
    if b";" in path:
        return "a ; in the path"
    found = path.split(b"/")[1:]
    if b"." in found or b".." in found:
        return "a dot segment in the path"
    if b"%" not in path:
        return tuple(segment.decode("ascii") for segment in found)
    for match in _ENCODED.finditer(path):
        if match.group(1) is None:
            return "bad percent-encoding in the path"
        if int(match.group(1), 16) in _NEVER_ENCODED:
            return "a character in the path that must not be encoded"
    decoded: list[str] = []
    for segment in found:
        text = decode(segment)
        if text is None:
            return "ill-formed UTF-8 in the path"
        decoded.append(text)
    return tuple(decoded)


def query_pairs(query: bytes) -> Query:
    """Decoded (name, value) in order, None for what is no UTF-8; *query* was found well-formed by `split`."""
    if not query:
        return ()
    pieces = (piece.partition(b"=") for piece in query.split(b"&") if piece)
    return tuple((decode(name), decode(value)) for name, _, value in pieces)


def query_values(query: Query, name: str) -> list[str | None]:
    """Values of parameter *name*, in order."""
    return [value for key, value in query if key == name]


def decode(text: bytes) -> str | None:
    """Percent-decoded once (`+` is `+`); None when that is no UTF-8."""
    if b"%" in text:
        text = _ENCODED.sub(lambda match: bytes((int(match.group(1), 16),)), text)
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return None
