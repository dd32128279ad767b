"""Grants as rules see them: whom each one lets in, compared without asking about any single request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seccfg.lint.roles import closures
from seccfg.spec.loader import Introspection, Jwt, Mtls, Oidc

if TYPE_CHECKING:
    from seccfg.lint.routes import Effective
    from seccfg.spec.loader import AuthMethod, Grant, Spec

__all__ = ["Access", "access", "principals"]

_read: list[Access] = []


def access(spec: Spec) -> Access:
    """The grants of *spec*; those of the spec that was asked for last are kept."""
    if not _read or _read[0].spec is not spec:
        _read[:] = [Access(spec)]
    return _read[0]


def principals(route: Effective) -> tuple[str, ...]:
    """The methods that can give the principal on *route*."""
    return tuple(choice if isinstance(choice, str) else choice.all[0] for choice in route.auth)


class Access:
    """Who has which role and permission, and which grant says no more than another."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._roles = spec.roles or {}
        self._closure = closures(self._roles)
        self._sets: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}
        self._asserted: dict[str, frozenset[str]] = {}

    def counting_as(self, roles: tuple[str, ...]) -> frozenset[str]:
        """Every role that is, or inherits, one of *roles*."""
        key = ("roles", roles)
        if key not in self._sets:
            wanted = frozenset(roles)
            self._sets[key] = frozenset(role for role, gives in self._closure.items() if gives & wanted)
        return self._sets[key]

    def holders(self, permission: str) -> frozenset[str]:
        """Every role that permits *permission*, itself or by inheritance."""
        key = ("permission", (permission,))
        if key not in self._sets:
            own = tuple(name for name, role in self._roles.items() if permission in (role.permissions or ()))
            self._sets[key] = self.counting_as(own) if own else frozenset()
        return self._sets[key]

    def role_sets(self, grant: Grant) -> tuple[frozenset[str], ...]:
        """Sets of roles, of each of which the principal must have one."""
        found = [self.counting_as(grant.roles)] if grant.roles is not None else []
        return (*found, *(self.holders(permission) for permission in grant.permissions or ()))

    def asserted(self, name: str) -> frozenset[str]:
        """The roles method *name* may give a principal, with what they inherit."""
        if name not in self._asserted:
            method = (self.spec.auth or {})[name]
            given = _asserts(method, tuple(self._roles) if len(self.spec.auth or {}) == 1 else ())
            self._asserted[name] = frozenset(role for each in given for role in self._closure.get(each, ()))
        return self._asserted[name]

    def reachable(self, route: Effective, grant: Grant) -> str:
        """Why no credential the route takes could meet *grant*, its conditions aside; empty when one could."""
        methods = [name for name in principals(route) if grant.auth is None or name in grant.auth]
        if not methods:
            return "the route does not take the credentials it names"
        if grant.clients is not None:
            of = {name: client.tokens for name, client in (self.spec.clients or {}).items()}
            methods = [name for name in methods if any(of.get(client) == name for client in grant.clients)]
            if not methods:
                return "the tokens of its clients are not taken here"
        if grant.scopes is not None:
            methods = [name for name in methods if not isinstance((self.spec.auth or {})[name], Mtls)]
            if not methods:
                return "a certificate carries no scopes"
        for wanted in self.role_sets(grant):
            somebody = any(
                wanted & self.asserted(name) for name in self.spec.auth or {}
            )  # else the role is the finding
            if somebody and not any(wanted & self.asserted(name) for name in methods):
                return f"{_listed(methods)} may not assert a role that counts"
        return ""

    def says_no_less(self, route: Effective, one: Grant, other: Grant) -> bool:
        """Whether whoever meets *one* on *route* meets *other* too."""
        if other.auth is not None and not set(one.auth or principals(route)) <= set(other.auth):
            return False
        if other.clients is not None and not (one.clients is not None and set(one.clients) <= set(other.clients)):
            return False
        if not set(other.scopes or ()) <= set(one.scopes or ()):
            return False
        mine = self.role_sets(one)
        if not all(any(own <= theirs for own in mine) for theirs in self.role_sets(other)):
            return False
        if set(other.if_ or ()) <= {*(one.if_ or ()), *route.require}:
            return True
        from seccfg.lint.conditions import both, conditions  # few grants get here, and conditions are not light

        known = conditions(self.spec)
        had = both(*(known.on(route, name) for name in (*(one.if_ or ()), *route.require)))
        return known.implies(had, both(*(known.on(route, name) for name in other.if_ or ())))


def _asserts(method: AuthMethod, by_default: tuple[str, ...]) -> tuple[str, ...]:
    roles = by_default if method.asserts is None else method.asserts.roles
    if isinstance(method, Mtls):
        given = method.gives.roles if method.gives is not None else ()
        return tuple(role for role in given if role in roles)
    if isinstance(method, Oidc | Jwt | Introspection) and "roles" not in (method.claims or {}):
        return ()
    return roles


def _listed(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
