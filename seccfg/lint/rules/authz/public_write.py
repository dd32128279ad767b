"""AUTHZ017."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import WRITING, label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ017",
    name="public-write",
    severity="note",
    why=(
        "Anybody may change or create something here. For signing up, signing in and the call-backs of others "
        "that is meant; this note keeps it in sight."
    ),
    fix=(
        "Ask for a credential, or make sure that the service checks what it is told (a signature of the caller, "
        "a confirmation by mail) and that the route has a tight limit `by: ip`."
    ),
    refs=("OWASP-API-2023:API6", "CWE-306"),
    needs=("route.public",),
    confidence="medium",
    bad="routes: {/signup: {post: {public: true, reason: new accounts}}}",
    good="routes: {/notes: {put: {allow: [{scopes: [notes.write]}]}}}",
)


@RULE.check
def writers_are_known(spec: Spec) -> Iterator[Hit]:
    for route in routes(spec):
        if route.public and route.at[-1] in WRITING:
            yield Hit(route.at, f"anybody may {label(route)}", key=True)
