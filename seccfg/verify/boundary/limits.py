"""Boundaries of rate limits: the last request that passes, the first that does not, the window's end, a second key."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.analyse.credentials import add_header, without_header
from seccfg.analyse.requests import RequestMaker
from seccfg.analyse.ways import Way, WayFinder
from seccfg.ir.policy import (
    ByAddress,
    ByAttribute,
    ByPrincipal,
    ClientAddress,
    HeaderPlace,
    KeyVerifier,
    RateLimit,
    Route,
)
from seccfg.ir.request import Request, Surroundings
from seccfg.record import Record, replace
from seccfg.verify.boundary.scenario import Scenario
from seccfg.verify.boundary.surface import from_own_page

__all__ = ["LARGEST_COUNTED", "LimitBoundaries", "uncounted"]

LARGEST_COUNTED = 2_000
"""Limits above this are not exhausted; the report names them."""
LARGEST_PER_ROUTE = 100
"""Limits `per: route` above this are exhausted on one route only."""


class _Place(Record):
    """A route where a limit is the first to be exhausted, and a way in (None: public)."""

    route: Route
    way: Way | None


class LimitBoundaries:
    """Scenarios that exhaust each limit of a Policy once."""

    def __init__(self, maker: RequestMaker, finder: WayFinder, ways: dict[str, tuple[Way, ...]]) -> None:
        self._maker = maker
        self._finder = finder
        self._ways = ways

    def all(self) -> Iterator[Scenario]:
        """Every limit of the Policy that some route has and that can be exhausted in reasonable time."""
        for limit in limits_of(self._maker):
            size = admitted_at_once(limit)
            place = self._place(limit) if size <= LARGEST_COUNTED else None
            if place is None:
                continue
            if limit.count == "auth.failed":
                yield from self._failures(limit, place)
            else:
                yield from self._requests(limit, place, size)

    def _place(self, limit: RateLimit) -> _Place | None:
        for route in self._maker.policy.routes:
            if limit not in route.limits():
                continue
            if route.public:
                if isinstance(limit.key, ByAddress):
                    return _Place(route, None)
                continue
            for way in self._ways.get(route.id, ()):
                if self._comes_first(limit, way):
                    return _Place(route, way)
        return self._unknown(limit)

    def _unknown(self, limit: RateLimit) -> _Place | None:
        """A limit of addresses that a smaller one of principals hides: requests without a credential get that far."""
        if not isinstance(limit.key, ByAddress) or limit.count == "auth.failed":
            return None
        for route in self._maker.policy.routes:
            addressed = [o for o in route.limits() if isinstance(o.key, ByAddress) and o.count != "auth.failed"]
            if limit in addressed and admitted_at_once(limit) <= min(admitted_at_once(other) for other in addressed):
                return _Place(route, None)
        return None

    def _comes_first(self, limit: RateLimit, way: Way) -> bool:
        """Whether the route's other limits leave room: those with another key get another key for each request."""
        for other in way.route.limits():
            if other == limit or other.count == "auth.failed":
                continue
            late = not isinstance(other.key, ByAddress) and admitted_at_once(other) > limit.limit + 2
            if limit.count == "auth.failed" and late:  # who failed never gets that far
                continue
            same_key = type(other.key) is type(limit.key) and other.key == limit.key
            rotates = isinstance(other.key, ByAddress) or (
                isinstance(other.key, ByPrincipal) and self._rotates_principal(way, limit)
            )
            if not rotates and (not same_key or admitted_at_once(other) <= admitted_at_once(limit)):
                return False
            if same_key and admitted_at_once(other) <= admitted_at_once(limit):
                return False
        return True

    def _rotates_principal(self, way: Way, limit: RateLimit) -> bool:
        return isinstance(limit.key, ByAddress | ByAttribute) and not way.principal.record

    def _request(self, place: _Place, limit: RateLimit, number: int, moment: int) -> Request:
        """The *number*-th request, made at *moment*: the limit's own key stays, every other key changes."""
        route, way = place.route, place.way
        addresses = self._addresses(route)
        address = addresses[0] if isinstance(limit.key, ByAddress) else addresses[number % len(addresses)]
        if way is None:
            return replace(self._maker.bare(route, now_s=moment), peer=address)
        personas = way.personas
        if not isinstance(limit.key, ByPrincipal) and not way.principal.record:
            personas = (replace(way.principal, subject=f"verify-subject-{number}"), *personas[1:])
        request = self._finder.request(way, personas, now_s=moment)
        return replace(request, peer=address) if not self._proxied(request) else request

    def _proxied(self, request: Request) -> bool:
        return bool(request.header("x-forwarded-for"))

    def _addresses(self, route: Route) -> tuple[str, ...]:
        return self._maker.addresses(route.one(ClientAddress), 50) or (self._maker.address(route),)

    def _requests(self, limit: RateLimit, place: _Place, size: int) -> Iterator[Scenario]:
        surroundings = self._finder.surroundings(place.way) if place.way is not None else None
        start = _window_start(self._maker.now_s, limit.window_s)
        until = [self._request(place, limit, n, start) for n in range(size)]
        over = self._request(place, limit, size, start)
        later = [start + 1, start + limit.window_s - 1, start + limit.window_s]
        after = [self._request(place, limit, size + 1 + n, moment) for n, moment in enumerate(later)]
        other = self._other_key(place, limit, start)
        yield self._scenario(
            f"limit {limit.name}: {size}, one more, the next window", (*until, over, *after), surroundings
        )
        if place.way is not None or isinstance(limit.key, ByAddress):
            page = from_own_page(over, place.route)
            yield self._scenario(f"limit {limit.name}: another key", (*until, page, other), surroundings)
        sharing = tuple(self._sharing(limit, place))
        if sharing and limit.scope == "shared":
            others = (self._request(other, limit, size, start) for other in sharing)
            yield self._scenario(
                f"limit {limit.name}: every other route looks at it", (*until, *others), surroundings
            )
            first = self._request(sharing[0], limit, 0, start)
            yield self._scenario(
                f"limit {limit.name}: {sharing[0].route.id} counts too", (first, *until), surroundings
            )
        elif size <= LARGEST_PER_ROUTE:
            for elsewhere in sharing:
                alone = tuple(self._request(elsewhere, limit, n, start) for n in range(size + 1))
                yield self._scenario(f"limit {limit.name}: {elsewhere.route.id} on its own", alone, surroundings)
        if place.way is not None:
            refused = without_header(without_header(replace(until[0], certificate=""), "authorization"), "cookie")
            yield self._scenario(
                f"limit {limit.name}: refused requests count at their step",
                (*([refused] * min(size, 300)), until[0]),
                surroundings,
            )
        if place.route.method == "GET":
            yield self._scenario(
                f"limit {limit.name}: preflights do not count",
                (
                    add_header(
                        add_header(
                            replace(self._maker.bare(place.route), method="OPTIONS"),
                            "Origin",
                            "https://app.example.com",
                        ),
                        "Access-Control-Request-Method",
                        "GET",
                    ),
                    *until,
                ),
                surroundings,
            )
        for roles, number in limit.tiers:
            yield from self._tier(limit, place, roles, number)

    def _tier(self, limit: RateLimit, place: _Place, roles: tuple[str, ...], number: int) -> Iterator[Scenario]:
        if place.way is None or place.way.principal.record or number > LARGEST_COUNTED:
            return
        principal = place.way.principal
        raised = replace(principal, roles=tuple(dict.fromkeys((*principal.roles, roles[-1]))))
        start = _window_start(self._maker.now_s, limit.window_s)
        addresses = self._addresses(place.route)
        requests = [
            replace(
                self._finder.request(place.way, (raised, *place.way.personas[1:]), now_s=start),
                peer=addresses[n % len(addresses)],
            )
            for n in range(number + 1)
        ]
        yield self._scenario(
            f"limit {limit.name}: tier {roles[-1]}, {number} and one more",
            tuple(requests),
            self._finder.surroundings(place.way),
        )

    def _failures(self, limit: RateLimit, place: _Place) -> Iterator[Scenario]:
        if place.way is None:
            return
        start = _window_start(self._maker.now_s, limit.window_s)
        good = self._request(place, limit, 0, start)
        bare = without_header(without_header(replace(good, certificate=""), "authorization"), "cookie")
        later = self._request(place, limit, 0, start + limit.window_s)
        method = self._maker.policy.verifier(place.way.principal.verifier)
        own = method.places[0] if isinstance(method, KeyVerifier) else None
        wrong = (own.name, "verify.wrong") if isinstance(own, HeaderPlace) else ("Authorization", "Bearer abc")
        bad = add_header(without_header(bare, wrong[0]), *wrong)
        surroundings = self._finder.surroundings(place.way)
        yield self._scenario(
            f"limit {limit.name}: failures up to it, then a good one",
            (*([bad] * (limit.limit - 1)), good, bad, good, later),
            surroundings,
        )
        sharing = tuple(self._sharing(limit, place)) if limit.scope == "shared" else ()
        if sharing:
            others = tuple(self._request(other, limit, 0, start) for other in sharing)
            yield self._scenario(
                f"limit {limit.name}: every other route looks at it",
                (*([bad] * limit.limit), *others),
                surroundings,
            )
        yield self._scenario(
            f"limit {limit.name}: no credential is no failure", (*([bare] * (limit.limit + 1)), good), surroundings
        )
        yield self._scenario(
            f"limit {limit.name}: good ones do not count", (*([good] * (limit.limit + 1)), good), surroundings
        )

    def _other_key(self, place: _Place, limit: RateLimit, moment: int) -> Request:
        request = self._request(place, limit, 1, moment)
        match limit.key:
            case ByAddress():
                addresses = self._addresses(place.route)
                return replace(request, peer=addresses[-1])
            case ByPrincipal():
                if place.way is not None and not place.way.principal.record:
                    other = replace(place.way.principal, subject="verify-another")
                    return self._finder.request(place.way, (other, *place.way.personas[1:]), now_s=moment)
                return request
            case ByAttribute():
                return request

    def _sharing(self, limit: RateLimit, place: _Place) -> Iterator[_Place]:
        """Every other route with this limit, reached by the same principal or, for limits by address, by anybody."""
        for route in self._maker.policy.routes:
            if route.id == place.route.id or limit not in route.limits():
                continue
            if route.public:
                yield _Place(route, None)
                continue
            for way in self._ways.get(route.id, ()):
                same = isinstance(limit.key, ByAddress) or (
                    place.way is not None and way.principal.verifier == place.way.principal.verifier
                )
                if same and self._comes_first(limit, way):
                    yield _Place(route, way)
                    break

    def _scenario(self, ident: str, requests: tuple[Request, ...], surroundings: Surroundings | None) -> Scenario:
        return Scenario(ident, requests, surroundings or Surroundings())


def limits_of(maker: RequestMaker) -> tuple[RateLimit, ...]:
    """Every limit some route has, by name."""
    found = {limit.name: limit for route in maker.policy.routes for limit in route.limits()}
    return tuple(found[name] for name in sorted(found))


def admitted_at_once(limit: RateLimit) -> int:
    """How many requests in a row pass from a full start."""
    return limit.burst if limit.algorithm == "token-bucket" else limit.limit


def uncounted(maker: RequestMaker) -> tuple[str, ...]:
    """Limits too large to exhaust here."""
    return tuple(limit.name for limit in limits_of(maker) if admitted_at_once(limit) > LARGEST_COUNTED)


def _window_start(now_s: int, window_s: int) -> int:
    """Start of the window *now_s* falls into; *now_s* itself for windows so long that clock conditions would change."""
    return now_s - now_s % window_s if window_s <= 3600 else now_s
