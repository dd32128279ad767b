"""The effective Policy where conditions read what only the service knows: such atoms hold, whatever they say.

`seccfg.expr.lower.weaken` says what the bundle's conditions are; here the same is said of the Policy, so that the
reference can decide by it.
"""

from __future__ import annotations

from seccfg.expr.ast import And, Bool, Exists, Expr, ForAll, ListLiteral, Not, Or, attributes
from seccfg.expr.types import AttributeKey
from seccfg.ir.policy import Authorize, Condition, Policy, Route
from seccfg.record import replace

__all__ = ["without_application"]

_OPEN = ("~true", "~false")


def without_application(policy: Policy, unseen: frozenset[AttributeKey]) -> Policy:
    """*policy* with every atom over *unseen* TRUE where a condition has to be TRUE, and FALSE where it has to be FALSE."""
    if not unseen:
        return policy
    conditions: list[Condition] = []
    renamed: dict[tuple[str, bool], str] = {}
    for condition in policy.conditions:
        if unseen.isdisjoint(attributes(condition.expr)):
            conditions.append(condition)
            continue
        for wanted in (True, False):
            ident = condition.id + _OPEN[0 if wanted else 1]
            renamed[condition.id, wanted] = ident
            conditions.append(replace(condition, id=ident, expr=_open(condition.expr, wanted, unseen)))
    routes = tuple(_route(route, renamed) for route in policy.routes)
    return replace(policy, conditions=tuple(sorted(conditions, key=lambda c: c.id)), routes=routes)


def _route(route: Route, renamed: dict[tuple[str, bool], str]) -> Route:
    return replace(route, controls=tuple(_authorize(c, renamed) if isinstance(c, Authorize) else c for c in route.controls))


def _authorize(control: Authorize, renamed: dict[tuple[str, bool], str]) -> Authorize:
    def ids(idents: tuple[str, ...], wanted: bool) -> tuple[str, ...]:
        return tuple(renamed.get((ident, wanted), ident) for ident in idents)

    allow = tuple(replace(grant, conditions=ids(grant.conditions, True)) for grant in control.allow)
    return replace(control, allow=allow, require=ids(control.require, True), forbid=ids(control.forbid, False))


def _open(expr: Expr, wanted: bool, unseen: frozenset[AttributeKey]) -> Expr:
    """An expression that is *wanted* exactly when *expr* is, for some value of what is unseen."""
    match expr:
        case Not(operand):
            return Not(_open(operand, not wanted, unseen))
        case And(operands):
            return And(tuple(_open(o, wanted, unseen) for o in operands))
        case Or(operands):
            return Or(tuple(_open(o, wanted, unseen) for o in operands))
        case Exists(ListLiteral(), _, _) | ForAll(ListLiteral(), _, _):
            return _whole(expr, wanted, unseen)
        case Exists(items, variable, body) if unseen.isdisjoint(attributes(items)):
            return Exists(items, variable, _open(body, wanted, unseen))
        case ForAll(items, variable, body) if unseen.isdisjoint(attributes(items)):
            return ForAll(items, variable, _open(body, wanted, unseen))
        case _:
            return _whole(expr, wanted, unseen)


def _whole(expr: Expr, wanted: bool, unseen: frozenset[AttributeKey]) -> Expr:
    return expr if unseen.isdisjoint(attributes(expr)) else Bool(wanted)
