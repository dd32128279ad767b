"""AUTHZ006."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.conditions import conditions
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ006",
    name="impossible-condition",
    severity="warning",
    why=(
        "No request makes the condition true, so what needs it is refused to everybody: the comparison "
        "contradicts itself, and somebody expects access that does not exist, or will mend it by widening it."
    ),
    fix="Correct the comparison, or remove the condition and the grants that need it.",
    refs=("CWE-570",),
    needs=("conditions",),
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {narrow: principal.level > 5 && principal.level < 5}\n"
        "routes: {/notes: {get: {allow: [{if: [narrow]}]}}}"
    ),
    good=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {narrow: principal.level > 3 && principal.level < 5}\n"
        "routes: {/notes: {get: {allow: [{if: [narrow]}]}}}"
    ),
)


@RULE.check
def conditions_can_hold(spec: Spec) -> Iterator[Hit]:
    known = conditions(spec)
    needed, _ = known.used()
    for name in spec.conditions or {}:
        if name in needed and not known.can_hold(known.expr(name)):
            yield Hit(("conditions", name), f"no request makes `{name}` true")
