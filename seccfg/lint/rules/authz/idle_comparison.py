"""AUTHZ010."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.expr.ast import Has, atoms
from seccfg.lint.conditions import conditions, without
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ010",
    name="idle-comparison",
    severity="warning",
    why=(
        "The condition comes to the same without this comparison: what the others ask already settles it. "
        "Whoever reads it believes in a protection that is not there."
    ),
    fix="Remove the comparison, or correct the one that swallows it.",
    refs=("CWE-561",),
    needs=("conditions",),
    confidence="medium",
    bad=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {senior: principal.level > 5 && principal.level > 3}\n"
        "routes: {/notes: {get: {allow: [{if: [senior]}]}}}"
    ),
    good=(
        "attributes: {principal: {level: {type: integer}, team: {type: string, optional: true}}, resource: "
        "{team: {type: string, from: {path: team}}}}\n"
        "auth: {users: {claims: {roles: roles, level: level, team: team}}}\n"
        "conditions: {senior: principal.level > 3 && principal.level < 9}\n"
        "routes: {/notes: {get: {allow: [{if: [senior]}]}}}"
    ),
)


@RULE.check
def comparisons_decide(spec: Spec) -> Iterator[Hit]:
    known = conditions(spec)
    for name, text in (spec.conditions or {}).items():
        whole = known.expr(name)
        every = atoms(whole)
        if len(every) < 2 or known.plain(whole) or not known.can_hold(whole) or known.always_holds(whole):
            continue
        for atom in every:
            # `has()` beside a comparison of the same attribute is the language's own idiom for optional ones
            if not isinstance(atom, Has) and any(
                known.same_grants(whole, without(whole, atom, v)) for v in (True, False)
            ):
                shown = _text(text, atom.pos)
                yield Hit(("conditions", name), f"`{name}` comes to the same without {shown}")
                break


def _text(text: str, at: tuple[int, int]) -> str:
    part = " ".join(text[at[0] : at[1]].split()).replace("`", "'")
    return f"`{part[:60]}`" if part else "one of its comparisons"
