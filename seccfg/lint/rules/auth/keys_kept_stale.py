"""AUTH006."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Introspection, Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="AUTH006",
    name="keys-kept-stale",
    severity="warning",
    why=(
        "A signing key the issuer has withdrawn is believed for as long as an old key set is: fetched again that "
        "late, or kept that long while fetching fails."
    ),
    fix="Set `refresh` to at most `24h` (ten minutes do), and `max_stale` to at most `24h`.",
    refs=("OWASP-API-2023:API2", "NIST-SP-800-57:5.3.6"),
    needs=("auth.*.jwks.refresh", "auth.*.jwks.max_stale"),
    bad="auth: {users: {jwks: {url: https://id.example.com/keys, max_stale: 7d}}}",
    good="auth: {users: {jwks: {url: https://id.example.com/keys, max_stale: 6h}}}",
)

_DAY_S = 86_400


@RULE.check
def key_sets_are_fresh(spec: Spec) -> Iterator[Hit]:
    for name, method in token_methods(spec):
        if isinstance(method, Introspection) or method.jwks is None:
            continue
        for key, age in (("refresh", method.jwks.refresh), ("max_stale", method.jwks.max_stale)):
            if duration_s(age) > _DAY_S:
                yield Hit(
                    ("auth", name, "jwks", key), f"a key `{name}`'s issuer has withdrawn is believed for up to `{age}`"
                )
