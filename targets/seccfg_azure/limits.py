"""Which counters stand for a limit, and how far they are from it.

`rate-limit-by-key` counts in a window that slides and is at most 300 s long; `quota-by-key` counts in fixed windows of at
least 300 s, where the tier has it. A choice never admits more than the limit from idle, in the long run or in any window.
"""

from __future__ import annotations

from typing import Final

from seccfg.ir.policy import RateLimit
from seccfg.record import replace
from seccfg.targetapi.base import LimitBound
from seccfg_azure.plan import AzureOptions, Counter

__all__ = ["actual_bound", "choose", "described", "effective_limits", "reference_bound"]

LONGEST_S: Final = 300
"""Longest window of `rate-limit-by-key`, shortest of `quota-by-key`."""


def choose(limit: RateLimit, options: AzureOptions) -> tuple[Counter, ...]:
    """The counters of *limit*; none: the tier cannot count it."""
    if not options.counts or limit.count == "auth.failed":
        return ()
    if limit.algorithm == "token-bucket":
        return _bucket(limit)
    if limit.algorithm == "fixed-window" and options.has_quota and limit.window_s >= LONGEST_S and not limit.tiers:
        return (Counter("quota-by-key", limit.limit, limit.window_s, ()),)
    if limit.window_s <= LONGEST_S:
        return (_counter(limit, limit.limit, limit.window_s),)
    calls = limit.limit * LONGEST_S // limit.window_s
    return (_counter(limit, calls, LONGEST_S),) if calls else ()


def _bucket(limit: RateLimit) -> tuple[Counter, ...]:
    """At most the bucket's size at once, and in any longer window no more than the bucket refills."""
    first = min(limit.window_s, LONGEST_S)
    size = min(limit.burst, limit.limit) if limit.window_s <= LONGEST_S else limit.burst
    rate = limit.limit * first // limit.window_s
    if not rate:
        return ()
    if limit.window_s > 60 and size < limit.limit * LONGEST_S // limit.window_s:
        longest = limit.limit * first // limit.window_s
        short = min(60, first)
        return (_counter(limit, min(size, longest), short), _counter(limit, longest, first))
    if limit.window_s <= LONGEST_S and limit.burst > limit.limit:
        # a bucket larger than what a window refills: what it holds at once, slower refilling in a longer window
        long = min(LONGEST_S, limit.window_s * 10)
        held = min(limit.burst, limit.limit * long // limit.window_s)
        return (_counter(limit, held, limit.window_s), _counter(limit, limit.limit * long // limit.window_s, long))
    return (_counter(limit, min(size, rate), first),)


def _counter(limit: RateLimit, calls: int, period_s: int) -> Counter:
    """A sliding counter; tiers keep their share of the limit."""
    tiers = tuple((roles, max(calls, size * calls // limit.limit)) for roles, size in limit.tiers)
    return Counter("rate-limit-by-key", calls, period_s, tiers)


def effective_limits(limit: RateLimit, counters: tuple[Counter, ...]) -> tuple[RateLimit, ...]:
    """What the counters enforce, as limits of the Policy."""
    return tuple(
        replace(
            limit,
            name=limit.name if len(counters) == 1 else f"{limit.name}/{counter.period_s}s",
            algorithm="fixed-window" if counter.policy == "quota-by-key" else "sliding-window",
            limit=counter.calls,
            window_s=counter.period_s,
            burst=counter.calls,
            tiers=counter.tiers,
            on_store_failure="local",
        )
        for counter in counters
    )


def reference_bound(limit: RateLimit) -> LimitBound:
    """The limit's own four numbers."""
    if limit.algorithm == "token-bucket":
        most = limit.burst + limit.limit - 1
        return LimitBound(most, most, limit.limit, None)
    anywhere = limit.limit * (2 if limit.algorithm == "fixed-window" else 1)
    return LimitBound(limit.limit, anywhere, limit.limit, None)


def actual_bound(limit: RateLimit, counters: tuple[Counter, ...]) -> LimitBound:
    """The counters' four numbers over the limit's window."""
    window = limit.window_s
    most = min(_most(counter, window) for counter in counters)
    anywhere = min(_most(c, window) * (2 if c.policy == "quota-by-key" and c.period_s == window else 1) for c in counters)
    long_run = min(counter.calls * window // counter.period_s for counter in counters)
    at_once = limit.burst if limit.algorithm == "token-bucket" else limit.limit
    smallest = min(counter.calls for counter in counters)
    return LimitBound(most, anywhere, long_run, smallest + 1 if smallest < at_once else None)


def _most(counter: Counter, window_s: int) -> int:
    return -(-window_s // counter.period_s) * counter.calls


def described(limit: RateLimit, counters: tuple[Counter, ...]) -> str:
    """The bound an acceptance repeats."""
    said = " and ".join(f"{counter.calls} per {counter.period_s} s" for counter in counters)
    actual, reference = actual_bound(limit, counters), reference_bound(limit)
    kind = "fixed windows" if counters[0].policy == "quota-by-key" else "sliding"
    text = f"{said} ({kind}, approximate counters of each region): {actual.anywhere} in any {limit.window_s} s"
    if actual.anywhere != reference.anywhere:
        text += f" instead of {reference.anywhere}"
    if actual.burst_refused is not None:
        text += f"; refuses number {actual.burst_refused} of a burst"
    return text
