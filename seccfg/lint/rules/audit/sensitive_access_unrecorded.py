"""AUDIT003."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUDIT003",
    name="sensitive-access-unrecorded",
    severity="warning",
    why=(
        "The spec says that cardholder, health or other regulated data is handled here, and nobody can say "
        "afterwards who read it: only refusals are recorded."
    ),
    fix="Add `access.allowed` to `audit.events`, or to `audit.events` of the routes that handle the data.",
    refs=("PCI-DSS-4.0.1:10.2.1.1", "HIPAA:164.312(b)", "CWE-778"),
    needs=("service.data", "route.data"),
    bad=("audit: {retention: {min: 365d}}\nroutes: {/notes: {get: {data: [cardholder]}}}"),
    good=(
        "audit: {events: [access.allowed, auth.failed, authz.denied]}\nroutes: {/notes: {get: {data: [cardholder]}}}"
    ),
)

_REGULATED = frozenset({"cardholder", "payment", "health", "phi", "ephi", "medical", "financial", "biometric"})


@RULE.check
def access_is_recorded(spec: Spec) -> Iterator[Hit]:
    own = spec.audit.events if spec.audit is not None else None
    default = spec.defaults.audit.events if spec.defaults is not None and spec.defaults.audit is not None else ()
    recorded = {*(own or ()), *default}
    for route in routes(spec):
        data = (*(spec.service.data or ()), *(route.item.data or ()), *(route.route.data or ()))
        regulated = next((name for name in data if name in _REGULATED), None)
        if regulated is None or route.public:
            continue
        added = {e for level in (route.item, route.route) if level.audit is not None for e in level.audit.events}
        if "access.allowed" not in recorded | added:
            yield Hit(route.at, f"{label(route)} handles `{regulated}` data and who read it is not recorded", key=True)
