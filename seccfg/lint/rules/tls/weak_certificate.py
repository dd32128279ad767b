"""TLS014."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seccfg.lint.certificates import found_certificates
from seccfg.lint.model import Context, Hit, Rule
from seccfg.lint.sample_certificates import CURRENT, WEAK
from seccfg.spec.loader import Spec

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

RULE = Rule(
    id="TLS014",
    name="weak-certificate",
    severity="error",
    why=(
        "Whoever breaks the key or the signature has a certificate of their own for this name: RSA below 2048 "
        "bits, and signatures over SHA-1 or MD5, no longer keep anybody out."
    ),
    fix=(
        "Have a new certificate issued, with an RSA key of 2048 bits or more or an elliptic-curve key, signed "
        "over SHA-256."
    ),
    refs=("CWE-326", "CWE-328", "NIST-SP-800-131A:3"),
    needs=("tls.certificates", "auth.*.ca.file"),
    bad=(
        "tls: {certificates: [{host: notes.example.com, file: keys/weak.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    good=(
        "tls: {certificates: [{host: notes.example.com, file: keys/current.pem, renew_before: 30d, owner: "
        "team-edge@example.com}]}"
    ),
    beside=(
        ("keys/weak.pem", WEAK),
        ("keys/current.pem", CURRENT),
    ),
)


@RULE.check_in_context
def certificates_are_strong(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in found_certificates(spec, context):
        for certificate in found.certificates:
            problem = _problem(certificate)
            if problem:
                yield Hit(found.at, f"the certificate in `{found.file}` {problem}")


def _problem(certificate: Certificate) -> str:
    """What is weak about it; empty when nothing is."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    key = certificate.public_key()
    if isinstance(key, RSAPublicKey) and key.key_size < 2048:
        return f"has an RSA key of {key.key_size} bits"
    algorithm = certificate.signature_hash_algorithm
    # an authority's own signature on itself is believed for where it lies, not for what it is
    if algorithm is not None and algorithm.name in ("sha1", "md5") and certificate.issuer != certificate.subject:
        return f"is signed over {algorithm.name}"
    return ""
