"""TLS008."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TLS008",
    name="credential-in-the-clear",
    severity="error",
    why=(
        "The route asks for a credential and takes it over plain http: whoever is on the network between reads "
        "it and uses it."
    ),
    fix="Remove `plain_http` from the route; leave it to public routes that a load balancer probes.",
    refs=("CWE-319", "CWE-523", "OWASP-API-2023:API2"),
    needs=("route.plain_http",),
    bad="routes: {/notes: {get: {plain_http: true}}}",
    good="routes: {/health: {get: {plain_http: true}}}",
)


@RULE.check
def credentials_go_by_tls(spec: Spec) -> Iterator[Hit]:
    for route in routes(spec):
        plain = route.route.plain_http if route.route.plain_http is not None else route.item.plain_http
        if plain and not route.public:
            at = route.at if route.route.plain_http is not None else route.at[:2]
            yield Hit((*at, "plain_http"), f"{label(route)} takes a credential without TLS")
