"""Public keys as Kong's jwt plugin takes them: one credential for each key id, with one algorithm, as PEM."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from seccfg.ir.policy import Jwk, JwtVerifier
from seccfg.record import Record, replace
from seccfg_kong.plan import Credential

__all__ = ["KeyProblem", "KeySets", "fitting_algorithms", "public_pem", "stable_id"]

_NAMESPACE: Final = uuid.UUID("6f0c1c55-4d5c-5d0b-9a3e-0c9d5a1b7e42")
_CURVES: Final[Mapping[str, ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(),
}  # fmt: skip
_CURVE_OF: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}
_KEY_TYPES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_PSS_BITS: Final = 2048
"""Kong 3.9.3 answers a PS* token of any other size of key with 500."""


def stable_id(*parts: str) -> str:
    """A UUID that only depends on what it is for: without one, Kong makes up another at every load."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def fitting_algorithms(key: Jwk, algorithms: tuple[str, ...]) -> tuple[str, ...]:
    """Those of *algorithms* a token signed with *key* may name."""
    data = json.loads(key.json)
    return tuple(
        alg
        for alg in algorithms
        if key.kty == _KEY_TYPES.get(alg[:2])
        and _CURVE_OF.get(alg, data.get("crv")) == data.get("crv")
        and key.alg in ("", alg)
        and key.use in ("", "sig")
    )


def public_pem(text: str) -> str:
    """PEM of a JWK's public half; ValueError for one that cannot be read."""
    data = json.loads(text)
    try:
        match data.get("kty"):
            case "RSA":
                key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey = rsa.RSAPublicNumbers(
                    _number(data["e"]), _number(data["n"])
                ).public_key()
            case "EC":
                curve = _CURVES[data["crv"]]
                key = ec.EllipticCurvePublicNumbers(_number(data["x"]), _number(data["y"]), curve).public_key()
            case "OKP" if data.get("crv") == "Ed25519":
                key = ed25519.Ed25519PublicKey.from_public_bytes(_bytes(data["x"]))
            case kind:
                raise ValueError(f"no key type {kind}")
    except (KeyError, TypeError) as error:
        raise ValueError("an incomplete key") from error
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


class KeyProblem(Record):
    """A key that the jwt plugin cannot use as the set says."""

    verifier: str
    kid: str
    kind: str
    """`pinned`, `collision`, `size` or `unreadable`."""
    what: str


class KeySets:
    """The keys of every verifier as credentials, and each verifier with the keys that are left."""

    def __init__(self, verifiers: tuple[JwtVerifier, ...], service: str, *, stock: bool = True) -> None:
        """*stock*: the jwt plugin checks signatures, with its own rules about keys; else the program does, with any key."""
        self._service = service
        self._stock = stock
        self.pems: dict[str, str] = {}
        """JWK text -> PEM, of every key that is kept."""
        self.problems: list[KeyProblem] = []
        self._material = self._collisions(verifiers)
        self._rows: dict[str, Credential] = {}
        self.kept = {verifier.name: self._kept(verifier) for verifier in verifiers}

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """By key id."""
        return tuple(self._rows[kid] for kid in sorted(self._rows))

    def _collisions(self, verifiers: tuple[JwtVerifier, ...]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for verifier in verifiers:
            for key in verifier.jwks.keys:
                if fitting_algorithms(key, verifier.algorithms):
                    found.setdefault(key.kid, set()).add(_material(key))
        return found

    def _kept(self, verifier: JwtVerifier) -> JwtVerifier:
        kept = [k for key in verifier.jwks.keys if (k := self._key(verifier, key)) is not None]
        keys = tuple(kept)
        return verifier if keys == verifier.jwks.keys else replace(verifier, jwks=replace(verifier.jwks, keys=keys))

    def _key(self, verifier: JwtVerifier, key: Jwk) -> Jwk | None:
        fitting = fitting_algorithms(key, verifier.algorithms)
        if not fitting:
            return key  # no token can name it, here or there
        if self._stock and len(self._material[key.kid]) > 1:
            self._problem(verifier, key, "collision", "another key has the same id, and the jwt plugin finds keys by id alone")
            return None
        try:
            pem = public_pem(key.json)
        except ValueError:
            self._problem(verifier, key, "unreadable", "the key cannot be read")
            return None
        self.pems[key.json] = pem
        if not self._stock:
            return key
        usable = tuple(alg for alg in fitting if not alg.startswith("PS") or _bits(key) == _PSS_BITS)
        if not usable:
            self._problem(verifier, key, "size", "the jwt plugin checks PS signatures of 2048-bit keys only")
            return None
        row = self._rows.get(key.kid)
        if row is None:
            row = Credential(stable_id(self._service, "jwt", key.kid), key.kid, usable[0], pem)
            self._rows[key.kid] = row
        if row.algorithm not in fitting:
            self._problem(verifier, key, "pinned", f"the jwt plugin ties a key to one algorithm, here {row.algorithm}")
            return None
        if fitting != (row.algorithm,):
            self._problem(verifier, key, "pinned", f"the jwt plugin ties a key to one algorithm, here {row.algorithm}")
            return replace(key, alg=row.algorithm)
        return key

    def _problem(self, verifier: JwtVerifier, key: Jwk, kind: str, what: str) -> None:
        self.problems.append(KeyProblem(verifier.name, key.kid, kind, what))


def _material(key: Jwk) -> str:
    data = json.loads(key.json)
    return json.dumps({name: data.get(name) for name in ("kty", "crv", "x", "y", "n", "e")}, sort_keys=True)


def _bits(key: Jwk) -> int:
    data = json.loads(key.json)
    return _number(data["n"]).bit_length() if "n" in data else 0
