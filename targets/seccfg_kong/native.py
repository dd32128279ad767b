"""`prefer: native`: what Kong's own plugins take over from the decision program, and what that changes.

A plugin takes a control over where it decides as the spec does, or refuses more; every change is a gap, and stands in the
Policy that is enforced. What no plugin can do (roles, conditions, claims, schemas) stays in the two functions of a route.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from seccfg.ir import policy as ir
from seccfg.program.model import Branch, Check, Program, Refuse, Step
from seccfg.record import Record, replace
from seccfg.targetapi.base import LimitBound
from seccfg.targetapi.escape import json_text
from seccfg.targetapi.gaps import GapList
from seccfg_kong.native_lua import RouteFunction, says_itself
from seccfg_kong.plan import AskedOfRoute, NativePlan, RouteText, StockPlugin

__all__ = ["Split", "functions", "less_program", "split"]

_WINDOWS: Final = (("hour", 3600), ("minute", 60), ("day", 86400), ("second", 1))
"""Periods of the rate-limiting plugin that divide the day and begin where the spec's windows do."""
_MAPPED_V4: Final = 0xFFFF << 32
_ROUTED: Final[tuple[ir.StepName, ...]] = (
    "request_target", "host", "plain_http", "preflight", "body", "address", "route", "method", "address_limits",
    "authenticate", "revocation", "principal_limits", "authorize", "validate", "forward",
)  # fmt: skip
"""The order where ip-restriction looks at addresses: after the first function, before anything that ends on the last route."""

_TERMINATION: Final = StockPlugin("request-termination", json_text({"status_code": 404, "message": "no such route"}))
"""The header filter words it as the spec does, and gives it the spec's status."""
_PREFLIGHT_FIRST: Final[tuple[ir.StepName, ...]] = (
    "request_target", "host", "plain_http", "preflight", *(s for s in ir.STEPS[3:] if s != "preflight"),
)  # fmt: skip
"""The order where cors answers preflights: of every path."""


class Split(Record):
    """A Policy in two: what the functions decide, and what everything together does."""

    printed: ir.Policy
    effective: ir.Policy
    plan: NativePlan
    measured: bool
    """request-size-limiting asks how long bodies are."""
    headers: bool
    """response-transformer sets and removes headers of answers."""


def split(policy: ir.Policy, gaps: GapList) -> Split:
    """*policy*, as the target would enforce it by functions alone, divided between them and Kong's plugins."""
    return _Splitting(policy, gaps).run()


def less_program(program: Program, found: Split) -> Program:
    """*program* without what plugins do: the last route refuses what no route takes, and perhaps sizes are measured."""
    known: dict[int, Step] = {}
    own = {route.id for route in found.printed.routes if says_itself(route)}

    def kept(step: Step, kind: str, *, asked: bool) -> Step:
        if step.name == "authorize" and asked:
            return _asked(step)
        if (kind, step.name) in (("edge", "route"), ("undeclared", "method")):
            return replace(step, items=())
        if step.name != "body" or not found.measured:
            return step
        if id(step) not in known:
            known[id(step)] = replace(step, items=tuple(item for item in step.items if not _measures(item)))
        return known[id(step)]

    def less(branch: Branch) -> Branch:
        asked = branch.kind == "route" and branch.id in own
        return replace(branch, steps=tuple(kept(step, branch.kind, asked=asked) for step in branch.steps))

    return replace(program, branches=tuple(map(less, program.branches)))


def functions(policy: ir.Policy, program: Program) -> tuple[tuple[str, RouteText], ...]:
    """What each route says itself, by its key."""
    conditions, lowered = {c.id: c for c in policy.conditions}, {c.id: c for c in program.conditions}
    own = ((route.id, RouteFunction(route, conditions, lowered)) for route in policy.routes if says_itself(route))
    return tuple((key, RouteText(function.text(), tuple(function.modules()))) for key, function in own)


def _asked(step: Step) -> Step:
    """The last refusal is what the function's no comes to."""
    first = step.items[0]
    if not isinstance(first, Check) or not isinstance(first.otherwise, Refuse):
        raise TypeError("authorization begins with whether anybody is known")
    return replace(step, items=(AskedOfRoute(first.holds, first.otherwise),))


def _measures(item: object) -> bool:
    return isinstance(item, Check) and isinstance(item.otherwise, Refuse) and item.otherwise.reason == "body_too_large"


class _Splitting:
    def __init__(self, policy: ir.Policy, gaps: GapList) -> None:
        self._policy = policy
        self._gaps = gaps
        self._services: dict[str, list[StockPlugin]] = {}
        self._routes: dict[str, list[StockPlugin]] = {}
        self._counted: dict[str, ir.RateLimit] = {}
        """Limits of the rate-limiting plugin, as it counts them."""
        self._upstreams: dict[str, list[ir.Route]] = {}
        for route in policy.routes:
            self._upstreams.setdefault(route.one(ir.Forward).upstream, []).append(route)

    def run(self) -> Split:
        policy = self._policy
        direct = not policy.edge.address.trusted_proxies  # nginx walks X-Forwarded-For otherwise than the spec does
        addresses = direct and any(a.rules for a in self._addresses())
        catch_all = [_TERMINATION]
        if addresses:
            self._everywhere(lambda route: _restriction(route.one(ir.ClientAddress)))
            catch_all[:0] = _restriction(policy.edge.address)
            self._gap(
                "address-order", ("network",), "ip-restriction looks at addresses after the first function: what is malformed "
                "as well is answered as such, preflights are answered, media types and sizes judged", "other statuses only",
            )  # fmt: skip
        if direct:
            self._limits()
        profile = self._profile()
        if profile is not None:
            self._gap(
                "cors-fixed", ("cors", profile.name), "cors writes the one allowed origin on every answer and answers every "
                "preflight alike, whatever its path, origin, method and headers; browsers compare them",
                "the same headers for everyone",
            )  # fmt: skip
        measured = not addresses
        if measured:
            self._everywhere(_size)
            self._gap(
                "body-order", ("body", "max"), "request-size-limiting measures a body whose media type was judged before",
                "415 instead of 413 where both are wrong",
            )  # fmt: skip
        self._gap(
            "method-hidden", ("routes",), "request-termination on the last route answers what no route takes, and knows no "
            "methods of a path", f"answered {policy.edge.errors.code('no_route')} as an unknown path",
        )  # fmt: skip
        order = _ROUTED if addresses else _PREFLIGHT_FIRST if profile is not None else policy.order
        headers = policy.edge.headers
        stock_headers = _plain(headers)
        return Split(
            printed=self._changed(lambda c: self._printed(c, addresses=addresses, cors=profile is not None), order),
            effective=replace(
                self._changed(self._enforced, order),
                host=replace(
                    policy.host, hides_methods=True, measured_last=measured, whole_addresses=tuple(sorted(self._counted)),
                    cors=None if profile is None else self._fixed(profile),
                ),
            ),
            plan=NativePlan(
                (*(() if profile is None else (self._cors(profile),)), *(_transformer(headers) if stock_headers else ())),
                tuple(catch_all),
                tuple((name, tuple(found)) for name, found in sorted(self._services.items())),
                tuple((key, tuple(found)) for key, found in sorted(self._routes.items())),
            ),
            measured=measured,
            headers=stock_headers,
        )  # fmt: skip

    def _gap(self, ident: str, at: tuple[str, ...], why: str, bound: str) -> None:
        self._gaps.approximate(at, ident, why=why, bound=bound, widens=False, status_only=True)

    def _addresses(self) -> Iterable[ir.ClientAddress]:
        yield self._policy.edge.address
        for route in self._policy.routes:
            yield route.one(ir.ClientAddress)

    # ------------------------------------------------------------------------------------------------------- Policies
    def _changed(
        self, change: Callable[[ir.Control], ir.Control | None], order: tuple[ir.StepName, ...]
    ) -> ir.Policy:
        known: dict[int, ir.Control | None] = {}

        def of(control: ir.Control) -> ir.Control | None:
            if id(control) not in known:
                known[id(control)] = change(control)
            return known[id(control)]

        policy = self._policy
        routes = tuple(
            replace(route, controls=tuple(c for control in route.controls if (c := of(control)) is not None))
            for route in policy.routes
        )
        address = of(policy.edge.address)
        assert isinstance(address, ir.ClientAddress)
        return replace(policy, routes=routes, edge=replace(policy.edge, address=address), order=order)

    def _printed(self, control: ir.Control, *, addresses: bool, cors: bool) -> ir.Control | None:
        match control:
            case ir.Cors() if cors:
                return None
            case ir.ClientAddress() if addresses:
                return replace(control, rules=())
            case ir.RateLimit() if control.name in self._counted:
                return None
            case _:
                return control

    def _enforced(self, control: ir.Control) -> ir.Control:
        if isinstance(control, ir.RateLimit):
            return self._counted.get(control.name, control)
        return control

    # ----------------------------------------------------------------------------------------------------------- CORS
    def _profile(self) -> ir.Cors | None:
        """
        The one profile of every route, where the plugin keeps to it: a single origin as it is written, headers by name.
        Where other steps ask the profile about an `Origin` (cookies, websockets), they keep it.
        """
        found = {route.first(ir.Cors) for route in self._policy.routes}
        profiles = {replace(c, methods=()) for c in found if c is not None}
        if None in found or len(profiles) != 1:
            return None
        (profile,) = profiles
        asked = any(r.one(ir.Authenticate).csrf_header or r.one(ir.RequestTarget).websocket for r in self._policy.routes)
        plain = len(profile.origins) == 1 and not profile.origins[0].one_label and not profile.any_origin
        written = plain and re.fullmatch(r"[A-Za-z0-9.:/-]+", profile.origins[0].text, re.ASCII) is not None
        known = {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"}.issuperset(self._methods())
        return profile if written and known and profile.headers and not asked else None

    def _methods(self) -> list[str]:
        named = {method for route in self._policy.routes if (c := route.first(ir.Cors)) is not None for method in c.methods}
        return sorted(named)

    def _cors(self, profile: ir.Cors) -> StockPlugin:
        config: dict[str, object] = {
            "origins": [profile.origins[0].text], "methods": self._methods(), "headers": list(profile.headers),
            "credentials": profile.credentials,
        }  # fmt: skip
        if profile.expose:
            config["exposed_headers"] = list(profile.expose)
        if profile.max_age_s is not None:
            config["max_age"] = profile.max_age_s
        return StockPlugin("cors", json_text(config))

    def _fixed(self, profile: ir.Cors) -> ir.HostCors:
        origin = [("access-control-allow-origin", profile.origins[0].text)]
        if profile.credentials:
            origin.append(("access-control-allow-credentials", "true"))
        answer, preflight = list(origin), list(origin)
        if profile.expose:
            answer.append(("access-control-expose-headers", ",".join(profile.expose)))
        preflight.append(("access-control-allow-methods", ",".join(self._methods())))
        preflight.append(("access-control-allow-headers", ",".join(profile.headers)))
        if profile.max_age_s is not None:
            preflight.append(("access-control-max-age", str(profile.max_age_s)))
        return ir.HostCors(tuple(answer), tuple(preflight))

    # ----------------------------------------------------------------------------------------------------- placement
    def _everywhere(self, made: Callable[[ir.Route], tuple[StockPlugin, ...]]) -> None:
        """On a service where all its routes agree, else on each."""
        for upstream, routes in self._upstreams.items():
            found = [made(route) for route in routes]
            if len(set(found)) == 1:
                self._services.setdefault(upstream, []).extend(found[0])
                continue
            for route, plugins in zip(routes, found, strict=True):
                self._routes.setdefault(route.id, []).extend(plugins)

    # --------------------------------------------------------------------------------------------------------- limits
    def _limits(self) -> None:
        """
        Limits by address that one instance can count: alone on its routes, and shared by no more than the routes of one
        service, all of them; or counted for each route by itself.
        """
        by_address = {r.id: [x for x in r.limits() if isinstance(x.key, ir.ByAddress)] for r in self._policy.routes}
        named: dict[str, list[ir.Route]] = {}
        for route in self._policy.routes:
            for limit in by_address[route.id]:
                named.setdefault(limit.name, []).append(route)
        for routes in named.values():
            limit = next(x for x in by_address[routes[0].id])
            found = _period(limit) if limit.count == "request" and limit.algorithm == "fixed-window" else None
            if found is None or any(by_address[route.id] != [limit] for route in routes):
                continue
            plugin = StockPlugin("rate-limiting", json_text({
                found[0]: found[2], "limit_by": "ip", "policy": "local", "fault_tolerant": False,
            }))  # fmt: skip
            upstreams = {route.one(ir.Forward).upstream for route in routes}
            if limit.scope == "route":
                for route in routes:
                    self._routes.setdefault(route.id, []).append(plugin)
            elif len(upstreams) == 1 and len(self._upstreams[next(iter(upstreams))]) == len(routes):
                self._services.setdefault(next(iter(upstreams)), []).append(plugin)
            else:
                continue
            self._count(limit, found)

    def _count(self, limit: ir.RateLimit, found: tuple[str, int, int]) -> None:
        word, window_s, most = found
        self._counted[limit.name] = replace(limit, limit=most, burst=most, window_s=window_s, on_store_failure="local")
        at = ("rate_limits", limit.name)
        self._gaps.approximate(
            (*at, "by"), "rate-limit-address",
            why="rate-limiting counts every IPv6 address by itself, not its /64, and requests in flight only once they were "
            "asked about; each node by itself", bound="each IPv6 address by itself; requests in flight counted late", widens=True,
        )  # fmt: skip
        if (most, window_s) == (limit.limit, limit.window_s):
            return
        reference, actual = _bound(limit.limit, limit.window_s, limit), _bound(most, window_s, limit)
        refused = "" if actual.burst_refused is None else f", refuses request {actual.burst_refused} of a burst"
        self._gaps.approximate(
            (*at, "window"), "rate-limit-window",
            why=f"rate-limiting has no window of {limit.window_s} s: {most} in each {word} never admit what {limit.limit} in "
            f"{limit.window_s} s refuse. Most in one window, in any window, in the long run: {actual.aligned}, "
            f"{actual.anywhere}, {actual.long_run} (spec: {reference.aligned}, {reference.anywhere}, {reference.long_run})",
            bound=f"{most} per {word}{refused}", widens=False, reference=reference, actual=actual,
        )  # fmt: skip


def _period(limit: ir.RateLimit) -> tuple[str, int, int] | None:
    """
    (word, seconds, limit) of the plugin's period that stands in for a fixed window: itself, else the one that refuses the
    least of a burst, else of the long run. Every window of one lies within one of the other, so nothing more is admitted.
    """
    found: list[tuple[tuple[int, int], tuple[str, int, int]]] = []
    for word, window_s in _WINDOWS:
        if window_s % limit.window_s == 0:
            most = limit.limit
        elif limit.window_s % window_s == 0:
            most = limit.limit * window_s // limit.window_s
        else:
            continue
        if most > 0:
            long_run = most * limit.window_s // window_s
            found.append(((most, long_run), (word, window_s, most)))
    return max(found, key=lambda entry: entry[0])[1] if found else None


def _bound(most: int, window_s: int, limit: ir.RateLimit) -> LimitBound:
    """The four numbers over the window of *limit*, of *most* in each aligned window of *window_s*."""
    windows = max(1, limit.window_s // window_s)
    anywhere = most * (windows + 1)
    return LimitBound(most * windows, anywhere, most * limit.window_s // window_s, most + 1 if most < limit.limit else None)


# ----------------------------------------------------------------------------------------------------------- plugins
def _size(route: ir.Route) -> tuple[StockPlugin, ...]:
    most = route.one(ir.BodyLimit).max_bytes
    return (StockPlugin("request-size-limiting", json_text({"allowed_payload_size": most, "size_unit": "bytes"})),)


def _restriction(address: ir.ClientAddress) -> tuple[StockPlugin, ...]:
    """All rules in one instance: an address must be in every `allow` and in no `deny`."""
    if not address.rules:
        return ()
    allow = _common([rule.allow for rule in address.rules if rule.allow])
    deny = [block for rule in address.rules for block in rule.deny]
    config: dict[str, object] = {}
    if allow is not None:
        config["allow"] = _written(allow)
        if not allow:
            config = {"deny": ["0.0.0.0/0", "::/0"]}
    if deny and "deny" not in config:
        config["deny"] = _written(deny)
    return (StockPlugin("ip-restriction", json_text(config)),) if config else ()


def _common(lists: Sequence[Sequence[ir.Cidr]]) -> list[ir.Cidr] | None:
    """Blocks that lie in all *lists*: of two that overlap one holds the other. None: nothing was asked."""
    if not lists:
        return None
    found = list(lists[0])
    for other in lists[1:]:
        found = [b for a in found for c in other if (b := _within(a, c)) is not None]
    return found


def _within(one: ir.Cidr, other: ir.Cidr) -> ir.Cidr | None:
    narrow, wide = (one, other) if one.bits >= other.bits else (other, one)
    size = 32 if wide.family == 4 else 128
    same = narrow.family == wide.family and narrow.network >> (size - wide.bits) == wide.network >> (size - wide.bits)
    return narrow if same else None


def _written(blocks: Iterable[ir.Cidr]) -> list[str]:
    """Each IPv4 block also as IPv6 shows it."""
    found: set[tuple[int, int, int, str]] = set()
    for block in blocks:
        if block.family == 4:
            found.add((4, block.network, block.bits, str(ipaddress.IPv4Network((block.network, block.bits)))))
            mapped = ipaddress.IPv6Network((_MAPPED_V4 | block.network, 96 + block.bits))
            found.add((6, _MAPPED_V4 | block.network, 96 + block.bits, str(mapped)))
        else:
            found.add((6, block.network, block.bits, str(ipaddress.IPv6Network((block.network, block.bits)))))
    return [text for *_, text in sorted(found)]


def _plain(headers: ir.ResponseHeaders) -> bool:
    """response-transformer writes these as they are."""
    return bool(headers.set or headers.remove) and all(value.strip() == value != "" for _, value in headers.set)


def _transformer(headers: ir.ResponseHeaders) -> tuple[StockPlugin, ...]:
    config: Mapping[str, object] = {}
    if headers.remove:
        config = {"remove": {"headers": list(headers.remove)}}
    if headers.set:
        pairs = [f"{name}:{value}" for name, value in headers.set]
        config = {**config, "replace": {"headers": pairs}, "add": {"headers": pairs}}
    return (StockPlugin("response-transformer", json_text(config)),)
