"""INPUT016."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT016",
    name="body-of-get",
    severity="warning",
    why=(
        "A body of GET, HEAD or DELETE has no meaning, and caches, proxies and gateways drop it or read past it: "
        "what was checked here is not what arrives, and one hop may take it for the next request."
    ),
    fix="Move the values to the query, or use POST.",
    refs=("RFC9110:9.3.1", "CWE-444"),
    needs=("route.body",),
    bad=(
        "routes: {/notes: {get: {body: {schema: {type: object, additionalProperties: false, properties: {title: "
        "{type: string, maxLength: 80}}}}}}}"
    ),
    good=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {title: "
        "{type: string, maxLength: 80}}}}}}}"
    ),
)


@RULE.check
def reading_needs_no_body(spec: Spec) -> Iterator[Hit]:
    for route in routes(spec):
        if (
            route.at[-1] in ("get", "head", "delete")
            and route.route.body is not None
            and route.route.body.schema_ is not None
        ):
            yield Hit((*route.at, "body"), f"{label(route)} is asked for a body", key=True)
