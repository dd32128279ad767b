"""AUTH001."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Jwt, Oidc, Spec

RULE = Rule(
    id="AUTH001",
    name="mixed-algorithm-families",
    severity="note",
    why=(
        "An issuer signs with one kind of key. Each further family is one more signature scheme that can forge a "
        "token when it falls, and nobody notices a key of the wrong kind in the key set."
    ),
    fix=(
        "Keep the family the issuer signs with: RS and PS for RSA keys, ES for elliptic curves, or EdDSA; both "
        "only while it changes over."
    ),
    refs=("RFC8725:3.1", "RFC8725:3.2"),
    needs=("auth",),
    bad="auth: {users: {algorithms: [RS256, ES256]}}",
    good="auth: {users: {algorithms: [RS256, PS256]}}",
)

_FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "elliptic-curve", "Ed": "Edwards-curve"}


@RULE.check
def one_family(spec: Spec) -> Iterator[Hit]:
    for name, method in (spec.auth or {}).items():
        if isinstance(method, Oidc | Jwt):
            families = dict.fromkeys(_FAMILIES[algorithm[:2]] for algorithm in method.algorithms)
            if len(families) > 1:
                yield Hit(
                    ("auth", name, "algorithms"),
                    f"`{name}` accepts signatures of {len(families)} families: {', '.join(families)}",
                )
