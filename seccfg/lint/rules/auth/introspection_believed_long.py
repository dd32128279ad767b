"""AUTH021."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Introspection, Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="AUTH021",
    name="introspection-believed-long",
    severity="warning",
    why=(
        "Asking the issuer is what makes a withdrawn token stop at once. An answer that is believed for minutes "
        "gives that away."
    ),
    fix="Set `cache` to `60s` or less.",
    refs=("RFC7662:4",),
    needs=("auth.*.cache",),
    bad=(
        "auth: {opaque: {type: introspection, issuer: https://id2.example.com/, audiences: [notes], endpoint: "
        "https://id2.example.com/introspect, client_id: notes, secret: {env: S}, cache: 15m}}\n"
        "routes: {/notes: {get: {auth: [opaque], allow: authenticated}}}"
    ),
    good=(
        "auth: {opaque: {type: introspection, issuer: https://id2.example.com/, audiences: [notes], endpoint: "
        "https://id2.example.com/introspect, client_id: notes, secret: {env: S}, cache: 30s}}\n"
        "routes: {/notes: {get: {auth: [opaque], allow: authenticated}}}"
    ),
)


@RULE.check
def answers_are_fresh(spec: Spec) -> Iterator[Hit]:
    for name, method in token_methods(spec):
        if isinstance(method, Introspection) and duration_s(method.cache) > 60:
            yield Hit(
                ("auth", name, "cache"), f"a token of `{name}` that was withdrawn works for `{method.cache}` more"
            )
