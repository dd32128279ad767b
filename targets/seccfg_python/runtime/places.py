"""Where credentials stand. An empty value fills its place; a place filled twice is returned twice."""

from __future__ import annotations

from collections.abc import Sequence

from .headers import Seen, lines
from .model import Bearer, CookiePlace, HeaderPlace, Place, QueryPlace
from .paths import Query, query_values

_UNREADABLE = "\ufffd"
_NOTHING: tuple[str, ...] = ()


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

    def presented(self, seen: Seen, query: Query) -> Sequence[str]:
        """Every credential in the place, in order. *query* is looked at only when `in_query`."""
        header = self._header
        if header is None:
            return [_UNREADABLE if value is None else value for value in query_values(query, self._query)]
        if header not in seen:
            return _NOTHING
        if self._bearer:
            line = seen[header]
            if isinstance(line, bytes) and line[:7].lower() == b"bearer ":
                return (line[7:].rstrip(b" \t").decode("latin-1"),)
            return _bearer(lines(seen, header))
        if self._cookie is not None:
            return _cookies(lines(seen, header), self._cookie)
        return [line.decode("latin-1") for line in lines(seen, header)]


def _bearer(found: Sequence[bytes]) -> list[str]:
    credentials: list[str] = []
    for line in found:
        scheme, _, credential = line.partition(b" ")
        if scheme.lower() == b"bearer":
            credentials.append(credential.decode("latin-1"))
    return credentials


def _cookies(found: Sequence[bytes], name: bytes) -> list[str]:
    credentials: list[str] = []
    for line in found:
        for pair in line.split(b";"):
            key, _, value = pair.partition(b"=")
            if key.strip(b" \t") == name:
                credentials.append(value.strip(b" \t").decode("latin-1"))
    return credentials
