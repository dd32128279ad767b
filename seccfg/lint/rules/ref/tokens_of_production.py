"""REF109."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="REF109",
    name="tokens-of-production",
    severity="note",
    why=(
        "The environment has hosts of its own and takes tokens of the same issuer for the same audience: a token "
        "somebody got for testing works on the real service, and the other way round."
    ),
    fix="Give the environment an issuer of its own, or at least `audiences` of its own.",
    refs=("OWASP-API-2023:API8", "RFC9700:2.3", "RFC8725:3.9"),
    needs=("environments",),
    confidence="medium",
    bad="environments: {staging: {service: {hosts: [notes.staging.example.com]}}}",
    good=(
        "environments: {staging: {service: {hosts: [notes.staging.example.com]}, auth: {users: {issuer: "
        "https://id.staging.example.com/}}}}"
    ),
)


@RULE.check_in_context
def environments_have_their_own_tokens(spec: Spec, context: Context) -> Iterator[Hit]:
    base = context.base
    if base is None or set(base.service.hosts) & set(spec.service.hosts):
        return
    theirs = dict(token_methods(base))
    for name, method in token_methods(spec):
        other = theirs.get(name)
        if other is not None and method.issuer == other.issuer and set(method.audiences) & set(other.audiences):
            yield Hit(
                ("auth", name),
                f"a token of `{name}` works for `{spec.service.hosts[0]}` and `{base.service.hosts[0]}`",
                key=True,
            )
