"""AUTHZ008."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.access import access
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import Effective, grants_of, label, routes
from seccfg.spec.loader import Grant, Spec

RULE = Rule(
    id="AUTHZ008",
    name="unreachable-grant",
    severity="warning",
    why=(
        "Nobody can meet the grant: what it asks for excludes itself, or no credential the route takes can carry "
        "it. Access that somebody expects is not there, and the next change to make it work may open more than "
        "was meant."
    ),
    fix=(
        "Bring the grant together with the route's `auth`, `require` and `forbid` and with what the methods may "
        "assert, or remove it."
    ),
    refs=("CWE-561",),
    needs=("roles", "clients", "conditions", "auth.*.type=mtls"),
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {senior: principal.level > 5, junior: principal.level < 5}\n"
        "routes: {/notes: {get: {allow: [{scopes: [notes.list]}, {if: [senior], scopes: [notes.read]}], require: "
        "[junior]}}}"
    ),
    good=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {senior: principal.level > 5, grown: principal.level < 9}\n"
        "routes: {/notes: {get: {allow: [{if: [senior], scopes: [notes.read]}], require: [grown]}}}"
    ),
)


@RULE.check
def grants_can_be_met(spec: Spec) -> Iterator[Hit]:
    facts = access(spec)
    seen: dict[tuple[object, ...], str] = {}
    for route in routes(spec):
        for index, grant in enumerate(grants_of(route) if not route.public else ()):
            stated = tuple((route.item.resource or {}).items()) + tuple((route.route.resource or {}).items())
            key = (id(grant), route.auth, route.require, route.forbid, repr(stated), grant.if_ and route.at[-1])
            if key in seen:
                continue
            why = seen[key] = facts.reachable(route, grant) or _conditions_exclude_each_other(spec, route, grant)
            if why:
                yield Hit((*route.allow_at, index), f"nobody can meet this grant on {label(route)}: {why}")


def _conditions_exclude_each_other(spec: Spec, route: Effective, grant: Grant) -> str:
    names = tuple(dict.fromkeys((*(grant.if_ or ()), *route.require)))
    if not spec.conditions or not (names or route.forbid):
        return ""
    from seccfg.expr.ast import Not
    from seccfg.lint.conditions import both, conditions

    known = conditions(spec)
    wanted = [known.on(route, name) for name in names]
    if any(not known.can_hold(known.expr(name)) for name in names):
        return ""  # a condition that never holds is a finding of its own
    whole = both(*wanted, *(Not(known.on(route, name)) for name in route.forbid))
    if known.can_hold(whole):
        return ""
    listed = ", ".join(f"`{name}`" for name in (*names, *route.forbid))
    return (
        f"the route's constants never make {listed} true"
        if len(names) == 1 and not route.forbid
        else f"{listed} exclude each other"
    )
