"""AUTH008."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.key_files import key_sets, rsa_sizes
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

_KEYS = '{"keys": [{"kty": "RSA", "kid": "a", "e": "AQAB", "n": "%s"}]}'

RULE = Rule(
    id="AUTH008",
    name="weak-key",
    severity="error",
    why=(
        "Whoever factors the key signs tokens as the issuer. RSA keys below 2048 bits are within reach, and no "
        "signature standard accepts them."
    ),
    fix=(
        "Have the issuer sign with an RSA key of 2048 bits or more, or an elliptic-curve key, and download its "
        "key set again."
    ),
    refs=("RFC7518:3.3", "NIST-SP-800-131A:3", "CWE-326"),
    needs=("auth.*.jwks.file",),
    bad="auth: {users: {jwks: {file: keys/weak.json}}}",
    good="auth: {users: {jwks: {file: keys/strong.json}}}",
    beside=(
        ("keys/weak.json", _KEYS % ("w" * 171)),
        ("keys/strong.json", _KEYS % ("w" * 342)),
    ),
)

_LEAST_BITS = 2048


@RULE.check_in_context
def keys_are_long_enough(spec: Spec, context: Context) -> Iterator[Hit]:
    for name, file in key_sets(spec):
        for kid, bits in rsa_sizes(context, file):
            if bits < _LEAST_BITS:
                yield Hit(("auth", name, "jwks", "file"), f"the key `{kid}` of `{name}` has {bits} bits")
