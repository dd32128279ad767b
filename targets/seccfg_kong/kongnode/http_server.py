"""What nginx refuses before Kong sees a request (the 1.26 line, with Kong's settings)."""

from __future__ import annotations

import re
from typing import Final

from seccfg.record import Record

__all__ = ["DEFAULT_BUFFERS", "RawRequest", "host_of", "local_target", "refusal"]

DEFAULT_BUFFERS: Final = (4, 8192)
"""`large_client_header_buffers`: how many, and the bytes of each, which hold one line."""
_METHOD: Final = re.compile(r"[A-Z_-]+")
_HOST: Final = re.compile(r"[^\x00-\x20/\x7f]+")
_ONCE: Final = frozenset({
    "host", "authorization", "content-length", "transfer-encoding", "if-modified-since", "if-unmodified-since", "if-match",
    "if-none-match", "content-range", "if-range", "expect",
})  # fmt: skip
"""Headers whose second line nginx takes for an error."""


class RawRequest(Record):
    """A request on the wire. Texts hold one byte a character."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    chunked: bool = False
    http_version: float = 1.1
    peer: str = "127.0.0.1"
    scheme: str = "http"
    now: float = 0.0
    certificate: str = ""
    """PEM of what the client presented in the handshake."""

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


def refusal(request: RawRequest, buffers: tuple[int, int] = DEFAULT_BUFFERS) -> int:
    """The status nginx answers by itself; 0: it hands the request on."""
    if len(f"{request.method} {request.target} HTTP/1.1") >= buffers[1]:
        return 414
    if request.method in ("TRACE", "CONNECT"):
        return 405
    if _METHOD.fullmatch(request.method) is None or not _target_fits(request.target):
        return 400
    return _headers(request, buffers)


def _target_fits(target: str) -> bool:
    absolute = re.match(r"(?i)https?://([^/?#]*)", target)
    if absolute is not None:
        target = target[absolute.end() :]
        if not target.startswith(("/", "?")):
            target = "/" + target
    if not target.startswith("/") or re.search(r"[\x00-\x20\x7f]", target):
        return False
    path = target.partition("?")[0].partition("#")[0]
    if re.search(r"%(?![0-9A-Fa-f]{2})", path) or "%00" in path:
        return False
    depth = 0
    decoded = re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), path)
    for part in re.sub(r"/{2,}", "/", decoded).split("/")[1:]:
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return False
    return True


def _headers(request: RawRequest, buffers: tuple[int, int]) -> int:
    total = sum(len(name) + len(value) + 4 for name, value in request.headers)
    number, size = buffers
    if total > number * size or any(len(name) + len(value) + 4 > size for name, value in request.headers):
        return 494
    counts: dict[str, int] = {}
    for name, value in request.headers:
        counts[name.lower()] = counts.get(name.lower(), 0) + 1
        if re.search(r"[\x00\r\n]", value):
            return 400
    if any(counts.get(name, 0) > 1 for name in _ONCE):
        return 400
    hosts = request.values("host")
    if not hosts and request.http_version >= 1.1:
        return 400
    if hosts and (hosts[0] == "" or _HOST.fullmatch(hosts[0]) is None or hosts[0].startswith(":")):
        return 400
    lengths = request.values("content-length")
    if lengths and (not lengths[0].isdigit() or request.chunked or counts.get("transfer-encoding")):
        return 400
    return 0


def host_of(request: RawRequest) -> str:
    """`$host`: of an absolute target its authority, else the header's; lower case, without port and final dot."""
    absolute = re.match(r"(?i)https?://([^/?#]*)", request.target)
    named = absolute[1] if absolute is not None else (request.values("host") or [""])[0]
    return named.partition(":")[0].lower().removesuffix(".") or "kong"


def local_target(target: str) -> str:
    """`$request_uri`: an absolute form without its authority."""
    absolute = re.match(r"(?i)https?://[^/?#]*", target)
    if absolute is None:
        return target
    rest = target[absolute.end() :]
    return rest if rest.startswith("/") else f"/{rest}"
