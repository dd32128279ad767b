"""AUTHZ005."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.roles import closures
from seccfg.lint.routes import routes
from seccfg.spec.loader import AuthMethod, Introspection, Jwt, Mtls, Oidc, Spec

RULE = Rule(
    id="AUTHZ005",
    name="role-nobody-may-assert",
    severity="warning",
    why=(
        "No auth method may give this role, so every grant that asks for it refuses everybody, or the list of "
        "roles a method may assert lacks one that its tokens carry. With more than one auth method each asserts "
        "only what its `asserts` names."
    ),
    fix=(
        "Name the role in `asserts` of the method whose credentials carry it, and say in `claims` where its tokens "
        "carry roles."
    ),
    refs=("CWE-863",),
    needs=("roles",),
    bad=(
        "auth: {users: {asserts: {roles: [author]}, claims: {roles: roles}}}\n"
        "roles: {author: {permissions: [notes.write]}, reader: {permissions: [notes.read]}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [notes.read]}]}, post: {allow: [{roles: [author]}]}}}"
    ),
    good=(
        "auth: {users: {asserts: {roles: [author, reader]}, claims: {roles: roles}}}\n"
        "roles: {author: {permissions: [notes.write]}, reader: {permissions: [notes.read]}}\n"
        "routes: {/notes: {get: {allow: [{permissions: [notes.read]}]}, post: {allow: [{roles: [author]}]}}}"
    ),
)


@RULE.check
def somebody_gives_each_role(spec: Spec) -> Iterator[Hit]:
    declared = spec.roles or {}
    methods = spec.auth or {}
    if not methods:
        return
    own_file = spec.span(()).path
    closure = closures(declared)
    asserted: dict[str, list[str]] = {}
    """Role -> methods that may assert it or a role that inherits it."""
    for method_name, method in methods.items():
        for role in _may_assert(method, tuple(declared) if len(methods) == 1 else ()):
            for given in closure.get(role, ()):
                asserted.setdefault(given, []).append(method_name)
    in_grants = {
        role
        for route in routes(spec)
        if isinstance(route.allow, tuple) and not route.public
        for grant in route.allow
        for role in grant.roles or ()
    }
    for role in declared:
        if spec.span(("roles", role), key=True).path != own_file:
            continue
        givers = asserted.get(role, [])
        if not givers:
            yield Hit(("roles", role), f"no auth method may assert the role `{role}`", key=True)
        elif role in in_grants and not any(_reads_roles(methods[name]) for name in givers):
            names = " and ".join(f"`{name}`" for name in dict.fromkeys(givers))
            yield Hit(
                ("roles", role),
                f"a grant asks for `{role}`, which {names} may assert, but `claims` says not where tokens carry roles",
                key=True,
            )


def _may_assert(method: AuthMethod, by_default: tuple[str, ...]) -> tuple[str, ...]:
    roles = by_default if method.asserts is None else method.asserts.roles
    return (*roles, *method.gives.roles) if isinstance(method, Mtls) and method.gives is not None else roles


def _reads_roles(method: AuthMethod) -> bool:
    """Whether credentials of *method* can carry a role at all."""
    return "roles" in (method.claims or {}) if isinstance(method, Oidc | Jwt | Introspection) else True
