"""The stock jwt plugin (priority 1450)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from seccfg_kong.kongnode.config import Configuration, Consumer, Plugin
from seccfg_kong.kongnode.flow import Answer, Flow

__all__ = ["JwtPlugin"]

_HASHES: Final = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_ALGORITHMS: Final = frozenset(
    {f"{family}{size}" for family in ("HS", "RS", "ES", "PS") for size in ("256", "384", "512")} | {"EdDSA"}
)
_SIZES: Final = {"ES256": 64, "ES384": 96, "ES512": 132}
_BEARER: Final = re.compile(r"\s*[Bb]earer\s+(.+)")


class _Refused(Exception):
    """401 with a message or errors by claim."""

    def __init__(self, message: str = "", errors: Mapping[str, str] | None = None, *, invalid: bool = True) -> None:
        super().__init__(message)
        self.body: Mapping[str, str] = errors or {"message": message}
        self.invalid = invalid


class JwtPlugin:
    """Verifies a token against the credential its key claim names."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._rows = {
            str(row.get("key")): (row, consumer) for consumer in configuration.consumers for row in consumer.tokens
        }

    def access(self, plugin: Plugin, flow: Flow) -> None:
        config = plugin.config
        if config.get("run_on_preflight", True) is False and flow.request.method == "OPTIONS":
            return
        if config.get("anonymous") and flow.credential is not None:
            return
        try:
            consumer, row, token = self._authenticated(config, flow)
        except _Refused as refused:
            if not config.get("anonymous"):
                raise Answer(401, refused.body, (("WWW-Authenticate", _challenge(config, refused.invalid)),)) from None
            anonymous = self._configuration.consumer(str(config["anonymous"]))
            if anonymous is None:
                raise RuntimeError("anonymous consumer not found") from None
            flow.authenticate(anonymous, None)
            return
        flow.authenticate(consumer, row)
        flow.token = token

    def _authenticated(self, config: Mapping[str, Any], flow: Flow) -> tuple[Consumer, Mapping[str, Any], str]:
        token = _token(config, flow)
        header, claims, signature, signed = _parts(token)
        name = str(config.get("key_claim_name") or "iss")
        key = _key(name, header, claims)
        found = self._rows.get(key)
        if found is None:
            raise _Refused(f"No credentials found for given '{name}'")
        row, consumer = found
        algorithm = str(row.get("algorithm") or "HS256")
        if header["alg"] != algorithm:
            raise _Refused("Invalid algorithm")
        secret = row.get("secret") if algorithm.startswith("HS") else row.get("rsa_public_key")
        if secret is None:
            raise _Refused("Invalid key/secret")
        if config.get("secret_is_base64") and algorithm.startswith("HS"):
            secret = _decode(str(secret))
            if secret is None:
                raise _Refused("Invalid key/secret")
        if not _verified(algorithm, secret, signed, signature):
            raise _Refused("Invalid signature")
        _check_claims(config, claims, flow.request.now)
        return consumer, row, token


def _challenge(config: Mapping[str, Any], invalid: bool) -> str:
    realm = f' realm="{config["realm"]}"' if config.get("realm") else ""
    return f"Bearer{realm}" + (' error="invalid_token"' if invalid else "")


def _token(config: Mapping[str, Any], flow: Flow) -> str:
    found: dict[str, None] = {}
    params = config.get("uri_param_names")
    query = [piece.partition("=") for piece in (flow.query or "").split("&") if piece]
    for name in ["jwt"] if params is None else params:
        for key, mark, value in query:
            if unquote(key.replace("+", " ")) != name:
                continue
            if not mark:
                raise _Refused("Unrecognizable token")
            if value:
                found[unquote(value.replace("+", " "))] = None
    first: dict[str, str] = {}
    for name in config.get("cookie_names") or ():
        for line in flow.values("cookie"):
            for part in line.split(";"):
                key, _, value = part.strip().partition("=")
                if key == name and value:
                    first.setdefault(name, value)
    found.update(dict.fromkeys(first.values()))
    names = config.get("header_names")
    for name in ["authorization"] if names is None else names:
        for value in flow.values(name):
            match = _BEARER.search(value)
            if match is not None:
                found[match[1]] = None
    if not found:
        raise _Refused("Unauthorized", invalid=False)
    if len(found) > 1:
        raise _Refused("Multiple tokens provided")
    return next(iter(found))


def _decode(text: str) -> bytes | None:
    if "+" in text or "/" in text:
        return None
    data = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _object(data: bytes | None) -> Any:
    if data is None:
        raise _Refused("Bad token; invalid JSON")
    try:
        return json.loads(data.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        raise _Refused("Bad token; invalid JSON") from None


def _parts(token: str) -> tuple[dict[str, Any], Any, bytes, bytes]:
    pieces = token.split(".", 2)
    if len(pieces) < 3:
        raise _Refused("Bad token; invalid JSON")
    header, claims, signature = _object(_decode(pieces[0])), _object(_decode(pieces[1])), _decode(pieces[2])
    if isinstance(header, (list, str)):
        header = {}
    if not isinstance(header, dict):
        raise _Refused("Bad token; invalid JSON")
    if not isinstance(header.get("alg"), str) or header["alg"] not in _ALGORITHMS:
        raise _Refused("Bad token; invalid alg")
    if claims is None:
        raise RuntimeError("claims are null")
    if signature is None:
        raise _Refused("Bad token; invalid signature")
    return header, claims, signature, f"{pieces[0]}.{pieces[1]}".encode("latin-1")


def _key(name: str, header: Mapping[str, Any], claims: Any) -> str:
    known = claims if isinstance(claims, dict) else {}
    place = known if known.get(name, False) is not False else header
    key = place.get(name, False)
    if key is None:
        raise RuntimeError("a key claim that is null")
    if key is False or key == "":
        if key == "":
            raise _Refused(f"Invalid '{name}' in claims")
        raise _Refused(f"No mandatory '{name}' in claims")
    if not isinstance(key, str):
        raise RuntimeError("a key claim that is no text")
    return key


@lru_cache(maxsize=256)
def _public(text: str) -> Any:
    if text.lstrip().startswith("{"):
        from joserfc import jwk

        key: Any = jwk.import_key(json.loads(text))
        return serialization.load_pem_public_key(key.as_bytes(encoding="PEM", private=False))
    return serialization.load_pem_public_key(text.encode())


def _verified(algorithm: str, secret: str | bytes, signed: bytes, signature: bytes) -> bool:
    if algorithm.startswith("HS"):
        raw = secret if isinstance(secret, bytes) else secret.encode()
        return hmac.compare_digest(hmac.new(raw, signed, getattr(hashlib, f"sha{algorithm[2:]}")).digest(), signature)
    try:
        key = _public(str(secret))
    except ValueError as error:
        raise RuntimeError("an unreadable public key") from error
    if algorithm in _SIZES and len(signature) != _SIZES[algorithm]:
        raise RuntimeError("a signature of another size")
    if algorithm.startswith("PS") and len(signature) != 256:
        raise RuntimeError("a signature of another size")
    try:
        return _asymmetric(algorithm, key, signed, signature)
    except InvalidSignature:
        return False


def _asymmetric(algorithm: str, key: Any, signed: bytes, signature: bytes) -> bool:
    digest = _HASHES.get(algorithm[2:])
    match key:
        case rsa.RSAPublicKey() if algorithm.startswith("RS") and digest is not None:
            key.verify(signature, signed, padding.PKCS1v15(), digest)
        case rsa.RSAPublicKey() if algorithm.startswith("PS") and digest is not None:
            if key.key_size != 2048:
                raise RuntimeError("a PSS key of another size")
            key.verify(signature, signed, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest)
        case ec.EllipticCurvePublicKey() if algorithm.startswith("ES") and digest is not None:
            half = len(signature) // 2
            r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))
        case ed25519.Ed25519PublicKey() if algorithm == "EdDSA":
            key.verify(signature, signed)
        case _:
            return False
    return True


def _check_claims(config: Mapping[str, Any], claims: Any, now: float) -> None:
    errors: dict[str, str] = {}
    values = claims if isinstance(claims, dict) else {}
    wanted: Sequence[str] = config.get("claims_to_verify") or ()
    for name in wanted:
        value = values.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            errors[name] = "must be a number"
        elif name == "exp" and value <= int(now):
            errors[name] = "token expired"
        elif name == "nbf" and value > int(now):
            errors[name] = "token not valid yet"
    if errors:
        raise _Refused(errors=errors)
    longest = config.get("maximum_expiration") or 0
    if longest > 0:
        expires = values.get("exp")
        if isinstance(expires, str):
            raise RuntimeError("arithmetic on a text")
        if expires is None or expires - int(now) > longest:
            raise _Refused(errors={"exp": "exceeds maximum allowed expiration"})
