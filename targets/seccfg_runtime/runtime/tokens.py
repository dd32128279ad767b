"""Steps 10 and 11, tokens: shape, header, key set, signature, claims (RFC 7519, RFC 8725). Every refusal is
`invalid_token`.

The memory of verified tokens holds what signature and claims said, nothing else: times, revocation, limits and
authorization are judged on every request, and an entry is void once its issuer has withdrawn the key.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from .credentials import INTEGER_LIMIT, Refused, Verified, closure, is_text
from .interface import PolicyError, Principal
from .keyset import ALGORITHMS, VerificationKey
from .memo import Memo
from .model import JwtVerifier

REFUSED_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "b64"})
TYPES = ("JWT", "at+jwt", "application/at+jwt")
_REMEMBERED_PER_ISSUER = 10_000
_REMEMBERED_ROLES = 1024


class Unpacked(NamedTuple):
    """A token taken apart, believed in nothing yet."""

    header: Mapping[str, object]
    claims: Mapping[str, object]
    message: bytes
    signature: bytes


class Keys(Protocol):
    """The keys of one issuer, as `jwks.KeySource` holds them."""

    def key(self, kid: str) -> VerificationKey | None:
        """The key called *kid*; KeysUnavailable when the set is too old to be used."""


class TokenJudge:
    """
    Judges the tokens of one verifier.

    Args:
        revocable: Some route asks whether tokens were revoked, so their claims are kept.
    """

    def __init__(
        self, verifier: JwtVerifier, keys: Keys, roles: Mapping[str, tuple[str, ...]], *, revocable: bool
    ) -> None:
        if not ALGORITHMS.issuperset(verifier.algorithms):
            raise PolicyError(f"method `{verifier.name}` lists an algorithm that is not one for published keys")
        self.verifier = verifier
        self._audiences = frozenset(verifier.audiences)
        self._keys = keys
        self._roles = roles
        self._revocable = revocable
        self._closures: Memo[frozenset[str], frozenset[str]] = Memo(_REMEMBERED_ROLES)
        self._clients = {client_id: name for name, client_id in reversed(verifier.clients)}
        self._verified: Memo[bytes, Verified] = Memo(_REMEMBERED_PER_ISSUER)
        self._lines: Memo[bytes, Verified] = Memo(_REMEMBERED_PER_ISSUER)
        """By `Authorization` line. Apart from tokens: a cookie or header may hold a text that is such a line."""
        self._principals: Memo[tuple[object, ...], Verified] = Memo(_REMEMBERED_PER_ISSUER)
        """A token of each principal: what follows from the principal alone is worked out once."""
        self._allowed_on: Memo[tuple[object, ...], set[int]] = Memo(_REMEMBERED_ROLES)
        """By roles, scopes and client: where a grant that looks at nothing else allows them."""
        self._ident_start = f"jwt:{verifier.issuer}\x1f"

    def remembered(self, token: bytes) -> Verified | None:
        """
        What *token* was found to say, None when it is not known or its key is no longer the issuer's.

        Raises:
            KeysUnavailable: The issuer's keys are too old to be used.
        """
        found = self._verified.new.get(token) or self._verified.recall(token)
        return None if found is None else self._still_good(found)

    def remembered_line(self, line: bytes) -> Verified | None:
        """The same for a whole `Authorization` line, as given to `remember_line`."""
        found = self._lines.new.get(line) or self._lines.recall(line)
        return None if found is None else self._still_good(found)

    def remember_line(self, line: bytes, verified: Verified) -> None:
        """Remember what the bearer token in *line* was found to say."""
        self._lines.store(line, verified)

    def _still_good(self, found: Verified) -> Verified | None:
        key = found.key
        return found if key is not None and self._keys.key(key.kid) is key else None

    def judge(self, token: bytes, unpacked: Unpacked) -> Verified:
        """
        What *token* says, remembered; *unpacked* is the same taken apart.

        Raises:
            Refused: Shape, header, signature or claims are not good.
            KeysUnavailable: The issuer's keys are too old to be used.
        """
        found = self.examine(unpacked)
        self._verified.store(token, found)
        return found

    def examine(self, unpacked: Unpacked) -> Verified:
        """What a token says; raises as `judge` does."""
        key = self._signature(unpacked.header, unpacked.message, unpacked.signature)
        return self._claims(unpacked.claims, key)

    def _signature(self, header: Mapping[str, object], message: bytes, signature: bytes) -> VerificationKey:
        alg, kid = header.get("alg"), header.get("kid")
        if not isinstance(alg, str) or alg not in self.verifier.algorithms:
            raise Refused("the token's algorithm is not one of the issuer's")
        if not REFUSED_HEADERS.isdisjoint(header):
            raise Refused("the token's header asks for something that is never done")
        if "typ" in header and header["typ"] not in TYPES:
            raise Refused("the token is of another type")
        if not isinstance(kid, str):
            raise Refused("the token names no key")
        key = self._keys.key(kid)
        if key is None or alg not in key.algorithms:
            raise Refused("the token's key is not in the issuer's set")
        if key.verifies(alg, message, signature) is not True:
            raise Refused("the token's signature does not fit")
        return key

    def _claims(self, claims: Mapping[str, object], key: VerificationKey) -> Verified:
        verifier = self.verifier
        if claims.get("iss") != verifier.issuer:
            raise Refused("the token comes from another issuer")
        audience = claims.get("aud")
        if not isinstance(audience, str):
            if not isinstance(audience, list) or not all(isinstance(entry, str) for entry in audience):
                raise Refused("the token's audience is no text")
            if self._audiences.isdisjoint(audience):
                raise Refused("the token is for somebody else")
        elif audience not in self._audiences:
            raise Refused("the token is for somebody else")
        subject = claim_at(claims, verifier.subject_claim)
        if not isinstance(subject, str) or not subject or not is_text(subject):
            raise Refused("the token has no subject")
        good_from_s, good_until_s = _validity(verifier, claims)
        carried = text_set(claim_at(claims, verifier.roles_claim)) if verifier.roles_claim else _NONE
        scopes = text_set(claim_at(claims, verifier.scopes_claim)) if verifier.scopes_claim else _NONE
        client_id = claims["azp"] if "azp" in claims else claims.get("client_id")
        attributes = {
            name: value for name, path in verifier.attributes if (value := claim_at(claims, path)) is not None
        }
        client = self._clients.get(client_id, "") if isinstance(client_id, str) else ""
        roles = self._closure(carried & verifier.asserts)
        kept = claims if self._revocable else None
        who = (subject, roles, scopes, client)
        known = self._principals.new.get(who) or self._principals.recall(who)
        if known is not None and not attributes and not known.principal.attributes:
            return Verified(known.principal, kept, good_from_s, good_until_s, key, known, known.allowed_on)
        ident = f"{self._ident_start}{subject}"
        principal = Principal(verifier.name, subject, roles, scopes, client, attributes, ident)
        rank = (roles, scopes, client)
        allowed_on = self._allowed_on.new.get(rank) or self._allowed_on.recall(rank)
        if allowed_on is None:
            allowed_on = set()
            self._allowed_on.store(rank, allowed_on)
        found = Verified(principal, kept, good_from_s, good_until_s, key, known, allowed_on)
        if known is None:
            self._principals.store(who, found)
        return found

    def _closure(self, asserted: frozenset[str]) -> frozenset[str]:
        found = self._closures.new.get(asserted)
        if found is None:
            found = closure(self._roles, asserted)
            self._closures.store(asserted, found)
        return found


def _validity(verifier: JwtVerifier, claims: Mapping[str, object]) -> tuple[float, float]:
    """The seconds `[from, until)` in which the token is good."""
    skew = verifier.skew_s
    good_from_s, good_until_s = float("-inf"), _time(claims, "exp") + skew
    if "nbf" in claims:
        good_from_s = _time(claims, "nbf") - skew
    if "iat" in claims:
        issued = _time(claims, "iat")
        good_from_s = max(good_from_s, issued - skew)
        if verifier.max_age_s is not None:
            good_until_s = min(good_until_s, issued + verifier.max_age_s + skew)
    elif verifier.max_age_s is not None:
        raise Refused("the token does not say when it was issued")
    return good_from_s, good_until_s


def _time(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if (type(value) is int or type(value) is float) and -INTEGER_LIMIT <= value <= INTEGER_LIMIT:
        return value
    raise Refused(f"the token's `{name}` is no time")


def unpack(token: bytes) -> Unpacked:
    """*token* taken apart; Refused when it has not the shape of a signed token."""
    pieces = token.split(b".")
    if len(pieces) != 3:
        raise Refused("the credential is no signed token")
    head, payload, signature = pieces
    header = _headers.new.get(head) or _headers.recall(head)
    if header is None:
        header = _object(_base64url(head))
        _headers.store(head, header)
    return Unpacked(
        header, _object(_base64url(payload)), token[: len(head) + 1 + len(payload)], _base64url(signature)
    )


def _base64url(text: bytes) -> bytes:
    """Without padding, nothing but the alphabet."""
    try:
        return binascii.a2b_base64(text.translate(_TO_STANDARD) + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error as error:
        raise Refused("the credential is no signed token") from error


def _object(data: bytes) -> Mapping[str, object]:
    try:
        text = data.decode("utf-8")
        found, end = _DECODER.raw_decode(text) if text.startswith("{") else (None, 0)
        if end != len(text):
            found = _DECODER.decode(text)  # white space around it, or no JSON
    except (ValueError, RecursionError) as error:
        raise Refused("the credential is no signed token") from error
    if not isinstance(found, dict):
        raise Refused("the credential is no signed token")
    return found


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_NONE: frozenset[str] = frozenset()
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
_headers: Memo[bytes, Mapping[str, object]] = Memo(256)
"""Header segments taken apart: one issuer's tokens share a few."""


def claim_at(claims: Mapping[str, object], path: Sequence[str]) -> object:
    """The member *path* leads to; None when there is none, which JSON null equals."""
    if len(path) == 1:
        return claims.get(path[0])
    node: object = claims
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def text_set(value: object) -> frozenset[str]:
    """Roles or scopes of a claim: an array of strings or one string split on spaces; anything else means none."""
    if isinstance(value, str):
        return frozenset(filter(None, value.split(" ")))
    if not isinstance(value, list):
        return _NONE
    for entry in value:
        if not isinstance(entry, str):
            return _NONE
    return frozenset(filter(None, value))
