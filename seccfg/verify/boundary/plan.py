"""All scenarios of a Policy, each request once, names unique."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.analyse.exchange import KeyRing
from seccfg.analyse.requests import NOW_S, RequestMaker
from seccfg.analyse.ways import Way, WayFinder
from seccfg.ir.policy import BodyLimit, JwtVerifier, Route, Validate
from seccfg.ir.request import Request
from seccfg.record import Record, replace
from seccfg.verify.boundary.access import AccessBoundaries
from seccfg.verify.boundary.limits import LimitBoundaries, uncounted
from seccfg.verify.boundary.order import order_of_route
from seccfg.verify.boundary.scenario import Scenario
from seccfg.verify.boundary.service import surface_of_policy
from seccfg.verify.boundary.surface import surface_of_route

__all__ = ["Plan", "plan"]

_ORDERED_ROUTES = 3


class Plan(Record):
    """What to ask the engines, and what was left out."""

    scenarios: tuple[Scenario, ...]
    unreached: tuple[str, ...]
    """Routes no request was found for that any grant allows."""
    uncounted: tuple[str, ...]
    """Limits too large to exhaust."""

    @property
    def requests(self) -> int:
        """Requests over all scenarios."""
        return sum(len(scenario.requests) for scenario in self.scenarios)


def plan(ring: KeyRing, now_s: int = NOW_S) -> Plan:
    """The boundary scenarios of an exchanged Policy; deterministic but for the keys in *ring*."""
    maker = RequestMaker(ring, now_s)
    finder = WayFinder(maker)
    ways = {route.id: tuple(finder.ways(route)) for route in ring.decide.routes}
    kept: dict[str, Scenario] = {}
    seen: set[tuple[object, ...]] = set()
    for scenario in _all(maker, finder, ways):
        key = (scenario.requests, scenario.surroundings)
        if key in seen:
            continue
        seen.add(key)
        name, number = scenario.id, 2
        while name in kept:
            name, number = f"{scenario.id} ({number})", number + 1
        kept[name] = replace(scenario, id=name)
    unreached = tuple(route.id for route in ring.decide.routes if not route.public and not ways[route.id])
    return Plan(tuple(kept.values()), unreached, uncounted(maker))


def _all(maker: RequestMaker, finder: WayFinder, ways: dict[str, tuple[Way, ...]]) -> Iterator[Scenario]:
    access = AccessBoundaries(maker, finder)
    known: set[object] = set()
    goods = {route.id: _good(maker, finder, route, ways[route.id]) for route in maker.policy.routes}
    first = next(iter(_ranked(maker, ways)), None)
    if first is not None:
        yield from surface_of_policy(maker, goods[first.id])
    for route in maker.policy.routes:
        yield from access.route(route)
        yield from surface_of_route(maker, route, goods[route.id], known)
    for route in _ranked(maker, ways)[:_ORDERED_ROUTES]:
        yield from order_of_route(maker, route, goods[route.id], _stranger(maker, finder, ways[route.id]))
    yield from LimitBoundaries(maker, finder, ways).all()


def _good(maker: RequestMaker, finder: WayFinder, route: Route, ways: tuple[Way, ...]) -> Request:
    return finder.request(ways[0]) if ways else maker.bare(route)


def _stranger(maker: RequestMaker, finder: WayFinder, ways: tuple[Way, ...]) -> Request | None:
    """The good request by a principal without roles, scopes or client."""
    for way in ways:
        if isinstance(maker.policy.verifier(way.principal.verifier), JwtVerifier):
            nobody = replace(way.principal, roles=(), scopes=(), client_id="")
            return finder.request(way, (nobody, *way.personas[1:]))
    return None


def _ranked(maker: RequestMaker, ways: dict[str, tuple[Way, ...]]) -> tuple[Route, ...]:
    """Routes with the most to get wrong first: reached, with a body, parameters and limits."""

    def weight(route: Route) -> int:
        validate = route.one(Validate)
        return (
            (100 if ways[route.id] else 0)
            + (10 if validate.body_schema else 0)
            + 3 * len(validate.params)
            + 2 * len(route.limits())
            + len(route.one(BodyLimit).content_types)
        )

    return tuple(sorted(maker.policy.routes, key=lambda r: (-weight(r), r.id)))
