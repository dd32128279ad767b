"""Steps 10 and 11, tokens: shape, header, key set, signature, claims (RFC 7519, RFC 8725). Every refusal is
`invalid_token`.

The memory of verified tokens holds what signature and claims said, nothing else: times, revocation, limits and
authorization are judged on every request, and an entry is void once its issuer has withdrawn the key.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from .credentials import INTEGER_LIMIT, Refused, Verified, closure, is_text
from .interface import PolicyError, Principal
from .keyset import VerificationKey
from .memo import Memo
from .model import JwtVerifier

REFUSED_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "b64"})
TYPES = ("JWT", "at+jwt", "application/at+jwt")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_REMEMBERED_PER_ISSUER = 10_000


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
    """Judges the tokens of one verifier."""

    def __init__(self, verifier: JwtVerifier, keys: Keys, roles: Mapping[str, tuple[str, ...]]) -> None:
        unknown = [name for name in verifier.algorithms if name not in JWSRegistry.algorithms]
        if unknown or any(name.startswith(("HS", "none")) for name in verifier.algorithms):
            raise PolicyError(f"method `{verifier.name}` lists an algorithm that is not one for published keys")
        self.verifier = verifier
        self._keys = keys
        self._roles = roles
        self._clients = {client_id: name for name, client_id in reversed(verifier.clients)}
        self._verified: Memo[str, Verified] = Memo(_REMEMBERED_PER_ISSUER)

    def remembered(self, text: str) -> Verified | None:
        """
        What *text* was found to say, None when it is not known or its key is no longer the issuer's.

        Raises:
            KeysUnavailable: The issuer's keys are too old to be used.
        """
        found = self._verified.new.get(text) or self._verified.recall(text)
        if found is None:
            return None
        key = found.key
        if isinstance(key, VerificationKey) and self._keys.key(key.kid) is key:
            return found
        return None

    def knows(self, text: str) -> bool:
        """*text* was verified before, so it names this verifier's issuer."""
        return text in self._verified.new or self._verified.recall(text) is not None

    def judge(self, text: str, token: Unpacked) -> Verified:
        """
        What *text* says; *token* is the same taken apart.

        Raises:
            Refused: Shape, header, signature or claims are not good.
            KeysUnavailable: The issuer's keys are too old to be used.
        """
        key = self._signature(token.header, token.message, token.signature)
        found = self._claims(token.claims, key)
        self._verified.store(text, found)
        return found

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
        try:
            good = JWSRegistry.algorithms[alg].verify(message, signature, key.key)
        except (JoseError, ValueError):
            good = False
        if good is not True:
            raise Refused("the token's signature does not fit")
        return key

    def _claims(self, claims: Mapping[str, object], key: VerificationKey) -> Verified:
        verifier = self.verifier
        if claims.get("iss") != verifier.issuer:
            raise Refused("the token comes from another issuer")
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        if not isinstance(audiences, list) or not all(isinstance(entry, str) for entry in audiences):
            raise Refused("the token's audience is no text")
        if not any(entry in verifier.audiences for entry in audiences):
            raise Refused("the token is for somebody else")
        subject = claim_at(claims, verifier.subject_claim)
        if not isinstance(subject, str) or not subject or not is_text(subject):
            raise Refused("the token has no subject")
        good_from_s, good_until_s = _validity(verifier, claims)
        carried = text_set(claim_at(claims, verifier.roles_claim)) if verifier.roles_claim else frozenset()
        scopes = text_set(claim_at(claims, verifier.scopes_claim)) if verifier.scopes_claim else frozenset()
        client_id = claims["azp"] if "azp" in claims else claims.get("client_id")
        attributes = {
            name: value for name, path in verifier.attributes if (value := claim_at(claims, path)) is not None
        }
        principal = Principal(
            method=verifier.name,
            subject=subject,
            roles=closure(self._roles, carried & verifier.asserts),
            scopes=scopes,
            client=self._clients.get(client_id, "") if isinstance(client_id, str) else "",
            attributes=attributes,
            id=f"jwt:{verifier.issuer}\x1f{subject}",
        )
        return Verified(principal, claims, good_from_s, good_until_s, key)


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
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -INTEGER_LIMIT <= value <= INTEGER_LIMIT:
        raise Refused(f"the token's `{name}` is no time")
    return value


def unpack(text: str) -> Unpacked:
    """*text* taken apart; Refused when it has not the shape of a signed token."""
    pieces = text.split(".")
    if len(pieces) != 3 or not text.isascii():
        raise Refused("the credential is no signed token")
    head, payload, signature = pieces
    message = text[: len(head) + 1 + len(payload)].encode("ascii")
    return Unpacked(_object(_base64url(head)), _object(_base64url(payload)), message, _base64url(signature))


def _base64url(text: str) -> bytes:
    if _BASE64URL.fullmatch(text) is None:
        raise Refused("the credential is no signed token")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise Refused("the credential is no signed token") from error


def _object(data: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused("the credential is no signed token") from error
    if not isinstance(found, dict):
        raise Refused("the credential is no signed token")
    return found


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is no JSON")


def claim_at(claims: Mapping[str, object], path: Sequence[str]) -> object:
    """The member *path* leads to; None when there is none, which JSON null equals."""
    node: object = claims
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def text_set(value: object) -> frozenset[str]:
    """Roles or scopes of a claim: an array of strings or one string split on spaces; anything else means none."""
    if isinstance(value, str):
        value = value.split(" ")
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return frozenset()
    return frozenset(entry for entry in value if entry)
