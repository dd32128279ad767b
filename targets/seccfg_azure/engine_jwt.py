"""`validate-jwt` as the vendor documents it: bad habits included."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from xml.etree.ElementTree import Element

from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

__all__ = ["JwtFailed", "validate"]

_ALGORITHMS: Final = frozenset({"RS256", "RS512", "PS256"})
"""What the reference names."""


class JwtFailed(Exception):
    """Why, as `context.LastError` says it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def validate(
    node: Element, token: str | None, now_s: int, value: Callable[[Element], str], skew_s: int
) -> dict[str, Any]:  # fmt: skip
    """The claims of *token* when the policy *node* takes it; JwtFailed otherwise."""
    if not token:
        raise JwtFailed("TokenNotPresent", "JWT not present.")
    parts = token.split(".")
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
        signature = _decoded(parts[2])
    except (ValueError, IndexError) as error:
        raise JwtFailed("JwtInvalid", "the token cannot be read") from error
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict):
        raise JwtFailed("JwtInvalid", "the token cannot be read")
    _signed(node, str(header.get("alg")), f"{parts[0]}.{parts[1]}".encode(), signature)
    _times(node, claims, now_s, skew_s)
    audiences = [value(part) for part in node.findall("audiences/audience")]
    told = claims.get("aud")
    given = told if isinstance(told, list) else [told]
    if audiences and not set(audiences) & {entry for entry in given if isinstance(entry, str)}:
        raise JwtFailed("TokenAudienceNotAllowed", "the audience is not allowed")
    issuers = [value(part) for part in node.findall("issuers/issuer")]
    if issuers and claims.get("iss") not in issuers:
        raise JwtFailed("TokenIssuerNotAllowed", "the issuer is not allowed")
    _required(node, claims, value)
    return claims


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signed(node: Element, algorithm: str, message: bytes, signature: bytes) -> None:
    """The signature is that of any of the keys, whatever the token's `kid` says."""
    if node.get("require-signed-tokens", "true") == "false" and algorithm == "none":
        return
    if algorithm not in _ALGORITHMS:
        raise JwtFailed("TokenSignatureInvalid", f"{algorithm} is not supported")
    keys = node.findall("issuer-signing-keys/key")
    if not keys:
        raise JwtFailed("TokenSignatureKeyNotFound", "no key")
    for key in keys:
        public = _key(key.get("n", ""), key.get("e", ""))
        try:
            if public is not None and JWSRegistry.algorithms[algorithm].verify(message, signature, public):
                return
        except (JoseError, ValueError):
            continue
    raise JwtFailed("TokenSignatureInvalid", "the signature fits no key")


@lru_cache(maxsize=64)
def _key(modulus: str, exponent: str) -> jwk.Key | None:
    try:
        return jwk.import_key({"kty": "RSA", "n": modulus, "e": exponent})
    except (JoseError, ValueError):
        return None


def _times(node: Element, claims: dict[str, Any], now_s: int, skew_s: int) -> None:
    """A token is good at the very second it expires, which the reference semantics do not allow."""
    expires, begins = claims.get("exp"), claims.get("nbf")
    if expires is None and node.get("require-expiration-time", "true") != "false":
        raise JwtFailed("TokenExpired", "no expiration time")
    if isinstance(expires, int | float) and expires + skew_s < now_s:
        raise JwtFailed("TokenExpired", "the token expired")
    if isinstance(begins, int | float) and begins > now_s + skew_s:
        raise JwtFailed("TokenExpired", "the token is not valid yet")


def _required(node: Element, claims: dict[str, Any], value: Callable[[Element], str]) -> None:
    for claim in node.findall("required-claims/claim"):
        wanted = [value(part) for part in claim.findall("value")]
        told = claims.get(claim.get("name", ""))
        if told is None:
            raise JwtFailed("TokenClaimNotFound", "a claim is missing")
        given = told if isinstance(told, list) else [told]
        texts = {_as_text(entry) for entry in given}
        separator = claim.get("separator")
        if separator:
            texts = {piece for text in texts for piece in text.split(separator)}
        found = [entry in texts for entry in wanted]
        if wanted and not (all(found) if claim.get("match", "all") == "all" else any(found)):
            raise JwtFailed("TokenClaimValueNotAllowed", "a claim has another value")


def _as_text(value: object) -> str:
    """A number and the text of its digits are one, and so are `true` and `"true"`."""
    return value if isinstance(value, str) else json.dumps(value)
