"""INPUT009."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.findings import SpecPath
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import label, parameter, parameters, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT009",
    name="parameter-checked-elsewhere",
    severity="warning",
    why=(
        "Another route says what this parameter of the path looks like, and here anything is accepted under the "
        "same name: the weaker place is the one to attack."
    ),
    fix="Declare the parameter in `params` here too.",
    refs=("OWASP-API-2023:API8", "CWE-20"),
    needs=("route.params",),
    bad=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {r: {permissions: [notes.read]}}\n"
        "routes: {'/notes/{note_id}': {params: {note_id: {format: uuid}}, get: {allow: [{roles: [r]}]}}, "
        "'/notes/{note_id}/tags': {get: {allow: [{permissions: [notes.read]}]}}}"
    ),
    good=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {r: {permissions: [notes.read]}}\n"
        "routes: {'/notes/{note_id}': {params: {note_id: {format: uuid}}, get: {allow: [{roles: [r]}]}}, "
        "'/notes/{note_id}/tags': {params: {note_id: {format: uuid}}, get: {allow: [{permissions: "
        "[notes.read]}]}}}"
    ),
)


@RULE.check
def parameters_are_checked_everywhere(spec: Spec) -> Iterator[Hit]:
    declared: dict[str, SpecPath] = {}
    for route in routes(spec):
        for at, level in ((route.at[:2], route.item), (route.at, route.route)):
            for name in level.params or ():
                declared.setdefault(name, (*at, "params", name))
    for route in routes(spec) if declared else ():
        for name in parameters(route):
            if name in declared and parameter(route, name) is None:
                yield Hit(
                    route.at,
                    f"{label(route)} takes any `{name}`",
                    key=True,
                    related=((declared[name], "checked here"),),
                )
