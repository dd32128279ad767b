"""REF107."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.description import described_routes
from seccfg.lint.model import Context, Hit, Rule
from seccfg.lint.routes import label, routes
from seccfg.spec.loader import Spec

_OPENAPI = '{"openapi": "3.1.0", "paths": {"/health": {"get": {}}, "/notes": {"get": {}, "post": {}}}}'

RULE = Rule(
    id="REF107",
    name="protected-and-not-described",
    severity="warning",
    why=(
        "The spec lets requests through to a route the API description beside it does not know. Routes nobody "
        "describes are the ones nobody tests, and nobody takes down."
    ),
    fix="Describe the route, or remove it from the spec.",
    refs=("OWASP-API-2023:API9",),
    confidence="medium",
    bad="routes: {/tags: {get: {allow: [{scopes: [tags.read]}]}}}",
    good="service: {title: Notes}",
    beside=(("openapi.yaml", _OPENAPI),),
)


@RULE.check_in_context
def routes_are_described(spec: Spec, context: Context) -> Iterator[Hit]:
    described = described_routes(spec, context)
    for route in routes(spec) if described is not None else ():
        if described is not None and not described.describes(str(route.at[-1]), route.template):
            yield Hit(route.at, f"`{described.file}` does not describe {label(route)}", key=True)
