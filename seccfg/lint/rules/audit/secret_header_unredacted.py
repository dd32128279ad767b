"""AUDIT004."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import routes
from seccfg.lint.secret_names import names_secret
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUDIT004",
    name="secret-header-unredacted",
    severity="warning",
    why=(
        "The name of the header says that it holds a secret, and `redact` leaves it out: the record of a request "
        "shows it to everybody who reads logs."
    ),
    fix="Add the header to `audit.redact`.",
    refs=("CWE-532", "PCI-DSS-4.0.1:8.3.2"),
    needs=("route.header_params",),
    confidence="medium",
    bad=(
        "audit: {redact: [Authorization]}\nroutes: {/notes: {get: {header_params: {X-Device-Token: {maxLength: 64}}}}}"
    ),
    good=(
        "audit: {redact: [Authorization, X-Device-Token]}\n"
        "routes: {/notes: {get: {header_params: {X-Device-Token: {maxLength: 64}}}}}"
    ),
)


@RULE.check
def secret_headers_are_redacted(spec: Spec) -> Iterator[Hit]:
    redact = spec.audit.redact if spec.audit is not None else None
    redacted = {name.lower() for name in redact or ()}
    for route in routes(spec):
        for at, level in ((route.at[:2], route.item), (route.at, route.route)):
            for name in level.header_params or ():
                if names_secret(name) and name.lower() not in redacted:
                    redacted.add(name.lower())
                    yield Hit((*at, "header_params", name), f"`{name}` is written down as it came", key=True)
