"""AUTHZ002."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import Effective, label, parameter, parameters, routes
from seccfg.spec.loader import Grant, Parameter, Spec

RULE = Rule(
    id="AUTHZ002",
    name="object-without-owner",
    severity="warning",
    why=(
        "The path names one object, and nothing asks whether it is the caller's: changing the id in the URL "
        "reaches everybody else's. Scopes and clients say what an app may do, not whose data it may touch. A grant "
        "limited to roles or permissions is taken to mean every object; a parameter with a few fixed values is "
        "taken to name no object."
    ),
    fix=(
        "Add a condition that compares the object with the principal (`if:` in the grant or `require:` on the "
        "route); where only the service knows the owner, use an attribute `from: application` and `enforce: "
        "application`."
    ),
    refs=("OWASP-API-2023:API1", "CWE-639"),
    confidence="medium",
    bad="routes: {'/notes/{note_id}': {get: {allow: authenticated}}}",
    good=(
        "attributes: {resource: {owner: {type: string, from: application}}}\n"
        "conditions: {own-note: principal.subject == resource.owner}\n"
        "routes: {'/notes/{note_id}': {get: {allow: [{if: [own-note], enforce: application}]}}}"
    ),
)

_FEW = 1000


@RULE.check
def objects_have_owners(spec: Spec) -> Iterator[Hit]:
    conditions = spec.conditions or {}
    about_resource = frozenset(name for name, text in conditions.items() if "resource." in text)
    for route in routes(spec):
        if route.public or route.allow is None or about_resource.intersection(route.require):
            continue
        ids = [name for name in parameters(route) if not _few_values(parameter(route, name))]
        if ids and _open(route, about_resource):
            yield Hit(
                route.at,
                f"{label(route)} reaches any object by its `{ids[-1]}`; nothing compares it with the caller",
                key=True,
            )


def _open(route: Effective, about_resource: frozenset[str]) -> bool:
    if isinstance(route.allow, str):
        return True
    return any(not _narrowed(grant, about_resource) for grant in route.allow or ())


def _narrowed(grant: Grant, about_resource: frozenset[str]) -> bool:
    return bool(grant.roles or grant.permissions or about_resource.intersection(grant.if_ or ()))


def _few_values(parameter: Parameter | None) -> bool:
    """Whether the parameter chooses among a few fixed values, such as a year or a row."""
    if parameter is None:
        return False
    if parameter.enum is not None:
        return True
    low, high = parameter.minimum, parameter.maximum
    return parameter.type == "integer" and low is not None and high is not None and high - low <= _FEW
