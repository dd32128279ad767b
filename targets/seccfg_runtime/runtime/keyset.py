"""One published key set: what of it may check signatures (RFC 7517, RFC 7518)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from .structs import dataclass

MAX_BYTES = 256 * 1024
MAX_KEYS = 100
_MIN_RSA_BITS = 2048
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MEMBERS = ("kty", "n", "e", "crv", "x", "y")
_RSA_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_CURVE_ALGORITHMS = {
    "P-256": frozenset({"ES256"}),
    "P-384": frozenset({"ES384"}),
    "P-521": frozenset({"ES512"}),
    "Ed25519": frozenset({"EdDSA"}),
}

ALGORITHMS = _RSA_ALGORITHMS.union(*_CURVE_ALGORITHMS.values())
"""What tokens may be signed with here."""


class KeySetError(Exception):
    """A key set that cannot be used; the message is one line and holds no key material."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key and the algorithms a token signed with it may name."""

    kid: str
    algorithms: frozenset[str]
    key: RSAKey | ECKey | OKPKey

    def verifies(self, algorithm: str, message: bytes, signature: bytes) -> bool:
        """*signature* is the key's under *algorithm*, one of `algorithms`."""
        try:
            return JWSRegistry.algorithms[algorithm].verify(message, signature, self.key)
        except (JoseError, ValueError):
            return False


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
    members = {name: value for name in _MEMBERS if isinstance(value := entry.get(name), str)}
    try:
        key, fits = _import(members)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    named = entry.get("alg")
    if named is not None:
        fits &= frozenset({named}) if isinstance(named, str) else frozenset()
    fits &= allowed
    return VerificationKey(kid, fits, key) if fits else None


def _import(members: dict[str, str]) -> tuple[RSAKey | ECKey | OKPKey, frozenset[str]]:
    """The key of *members* and every algorithm its type and size can carry; ValueError for other types."""
    kind = members.get("kty")
    if kind == "RSA":
        if int.from_bytes(urlsafe_b64decode(members["n"].encode("ascii"))).bit_length() < _MIN_RSA_BITS:
            raise ValueError("too short")
        return RSAKey.import_key({**members}), _RSA_ALGORITHMS
    if kind == "EC":
        return ECKey.import_key({**members}), _CURVE_ALGORITHMS.get(members.get("crv", ""), frozenset())
    if kind == "OKP":
        return OKPKey.import_key({**members}), _CURVE_ALGORITHMS.get(members.get("crv", ""), frozenset())
    raise ValueError("unknown key type")
