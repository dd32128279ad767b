"""AUTHZ013."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.expr.ast import And, Expr, Has, Not, Or
from seccfg.expr.types import AttributeKey
from seccfg.lint.conditions import conditions
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ013",
    name="fragile-grant",
    severity="warning",
    why=(
        "A request that lacks the attribute meets the grant's condition: whoever can leave a claim, header or "
        "parameter out gets what those who have it may not."
    ),
    fix=(
        "Ask for the attribute first (`has(principal.x) && ...`); where its absence is meant to let in, give "
        "those principals a role or scope of their own."
    ),
    refs=("CWE-636", "OWASP-API-2023:API1"),
    needs=("conditions",),
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {not-red: '!has(principal.team) || principal.team != \"red\"'}\n"
        "routes: {/notes: {get: {allow: [{if: [not-red]}]}}}"
    ),
    good=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {not-red: 'has(principal.team) && principal.team != \"red\"'}\n"
        "routes: {/notes: {get: {allow: [{if: [not-red]}]}}}"
    ),
)


@RULE.check
def absence_lets_nobody_in(spec: Spec) -> Iterator[Hit]:
    known = conditions(spec)
    needed, _ = known.used()
    for name, text in (spec.conditions or {}).items():
        if name not in needed or "has(" not in text.replace(" ", ""):
            continue
        whole = known.expr(name)
        for key in sorted(_asked_to_be_absent(whole, negated=False)):
            if known.holds_without(whole, key) and known.may_fail_with(whole, key):
                yield Hit(("conditions", name), f"`{name}` is true for requests without `{key[0]}.{key[1]}`")


def _asked_to_be_absent(expr: Expr, *, negated: bool) -> frozenset[AttributeKey]:
    """Attributes whose absence makes some part of *expr* true: those below `has()` under an odd number of `!`."""
    match expr:
        case Not(operand):
            return _asked_to_be_absent(operand, negated=not negated)
        case And(operands) | Or(operands):
            return frozenset[AttributeKey]().union(*(_asked_to_be_absent(o, negated=negated) for o in operands))
        case Has(attribute) if negated:
            return frozenset(((attribute.side, attribute.name),))
        case _:
            return frozenset()
