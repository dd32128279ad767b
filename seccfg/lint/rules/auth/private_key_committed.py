"""AUTH009."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.key_files import holds_private_key, named_files
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTH009",
    name="private-key-committed",
    severity="error",
    why=(
        "Whoever can read the repository can sign tokens or certificates that are believed everywhere. Taking "
        "the file out again does not help: history keeps it."
    ),
    fix="Take the key out of use, make a new pair, and commit the public half only.",
    refs=("CWE-321", "CWE-798", "OWASP-API-2023:API2"),
    needs=("auth.*.jwks.file", "auth.*.ca.file", "tls.certificates"),
    bad="auth: {users: {jwks: {file: keys/private.json}}}",
    good="auth: {users: {jwks: {file: keys/public.json}}}",
    beside=(
        ("keys/private.json", '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "AA", "d": "AA"}]}'),
        ("keys/public.json", '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "AA"}]}'),
    ),
)


@RULE.check_in_context
def no_private_keys(spec: Spec, context: Context) -> Iterator[Hit]:
    for at, file in named_files(spec):
        if holds_private_key(context.read(file) or b""):
            yield Hit(at, f"`{file}` holds a private key")
