"""AUTHZ007."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.conditions import conditions
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ007",
    name="condition-that-always-holds",
    severity="warning",
    why=(
        "The condition is true for every request that has what it reads, so it restricts nobody: a grant that "
        "rests on it is as wide as without it, and a reader takes it for a protection."
    ),
    fix="Correct the comparison, or remove the condition.",
    refs=("CWE-571", "OWASP-API-2023:API1"),
    needs=("conditions",),
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {any-level: principal.level >= 3 || principal.level < 7}\n"
        "routes: {/notes: {get: {allow: [{if: [any-level]}]}}}"
    ),
    good=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {odd-level: principal.level >= 7 || principal.level < 3}\n"
        "routes: {/notes: {get: {allow: [{if: [odd-level]}]}}}"
    ),
)


@RULE.check
def conditions_restrict(spec: Spec) -> Iterator[Hit]:
    known = conditions(spec)
    for name in spec.conditions or {}:
        if known.always_holds(known.expr(name)):
            yield Hit(("conditions", name), f"`{name}` is true whatever the request says")
