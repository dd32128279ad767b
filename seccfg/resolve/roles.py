"""Roles: what each gives, and who holds a role or a permission once inheritance is closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seccfg.spec import loader


class RoleGraph:
    """The roles of a spec, inheritance closed. Cycles were refused before."""

    def __init__(self, roles: Mapping[str, loader.Role] | None) -> None:
        self._roles = roles or {}
        self._gives: dict[str, frozenset[str]] = {}
        for name in self._roles:
            self._close(name)

    def _close(self, name: str) -> frozenset[str]:
        found = self._gives.get(name)
        if found is None:
            inherited = self._roles[name].inherits or ()
            found = frozenset((name,)).union(*(self._close(parent) for parent in inherited))
            self._gives[name] = found
        return found

    def names(self) -> tuple[str, ...]:
        """Every declared role, sorted."""
        return tuple(sorted(self._roles))

    def closure(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(role, roles it gives, itself included), sorted."""
        return tuple((name, tuple(sorted(self._gives[name]))) for name in self.names())

    def counting_as(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Every role that gives one of *roles*: whoever has one of these has one of those."""
        wanted = set(roles)
        return tuple(name for name in self.names() if self._gives[name] & wanted)

    def holders(self, permission: str) -> tuple[str, ...]:
        """Every role that has *permission*, its own or inherited."""
        return self.counting_as(name for name, role in self._roles.items() if permission in (role.permissions or ()))
