"""INPUT013."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.body_schemas import declared_parameters
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT013",
    name="guessable-id",
    severity="note",
    why=(
        "Numbers that count up tell how many objects there are, and which to try next where a check is missing. "
        "The check is what protects; this makes a missing one cheap to find."
    ),
    fix="Use random ids, such as UUIDs (`format: uuid`).",
    refs=("OWASP-API-2023:API1", "CWE-340"),
    needs=("route.params",),
    confidence="low",
    bad=(
        "attributes: {resource: {owner: {type: string, from: application}}}\n"
        "conditions: {own: principal.subject == resource.owner}\n"
        "routes: {'/notes/{note_id}': {get: {params: {note_id: {type: integer, minimum: 1}}, allow: [{if: [own], "
        "enforce: application}]}}}"
    ),
    good=(
        "attributes: {resource: {owner: {type: string, from: application}}}\n"
        "conditions: {own: principal.subject == resource.owner}\n"
        "routes: {'/notes/{note_id}': {get: {params: {note_id: {format: uuid}}, allow: [{if: [own], enforce: "
        "application}]}}}"
    ),
)

_FEW = 1000


@RULE.check
def ids_cannot_be_guessed(spec: Spec) -> Iterator[Hit]:
    for at, name, parameter in declared_parameters(spec, "params"):
        few = parameter.maximum is not None and parameter.maximum - (parameter.minimum or 0) <= _FEW
        if parameter.type == "integer" and name.lower().endswith("id") and not few and parameter.enum is None:
            yield Hit((*at, name), f"`{name}` can be counted up", key=True)
