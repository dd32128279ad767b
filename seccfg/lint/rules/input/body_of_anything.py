"""INPUT015."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT015",
    name="body-of-anything",
    severity="warning",
    why=(
        "The route handles data of a class the spec names, and nothing says what a body may hold: whatever a "
        "caller invents reaches the service."
    ),
    fix="Give the body a `schema`.",
    refs=("OWASP-API-2023:API3", "CWE-20"),
    needs=("route.data",),
    confidence="medium",
    bad="routes: {/notes: {post: {data: [personal]}}}",
    good=(
        "routes: {/notes: {post: {data: [personal], body: {schema: {type: object, additionalProperties: false, "
        "properties: {title: {type: string, maxLength: 80}}}}}}}"
    ),
)


@RULE.check
def sensitive_bodies_are_checked(spec: Spec) -> Iterator[Hit]:
    for route in routes(spec):
        data = (*(route.item.data or ()), *(route.route.data or ()))
        if data and route.at[-1] in ("post", "put", "patch") and not route.public:
            levels = [body for body in (route.route.body, route.item.body) if body is not None]
            json_only = not any(body.content_types and "application/json" not in body.content_types for body in levels)
            if json_only and all(body.schema_ is None for body in levels):
                yield Hit(route.at, f"{label(route)} handles `{data[0]}` data and takes any body", key=True)
