"""
`prefer: native`: what of a policy AWS's own features hold, so that the stack reads as its engineers would write it.

Address limits become rate-based rules of the web ACL, address rules its IP sets, preflights MOCK methods with fixed headers, and
where the routes ask for no more than tokens, roles and conditions, a table of rules takes the place of the whole runtime. What a
feature cannot hold stays as `exact` has it; what it holds otherwise is a gap with its numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from seccfg.ir import policy as ir
from seccfg.record import Record, replace
from seccfg.targetapi.base import LimitBound
from seccfg.targetapi.gaps import GapList
from seccfg_aws.rules import RulesPlan, plan_rules

__all__ = ["ORDER", "NativePlan", "StaticPreflight", "WafLimit", "mock_headers", "plan_native", "without_limits"]

ORDER: Final[tuple[ir.StepName, ...]] = (
    "host", "address", "route", "preflight", "method", "plain_http", "request_target", "body", "address_limits",
    "authenticate", "revocation", "principal_limits", "authorize", "validate", "forward",
)  # fmt: skip
"""The web ACL before API Gateway's own matching, the function after it."""
_WINDOWS: Final = (60, 120, 300, 600)
_LEAST: Final = 10
_SEEN_AFTER_S: Final = 10


class WafLimit(Record):
    """A rate-based rule: more than `limit` requests of one address in the last `window_s` seconds are blocked."""

    name: str
    limit: int
    window_s: int


class StaticPreflight(Record):
    """A MOCK method: every OPTIONS on `template` is answered with these headers."""

    template: str
    headers: tuple[tuple[str, str], ...]


class NativePlan(Record):
    """What AWS's features hold."""

    limits: tuple[WafLimit, ...] = ()
    addresses: tuple[ir.AddressRule, ...] = ()
    preflights: tuple[StaticPreflight, ...] = ()
    rules: RulesPlan | None = None
    kept: tuple[str, ...] = ()
    """What stays compiled, and why: for the README."""

    @property
    def edge(self) -> bool:
        """Something is decided before a route is matched."""
        return bool(self.limits or self.addresses or self.preflights or self.rules)


def plan_native(policy: ir.Policy, gaps: GapList) -> NativePlan:
    """What is native of *policy*, a Policy as far as the exact form enforces it; gaps for what holds otherwise then."""
    return _Native(policy, gaps).plan()


class _Native:
    def __init__(self, policy: ir.Policy, gaps: GapList) -> None:
        self._policy = policy
        self._gaps = gaps
        self._kept: list[str] = []

    def plan(self) -> NativePlan:
        policy = self._policy
        if policy.edge.address.trusted_proxies:
            why = "a proxy speaks for clients (`trusted_proxies`): the web ACL would see its address, not theirs"
            return NativePlan(kept=(why,))
        if not self._order_free():
            return NativePlan(kept=("an address rule of a single route stands before the limits, and the web ACL knows no routes",))
        addresses = policy.edge.address.rules
        if any(not rule.allow for rule in addresses):
            return NativePlan(kept=("a network profile admits nobody, which no set of addresses says",))
        limits = self._limits()
        preflights = self._preflights()
        asked = {route.template for route in policy.routes if route.first(ir.Cors) is not None}
        rules = None
        if asked <= {preflight.template for preflight in preflights}:
            rules = self._rules({limit.name for limit in limits})
        else:
            self._kept.append("the function is the whole runtime: it answers preflights as well")
        if not (limits or addresses or preflights or rules):
            return NativePlan(kept=tuple(self._kept))
        return NativePlan(limits, addresses, preflights, rules, tuple(self._kept))

    def _order_free(self) -> bool:
        """The address rules of every route are the service's, so that they can be asked before a route is matched."""
        edge = self._policy.edge.address.rules
        return all(route.one(ir.ClientAddress).rules == edge for route in self._policy.routes)

    # ------------------------------------------------------------------------------------------------------- limits
    def _limits(self) -> tuple[WafLimit, ...]:
        every = [limit for route in self._policy.routes for limit in route.limits() if isinstance(limit.key, ir.ByAddress)]
        found: list[WafLimit] = []
        for limit in dict.fromkeys(every):
            on_all = all(limit in route.limits() for route in self._policy.routes)
            setting = waf_setting(limit) if on_all and limit.count == "request" and limit.scope == "shared" else None
            if setting is None or (found and setting.window_s != found[0].window_s):
                why = "of some routes only" if not on_all else "not within what the rate-based rules count"
                self._kept.append(f"limit `{limit.name}` is {why}: it is counted in DynamoDB")
                continue
            found.append(setting)
            self._limit_gap(limit, setting)
        return tuple(found)

    def _limit_gap(self, limit: ir.RateLimit, rule: WafLimit) -> None:
        window, most = limit.window_s, -(-limit.window_s // rule.window_s) * rule.limit
        reference, actual = _bound(limit), LimitBound(most, most, rule.limit * window // rule.window_s, rule.limit + 1)
        self._gaps.approximate(
            ("rate_limits", limit.name), "limit-rate-rule", widens=True, reference=reference, actual=actual,
            bound=f"{rule.limit} in any {rule.window_s} s: {most} in any {window} s (reference {reference.anywhere}), "
            f"{actual.long_run} in the long run (reference {reference.long_run}), request {rule.limit + 1} of a burst refused, "
            f"and whatever comes within about {_SEEN_AFTER_S} s of going above",
            why="a rate-based rule of the web ACL looks back over a trailing window about every 10 s, without a bound on what "
            "passes until then; refused requests, preflights and unknown paths count as well, IPv6 addresses one by one and not "
            f"by /64, and Retry-After is always {rule.window_s}",
        )  # fmt: skip

    # --------------------------------------------------------------------------------------------------- preflights
    def _preflights(self) -> tuple[StaticPreflight, ...]:
        by_path: dict[str, list[ir.Route]] = {}
        for route in self._policy.routes:
            by_path.setdefault(route.template, []).append(route)
        found: list[StaticPreflight] = []
        for template, routes in by_path.items():
            profiles = {route.first(ir.Cors) for route in routes}
            cors = next(iter(profiles))
            if len(profiles) != 1 or cors is None or not one_origin(cors):
                if profiles != {None}:
                    self._kept.append(f"preflights of {template} depend on who asks: the function answers them")
                continue
            found.append(StaticPreflight(template, _preflight_headers(cors)))
            self._gaps.approximate(
                ("cors", cors.name), "preflight-static", widens=False, bound=f"204 for {cors.origins[0].text}, whoever asks",
                why="a MOCK method answers every OPTIONS on the path alike and reaches no service: a page of another origin is "
                "shown the name of the one that may ask, which its browser holds against its own; no OPTIONS is answered 405",
            )  # fmt: skip
        return tuple(found)

    # -------------------------------------------------------------------------------------------------------- rules
    def _rules(self, names: set[str]) -> RulesPlan | None:
        plan = plan_rules(self._policy, names)
        if isinstance(plan, str):
            self._kept.append(f"the function is the whole runtime: {plan}")
            return None
        profiles = {c for route in self._policy.routes if (c := route.first(ir.Cors)) is not None}
        self._gaps.approximate(
            ("auth",), "refusal-headers", widens=False, bound="the same headers on every refusal",
            why="gateway responses carry fixed headers: a missing and a wrong credential are challenged alike, and "
            + ("CORS headers name the one origin whoever asks" if profiles else "nothing of the request is in them"),
        )  # fmt: skip
        return plan


def waf_setting(limit: ir.RateLimit) -> WafLimit | None:
    """
    The rate-based rule for *limit*: from idle it admits no more, in the long run it admits no more, and in any window of the
    limit no more than the limit itself at its worst; of those the one that refuses a burst last. None: there is none.
    """
    burst = limit.burst if limit.algorithm == "token-bucket" else limit.limit
    best: WafLimit | None = None
    for window_s in _WINDOWS:
        most_in_window = _bound(limit).anywhere // -(-limit.window_s // window_s)
        size = min(burst, limit.limit * window_s // limit.window_s, most_in_window)
        if size >= _LEAST and (best is None or size > best.limit):
            best = WafLimit(limit.name, size, window_s)
    return best


def _bound(limit: ir.RateLimit) -> LimitBound:
    """The worst cases of the limit itself (most in an aligned window, in any window, long run, first refused of a burst)."""
    size = limit.limit
    if limit.algorithm == "fixed-window":
        return LimitBound(size, 2 * size, size, size + 1)
    if limit.algorithm == "sliding-window":
        return LimitBound(size, size, size, size + 1)
    return LimitBound(limit.burst + size - 1, limit.burst + size - 1, size, limit.burst + 1)


def one_origin(cors: ir.Cors) -> bool:
    """The profile names one plain origin, so that its headers are the same whoever asks."""
    return len(cors.origins) == 1 and not cors.origins[0].one_label and not cors.any_origin


def mock_headers(headers: Sequence[tuple[str, str]], hsts: str) -> tuple[tuple[str, str], ...]:
    """All headers of an answer to OPTIONS."""
    return (*headers, ("Vary", "Origin"), *((("Strict-Transport-Security", hsts),) if hsts else ()))


def without_limits(route: ir.Route, counted: Collection[str]) -> ir.Route:
    """*route* without the limits that something in front of it counts."""
    kept = (c for c in route.controls if not (isinstance(c, ir.RateLimit) and c.name in counted))
    return replace(route, controls=tuple(kept))


def _preflight_headers(cors: ir.Cors) -> tuple[tuple[str, str], ...]:
    found = [
        ("Access-Control-Allow-Origin", cors.origins[0].text), ("Access-Control-Allow-Methods", ", ".join(cors.methods)),
    ]
    if cors.headers:
        found.append(("Access-Control-Allow-Headers", ", ".join(cors.headers)))
    if cors.credentials:
        found.append(("Access-Control-Allow-Credentials", "true"))
    if cors.max_age_s is not None:
        found.append(("Access-Control-Max-Age", str(cors.max_age_s)))
    return tuple(found)
