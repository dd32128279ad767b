"""Step 13: some grant TRUE, every `require` TRUE, every `forbid` FALSE (403).

Conditions are three-valued; an error makes a grant not hold, a `require` fail and a `forbid` fire. All keys of a
grant must hold. Of an `all:` alternative only the first method counts. `insufficient_scope` is the reason when no
grant holds, some grant fails by its scopes alone, and no `require` or `forbid` refuses: more scopes would have
helped. A route that is not public and has nothing to say who is allowed allows nobody.

Here `enforce: application` is decided too, on the surroundings' values of application attributes.
"""

from __future__ import annotations

from seccfg.expr.evaluate import Truth, evaluate
from seccfg.expr.holds import holds
from seccfg.expr.lower import false_form, true_form, weaken
from seccfg.expr.types import AttributeKey, Side
from seccfg.ir.policy import Grant
from seccfg.semantics.attributes import MISSING, raw
from seccfg.semantics.case import Case, Refusal
from seccfg.semantics.principal import Principal

__all__ = ["Reading", "check", "failed_keys"]


class Reading:
    """The attribute values a request's conditions read, and what each condition came to."""

    __slots__ = ("_conditions", "_known", "_unseen", "values")

    def __init__(self, case: Case, reads: tuple[AttributeKey, ...]) -> None:
        self._conditions = case.compiled.conditions
        self._known: dict[str, Truth] = {}
        self._unseen = frozenset(case.compiled.policy.host.unseen)
        self.values: dict[Side, dict[str, object]] = {"principal": {}, "resource": {}, "request": {}}
        for side, name in reads:
            value = raw(case, (side, name))
            if value is not MISSING:
                self.values[side][name] = value

    def of(self, ident: str) -> Truth:
        """The condition's value."""
        known = self._known.get(ident)
        if known is None:
            known = self._known[ident] = evaluate(self._conditions[ident].expr, self.values)
        return known

    def is_true(self, ident: str) -> bool:
        """The condition is TRUE, as far as its attributes are seen."""
        if not self._unseen:
            return self.of(ident) is Truth.TRUE
        return holds(weaken(true_form(self._conditions[ident].expr), self._unseen), self.values)

    def is_false(self, ident: str) -> bool:
        """The condition is FALSE, as far as its attributes are seen."""
        if not self._unseen:
            return self.of(ident) is Truth.FALSE
        return holds(weaken(false_form(self._conditions[ident].expr), self._unseen), self.values)


def check(case: Case) -> Refusal | None:
    """Refuse who is not allowed."""
    view = case.view
    if view is None or not view.alternatives:
        return None
    authorize, principal = view.authorize, case.principal
    if authorize is None or principal is None:
        return Refusal("forbidden", "nobody is allowed")
    reading = case.reading = Reading(case, view.reads)
    for ident in authorize.forbid:
        if not reading.is_false(ident):
            condition = case.compiled.conditions[ident]
            return Refusal("forbidden", f"forbidden by {condition.name}", pos=condition.pos)
    for ident in authorize.require:
        if not reading.is_true(ident):
            condition = case.compiled.conditions[ident]
            return Refusal("forbidden", f"{condition.name} is required", pos=condition.pos)
    by_scopes = False
    for grant in authorize.allow:
        failed = failed_keys(grant, principal, reading)
        if not failed:
            return None
        by_scopes = by_scopes or failed == ("scopes",)
    if by_scopes:
        return Refusal("insufficient_scope", "a scope is missing")
    return Refusal("forbidden", "no grant holds")


def failed_keys(grant: Grant, principal: Principal, reading: Reading) -> tuple[str, ...]:
    """The keys of *grant* that do not hold; none: it holds."""
    failed: list[str] = []
    if grant.methods and principal.method not in grant.methods:
        failed.append("auth")
    if grant.clients and principal.client not in grant.clients:
        failed.append("clients")
    if not all(any(role in principal.roles for role in holders) for holders in grant.role_sets):
        failed.append("roles")
    if not all(scope in principal.scopes for scope in grant.scopes):
        failed.append("scopes")
    if not all(reading.is_true(ident) for ident in grant.conditions):
        failed.append("if")
    return tuple(failed)
