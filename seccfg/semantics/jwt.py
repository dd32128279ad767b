"""Tokens: shape, header, signature, claims. Every refusal here is `invalid_token` (401).

The order is: shape and size, header, key set (too old: unavailable), signature, claims. Signatures are checked by
joserfc with the algorithm the verifier lists and a key that fits it; `EdDSA` means Ed25519. All of it but the times
is remembered by the token's text.

Where design section 2 leaves a choice, the narrower one is taken:

- base64url without padding, nothing but its alphabet; three segments; header and payload are JSON objects in UTF-8
  without `NaN` and `Infinity`, of which the last of equal members counts;
- `typ` is compared exactly; a `typ`, `kid` or `alg` that is no text is refused, as is a `kid` that fits several keys;
- `aud` is a string or an array of nothing but strings;
- `exp`, `nbf` and `iat` are numbers within +-(2^53 - 1), fractions allowed, compared with the whole second now;
- a subject is text a condition could read: no NUL, no U+FFFD, no lone surrogate;
- with a deny list the claim is a non-empty text, with a version claim a whole number.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeGuard

from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from seccfg.ir.policy import Jwk, JwtVerifier, Revocation
from seccfg.record import Record
from seccfg.semantics.case import Refusal
from seccfg.semantics.principal import Principal, closure
from seccfg.semantics.values import INTEGER_LIMIT, is_text, is_whole

__all__ = ["KeySet", "Token", "claim_at", "judge_times", "judge_token", "principal_of", "text_set", "unpack"]

REFUSED_HEADERS: Final = ("crit", "jku", "jwk", "x5u", "b64")
TYPES: Final = ("JWT", "at+jwt", "application/at+jwt")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_KTY = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_CURVE = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}


class Token(Record):
    """A token taken apart, believed in nothing yet."""

    header: Mapping[str, object]
    claims: Mapping[str, object]
    message: bytes
    signature: bytes


class KeySet(Record):
    """A verifier's keys, ready to check with."""

    keys: tuple[tuple[Jwk, jwk.Key], ...]
    can_be_stale: bool
    """Fetched at run time; a set that comes from a file alone has no age."""

    @classmethod
    def of(cls, verifier: JwtVerifier) -> KeySet:
        """Import every key that can be; a key that cannot be imported checks nothing."""
        found: list[tuple[Jwk, jwk.Key]] = []
        for key in verifier.jwks.keys:
            try:
                found.append((key, jwk.import_key(json.loads(key.json))))
            except (JoseError, ValueError):
                continue
        return cls(tuple(found), bool(verifier.jwks.url))

    def key_for(self, kid: str, alg: str) -> jwk.Key | None:
        """The one key of that id that fits the algorithm."""
        fitting = [key for data, key in self.keys if data.kid == kid and _fits(data, alg)]
        return fitting[0] if len(fitting) == 1 else None

    def all_for(self, algorithms: Sequence[str], kty: str) -> tuple[jwk.Key, ...]:
        """Every key of that type some of *algorithms* fits."""
        return tuple(key for data, key in self.keys if data.kty == kty and any(_fits(data, alg) for alg in algorithms))


def _fits(key: Jwk, alg: str) -> bool:
    if key.alg not in ("", alg) or key.use not in ("", "sig") or key.kty != _KTY[alg[:2]]:
        return False
    return alg not in _CURVE or json.loads(key.json).get("crv") == _CURVE[alg]


@lru_cache(maxsize=4096)
def unpack(text: str) -> Token | None:
    """*text* taken apart; None when it has not the shape of a signed token."""
    pieces = text.split(".")
    if len(pieces) != 3:
        return None
    header, payload, signature = (_base64url(piece) for piece in pieces)
    if header is None or payload is None or signature is None:
        return None
    head, claims = _object(header), _object(payload)
    if head is None or claims is None:
        return None
    return Token(head, claims, f"{pieces[0]}.{pieces[1]}".encode("ascii"), signature)


def _base64url(text: str) -> bytes | None:
    if _BASE64URL.fullmatch(text) is None:
        return None
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return None


def _object(data: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is no JSON")


def judge_token(
    verifier: JwtVerifier, keys: KeySet, token: Token, stale: bool, *, any_key: bool = False
) -> Refusal | None:
    """
    Header and signature: what does not change with time. A too old key set is `unavailable`; with *any_key* the key that
    `kid` names need not be the one that signed.
    """
    header = token.header
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg not in verifier.algorithms:
        return _invalid("the token's algorithm is not one of the issuer's")
    if any(name in header for name in REFUSED_HEADERS):
        return _invalid("the token's header asks for something that is never done")
    if "typ" in header and header["typ"] not in TYPES:
        return _invalid("the token is of another type")
    if not isinstance(kid, str):
        return _invalid("the token names no key")
    if stale and keys.can_be_stale:
        return Refusal("unavailable", "the issuer's keys are too old")
    key = keys.key_for(kid, alg)
    if key is None:
        return _invalid("the token's key is not in the issuer's set")
    tried = keys.all_for(verifier.algorithms, _KTY[alg[:2]]) if any_key else (key,)
    good = any(_is_signed(token, alg, candidate) for candidate in tried)
    return None if good else _invalid("the token's signature does not fit")


def _is_signed(token: Token, alg: str, key: jwk.Key) -> bool:
    try:
        return JWSRegistry.algorithms[alg].verify(token.message, token.signature, key)
    except (JoseError, ValueError):
        return False


def judge_times(verifier: JwtVerifier, claims: Mapping[str, object], now_s: int) -> Refusal | None:
    """`now < exp + skew`; `now >= nbf - skew`; `iat <= now + skew`; with a greatest age `now - iat < age + skew`."""
    skew = verifier.skew_s
    exp = claims.get("exp")
    if not _is_time(exp) or not now_s < exp + skew:
        return _invalid("the token has expired")
    if "nbf" in claims:
        nbf = claims["nbf"]
        if not _is_time(nbf) or not now_s >= nbf - skew:
            return _invalid("the token is not yet valid")
    if "iat" in claims:
        iat = claims["iat"]
        if not _is_time(iat) or not iat <= now_s + skew:
            return _invalid("the token was issued in the future")
        if verifier.max_age_s is not None and not now_s - iat < verifier.max_age_s + skew:
            return _invalid("the token is too old")
    elif verifier.max_age_s is not None:
        return _invalid("the token does not say when it was issued")
    return None


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -INTEGER_LIMIT <= value <= INTEGER_LIMIT


def judge_claims(verifier: JwtVerifier, claims: Mapping[str, object], revocation: Revocation | None) -> Refusal | None:
    """Issuer, audience, subject and what revocation needs to know."""
    if claims.get("iss") != verifier.issuer:
        return _invalid("the token comes from another issuer")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or not all(isinstance(entry, str) for entry in audiences):
        return _invalid("the token's audience is no text")
    if not any(entry in verifier.audiences for entry in audiences):
        return _invalid("the token is for somebody else")
    subject = claim_at(claims, verifier.subject_claim)
    if not isinstance(subject, str) or not subject or not is_text(subject):
        return _invalid("the token has no subject")
    if revocation is not None:
        if revocation.deny_claim:
            denied = claim_at(claims, revocation.deny_claim)
            if not isinstance(denied, str) or not denied:
                return _invalid("the token lacks the claim it could be revoked by")
        if revocation.version_claim and not is_whole(claim_at(claims, revocation.version_claim)):
            return _invalid("the token lacks its version")
    return None


def claim_at(claims: Mapping[str, object], path: Sequence[str]) -> object:
    """The member *path* leads to; None when there is none, which JSON null equals."""
    node: object = claims
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def text_set(value: object) -> tuple[str, ...]:
    """Roles or scopes of a claim, sorted: an array of strings or one string split on spaces; anything else is none."""
    if isinstance(value, str):
        value = value.split(" ")
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return ()
    return tuple(sorted({entry for entry in value if entry}))


def principal_of(
    verifier: JwtVerifier, claims: Mapping[str, object], roles: Mapping[str, tuple[str, ...]]
) -> Principal:
    """What an accepted token says."""
    subject = str(claim_at(claims, verifier.subject_claim))
    carried = text_set(claim_at(claims, verifier.roles_claim)) if verifier.roles_claim else ()
    scopes = text_set(claim_at(claims, verifier.scopes_claim)) if verifier.scopes_claim else ()
    client_id = claims["azp"] if "azp" in claims else claims.get("client_id")
    client = next((name for name, known in verifier.clients if known == client_id), "")
    attributes = {a.name: value for a in verifier.attributes if (value := claim_at(claims, a.path)) is not None}
    return Principal(
        f"jwt:{verifier.issuer}\x1f{subject}", verifier.name, subject,
        closure(roles, (role for role in carried if role in verifier.asserts)), scopes, client, attributes, claims,
    )


def _invalid(message: str) -> Refusal:
    return Refusal("invalid_token", message)
