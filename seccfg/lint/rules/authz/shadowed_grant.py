"""AUTHZ009."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.access import Access, access
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import Effective, grants_of, label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ009",
    name="shadowed-grant",
    severity="warning",
    why=(
        "Whoever meets this grant meets another one of the same route too, so it decides nothing. Often the "
        "other one is wider than was meant, and this one is what was meant."
    ),
    fix="Remove this grant, or narrow the other one.",
    refs=("CWE-561", "OWASP-API-2023:API5"),
    needs=("route.allow", "defaults.allow"),
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "roles: {viewer: {permissions: [notes.read]}, admin: {inherits: [viewer], permissions: [notes.delete]}}\n"
        "routes: {/notes: {get: {allow: [{roles: [viewer]}, {roles: [admin]}]}, delete: {allow: [{permissions: "
        "[notes.delete]}]}}}"
    ),
    good=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "roles: {viewer: {permissions: [notes.read]}, admin: {inherits: [viewer], permissions: [notes.delete]}}\n"
        "routes: {/notes: {get: {allow: [{roles: [viewer]}]}, delete: {allow: [{permissions: [notes.delete]}]}}}"
    ),
)


@RULE.check
def grants_add_something(spec: Spec) -> Iterator[Hit]:
    facts = access(spec)
    seen: set[tuple[object, ...]] = set()
    for route in routes(spec):
        grants = grants_of(route)
        if len(grants) < 2 or route.public:
            continue
        key = (id(route.allow), route.auth, route.require)
        if key in seen:
            continue
        seen.add(key)
        for index, grant in enumerate(grants):
            wider = next((n for n, other in enumerate(grants) if n != index and _shadows(facts, route, n, index)), None)
            if wider is not None and not facts.reachable(route, grant):
                yield Hit(
                    (*route.allow_at, index),
                    f"whoever meets this grant on {label(route)} meets grant {wider + 1} too",
                    related=(((*route.allow_at, wider), "decides alone"),),
                )


def _shadows(facts: Access, route: Effective, wider: int, narrower: int) -> bool:
    """Of two grants that let in the same, the one written first counts."""
    grants = grants_of(route)
    if not facts.says_no_less(route, grants[narrower], grants[wider]):
        return False
    return wider < narrower or not facts.says_no_less(route, grants[wider], grants[narrower])
