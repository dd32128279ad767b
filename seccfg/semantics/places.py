"""Where credentials stand. An empty value fills its place; a place filled twice is returned twice.

A comma in a header that carries a credential is two lines that some server joined: no key or token has one.

`Authorization: Bearer` (the scheme in any case, one space) fills the bearer place, other schemes do not. A cookie
without `=` is a cookie with an empty value. A query parameter is decoded once; one that is no UTF-8 fills its place
with text no method takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.ir.policy import Bearer, CookiePlace, HeaderPlace, Place, QueryPlace
from seccfg.semantics.case import Case

__all__ = ["presented"]

_UNREADABLE = "\ufffd"


def presented(case: Case, place: Place) -> list[str]:
    """Every credential in *place*, in order."""
    match place:
        case Bearer():
            return list(_bearer(case))
        case HeaderPlace(name):
            return [credential for line in case.headers.get(name, ()) for credential in line.split(",")]
        case CookiePlace(name):
            return list(_cookies(case, name))
        case QueryPlace(name):
            return [_UNREADABLE if value is None else value for value in case.target.values(name)]


def _bearer(case: Case) -> Iterator[str]:
    for line in case.headers.get("authorization", ()):
        scheme, _, credential = line.partition(" ")
        if scheme.lower() == "bearer":
            yield credential


def _cookies(case: Case, name: str) -> Iterator[str]:
    for line in case.headers.get("cookie", ()):
        for pair in line.split(";"):
            key, _, value = pair.partition("=")
            if key.strip(" \t") == name:
                yield value.strip(" \t")
