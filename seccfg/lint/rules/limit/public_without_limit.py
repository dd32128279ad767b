"""LIMIT001."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.findings import SpecPath
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import Effective, label, routes
from seccfg.spec.loader import RouteKeys, Spec

RULE = Rule(
    id="LIMIT001",
    name="public-without-limit",
    severity="warning",
    why=(
        "Anybody may call a public route as often as they like: one machine can use up what all callers share. "
        "Limits by principal, and limits that count refused credentials only, never count here: a public route "
        "looks at no credential."
    ),
    fix="Give the route a limit `by: ip`, or take it from `defaults.rate_limits`.",
    refs=("OWASP-API-2023:API4", "CWE-770"),
    bad="routes: {/health: {get: {public: true, without: {rate_limits: [per-ip], reason: probed every second}}}}",
    good="routes: {/health: {get: {public: true, rate_limits: [per-ip]}}}",
)


@RULE.check
def public_routes_are_limited(spec: Spec) -> Iterator[Hit]:
    limits = spec.rate_limits or {}
    counting = frozenset(name for name, limit in limits.items() if limit.count == "request" and limit.by == "ip")
    for route in routes(spec):
        if route.public and counting.isdisjoint(route.rate_limits):
            yield Hit(route.at, f"{label(route)} is public and has no rate limit", key=True, related=_taken_away(route))


def _taken_away(route: Effective) -> tuple[tuple[SpecPath, str], ...]:
    levels: tuple[tuple[SpecPath, RouteKeys], ...] = ((route.at[:2], route.item), (route.at, route.route))
    return tuple(
        ((*at, "without", "rate_limits"), "taken away here")
        for at, keys in levels
        if keys.without is not None and keys.without.rate_limits
    )
