"""REF106."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.description import described_routes
from seccfg.lint.key_files import listed
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

_OPENAPI = (
    '{"openapi": "3.1.0", "paths": {"/health": {"get": {}}, "/notes": {"get": {}, "post": {}}, "/tags": {"get": {}}}}'
)

RULE = Rule(
    id="REF106",
    name="described-and-not-protected",
    severity="warning",
    why=(
        "The API description beside the spec has a route the spec does not: callers are told of it and every "
        "request is refused, or it is reached past the gateway."
    ),
    fix="Add the route to the spec, or take it out of the description.",
    refs=("OWASP-API-2023:API9",),
    confidence="medium",
    bad="service: {title: Notes}",
    good="routes: {/tags: {get: {allow: [{scopes: [tags.read]}]}}}",
    beside=(("openapi.yaml", _OPENAPI),),
)


@RULE.check_in_context
def described_routes_are_here(spec: Spec, context: Context) -> Iterator[Hit]:
    described = described_routes(spec, context)
    if described is not None:
        missing = [f"{method} {path}" for method, path in described.routes if not described.protects(method, path)]
        if missing:
            yield Hit(
                ("routes",),
                f"{listed(missing)} of `{described.file}` {'is' if len(missing) == 1 else 'are'} not here",
                key=True,
            )
