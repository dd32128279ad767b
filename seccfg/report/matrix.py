"""The access matrix of a Policy: roles by routes, and through which grant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seccfg.ir.policy import Authenticate, Authorize, CertVerifier, Grant, KeyVerifier, Policy, Route, Verifier
from seccfg.report.model import Cell, Matrix, Row

__all__ = ["matrix"]


def matrix(policy: Policy, data: Mapping[str, Sequence[str]]) -> Matrix:
    """
    Which role may use which route.

    `yes`: whoever has the role, by a method that may assert it, unless a `forbid` of the row holds. `if`: with something
    besides, which the way or a `require` of the row names. `no`: no grant of the route lets the role in.

    Args:
        data: Classes of data by route id.
    """
    names = {condition.id: condition.name for condition in policy.conditions}
    roles = tuple(role for role, _ in policy.roles)
    given = dict(policy.roles)
    rows = tuple(_row(policy, route, roles, given, names, tuple(data.get(route.id, ()))) for route in policy.routes)
    return Matrix(roles, rows)


def _row(
    policy: Policy, route: Route, roles: Sequence[str], given: Mapping[str, Sequence[str]], names: Mapping[str, str],
    data: tuple[str, ...],
) -> Row:  # fmt: skip
    if route.public:
        open_ = Cell("yes", ("public",))
        return Row(route.id, route.pos, data, open_, open_, tuple(open_ for _ in roles))
    authorize = route.first(Authorize)
    always: tuple[str, ...] = ()
    required = authorize is not None and bool(authorize.require)
    if authorize is not None:
        always = (*(f"require {names[c]}" for c in authorize.require), *(f"forbid {names[c]}" for c in authorize.forbid))
    grants = authorize.allow if authorize is not None else ()
    anyone = _cell(policy, route, grants, frozenset(), required, "")
    cells = tuple(_cell(policy, route, grants, frozenset((role, *given[role])), required, role) for role in roles)
    return Row(route.id, route.pos, data, Cell("no"), anyone, cells, always)


def _cell(
    policy: Policy, route: Route, grants: Sequence[Grant], roles: frozenset[str], required: bool, role: str
) -> Cell:
    """
    Ways in for a principal whose roles are exactly *roles*. A key or certificate has the roles of its record, so an
    empty set stands for whoever comes without any.
    """
    ways: list[str] = []
    free = False
    for grant in grants:
        if any(not roles & set(wanted) for wanted in grant.role_sets):
            continue
        methods = _methods(policy, route, grant, role)
        if not methods:
            continue
        narrowed = len(methods) < len(route.one(Authenticate).alternatives) and not grant.methods
        by = f" by {' or '.join(methods)}" if narrowed else ""
        free = free or not (_more(grant) or required)
        ways.append(f"{grant.text or 'authenticated'}{by}")
    if not ways:
        return Cell("no")
    return Cell("yes" if free else "if", tuple(dict.fromkeys(ways)))


def _more(grant: Grant) -> bool:
    """Whether the grant asks for more than roles and the method."""
    return bool(grant.scopes or grant.clients or grant.conditions or grant.decided_by == "application")


def _methods(policy: Policy, route: Route, grant: Grant, role: str) -> tuple[str, ...]:
    """The methods of *route* by which somebody with *role* can come to *grant*."""
    found = []
    for alternative in route.one(Authenticate).alternatives:
        if grant.methods and alternative[0] not in grant.methods:
            continue
        if not role or _may_have(policy.verifier(alternative[0]), role):
            found.append("+".join(alternative))
    return tuple(found)


def _may_have(verifier: Verifier, role: str) -> bool:
    if isinstance(verifier, CertVerifier):
        return role in verifier.roles
    if isinstance(verifier, KeyVerifier) and verifier.records:
        return any(role in record.roles for record in verifier.records) and role in verifier.asserts
    return role in verifier.asserts
