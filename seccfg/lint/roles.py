"""Roles and what they inherit, as rules see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seccfg.spec.loader import Role

__all__ = ["closures"]


def closures(roles: Mapping[str, Role]) -> dict[str, frozenset[str]]:
    """Each role with every declared role it gives: itself and what it inherits, over any number of steps."""
    found: dict[str, frozenset[str]] = {}
    for name in roles:
        seen = {name}
        waiting = [name]
        while waiting:
            for base in roles[waiting.pop()].inherits or ():
                if base in roles and base not in seen:
                    seen.add(base)
                    waiting.append(base)
        found[name] = frozenset(seen)
    return found
