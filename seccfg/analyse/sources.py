"""Where a request carries an attribute: the name under which two versions of a policy mean the same value."""

from __future__ import annotations

from typing import Final

from seccfg.expr.types import AttributeKey, ExprType, Side
from seccfg.record import Record

__all__ = [
    "ADDRESS", "CLIENT", "HOST", "NOTHING", "NOW", "PATH", "USELESS", "Application", "Capture", "Claim", "Client",
    "InBody", "InHeader", "InPath", "InQuery", "Place", "Places", "Roles", "Scopes", "Subject",
]


class Claim(Record):
    """
    A claim of the token.

    Here and in the next ones `of` names the auth method whose credential it is, where a request carries several that say
    who asks; empty: there is but one.
    """

    path: tuple[str, ...]
    of: str = ""


class Subject(Record):
    """Who the credential is for; `path`: the claim that says so, none for certificates."""

    path: tuple[str, ...]
    of: str = ""


class Roles(Record):
    """The roles a token carries in that claim, before closure."""

    path: tuple[str, ...]
    of: str = ""


class Scopes(Record):
    """The scopes a token carries in that claim."""

    path: tuple[str, ...]
    of: str = ""


class Capture(Record):
    """What a certificate's SAN holds in the place of that name."""

    name: str
    of: str = ""


class Client(Record):
    """The client id the token of that auth method carries; `CLIENT` where there is but one token."""

    of: str


class InHeader(Record):
    """`proxied`: taken only from a trusted proxy."""

    name: str
    proxied: bool


class InQuery(Record):
    name: str


class InBody(Record):
    path: tuple[str, ...]


class InPath(Record):
    """A segment of the path by number; `rest`: it and all that follow."""

    at: int
    rest: bool


class Application(Record):
    """Known only to the service behind."""

    name: str


Place = Claim | Subject | Roles | Scopes | Capture | Client | InHeader | InQuery | InBody | InPath | Application

# What every request has a place for. The spaces keep these names apart from any a spec can declare.
CLIENT: Final[AttributeKey] = ("principal", "the client")
"""The client id a token carries."""
HOST: Final[AttributeKey] = ("request", "the host")
ADDRESS: Final[AttributeKey] = ("request", "the address")
PATH: Final[AttributeKey] = ("request", "the path")
NOW: Final[AttributeKey] = ("request", "the time")
NOTHING: Final[AttributeKey] = ("request", "nothing")
"""Never there."""
USELESS: Final[AttributeKey] = ("request", "nothing of use")
"""Always there, and never a value."""


class Places:
    """The places attributes of several versions come from, each under one name and type."""

    __slots__ = ("_keys", "_of")

    def __init__(self) -> None:
        self._keys: dict[tuple[Place, ExprType], AttributeKey] = {}
        self._of: dict[AttributeKey, tuple[Place, ExprType]] = {}

    def key(self, place: Place, type_: ExprType) -> AttributeKey:
        """The name of the value of *type_* at *place*."""
        found = self._keys.get((place, type_))
        if found is None:
            found = self._keys[place, type_] = (_side(place), f"{_words(place)} as {type_}")
            self._of[found] = (place, type_)
        return found

    def of(self, key: AttributeKey) -> tuple[Place, ExprType] | None:
        """The place and type behind a name `key` gave."""
        return self._of.get(key)


def _side(place: Place) -> Side:
    match place:
        case Claim() | Subject() | Roles() | Scopes() | Capture() | Client():
            return "principal"
        case InHeader() | InQuery():
            return "request"
        case _:
            return "resource"


def _words(place: Place) -> str:
    match place:
        case Claim(path, of):
            return f"claim {list(path)}{_by(of)}"
        case Subject(path, of):
            return f"subject {list(path)}{_by(of)}"
        case Roles(path, of):
            return f"roles {list(path)}{_by(of)}"
        case Scopes(path, of):
            return f"scopes {list(path)}{_by(of)}"
        case Capture(name, of):
            return f"capture {name}{_by(of)}"
        case Client(of):
            return f"client{_by(of)}"
        case InHeader(name, proxied):
            return f"{'proxied ' if proxied else ''}header {name}"
        case InQuery(name):
            return f"query {name}"
        case InBody(path):
            return f"body {list(path)}"
        case InPath(at, rest):
            return f"segment {at}{' and on' if rest else ''}"
        case Application(name):
            return f"application {name}"


def _by(of: str) -> str:
    return f" by {of}" if of else ""
