"""What a gateway leaves open: the conditions that also ask for what only the service behind knows."""

from __future__ import annotations

from .authorize import grant_allows
from .interface import Context, Principal
from .model import Authorize, Grant


def left_open(authorize: Authorize, principal: Principal, context: Context) -> tuple[str, ...]:
    """
    Names of the conditions the service has to decide of a request that `RouteAuthorization` let through, sorted.

    A grant that allows without any of them leaves none of its own; else the first that allows does.
    """
    names = {condition.name for condition in (*authorize.require, *authorize.forbid) if condition.open}
    allowing = [grant for grant in authorize.allow if grant_allows(grant, principal, context)]
    if allowing and all(map(_open, allowing)):
        names.update(_open(allowing[0]))
    return tuple(sorted(names))


def _open(grant: Grant) -> tuple[str, ...]:
    return tuple(condition.name for condition in grant.conditions if condition.open)
