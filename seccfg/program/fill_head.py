"""The prelude for the head and body of a request: takes it apart the way every target has to."""

from __future__ import annotations

import ipaddress
import json
import math
import re
from collections.abc import Sequence
from functools import cached_property
from urllib.parse import unquote_to_bytes

from seccfg.ir.policy import Cidr
from seccfg.ir.request import Request

__all__ = ["Address", "Head", "Query", "body_as_json", "unescape", "within"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Query = list[tuple[str | None, str | None]]
_BLANK = " \t"
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class Head:
    """A request in pieces; what is absent is None."""

    def __init__(self, request: Request, trusted: Sequence[Cidr]) -> None:
        self.request = request
        self._trusted = trusted
        self.lines: dict[str, list[str]] = {}
        for name, value in request.headers:
            self.lines.setdefault(name.lower(), []).append(value.strip(_BLANK))
        self.authority: str | None = None
        self.path: str | None = None
        self.query: str | None = None
        self._split(request.target)

    def _split(self, target: str) -> None:
        if not target.startswith("/"):
            found = re.match(r"(?i:https?)://([^/?]*)(/.*)", target, re.DOTALL)
            if found is None:
                return
            self.authority, target = found[1].lower(), found[2]
        path, mark, query = target.partition("?")
        self.path, self.query = path, query if mark else None

    def line(self, name: str) -> str | None:
        """The header's only line."""
        found = self.lines.get(name, [])
        return found[0] if len(found) == 1 else None

    @cached_property
    def host(self) -> str | None:
        line = self.line("host")
        if line is None:
            return None
        return "".join(c.lower() if c.isascii() else c for c in re.sub(r":[0-9]*\Z", "", line))

    # -------------------------------------------------------------------------------------------------- addresses
    @cached_property
    def peer(self) -> Address | None:
        return read_address(self.request.peer)

    @cached_property
    def peer_trusted(self) -> bool:
        return self.peer is not None and within(self.peer, self._trusted)

    @cached_property
    def client(self) -> Address | None:
        if not self.peer_trusted or "x-forwarded-for" not in self.lines:
            return self.peer
        elements = [element.strip(_BLANK) for line in self.lines["x-forwarded-for"] for element in line.split(",")]
        current = self.peer
        while elements and current is not None and within(current, self._trusted):
            current = read_address(elements.pop())
        return current

    @cached_property
    def tls(self) -> bool:
        said = self.lines.get("x-forwarded-proto") if self.peer_trusted else None
        return self.request.scheme == "https" if said is None else [s.lower() for s in said] == ["https"]

    # ------------------------------------------------------------------------------------------------------- body
    @cached_property
    def chunked(self) -> bool:
        return self.request.chunked or "transfer-encoding" in self.lines

    @cached_property
    def declared_length(self) -> int | None:
        said = self.lines.get("content-length")
        if said:
            return int(said[0]) if re.fullmatch("[0-9]+", said[0]) else None
        return None if self.chunked else len(self.request.body)

    @cached_property
    def media_type(self) -> str:
        line = self.line("content-type")
        return "" if line is None else line.split(";")[0].strip(_BLANK).lower()

    # -------------------------------------------------------------------------------------------------- parameters
    @cached_property
    def segments(self) -> list[str] | None:
        """Decoded segments, [] for `/`; None where the path cannot be routed."""
        if self.path is None:
            return None
        if self.path == "/":
            return []
        found = [unescape(part) for part in self.path.split("/")[1:]]
        return None if None in found else [text for text in found if text is not None]

    @cached_property
    def query_pairs(self) -> Query:
        pieces = [piece.split("=", 1) for piece in (self.query or "").split("&") if piece]
        return [(unescape(piece[0]), unescape("".join(piece[1:]))) for piece in pieces]


def read_address(text: str) -> Address | None:
    """A bare address; IPv4-mapped IPv6 is IPv4."""
    if "%" in text:
        return None
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def within(address: Address, blocks: Sequence[Cidr]) -> bool:
    """Some block holds the address."""
    unmasked = address.max_prefixlen
    return any(
        block.family == address.version and (int(address) ^ block.network) >> (unmasked - block.bits) == 0 for block in blocks
    )


def unescape(text: str) -> str | None:
    """Percent-decoded once; None when that is no UTF-8."""
    try:
        return unquote_to_bytes(text.encode("latin-1", "replace")).decode("utf-8")
    except UnicodeDecodeError:
        return None


def body_as_json(data: bytes, deepest: int) -> tuple[bool, object]:
    """Whether *data* is JSON of at most that depth, and its value."""
    depth = most = 0
    try:
        text = data.decode("utf-8")
        for mark in _STRUCTURE.findall(text):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark, 0)
            most = max(most, depth)
        if most > deepest:
            return False, None
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return False, None
    return True, value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a member is named twice")
    return dict(pairs)


def _refuse(text: str) -> object:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number
