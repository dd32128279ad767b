"""AUTHZ011."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.conditions import both, conditions
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import Effective, label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ011",
    name="forbid-that-never-fires",
    severity="warning",
    why=(
        "The condition that is to keep requests out is false for every request that could get in otherwise, so "
        "it keeps nobody out."
    ),
    fix="Correct the condition, or remove it from `forbid`.",
    refs=("CWE-570", "OWASP-API-2023:API1"),
    needs=("conditions",),
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {locked: principal.level > 9 && principal.level < 2}\n"
        "defaults: {forbid: [locked]}"
    ),
    good=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {locked: principal.level < 0}\n"
        "defaults: {forbid: [locked]}"
    ),
)


@RULE.check
def forbids_fire(spec: Spec) -> Iterator[Hit]:
    known = conditions(spec)
    _, forbidden = known.used()
    for name in spec.conditions or {}:
        if name in forbidden and not known.can_hold(known.expr(name)):
            yield Hit(("conditions", name), f"`{name}` is to keep requests out and is true for none")
    for route, name, idle in _beside_requirements(spec):
        if idle:
            yield Hit(route.at, f"`require` of {label(route)} already excludes what `{name}` forbids", key=True)


def _beside_requirements(spec: Spec) -> Iterator[tuple[Effective, str, bool]]:
    """Each different pair of `require` and a forbid once, with whether the first leaves nothing to the second."""
    known = conditions(spec)
    seen: set[tuple[object, ...]] = set()
    for route in routes(spec):
        for name in route.forbid if route.require and not route.public else ():
            if (route.require, name) not in seen:
                seen.add((route.require, name))
                required = [known.on(route, wanted) for wanted in route.require]
                forbidden = known.on(route, name)
                possible = known.can_hold(forbidden) and known.can_hold(both(*required))
                yield route, name, possible and not known.can_hold(both(*required, forbidden))
