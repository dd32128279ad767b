"""Steps 9 and 12: rate limits (429), keyed by address first, by principal or attribute after authentication.

The limits of a step are looked at in the order written; the first exhausted one refuses and nothing of that step is
charged; otherwise all are charged. A key that cannot be told is 403. `count: auth.failed` is looked at in its step
like any other and charged when a presented credential is refused, as far as its key can be told then. Times are whole
seconds.

`Retry-After` is the refusing limit's own: when it would admit one more request. With tiers the greatest limit of the
principal's roles counts and the counter stays the same one; a bucket's size stays `burst`, whatever the tier. Address
limits know no principal yet, so no tier. With the store down a limit is `unavailable`, unless `on_store_failure:
local` lets this process go on counting.
"""

from __future__ import annotations

import json
from bisect import insort
from collections.abc import Iterable

from seccfg.expr.evaluate import Unusable
from seccfg.ir.policy import ByAddress, ByAttribute, ByPrincipal, RateLimit
from seccfg.record import Record
from seccfg.semantics.address import Address, client_address
from seccfg.semantics.attributes import value_of
from seccfg.semantics.case import Case, Refusal
from seccfg.semantics.principal import Principal
from seccfg.semantics.state import CounterKey, State

__all__ = ["Counter", "address_key", "check_address", "check_principal", "count_failure"]


class Counter(Record):
    """One counter of one limit, as a request meets it."""

    limit: RateLimit
    key: CounterKey
    size: int
    """The limit that holds for this principal."""


def check_address(case: Case) -> Refusal | None:
    """Step 9."""
    return None if case.view is None else _check(case, case.view.address_limits)


def check_principal(case: Case) -> Refusal | None:
    """Step 12."""
    return None if case.view is None else _check(case, case.view.principal_limits)


def _check(case: Case, limits: Iterable[RateLimit]) -> Refusal | None:
    to_charge: list[Counter] = []
    for limit in limits:
        counter = _counter(case, limit)
        if isinstance(counter, Refusal):
            return counter
        if case.state.surroundings.store == "down" and limit.on_store_failure == "refuse":
            return Refusal("unavailable", f"the counter of {limit.name} cannot be read", pos=limit.pos)
        wait_s = wait(case.state, counter, case.request.now_s)
        if wait_s > 0:
            if limit.name in case.compiled.policy.host.counts_refused:
                charge(case.state, counter, case.request.now_s)
            retry = (("retry-after", str(wait_s)),)
            return Refusal("rate_limited", f"limit {limit.name} is used up", retry, pos=limit.pos)
        if limit.count == "request":
            to_charge.append(counter)
    for counter in to_charge:
        charge(case.state, counter, case.request.now_s)
    return None


def count_failure(case: Case) -> None:
    """Charge every `auth.failed` limit of the route: a presented credential was refused."""
    if case.view is None:
        return
    for limit in case.view.failure_limits:
        counter = _counter(case, limit)
        if isinstance(counter, Counter):
            charge(case.state, counter, case.request.now_s)


def _counter(case: Case, limit: RateLimit) -> Counter | Refusal:
    key = _key(case, limit)
    if isinstance(key, Refusal):
        return key
    route = case.view.route.id if limit.scope == "route" and case.view is not None else ""
    return Counter(limit, (limit.name, key, route), _size(limit, case.principal))


def _key(case: Case, limit: RateLimit) -> str | Refusal:
    match limit.key:
        case ByAddress():
            client = client_address(case)
            if isinstance(client, Refusal):
                return client
            return client.text if limit.name in case.compiled.policy.host.whole_addresses else address_key(client)
        case ByPrincipal():
            if case.principal is not None:
                return case.principal.id
        case ByAttribute(side, name):
            value = value_of(case, (side, name))
            if not isinstance(value, Unusable):
                return json.dumps(value, separators=(",", ":"))
    return Refusal("forbidden", f"nothing to count {limit.name} by", pos=limit.pos)


def address_key(client: Address) -> str:
    """IPv4 address, IPv6 /64."""
    return client.text if client.family == 4 else f"{client.number >> 64:x}/64"


def _size(limit: RateLimit, principal: Principal | None) -> int:
    if principal is None or not limit.tiers:
        return limit.limit
    roles = set(principal.roles)
    return max([limit.limit, *(size for holders, size in limit.tiers if not roles.isdisjoint(holders))])


def wait(state: State, counter: Counter, now_s: int) -> int:
    """Whole seconds until the counter admits a request, 0 when it does now."""
    limit, window_s = counter.limit, counter.limit.window_s
    if limit.algorithm == "fixed-window":
        window = now_s // window_s
        used = state.windows.get((counter.key, window), 0)
        return 0 if used < counter.size else (window + 1) * window_s - now_s
    if limit.algorithm == "sliding-window":
        times = _alive(state, counter, now_s)
        over = len(times) - counter.size
        return 0 if over < 0 else max(1, times[over] + window_s - now_s) if over < len(times) else window_s
    missing = window_s - _tokens(state, counter, now_s)
    return 0 if missing <= 0 else max(1, -(-missing // max(1, counter.size)))


def charge(state: State, counter: Counter, now_s: int) -> None:
    """Count one request."""
    limit, window_s = counter.limit, counter.limit.window_s
    if limit.algorithm == "fixed-window":
        place = (counter.key, now_s // window_s)
        state.windows[place] = state.windows.get(place, 0) + 1
    elif limit.algorithm == "sliding-window":
        times = _alive(state, counter, now_s)
        insort(times, now_s)
        state.logs[counter.key] = times
    else:
        left = _tokens(state, counter, now_s) - window_s
        since = state.buckets.get(counter.key, (0, now_s))[1]
        state.buckets[counter.key] = (max(0, left), max(now_s, since))


def _alive(state: State, counter: Counter, now_s: int) -> list[int]:
    first = now_s - counter.limit.window_s
    return [moment for moment in state.logs.get(counter.key, ()) if moment > first]


def _tokens(state: State, counter: Counter, now_s: int) -> int:
    """Tokens times `window_s`, so that all of it is whole numbers."""
    full = counter.limit.burst * counter.limit.window_s
    if counter.key not in state.buckets:
        return full
    left, since = state.buckets[counter.key]
    return min(full, left + max(0, now_s - since) * counter.size)
