"""One published key set: what of it may check signatures (RFC 7517, RFC 7518), with the standard library alone."""

from __future__ import annotations

import binascii
import json
from collections.abc import Collection, Mapping
from types import MappingProxyType

from .signatures import EcKey, RsaKey, ec_key, rsa_key
from .structs import dataclass

MAX_BYTES = 256 * 1024
MAX_KEYS = 100
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_HASHES = {"RS256": "sha256", "RS384": "sha384", "RS512": "sha512", "ES256": "sha256"}
ALGORITHMS = frozenset(_HASHES)
"""What tokens may be signed with here."""


class KeySetError(Exception):
    """A key set that cannot be used; the message is one line and holds no key material."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key and the algorithms a token signed with it may name."""

    kid: str
    algorithms: frozenset[str]
    key: RsaKey | EcKey

    def verifies(self, algorithm: str, message: bytes, signature: bytes) -> bool:
        """*signature* is the key's under *algorithm*, one of `algorithms`."""
        return self.key.verifies(_HASHES[algorithm], message, signature)


def parse_key_set(document: bytes, algorithms: Collection[str]) -> Mapping[str, VerificationKey]:
    """
    The usable keys of *document* by `kid`.

    Args:
        document: The key set as served, at most `MAX_BYTES`.
        algorithms: What the policy allows; keys that fit none of them are left out.
    Raises:
        KeySetError: It is no key set, holds private members, names a `kid` twice, or no key of it can be used.
    """
    if len(document) > MAX_BYTES:
        raise KeySetError(f"larger than {MAX_BYTES} bytes")
    try:
        parsed = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise KeySetError("not JSON") from error
    entries = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(entries, list):
        raise KeySetError("no `keys` list")
    if len(entries) > MAX_KEYS:
        raise KeySetError(f"more than {MAX_KEYS} keys")
    allowed = frozenset(algorithms)
    usable: dict[str, VerificationKey] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise KeySetError("an entry of `keys` is no object")
        if entry.keys() & _PRIVATE_MEMBERS:
            raise KeySetError("holds private key members; publish public keys only")
        key = _usable(entry, allowed)
        if key is None:
            continue
        if key.kid in usable:
            raise KeySetError("two usable keys share one `kid`")
        usable[key.kid] = key
    if not usable:
        raise KeySetError(f"no key fits {', '.join(sorted(allowed))}")
    return MappingProxyType(usable)


def _usable(entry: dict[str, object], allowed: frozenset[str]) -> VerificationKey | None:
    """The key of *entry*; None: no `kid`, not for signatures, malformed, or nothing in *allowed* fits it."""
    kid = entry.get("kid")
    if not isinstance(kid, str) or not kid or entry.get("use", "sig") != "sig":
        return None
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    try:
        key, fits = _import(entry)
    except (ValueError, TypeError, KeyError):
        return None
    named = entry.get("alg")
    if named is not None:
        fits &= frozenset({named}) if isinstance(named, str) else frozenset()
    fits &= allowed
    return VerificationKey(kid, fits, key) if fits else None


def _import(entry: dict[str, object]) -> tuple[RsaKey | EcKey, frozenset[str]]:
    """The key of *entry* and every algorithm it can carry; ValueError for other types."""
    if entry.get("kty") == "RSA":
        return rsa_key(_number(entry["n"]), _number(entry["e"])), frozenset({"RS256", "RS384", "RS512"})
    if entry.get("kty") == "EC" and entry.get("crv") == "P-256":
        return ec_key(_number(entry["x"]), _number(entry["y"])), frozenset({"ES256"})
    raise ValueError("unknown key type")


def _number(text: object) -> int:
    if not isinstance(text, str):
        raise TypeError("no text")
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    return int.from_bytes(binascii.a2b_base64(standard + "=" * (-len(standard) % 4), strict_mode=True))
