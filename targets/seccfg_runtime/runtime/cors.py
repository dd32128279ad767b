"""Step 6 and every answer on a matched route: which origins may read answers in a browser. It is no access control."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .interface import Headers
from .memo import Memo
from .model import Cors, Origin
from .structs import dataclass

_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9-]{1,63}")
_REMEMBERED = 1024
_NONE: Headers = []


@dataclass(frozen=True, slots=True)
class SentOrigin:
    """An `Origin` header taken apart (RFC 6454)."""

    scheme: str
    host: str
    port: int | None


def parse_origin(text: str) -> SentOrigin | None:
    """*text* taken apart; None when it is no `scheme://host[:port]` in the form browsers send, `null` included."""
    match = _ORIGIN.fullmatch(text)
    if match is None:
        return None
    return SentOrigin(match[1], match[2], None if match[3] is None else int(match[3]))


class CorsPlan:
    """One profile, its answers prepared."""

    def __init__(self, cors: Cors) -> None:
        self._cors = cors
        self._methods = frozenset(cors.methods)
        self._headers = frozenset(name.lower() for name in cors.headers)
        self._answers: Memo[bytes, Headers] = Memo(_REMEMBERED)
        credentials = [(b"access-control-allow-credentials", b"true")] if cors.credentials else []
        expose = [(b"access-control-expose-headers", _joined(cors.expose))] if cors.expose else []
        self._after_origin: Headers = [*credentials, *expose]
        preflight: Headers = [(b"access-control-allow-methods", _joined(cors.methods))]
        if cors.headers:
            preflight.append((b"access-control-allow-headers", _joined(cors.headers)))
        preflight += credentials
        if cors.max_age_s is not None:
            preflight.append((b"access-control-max-age", str(cors.max_age_s).encode("ascii")))
        self._after_preflight_origin = preflight

    def allowed_origin(self, sent: Sequence[bytes]) -> bytes:
        """Value of `Access-Control-Allow-Origin` for the `Origin` lines *sent*; empty when they are not allowed."""
        if len(sent) != 1:
            return b""
        origin = parse_origin(sent[0].decode("latin-1"))
        if origin is None:
            return b""
        if self._cors.any_origin:
            return b"*"
        return sent[0] if any(_fits(allowed, origin) for allowed in self._cors.origins) else b""

    def answer(self, sent: Sequence[bytes]) -> Headers:
        """CORS headers of an answer that is no preflight, without `Vary`."""
        if len(sent) != 1:
            return _NONE
        found = self._answers.new.get(sent[0])
        if found is None:
            origin = self.allowed_origin(sent)
            found = [(b"access-control-allow-origin", origin), *self._after_origin] if origin else _NONE
            if len(sent[0]) <= 256:
                self._answers.store(sent[0], found)
        return found

    def preflight(self, origin: Sequence[bytes], method: bytes, asked: Sequence[bytes]) -> Headers:
        """The answer to a preflight: all that is asked for must be allowed, otherwise there is no header at all."""
        allowed = self.allowed_origin(origin)
        if not allowed or method.decode("latin-1") not in self._methods:
            return _NONE
        names = (name.strip(" \t") for line in asked for name in line.decode("latin-1").lower().split(","))
        if not all(name in self._headers for name in names if name):
            return _NONE
        return [(b"access-control-allow-origin", allowed), *self._after_preflight_origin]


def _fits(allowed: Origin, sent: SentOrigin) -> bool:
    if allowed.scheme != sent.scheme or allowed.port != sent.port:
        return False
    if not allowed.one_label:
        return allowed.host == sent.host
    label, dot, rest = sent.host.partition(".")
    return bool(dot) and rest == allowed.host and _LABEL.fullmatch(label) is not None


def _joined(names: Sequence[str]) -> bytes:
    return ", ".join(names).encode("latin-1")
