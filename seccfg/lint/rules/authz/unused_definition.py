"""AUTHZ004."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.roles import closures
from seccfg.lint.routes import METHODS
from seccfg.spec.loader import Grant, Spec

RULE = Rule(
    id="AUTHZ004",
    name="unused-definition",
    severity="warning",
    why=(
        "A role or condition that decides nothing misleads: whoever reads it believes that it grants or protects "
        "something. Often the grant or `require` that should name it was forgotten."
    ),
    fix="Name it where it should decide, or remove it.",
    refs=("CWE-1164",),
    needs=("roles", "conditions"),
    bad=(
        "attributes: {principal: {team: {type: string}}}\n"
        "auth: {users: {claims: {team: team}}}\n"
        "conditions: {red-team: principal.team == 'red'}"
    ),
    good=(
        "attributes: {principal: {team: {type: string}}}\n"
        "auth: {users: {claims: {team: team}}}\n"
        "conditions: {red-team: principal.team == 'red'}\n"
        "routes: {/notes: {get: {allow: [{if: [red-team]}]}}}"
    ),
)


@RULE.check
def definitions_decide(spec: Spec) -> Iterator[Hit]:
    own_file = spec.span(()).path
    roles, permissions, conditions = _named(spec)
    for name in spec.conditions or {}:
        if name not in conditions and spec.span(("conditions", name), key=True).path == own_file:
            yield Hit(("conditions", name), f"no grant, `require` or `forbid` names the condition `{name}`", key=True)
    declared = spec.roles or {}
    inherited = {base for role in declared.values() for base in role.inherits or ()}
    closure = closures(declared)
    for name in declared:
        gives = closure[name]
        permits = {permission for role in gives for permission in declared[role].permissions or ()}
        if name in inherited or not roles.isdisjoint(gives) or not permissions.isdisjoint(permits):
            continue
        if spec.span(("roles", name), key=True).path == own_file:
            yield Hit(("roles", name), f"the role `{name}` gives nothing that any grant asks for", key=True)


def _named(spec: Spec) -> tuple[set[str], set[str], set[str]]:
    """Roles, permissions and conditions that grants, `require`, `forbid` and tiers name."""
    roles: set[str] = set()
    permissions: set[str] = set()
    conditions: set[str] = set()
    levels = [spec.defaults] if spec.defaults is not None else []
    keys = list(spec.routes.values())
    routes = [route for item in keys for method in METHODS if (route := getattr(item, method)) is not None]
    for level in (*levels, *keys, *routes):
        conditions.update(level.require or (), level.forbid or ())
        for grant in _grants(level.allow):
            roles.update(grant.roles or ())
            permissions.update(grant.permissions or ())
            conditions.update(grant.if_ or ())
    for limit in (spec.rate_limits or {}).values():
        roles.update(limit.tiers or {})
    return roles, permissions, conditions


def _grants(allow: str | tuple[Grant, ...] | None) -> tuple[Grant, ...]:
    return allow if isinstance(allow, tuple) else ()
