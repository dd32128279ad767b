"""AUTH004."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Introspection, Jwt, Oidc, Spec

RULE = Rule(
    id="AUTH004",
    name="any-audience",
    severity="error",
    why=(
        "A token the same issuer minted for another API would be accepted here: whoever runs that API, or steals a "
        "token from it, acts here in the name of its users. Audiences are compared exactly, so a pattern never "
        "does what it seems to say."
    ),
    fix="List in `audiences` the identifiers this API is registered under at the issuer.",
    refs=("OWASP-API-2023:API2", "RFC8725:3.9", "RFC9068:4"),
    needs=("auth",),
    bad="auth: {users: {audiences: ['*']}}",
    good="auth: {users: {audiences: [notes, https://notes.example.com]}}",
)


@RULE.check
def audience_is_exact(spec: Spec) -> Iterator[Hit]:
    for name, method in (spec.auth or {}).items():
        if isinstance(method, Oidc | Jwt | Introspection):
            for index, audience in enumerate(method.audiences):
                if "*" in audience:
                    what = "any audience" if audience == "*" else "a whole pattern of audiences"
                    yield Hit(
                        ("auth", name, "audiences", index), f"`{name}` is meant to accept a token minted for {what}"
                    )
