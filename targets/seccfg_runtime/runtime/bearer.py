"""Bearer tokens of the issuers whose keys the package holds: shape, header, signature, claims (RFC 7519, RFC 8725)."""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Mapping, Sequence

from .keyset import VerificationKey, parse_key_set
from .structs import dataclass

_LONGEST = 8192
_MOST_TIME = 2**53 - 1
_NEVER = frozenset({"crit", "jku", "jwk", "x5u", "b64"})
_TYPES = ("JWT", "at+jwt", "application/at+jwt")
_NOT_TEXT = re.compile("[\x00\ufffd\ud800-\udfff]")
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")


class BadToken(Exception):
    """A token that is not accepted. The message holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are accepted, and where their claims say what is asked of a caller."""

    name: str
    url: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    keys: str
    """The key set (RFC 7517), as JSON."""
    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """A role its tokens may assert, and every role that gives."""
    skew_s: int = 0
    max_age_s: int | None = None
    subject_claim: tuple[str, ...] = ("sub",)
    roles_claim: tuple[str, ...] = ()
    scopes_claim: tuple[str, ...] = ()
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    clients: tuple[tuple[str, str], ...] = ()
    """A client's name, and what `azp` or `client_id` calls it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom an accepted token speaks for."""

    issuer: str
    subject: str
    roles: frozenset[str]
    scopes: frozenset[str]
    client: str
    values: Mapping[str, object]
    """What conditions read of it."""


class Tokens:
    """Judges the tokens of some issuers. KeySetError for a key set that cannot be used."""

    def __init__(self, issuers: Sequence[Issuer]) -> None:
        self._issuers = tuple(issuers)
        self._keys = {issuer.name: parse_key_set(issuer.keys.encode(), issuer.algorithms) for issuer in issuers}

    def caller(self, token: bytes, accepted: Sequence[str], now_s: int) -> Caller:
        """Whom *token*, of an issuer called one of *accepted*, speaks for at *now_s*; BadToken for none."""
        if len(token) > _LONGEST:
            raise BadToken("too long")
        pieces = token.split(b".")
        if len(pieces) != 3:
            raise BadToken("not a signed token")
        header, claims = _object(_base64url(pieces[0])), _object(_base64url(pieces[1]))
        said = claims.get("iss")
        # two methods may trust one issuer for different audiences, on routes of their own: the name tells them apart
        issuer = next((i for i in self._issuers if i.url == said and i.name in accepted), None)
        if issuer is None:
            raise BadToken("of another issuer")
        self._signature(issuer, header, b".".join(pieces[:2]), _base64url(pieces[2]))
        if not _is_for(issuer, claims.get("aud")):
            raise BadToken("for somebody else")
        _in_time(issuer, claims, now_s)
        return _caller(issuer, claims)

    def _signature(self, issuer: Issuer, header: Mapping[str, object], message: bytes, signature: bytes) -> None:
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in issuer.algorithms:
            raise BadToken("signed with another algorithm")
        if not _NEVER.isdisjoint(header) or ("typ" in header and header["typ"] not in _TYPES):
            raise BadToken("its header asks for something that is never done")
        key: VerificationKey | None = self._keys[issuer.name].get(kid) if isinstance(kid, str) else None
        if key is None or algorithm not in key.algorithms or key.verifies(algorithm, message, signature) is not True:
            raise BadToken("its signature does not fit")


def _is_for(issuer: Issuer, audience: object) -> bool:
    if isinstance(audience, str):
        return audience in issuer.audiences
    return (
        isinstance(audience, list)
        and all(isinstance(entry, str) for entry in audience)
        and any(entry in issuer.audiences for entry in audience)
    )


def _in_time(issuer: Issuer, claims: Mapping[str, object], now_s: int) -> None:
    """`exp` is required, `iat` where an age is asked for; each is allowed the issuer's skew."""
    good = now_s < _time(claims, "exp") + issuer.skew_s
    if "nbf" in claims:
        good = good and now_s >= _time(claims, "nbf") - issuer.skew_s
    if "iat" in claims:
        issued = _time(claims, "iat")
        good = good and issued <= now_s + issuer.skew_s
        if issuer.max_age_s is not None:
            good = good and now_s - issued < issuer.max_age_s + issuer.skew_s
    elif issuer.max_age_s is not None:
        good = False
    if not good:
        raise BadToken("expired, or not yet valid")


def _time(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if (type(value) is int or type(value) is float) and -_MOST_TIME <= value <= _MOST_TIME:
        return value
    raise BadToken(f"`{name}` is no time")


def _caller(issuer: Issuer, claims: Mapping[str, object]) -> Caller:
    subject = _claim(claims, issuer.subject_claim)
    if not isinstance(subject, str) or not subject or _NOT_TEXT.search(subject):
        raise BadToken("without a subject")
    asserted = _words(_claim(claims, issuer.roles_claim)) if issuer.roles_claim else frozenset()
    scopes = _words(_claim(claims, issuer.scopes_claim)) if issuer.scopes_claim else frozenset()
    roles = frozenset(given for role, gives in issuer.roles if role in asserted for given in gives)
    client_id = claims["azp"] if "azp" in claims else claims.get("client_id")
    client = next((name for name, ident in issuer.clients if ident == client_id), "")
    values: dict[str, object] = {}
    for name, path in issuer.attributes:
        value = _claim(claims, path)
        if value is not None:
            values[name] = value
    values |= {"subject": subject, "roles": sorted(roles), "scopes": sorted(scopes), "method": issuer.name}
    if client:
        values["client"] = client
    return Caller(issuer.name, subject, roles, scopes, client, values)


def _claim(claims: Mapping[str, object], path: Sequence[str]) -> object:
    """The member *path* leads to; None for none, which `null` equals."""
    node: object = claims
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def _words(value: object) -> frozenset[str]:
    """Roles or scopes: an array of strings, or one string split on spaces; anything else means none."""
    if isinstance(value, str):
        return frozenset(filter(None, value.split(" ")))
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return frozenset(filter(None, value))
    return frozenset()


def _base64url(text: bytes) -> bytes:
    """Without padding, nothing but the alphabet."""
    try:
        return binascii.a2b_base64(text.translate(_TO_STANDARD) + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error as error:
        raise BadToken("not a signed token") from error


def _object(data: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadToken("not a signed token") from error
    if not isinstance(found, dict):
        raise BadToken("not a signed token")
    return found


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is no JSON")
