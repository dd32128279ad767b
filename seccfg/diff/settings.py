"""Protections other than access: limits, CORS, TLS, headers, validation, audit, errors. Weaker, stronger, or changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from seccfg.diff.controls import Change, forwarding, headers_and_errors, records, sessions, transport
from seccfg.diff.inputs import validation
from seccfg.diff.limits import cors, limits
from seccfg.diff.model import SettingChange
from seccfg.diff.pairing import Paired
from seccfg.findings import NOWHERE, Span
from seccfg.ir.policy import (
    Audit,
    BodyLimit,
    Cors,
    Errors,
    Forward,
    Policy,
    RequestTarget,
    ResponseHeaders,
    Revocation,
    Route,
    Session,
    Transport,
    Validate,
)
from seccfg.record import Record

__all__ = ["setting_changes"]

_C = TypeVar("_C", bound=Record)


class _Collected:
    """Changes, each once, with the routes it is about."""

    def __init__(self) -> None:
        self._routes: dict[Change, list[str]] = {}
        self._at: dict[Change, tuple[Span, Span]] = {}

    def add(self, change: Change, route: str, at: tuple[Span, Span]) -> None:
        self._at.setdefault(change, at)
        routes = self._routes.setdefault(change, [])
        if route:
            routes.append(route)

    def listed(self, every: int) -> Iterator[SettingChange]:
        """What is true of *every* route is said of the service."""
        for change, routes in self._routes.items():
            told = () if len(routes) >= every > 1 else tuple(routes)
            yield SettingChange(change.area, change.what, change.before, change.after, change.strength, told, *self._at[change])


class _Compared:
    """One kind of control; remembers what it said of two controls that many routes share."""

    def __init__(self, said: Callable[[Route, Route], Iterator[Change]], parts: Callable[[Route], tuple[object, ...]]) -> None:
        self._said = said
        self._parts = parts
        self._known: dict[tuple[int, ...], tuple[Change, ...]] = {}

    def changes(self, old: Route, new: Route) -> tuple[Change, ...]:
        before, after = self._parts(old), self._parts(new)
        key = (*map(id, before), -1, *map(id, after))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = () if before == after else tuple(self._said(old, new))
        return found


def setting_changes(old: Policy, new: Policy, pairs: Sequence[Paired]) -> tuple[SettingChange, ...]:
    """Every protection that differs on a route both versions have, or for the service as a whole."""
    found = _Collected()
    kept = [(pair.id, pair.old, pair.new) for pair in pairs if pair.kept and pair.old is not None and pair.new is not None]
    kinds = _kinds()
    for ident, before, after in kept:
        for kind in kinds:
            for change in kind.changes(before, after):
                found.add(change, ident, _places(change, before, after))
    for change in () if kept else _of_edges(old, new):
        found.add(change, "", (old.edge.headers.pos, new.edge.headers.pos))
    return tuple(found.listed(len(kept)))


def _kinds() -> tuple[_Compared, ...]:
    """Controls by what is compared together."""
    return (
        _Compared(lambda a, b: limits(a.limits(), b.limits()), lambda r: r.limits()),
        _Compared(lambda a, b: cors(a.first(Cors), b.first(Cors)), lambda r: (r.first(Cors),)),
        _Compared(lambda a, b: transport(a.one(Transport), b.one(Transport)), lambda r: (r.one(Transport),)),
        _Compared(
            lambda a, b: headers_and_errors(a.one(ResponseHeaders), b.one(ResponseHeaders), a.one(Errors), b.one(Errors)),
            lambda r: (r.one(ResponseHeaders), r.one(Errors)),
        ),
        _Compared(validation, lambda r: (r.one(RequestTarget), r.one(BodyLimit), r.one(Validate))),
        _Compared(lambda a, b: forwarding(a.one(Forward), b.one(Forward)), lambda r: (r.one(Forward),)),
        _Compared(lambda a, b: records(a.one(Audit), b.one(Audit)), lambda r: (r.one(Audit),)),
        _Compared(
            lambda a, b: sessions(a.first(Session), b.first(Session), a.first(Revocation), b.first(Revocation)),
            lambda r: (r.first(Session), r.first(Revocation)),
        ),
    )


def _of_edges(old: Policy, new: Policy) -> Iterator[Change]:
    """What holds for requests that match no route: all there is to compare where no route is shared."""
    yield from headers_and_errors(old.edge.headers, new.edge.headers, old.edge.errors, new.edge.errors)
    yield from transport(old.edge.transport, new.edge.transport)
    yield from records(old.edge.audit, new.edge.audit)


_CONTROLS: dict[str, tuple[type[Record], ...]] = {
    "cors": (Cors,), "tls": (Transport,), "headers": (ResponseHeaders,), "errors": (Errors,), "forwarding": (Forward,),
    "audit": (Audit,), "sessions": (Session, Revocation), "validation": (Validate, BodyLimit),
}  # fmt: skip


def _places(change: Change, old: Route, new: Route) -> tuple[Span, Span]:
    """Where the control stands in each version; the route, where it stands nowhere."""
    if change.area == "limits":
        return _limit_at(change.what, old), _limit_at(change.what, new)
    return _control_at(_CONTROLS.get(change.area, ()), old), _control_at(_CONTROLS.get(change.area, ()), new)


def _limit_at(what: str, route: Route) -> Span:
    named = next((limit.pos for limit in route.limits() if f"`{limit.name}`" in what), NOWHERE)
    return named if named != NOWHERE else route.pos


def _control_at(kinds: Iterable[type[Record]], route: Route) -> Span:
    for kind in kinds:
        control = route.first(kind)
        pos = getattr(control, "pos", NOWHERE)
        if isinstance(pos, Span) and pos != NOWHERE:
            return pos
    return route.pos
