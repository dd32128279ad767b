"""AUTHZ012."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.access import access
from seccfg.lint.model import Hit, Rule
from seccfg.lint.roles import closures
from seccfg.lint.routes import grants_of, routes
from seccfg.spec.loader import Grant, Spec, Who

RULE = Rule(
    id="AUTHZ012",
    name="roles-with-equal-access",
    severity="note",
    why=(
        "Both roles open the same routes in the same way. Either one of them is there for nothing, or a "
        "difference that people believe in is not enforced."
    ),
    fix="Merge the roles, or say in the grants what sets them apart.",
    refs=("NIST-SP-800-53:AC-6", "OWASP-API-2023:API5"),
    needs=("roles",),
    confidence="medium",
    bad=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {editor: {permissions: [notes.write]}, author: {permissions: [notes.write]}}\n"
        "routes: {/notes: {post: {allow: [{permissions: [notes.write]}]}}}"
    ),
    good=(
        "auth: {users: {claims: {roles: roles}}}\n"
        "roles: {editor: {permissions: [notes.write]}, viewer: {permissions: [notes.read]}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [notes.read]}]}, post: {allow: [{permissions: "
        "[notes.write]}]}}}"
    ),
)


@RULE.check
def roles_differ(spec: Spec) -> Iterator[Hit]:
    declared = spec.roles or {}
    closure = closures(declared)
    own_file = spec.span(()).path
    asked, named = _asked_for(spec)
    facts = access(spec)
    methods = tuple(spec.auth or {})
    first: dict[tuple[object, ...], str] = {}
    for name in declared:
        gives = closure[name]
        permissions = frozenset(p for role in gives for p in declared[role].permissions or ()) & asked
        if (not permissions and not gives & named) or spec.span(("roles", name), key=True).path != own_file:
            continue  # what gives nothing is a finding of its own
        asserted = tuple(method for method in methods if name in facts.asserted(method))
        same = first.setdefault((permissions, gives & named, asserted), name)
        if same != name:
            yield Hit(
                ("roles", name),
                f"`{name}` opens exactly what `{same}` opens",
                key=True,
                related=((("roles", same), "the other one"),),
            )


def _asked_for(spec: Spec) -> tuple[frozenset[str], frozenset[str]]:
    """(permissions, roles) that grants, tiers and invariants name; a condition over roles names all of them."""
    if any("principal.roles" in text for text in (spec.conditions or {}).values()):
        return frozenset(), frozenset(spec.roles or {})
    grants = [grant for route in routes(spec) for grant in grants_of(route)]
    who: list[Grant | Who] = [*grants]
    who += [w for i in spec.invariants or () for w in (i.only, i.never) if w is not None and not isinstance(w, str)]
    permissions = {name for each in who for name in each.permissions or ()}
    roles = {name for each in who for name in each.roles or ()}
    roles.update(role for limit in (spec.rate_limits or {}).values() for role in limit.tiers or ())
    return frozenset(permissions), frozenset(roles)
