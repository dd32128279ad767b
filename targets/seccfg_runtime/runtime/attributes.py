"""What each attribute of a request is: sources, trust, text to value.

An attribute the request lacks is left out of the mapping conditions see; one that is present but no value of its type
is there as `INVALID`, an error wherever a condition uses it. JSON null is the same as lacking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .addresses import Address
from .bodies import BodyError, parse_json
from .credentials import Verified
from .headers import Seen, lines
from .interface import Context, PolicyError
from .model import (
    Attribute,
    Condition,
    FromApplication,
    FromBody,
    FromClaims,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    Policy,
    Side,
)
from .paths import Query, query_pairs, query_values
from .values import INVALID, from_text, typed

PRINCIPAL_BUILT_IN = frozenset({"subject", "roles", "scopes", "method", "client"})
REQUEST_BUILT_IN = frozenset({"method", "path", "host", "ip", "time"})
_UNREAD = object()
_NO_VALUES: Mapping[str, object] = {}


class Reading:
    """Everything of one request that attributes are taken from; parsed at most once, and only when asked for."""

    __slots__ = (
        "_json", "_query", "application", "body", "client", "host", "json_depth", "method", "now_s", "params", "path",
        "raw_query", "seen", "trusted_peer", "verified",
    )  # fmt: skip

    def __init__(
        self, method: str, path: bytes, raw_query: bytes, params: Mapping[str, str], seen: Seen, host: str,
        client: Address, trusted_peer: bool, now_s: int,
    ) -> None:  # fmt: skip
        self.method = method
        self.path = path
        self.raw_query = raw_query
        self.params = params
        self.seen = seen
        self.host = host
        self.client = client
        self.trusted_peer = trusted_peer
        self.now_s = now_s
        self.verified: Verified | None = None
        self.application: Mapping[str, object] = _NO_VALUES
        self.body: bytes = b""
        self.json_depth = 0
        self._query: Query | None = None
        self._json: object = _UNREAD

    @property
    def query(self) -> Query:
        """Decoded names and values of the query, in order."""
        if self._query is None:
            self._query = query_pairs(self.raw_query)
        return self._query

    def json(self) -> object:
        """The body as JSON; BodyError when it is none."""
        if self._json is _UNREAD:
            try:
                self._json = parse_json(self.body, self.json_depth)
            except BodyError as error:
                self._json = error
        if isinstance(self._json, BodyError):
            raise self._json
        return self._json


def header_text(found: Iterable[bytes]) -> str | None:
    """A header as one text: given once, ASCII, no comma; None when it is not."""
    text: str | None = None
    for number, line in enumerate(found):
        if number or b"," in line or not line.isascii():
            return None
        text = line.decode("ascii")
    return text


class AttributeReader:
    """Takes one attribute out of a request."""

    __slots__ = ("_attribute", "name", "side")

    def __init__(self, side: Side, name: str, declared: Mapping[tuple[Side, str], Attribute]) -> None:
        self.side = side
        self.name = name
        self._attribute = declared.get((side, name))
        if self._attribute is None and name not in _BUILT_IN[side]:
            raise PolicyError(f"a condition or limit reads `{side}.{name}`, which is not declared")

    @property
    def from_body(self) -> bool:
        return self._attribute is not None and isinstance(self._attribute.source, FromBody)

    @property
    def from_application(self) -> bool:
        return self._attribute is not None and isinstance(self._attribute.source, FromApplication)

    @property
    def from_credential(self) -> bool:
        """It follows from the credential alone."""
        return self.side == "principal" and (self._attribute is None or isinstance(self._attribute.source, FromClaims))

    @property
    def header(self) -> str | None:
        """The header it is taken from, if any."""
        source = None if self._attribute is None else self._attribute.source
        return source.name.lower() if isinstance(source, FromHeader) else None

    def raw(self, reading: Reading) -> object:
        """The attribute as conditions are given it: a JSON value, INVALID, or None when the request lacks it."""
        attribute = self._attribute
        if attribute is None:
            return _built_in(reading, self.side, self.name)
        source = attribute.source
        match source:
            case FromClaims():
                return None if reading.verified is None else reading.verified.values.get(self.name)
            case FromPath(name):
                text = reading.params.get(name)
                return None if text is None else _value(text, attribute)
            case FromQuery(name):
                return _from_query(query_values(reading.query, name), attribute)
            case FromHeader(name):
                return _from_header(reading, name.lower().encode("latin-1"), attribute)
            case FromBody(path):
                return _from_body(reading, path)
            case FromClock(function):
                return _clock(reading.now_s, function)
            case FromApplication():
                return reading.application.get(self.name)

    def typed(self, reading: Reading) -> object:
        """The attribute as its declared type holds it; INVALID when it is of another type, None when it is lacking."""
        value = self.raw(reading)
        if value is None or value is INVALID or self._attribute is None:
            return value
        return typed(value, self._attribute.type, self._attribute.list_of)


_BUILT_IN: Mapping[Side, frozenset[str]] = {
    "principal": PRINCIPAL_BUILT_IN, "request": REQUEST_BUILT_IN, "resource": frozenset(),
}  # fmt: skip


def _built_in(reading: Reading, side: Side, name: str) -> object:
    if side == "principal":
        return None if reading.verified is None else reading.verified.values.get(name)
    match name:
        case "method":
            return reading.method
        case "path":
            return reading.path.decode("ascii")
        case "host":
            return reading.host
        case "ip":
            return reading.client.text
        case "time":
            return reading.now_s
        case _:
            return None


def _value(text: str, attribute: Attribute) -> object:
    return INVALID if attribute.list_of else from_text(text, attribute.type)


def _from_query(found: list[str | None], attribute: Attribute) -> object:
    if not found:
        return None
    text = found[0]
    return INVALID if len(found) > 1 or text is None else _value(text, attribute)


def _from_header(reading: Reading, name: bytes, attribute: Attribute) -> object:
    if name not in reading.seen or (attribute.trust == "proxy" and not reading.trusted_peer):
        return None
    text = header_text(lines(reading.seen, name))
    return INVALID if text is None else _value(text, attribute)


def _from_body(reading: Reading, path: tuple[str, ...]) -> object:
    if not reading.body:
        return None
    try:
        node = reading.json()
    except BodyError:
        return INVALID
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def _clock(now_s: int, function: str) -> int:
    if function == "hour_utc":
        return now_s // 3600 % 24
    if function == "weekday_utc":
        return (now_s // 86_400 + 4) % 7
    return now_s


class ConditionReader:
    """The attributes the conditions of one route read, and how to lay them out for the condition functions."""

    def __init__(self, conditions: Iterable[Condition], policy: Policy) -> None:
        declared = declared_attributes(policy)
        names = sorted({name for condition in conditions for name in condition.reads})
        self.readers = tuple(AttributeReader(*split_name(name), declared) for name in names)
        self.reads_body = any(reader.from_body for reader in self.readers)
        self.application_names = frozenset(reader.name for reader in self.readers if reader.from_application)
        self._request = tuple(reader for reader in self.readers if reader.side == "request")
        self._resource = tuple(reader for reader in self.readers if reader.side == "resource")
        self._principal = tuple(
            reader for reader in self.readers if reader.side == "principal" and not reader.from_credential
        )

    def context(self, reading: Reading, conditions: Mapping[str, Condition]) -> Context:
        """The three mappings conditions are called with."""
        principal: Mapping[str, object] = _NO_VALUES if reading.verified is None else reading.verified.values
        if self._principal and reading.verified is not None:
            principal = {**principal, **_values(self._principal, reading)}
        return Context(principal, _values(self._resource, reading), _values(self._request, reading), conditions)


def _values(readers: Iterable[AttributeReader], reading: Reading) -> dict[str, object]:
    return {reader.name: value for reader in readers if (value := reader.raw(reading)) is not None}


def declared_attributes(policy: Policy) -> dict[tuple[Side, str], Attribute]:
    """The policy's attributes by side and name."""
    return {(attribute.side, attribute.name): attribute for attribute in policy.attributes}


def split_name(name: str) -> tuple[Side, str]:
    """`principal.tenant` taken apart; PolicyError when it is no attribute's name."""
    side, _, rest = name.partition(".")
    if side == "principal":
        return "principal", rest
    if side == "resource":
        return "resource", rest
    if side == "request":
        return "request", rest
    raise PolicyError(f"`{name}` is no attribute of principal, resource or request")
