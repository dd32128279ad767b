"""Step 1: the request target, and what makes a request malformed or ambiguous (400).

Path and query are taken apart once, here, and every later step reads the result. The path is split on `/` before it
is decoded. Beyond the list of design section 2, a target that no HTTP server should deliver is refused as well: raw
control characters, spaces and `#` (a fragment is no part of a request target). `Content-Length` that is no number, or
that comes with a chunked body, is ambiguous and refused. On a route with `websocket: true` the only `Upgrade` is one
line saying `websocket`, and its `Origin` must be one the route's CORS profile allows.

Absolute-form is accepted when its authority equals the `Host` header; the path must start with `/`, so `*` is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from seccfg.record import Record
from seccfg.semantics.case import Case, Refusal
from seccfg.semantics.origins import allowed_origin

__all__ = ["OVERRIDES", "Target", "at_the_door", "check", "decode", "parse"]

OVERRIDES: Final = ("x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url")
"""Headers that would make somebody behind us see another method or path."""
ONCE: Final = ("host", "authorization", "content-length")

_RAW = re.compile(r"[\x00-\x20\x7f#]")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})?")
_DIGITS = re.compile(r"[0-9]{1,18}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NEVER_ENCODED = frozenset({0x2F, 0x5C, 0x7F, *range(0x20)}) | _UNRESERVED


class Target(Record):
    """A request target taken apart."""

    path: str
    """As sent, without query: canonical, because step 1 lets no character be spelt in two ways."""
    query_text: str
    """As sent, with its `?`; empty when there is none."""
    segments: tuple[str, ...] | None
    """Decoded segments, `()` for `/`; None when the path is malformed and so matches nothing."""
    query: tuple[tuple[str | None, str | None], ...]
    """Decoded (name, value) in order; None for what is no UTF-8."""
    authority: str | None
    """Of an absolute-form target."""
    problem: str
    """Why it is malformed; empty when it is not."""

    def values(self, name: str) -> tuple[str | None, ...]:
        """Values of query parameter *name*, in order."""
        return tuple(value for key, value in self.query if key == name)


_SERVER_METHOD = re.compile(r"[A-Z_-]+")
_SERVER_HOST = re.compile(r"[^:/\x00-\x20\x7f][^/\x00-\x20\x7f]*")


def check(case: Case) -> Refusal | None:
    """Refuse what is malformed or could be read in two ways."""
    request = case.request
    problem = case.target.problem or _ambiguous(case)
    if not problem and case.compiled.policy.host.plain_paths and "%" in case.target.path:
        problem = "a percent-encoded character in the path"
    if problem:
        return Refusal("malformed", problem)
    if case.compiled.policy.host.strict_server and not _server_reads(case):
        return Refusal("malformed", "the HTTP server refuses the method or the Host")
    if request.method in ("CONNECT", "TRACE"):
        return Refusal("malformed", f"{request.method} is never served")
    upgrade = case.headers.get("upgrade")
    if upgrade is not None and not _upgrade_allowed(case, upgrade):
        return Refusal("malformed", "the connection cannot be upgraded here")
    return None


def _server_reads(case: Case) -> bool:
    """What nginx and its like take for a request line and a Host."""
    hosts = case.headers.get("host", ())
    readable = all(_SERVER_HOST.fullmatch(host) is not None for host in hosts)
    return readable and _SERVER_METHOD.fullmatch(case.request.method) is not None


def at_the_door(case: Case) -> Refusal | None:
    """What a host refuses before anything else where `Policy.host` says so."""
    host, target = case.compiled.policy.host, case.target
    if host.longest_path and len(target.path) > host.longest_path:
        return Refusal("malformed", "the path is too long", status=414)
    if not host.door or target.segments is None or not (target.problem or _of_another(case)):
        return None
    return Refusal("malformed", target.problem or "the target names another authority than Host", status=400)


def _of_another(case: Case) -> bool:
    authority = case.target.authority
    return authority is not None and case.headers.get("host", ("",))[0].lower() != authority.lower()


def _ambiguous(case: Case) -> str:
    headers = case.headers
    for name in ONCE:
        if len(headers.get(name, ())) > 1:
            return f"{name} is given twice"
    if "," in "".join(headers.get("host", ())):
        return "host is given twice"  # no host name has a comma: a server joined two lines
    for name in OVERRIDES:
        if name in headers:
            return f"{name} would change the request"
    length = headers.get("content-length")
    if length is not None:
        if _DIGITS.fullmatch(length[0]) is None:
            return "content-length is no number"
        if case.request.chunked or "transfer-encoding" in headers:
            return "content-length with a chunked body"
    return "the target names another authority than Host" if _of_another(case) else ""


def _upgrade_allowed(case: Case, upgrade: list[str]) -> bool:
    view = case.view
    if view is None:
        return False
    if not view.target.websocket or len(upgrade) != 1 or upgrade[0].lower() != "websocket":
        return False
    return allowed_origin(view.cors, case.headers.get("origin", ())) != ""


@lru_cache(maxsize=8192)
def parse(text: str) -> Target:
    """Take a raw request target apart."""
    authority: str | None = None
    rest = text
    problem = ""
    if not text.startswith("/"):
        scheme, mark, after = text.partition("://")
        if not mark or scheme.lower() not in ("http", "https"):
            return Target(text, "", None, (), None, "the request target is no path")
        slash = after.find("/")
        if slash < 0 or "?" in after[:slash]:
            return Target(text, "", None, (), after, "the request target has no path")
        authority, rest = after[:slash], after[slash:]
    path, mark, query = rest.partition("?")
    if _RAW.search(text):
        problem = "a control character, space or # in the request target"
    elif not text.isascii():
        problem = "a non-ASCII byte in the request target"
    segments, wrong = _segments(path)
    problem = problem or wrong
    pairs = _pairs(query)
    if pairs is None:
        problem = problem or "bad percent-encoding in the query"
    return Target(path, mark + query, segments, pairs or (), authority, problem)


def _segments(path: str) -> tuple[tuple[str, ...] | None, str]:
    if not path.isascii() or _RAW.search(path):
        return None, "a character in the path that must be encoded"
    if path == "/":
        return (), ""
    if "\\" in path:
        return None, "a backslash in the path"
    if "//" in path:
        return None, "an empty segment in the path"
    if ";" in path:
        return None, "a ; in the path"
    found = path.split("/")[1:]
    if "." in found or ".." in found:
        return None, "a dot segment in the path"
    if "%" not in path:
        return tuple(found), ""
    for match in _ENCODED.finditer(path):
        if match.group(1) is None:
            return None, "bad percent-encoding in the path"
        if int(match.group(1), 16) in _NEVER_ENCODED:
            return None, f"{match.group()} in the path"
    decoded = [decode(segment) for segment in found]
    if None in decoded:
        return None, "ill-formed UTF-8 in the path"
    return tuple(segment for segment in decoded if segment is not None), ""


def _pairs(query: str) -> tuple[tuple[str | None, str | None], ...] | None:
    if not query:
        return ()
    if any(match.group(1) is None for match in _ENCODED.finditer(query)):
        return None
    pieces = (piece.partition("=") for piece in query.split("&") if piece)
    return tuple((decode(name), decode(value)) for name, _, value in pieces)


def decode(text: str) -> str | None:
    """Percent-decoded once (`+` is `+`); None when that is no UTF-8."""
    if "%" not in text:
        return text
    data = bytearray()
    at = 0
    while at < len(text):
        if text[at] == "%":
            data.append(int(text[at + 1 : at + 3], 16))
            at += 3
        else:
            data.append(ord(text[at]) & 0xFF)
            at += 1
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
