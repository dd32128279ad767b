"""Which origins a CORS profile allows. An origin is compared byte for byte, as browsers serialise it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from seccfg.ir.policy import Cors, Origin
from seccfg.record import Record

__all__ = ["SentOrigin", "allowed_origin", "parse_origin"]

_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9-]{1,63}")


class SentOrigin(Record):
    """An `Origin` header taken apart (RFC 6454): `scheme://host[:port]`; `null` is none."""

    scheme: str
    host: str
    port: int | None


@lru_cache(maxsize=1024)
def parse_origin(text: str) -> SentOrigin | None:
    """*text* taken apart; None when it is no origin in the form browsers send."""
    match = _ORIGIN.fullmatch(text)
    if match is None:
        return None
    return SentOrigin(match[1], match[2], None if match[3] is None else int(match[3]))


def allowed_origin(cors: Cors | None, sent: Sequence[str]) -> str:
    """The value of `Access-Control-Allow-Origin` for the `Origin` lines *sent*; empty when they are not allowed."""
    if cors is None or len(sent) != 1:
        return ""
    origin = parse_origin(sent[0])
    if origin is None:
        return ""
    if cors.any_origin:
        return "*"
    return sent[0] if any(_fits(allowed, origin) for allowed in cors.origins) else ""


def _fits(allowed: Origin, sent: SentOrigin) -> bool:
    if allowed.scheme != sent.scheme or allowed.port != sent.port:
        return False
    if not allowed.one_label:
        return allowed.host == sent.host
    label, dot, rest = sent.host.partition(".")
    return bool(dot) and rest == allowed.host and _LABEL.fullmatch(label) is not None
