"""Step 13: some grant TRUE, every `require` TRUE, every `forbid` FALSE. An error in a condition never allows."""

from __future__ import annotations

from .authenticate import Denied
from .interface import Context, Principal
from .model import Authorize, Condition, Form, Grant

NOBODY = Denied("forbidden", "nobody is allowed")
"""Of a route that authenticates and says nothing about who may."""
_NO_GRANT = Denied("forbidden", "no grant holds")
_SCOPE_MISSING = Denied("insufficient_scope", "a scope is missing")


class RouteAuthorization:
    """Who may call one route."""

    def __init__(self, authorize: Authorize) -> None:
        self._authorize = authorize
        self.conditions: tuple[Condition, ...] = tuple(
            dict.fromkeys([
                *authorize.require, *authorize.forbid, *(c for grant in authorize.allow for c in grant.conditions),
            ])
        )  # fmt: skip
        self.by_credential_alone = not self.conditions
        """What is decided depends on the credential alone, so it may be remembered with it."""

    def judge(self, principal: Principal, context: Context) -> Denied | None:
        """Why *principal* may not; None when it may."""
        for condition in self._authorize.forbid:
            if not _is(condition.fails, context):
                return Denied("forbidden", f"forbidden by {condition.name}")
        for condition in self._authorize.require:
            if not _is(condition.holds, context):
                return Denied("forbidden", f"{condition.name} is required")
        lacks_scopes_only = False
        for grant in self._authorize.allow:
            if not _rest_holds(grant, principal):
                continue
            if all(_is(condition.holds, context) for condition in grant.conditions):
                if grant.scopes <= principal.scopes:
                    return None
                lacks_scopes_only = True
        return _SCOPE_MISSING if lacks_scopes_only else _NO_GRANT

    def judge_open(self, names: frozenset[str], context: Context) -> Denied | None:
        """
        What a gateway in front left to be decided here; None when it holds.

        Every condition called one of *names* must be TRUE, or FALSE where the route forbids it; a name the route does
        not know refuses.
        """
        if names - {condition.name for condition in self.conditions}:
            return Denied("forbidden", "a condition left open is not one of the route's")
        authorize = self._authorize
        for condition in authorize.forbid:
            if condition.name in names and not _is(condition.fails, context):
                return Denied("forbidden", f"forbidden by {condition.name}")
        needed = [*authorize.require, *(condition for grant in authorize.allow for condition in grant.conditions)]
        for condition in needed:
            if condition.name in names and not _is(condition.holds, context):
                return Denied("forbidden", f"{condition.name} was left open and does not hold")
        return None


def grant_allows(grant: Grant, principal: Principal, context: Context) -> bool:
    """Every key of *grant* holds."""
    return (
        _rest_holds(grant, principal)
        and grant.scopes <= principal.scopes
        and all(_is(condition.holds, context) for condition in grant.conditions)
    )


def _rest_holds(grant: Grant, principal: Principal) -> bool:
    """All keys of *grant* but scopes and conditions."""
    if grant.methods and principal.method not in grant.methods:
        return False
    if grant.clients and principal.client not in grant.clients:
        return False
    return all(not principal.roles.isdisjoint(holders) for holders in grant.role_sets)


def _is(form: Form, context: Context) -> bool:
    """Only `True` itself counts."""
    return form(context.principal, context.resource, context.request) is True
