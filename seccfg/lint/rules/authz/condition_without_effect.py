"""AUTHZ022."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.conditions import both, conditions
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import grants_of, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ022",
    name="condition-without-effect",
    severity="note",
    why="What else the grant asks for implies this condition, so it decides nothing there.",
    fix="Remove it from `if`, or correct the one that implies it.",
    refs=("CWE-561",),
    needs=("conditions",),
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {senior: principal.level > 5, grown: principal.level > 2}\n"
        "routes: {/notes: {get: {allow: [{if: [senior, grown]}]}, post: {allow: [{if: [grown]}]}}}"
    ),
    good=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {senior: principal.level > 5, grown: principal.level > 2}\n"
        "routes: {/notes: {get: {allow: [{if: [senior]}]}, post: {allow: [{if: [grown]}]}}}"
    ),
)


@RULE.check
def each_condition_decides(spec: Spec) -> Iterator[Hit]:
    known = conditions(spec)
    seen: set[tuple[object, ...]] = set()
    for route in routes(spec):
        for index, grant in enumerate(grants_of(route) if not route.public else ()):
            names = grant.if_ or ()
            key = (id(grant), route.require)
            if key in seen or len(names) + len(route.require) < 2:
                continue
            seen.add(key)
            whole = {name: known.on(route, name) for name in (*names, *route.require)}
            for number, name in enumerate(names):
                others = [expr for other, expr in whole.items() if other != name]
                earlier = [whole[other] for other in (*names[:number], *route.require) if other != name]
                implied = known.implies(both(*others), whole[name])
                if (
                    implied
                    and known.can_hold(both(*others))
                    and (earlier or not known.equal(both(*others), whole[name]))
                ):
                    yield Hit((*route.allow_at, index, "if", number), f"the rest of the grant implies `{name}`")
