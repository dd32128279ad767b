"""AUTHZ021."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.expr.ast import attributes
from seccfg.expr.types import AttributeKey
from seccfg.lint.conditions import conditions
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ021",
    name="same-condition-twice",
    severity="note",
    why=(
        "The conditions come to the same for every request under two names. When one is changed the other is forgotten."
    ),
    fix="Keep one of them.",
    refs=("CWE-1041",),
    needs=("conditions",),
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {senior: principal.level > 5, grown: principal.level >= 6}\n"
        "routes: {/notes: {get: {allow: [{if: [senior]}]}, post: {allow: [{if: [grown]}]}}}"
    ),
    good=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {senior: principal.level > 5, grown: principal.level >= 4}\n"
        "routes: {/notes: {get: {allow: [{if: [senior]}]}, post: {allow: [{if: [grown]}]}}}"
    ),
)


@RULE.check
def conditions_differ(spec: Spec) -> Iterator[Hit]:
    known = conditions(spec)
    by_reads: dict[frozenset[AttributeKey], list[str]] = {}
    for name in spec.conditions or {}:
        alike = by_reads.setdefault(attributes(known.expr(name)), [])
        same = next((other for other in alike if known.equal(known.expr(other), known.expr(name))), None)
        if same is None:
            alike.append(name)
        else:
            yield Hit(
                ("conditions", name),
                f"`{name}` comes to the same as `{same}` for every request",
                key=True,
                related=((("conditions", same), "the other one"),),
            )
