"""Where credentials stand. An empty value fills its place; a place filled twice is returned twice."""

from __future__ import annotations

from collections.abc import Sequence

from .headers import Seen, lines
from .model import Bearer, CookiePlace, HeaderPlace, Place, QueryPlace
from .paths import Query, query_values

_UNREADABLE = b"\xff"
_NOTHING: tuple[bytes, ...] = ()


def header_of(place: Place) -> bytes | None:
    """The header a credential in *place* arrives in, lower case; None when it is the request target."""
    match place:
        case Bearer():
            return b"authorization"
        case HeaderPlace(name):
            return name.lower().encode("latin-1")
        case CookiePlace():
            return b"cookie"
        case QueryPlace():
            return None


class PlaceReader:
    """Reads the credentials out of one place."""

    __slots__ = ("_bearer", "_cookie", "_header", "_query", "place")

    def __init__(self, place: Place) -> None:
        self.place = place
        self._bearer = isinstance(place, Bearer)
        self._header = header_of(place)
        self._cookie = place.name.encode("latin-1", "replace") if isinstance(place, CookiePlace) else None
        self._query = place.name if isinstance(place, QueryPlace) else ""

    @property
    def in_query(self) -> bool:
        return self._header is None

    def presented(self, seen: Seen, query: Query) -> Sequence[bytes]:
        """Every credential in the place, in order. *query* is looked at only when `in_query`."""
        header = self._header
        if header is None:
            found = query_values(query, self._query)
            return [_UNREADABLE if value is None else value.encode("latin-1", "replace") for value in found]
        if header not in seen:
            return _NOTHING
        if self._bearer:
            return _bearer(lines(seen, header))
        if self._cookie is not None:
            return _cookies(lines(seen, header), self._cookie)
        sent = lines(seen, header)
        # a comma is where some server joined two lines: no key or token has one
        return sent if len(sent) != 1 or b"," not in sent[0] else sent[0].split(b",")


def _bearer(found: Sequence[bytes]) -> list[bytes]:
    credentials: list[bytes] = []
    for line in found:
        scheme, _, credential = line.partition(b" ")
        if scheme.lower() == b"bearer":
            credentials.append(credential)
    return credentials


def _cookies(found: Sequence[bytes], name: bytes) -> list[bytes]:
    credentials: list[bytes] = []
    for line in found:
        for pair in line.split(b";"):
            key, _, value = pair.partition(b"=")
            if key.strip(b" \t") == name:
                credentials.append(value.strip(b" \t"))
    return credentials
