"""AUTHZ020."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import METHODS
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ020",
    name="protection-taken-away",
    severity="note",
    why=(
        "What holds for every other route does not hold here. The reason says why; this note keeps it in sight "
        "of whoever reviews the route."
    ),
    fix="Remove it from `without` once the reason no longer holds.",
    refs=("CWE-693",),
    needs=("route.without",),
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {locked: principal.level < 0}\n"
        "defaults: {forbid: [locked]}\n"
        "routes: {/notes: {get: {without: {forbid: [locked], reason: people must see their own notes}}}}"
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
def protections_hold(spec: Spec) -> Iterator[Hit]:
    for template, item in spec.routes.items():
        for at, level in (
            (("routes", template), item),
            *((("routes", template, m), getattr(item, m)) for m in METHODS),
        ):
            taken = level.without if level is not None else None
            if taken is not None:
                for key, names in (("forbid", taken.forbid), ("require", taken.require), ("network", taken.network)):
                    if names:
                        yield Hit(
                            (*at, "without", key),
                            f"`{names[0]}` does not hold here: {taken.reason.replace('`', chr(39))}",
                        )
