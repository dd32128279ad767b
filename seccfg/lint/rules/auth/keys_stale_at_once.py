"""AUTH007."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Introspection, Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="AUTH007",
    name="keys-stale-at-once",
    severity="warning",
    why=(
        "A key set is fetched anew when it is `refresh` old and given up when it is `max_stale` old. With "
        "`max_stale` the shorter one, the first fetch that fails refuses everybody."
    ),
    fix="Make `max_stale` several times `refresh`.",
    refs=("CWE-703",),
    needs=("auth.*.jwks.refresh", "auth.*.jwks.max_stale"),
    bad="auth: {users: {jwks: {url: https://id.example.com/keys, refresh: 1h, max_stale: 10m}}}",
    good="auth: {users: {jwks: {url: https://id.example.com/keys, refresh: 10m, max_stale: 1h}}}",
)


@RULE.check
def a_failed_fetch_is_survived(spec: Spec) -> Iterator[Hit]:
    for name, method in token_methods(spec):
        if isinstance(method, Introspection) or method.jwks is None or method.jwks.url is None:
            continue
        if duration_s(method.jwks.max_stale) < duration_s(method.jwks.refresh):
            yield Hit(
                ("auth", name, "jwks"),
                f"keys of `{name}` are given up after `{method.jwks.max_stale}` and fetched again after `{method.jwks.refresh}`",
                key=True,
            )
