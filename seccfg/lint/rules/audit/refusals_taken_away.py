"""AUDIT007."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUDIT007",
    name="refusals-taken-away",
    severity="warning",
    why=(
        "On this route attempts with bad credentials, or for what is forbidden, leave no trace: it is the door "
        "to try first."
    ),
    fix="Take away noisy events only, such as `access.allowed`; limit what is written with a rate limit instead.",
    refs=("CWE-778", "OWASP-API-2023:API8"),
    needs=("route.without",),
    bad="routes: {/notes: {get: {without: {audit: {events: [auth.failed]}, reason: noisy}}}}",
    good="routes: {/notes: {get: {without: {audit: {events: [rate.limited]}, reason: noisy}}}}",
)


@RULE.check
def refusals_stay_recorded(spec: Spec) -> Iterator[Hit]:
    for route in routes(spec):
        for at, level in ((route.at[:2], route.item), (route.at, route.route)):
            taken = level.without.audit.events if level.without is not None and level.without.audit is not None else ()
            for index, event in enumerate(taken):
                if event in ("auth.failed", "authz.denied", "check.failed") and not route.public:
                    yield Hit((*at, "without", "audit", "events", index), f"{label(route)} does not record `{event}`")
