"""LIMIT002."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="LIMIT002",
    name="route-without-limit",
    severity="warning",
    why="Whoever has one credential, or stole one, may ask as fast as the network carries it.",
    fix="Give the route a limit, or put one into `defaults.rate_limits`.",
    refs=("OWASP-API-2023:API4", "CWE-770"),
    bad="routes: {/notes: {get: {without: {rate_limits: [per-ip], reason: internal}}}}",
    good=(
        "rate_limits: {per-user: {limit: 600, window: 1m, by: principal}}\n"
        "routes: {/notes: {get: {rate_limits: [per-user]}}}"
    ),
)


@RULE.check
def routes_are_limited(spec: Spec) -> Iterator[Hit]:
    counting = frozenset(name for name, limit in (spec.rate_limits or {}).items() if limit.count == "request")
    asked = [route for route in routes(spec) if not route.public]
    if not counting:
        if asked:
            yield Hit(
                ("routes",), "no limit counts requests: every route may be called as often as a caller likes", key=True
            )
        return
    for route in asked:
        if counting.isdisjoint(route.rate_limits):
            yield Hit(route.at, f"{label(route)} may be called as often as a caller likes", key=True)
