"""A difference in access in words: who, may or may no longer, what, and on which condition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seccfg.analyse.atoms import Situation, context_of
from seccfg.analyse.viewpoint import Form, GrantForm
from seccfg.diff.model import Direction
from seccfg.expr.ast import Expr
from seccfg.expr.evaluate import Truth, evaluate
from seccfg.findings import Span
from seccfg.ir.policy import Grant
from seccfg.record import Record

__all__ = ["Fact", "Reasons", "holds", "listing", "nothing_stops", "reasons", "tail_of", "who_of"]


ANYONE = "anyone authenticated"


class Fact(Record):
    """One thing to say about a route, without the route."""

    direction: Direction
    who: str
    tail: str
    by: tuple[str, ...] = ()
    """Auth methods it is true of, where it is not true of all of the route's."""

    def sentence(self, route: str) -> str:
        """About *route*, given as `DELETE /orders/{id}`."""
        who = self.who
        if self.by:
            by = f"authenticated by {listing(self.by, 'or')}"
            who = who.replace(ANYONE, f"anyone {by}", 1) if who.startswith(ANYONE) else f"{who}, {by},"
        verb = "may now" if self.direction == "widens" else "may no longer"
        return f"{who} {verb} {route}{self.tail}"


def holds(condition: Expr, situation: Situation) -> bool:
    """Whether *condition* is TRUE in *situation*."""
    return evaluate(condition, context_of(situation)) is Truth.TRUE


class Reasons(Record):
    """Why one version refuses a situation the other allows."""

    forbid: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    method: bool = False
    clients: tuple[str, ...] = ()
    roles: bool = False
    scopes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    at: Span | None = None
    """The nearest grant."""


def reasons(form: Form, situation: Situation, like: Grant) -> Reasons:
    """Why *form* does not hold in *situation*: what stops every grant, else what the grant most like *like* lacks."""
    context = context_of(situation)
    forbid = tuple(c.name for c, expr in form.forbid if evaluate(expr, context) is not Truth.FALSE)
    require = tuple(c.name for c, expr in form.require if evaluate(expr, context) is not Truth.TRUE)

    counted = tuple(limit.name for limit, expr in form.counted if evaluate(expr, context) is not Truth.TRUE)

    def lacks(grant: GrantForm) -> Reasons:
        def fails(expr: Expr) -> bool:
            return evaluate(expr, context) is not Truth.TRUE

        return Reasons(
            method=not grant.method, clients=grant.grant.clients if fails(grant.clients) else (), roles=fails(grant.roles),
            scopes=tuple(scope for scope, expr in grant.scopes if fails(expr)),
            conditions=tuple(c.name for c, expr in grant.conditions if fails(expr)), at=grant.grant.pos,
        )

    nearest = min(form.grants, key=lambda grant: _unlike(grant.grant, like), default=None)
    lacking = Reasons() if nearest is None else lacks(nearest)
    return Reasons(forbid, require, counted, at=lacking.at) if forbid or require or counted else lacking


def _unlike(one: Grant, other: Grant) -> int:
    """In how much two grants differ."""
    return (
        len(set(one.scopes) ^ set(other.scopes)) + len(set(one.conditions) ^ set(other.conditions))
        + (one.clients != other.clients) + (one.role_sets != other.role_sets) + (one.methods != other.methods)
    )  # fmt: skip


def nothing_stops(why: Reasons) -> bool:
    """No reason of those that are told in the tail."""
    return not (why.forbid or why.require or why.counted or why.clients or why.scopes or why.conditions)


def who_of(roles: Sequence[str], scopes: Sequence[str], clients: Sequence[str]) -> str:
    """Whom a token makes somebody: its roles, else its client, else its scopes."""
    if roles:
        who = listing(roles, "together with")
    elif clients:
        who = f"client {listing(clients, 'or')}"
    else:
        who = ANYONE
    if scopes:
        who += f" with scope {listing(scopes, 'and')}"
    return who


def tail_of(direction: Direction, why: Reasons, passing: GrantForm | None) -> str:
    """What the sentence says behind the route: what the refusing version asks for, and what the passing one does."""
    needed = [condition.name for condition, _ in passing.conditions] if passing is not None else []
    parts: list[str] = []
    widens = direction == "widens"
    if why.forbid:
        parts.append(f"{'no longer stopped by' if widens else 'stopped by'} {listing(why.forbid, 'and')}")
    if why.require:
        parts.append(f"{'no longer asked for' if widens else 'unless'} {listing(why.require, 'and')}{'' if widens else ' holds'}")
    if why.counted:
        parts.append(f"where limit {listing(why.counted, 'and')} {'had' if widens else 'has'} nothing to count by")
    if why.scopes:
        parts.append(f"without scope {listing(why.scopes, 'and')}")
    if why.clients:
        parts.append(f"{'not only' if widens else 'except'} through client {listing(why.clients, 'or')}")
    lost = [name for name in why.conditions if name not in needed]
    moved = [name for name in why.conditions if name in needed]
    if lost:
        parts.append(f"where {listing(lost, 'and')} does not hold" if widens else f"unless {listing(lost, 'and')} holds")
    if moved:
        parts.append(f"where {listing(moved, 'and')} {'now holds' if widens else 'no longer holds'}")
    elif needed and widens and nothing_stops(why):
        parts.append(f"if {listing(needed, 'and')} {'hold' if len(set(needed)) > 1 else 'holds'}")
    return "".join(f" {part}" if part.startswith(("without", "if", "unless", "where")) else f", {part}" for part in parts)


def listing(names: Iterable[str], word: str) -> str:
    """`` `a`, `b` and `c` ``, each once."""
    quoted = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"
