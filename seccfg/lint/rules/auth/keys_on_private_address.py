"""AUTH005."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.addresses import host_of, is_private
from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Introspection, Spec

RULE = Rule(
    id="AUTH005",
    name="keys-on-private-address",
    severity="warning",
    why=(
        "What is fetched from there decides who is believed. A name or address that only this network knows "
        "means something else on every other network, and whoever answers there, or makes a gateway ask there, "
        "decides."
    ),
    fix=(
        "Fetch the keys, answers and tokens of the issuer from its public `https` address, or pin the key set to "
        "a file (`seccfg keys pin`)."
    ),
    refs=("OWASP-API-2023:API7", "CWE-918", "RFC8725:3.8"),
    needs=("auth.*.jwks.url", "auth.*.type=oidc", "auth.*.type=introspection"),
    confidence="medium",
    bad="auth: {users: {jwks: {url: https://10.0.0.5/keys}}}",
    good="auth: {users: {jwks: {url: https://id.example.com/keys}}}",
)


@RULE.check
def issuers_are_public(spec: Spec) -> Iterator[Hit]:
    for name, method in token_methods(spec):
        if isinstance(method, Introspection):
            if is_private(host_of(method.endpoint)):
                yield Hit(
                    ("auth", name, "endpoint"), f"`{name}` asks `{host_of(method.endpoint)}`, which is no public host"
                )
        elif method.jwks is not None and method.jwks.url is not None:
            if is_private(host_of(method.jwks.url)):
                yield Hit(
                    ("auth", name, "jwks", "url"),
                    f"the keys of `{name}` come from `{host_of(method.jwks.url)}`, which is no public host",
                )
        elif method.jwks is None and is_private(host_of(method.issuer)):
            yield Hit(
                ("auth", name, "issuer"),
                f"the keys of `{name}` are looked for at `{host_of(method.issuer)}`, which is no public host",
            )
