"""Key files for made-up specs: public halves only, the same bytes for the same random source."""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Sequence
from random import Random

from seccfg.targetapi.escape import json_text

__all__ = ["authority_pem", "key_records", "key_set"]

_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_START = datetime.datetime(2025, 12, 1, tzinfo=datetime.UTC)


def key_set(rng: Random, algorithms: Sequence[str], prefix: str) -> bytes:
    """A JWKS with one key per algorithm and one more of the first."""
    keys = [_jwk(rng, alg, f"{prefix}-{n}") for n, alg in enumerate((*algorithms, algorithms[0]))]
    return json_text({"keys": keys}, indent=2).encode() + b"\n"


def _jwk(rng: Random, alg: str, kid: str) -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    key = {"kid": kid, "use": "sig"}
    if rng.random() < 0.7:
        key["alg"] = alg
    if alg in _CURVES:
        curve = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}[alg]
        point = ec.derive_private_key(rng.getrandbits(250) | 1, curve).public_key().public_numbers()
        size = (curve.key_size + 7) // 8
        return {**key, "kty": "EC", "crv": _CURVES[alg], "x": _b64(point.x, size), "y": _b64(point.y, size)}
    if alg == "EdDSA":
        raw = ed25519.Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)).public_key().public_bytes_raw()
        return {**key, "kty": "OKP", "crv": "Ed25519", "x": _b64(int.from_bytes(raw), 32)}
    return {**key, "kty": "RSA", "e": "AQAB", "n": _b64(rng.getrandbits(2048) | 1 << 2047 | 1, 256)}


def _b64(number: int, size: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(size)).rstrip(b"=").decode()


def key_records(
    rng: Random, roles: Sequence[str], scopes: Sequence[str], attributes: Sequence[dict[str, object]]
) -> bytes:
    """Two to four API key records, one of them bound to an address block, some with a beginning and an end."""
    records: list[dict[str, object]] = []
    for number in range(rng.randint(2, 4)):
        ident = f"k{number}_{rng.getrandbits(24):06x}"
        record: dict[str, object] = {
            "id": ident,
            "sha256": hashlib.sha256(f"{ident}.{rng.getrandbits(128):x}".encode()).hexdigest(),
            "subject": f"partner-{number}",
            "roles": sorted(rng.sample(list(roles), rng.randint(0, len(roles)))),
            "scopes": sorted(rng.sample(list(scopes), rng.randint(0, len(scopes)))),
        }
        if attributes:
            record["attributes"] = rng.choice(list(attributes))
        if rng.random() < 0.5:
            record["not_before"] = _START.strftime("%Y-%m-%dT%H:%M:%SZ")
            record["expires"] = (_START + datetime.timedelta(days=rng.randint(60, 90))).strftime("%Y-%m-%dT%H:%M:%SZ")
        if number == 1:
            record["addresses"] = ["198.51.100.0/24"]
        records.append(record)
    return json_text(records, indent=2).encode() + b"\n"


def authority_pem(rng: Random, name: str) -> bytes:
    """A self-signed certificate authority; its signature scheme is deterministic, and so is the file."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    key = ed25519.Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(rng.getrandbits(120) | 1)
        .not_valid_before(_START)
        .not_valid_after(_START + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return builder.sign(key, None).public_bytes(Encoding.PEM)
