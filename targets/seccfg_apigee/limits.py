"""Rate limits as Apigee's counters: Quota in calendar windows on the reference's grid, SpikeArrest below a minute.

Quota counts whole minutes; its calendar windows start where StartTime and Interval put them, so a window of whole minutes on
the grid of the epoch is the reference's own. What no counter of Apigee does exactly is replaced by one that never admits more
than the reference in any window.
"""

from __future__ import annotations

from seccfg.ir.policy import ByAddress, RateLimit
from seccfg.program.model import Case, Cases, Charge, Check, Compare, Item, Program, Refuse, Slot
from seccfg.record import replace
from seccfg.targetapi.base import LimitBound
from seccfg.targetapi.gaps import GapList
from seccfg_apigee.plan import QuotaPlan

__all__ = ["UNITS_S", "enforced_limits", "quota_plans", "window_of"]

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
UNITS_S = dict(_UNITS)


def enforced_limits(limit: RateLimit, gaps: GapList) -> tuple[RateLimit, ...]:
    """What is counted in place of *limit*, and the gap that says so."""
    found = _replaced(limit)
    admitted = f"{found.limit} per {_span(found.window_s)}"
    how = f"counts {_what(limit)} in a Quota of {admitted}"
    if found.window_s < 60:
        how = f"counts {_what(limit)} in a SpikeArrest of {found.limit} in any second"
    exact = replace(found, on_store_failure=limit.on_store_failure) == limit
    instead = "" if exact else f"; {_numbers(found)} (reference {_numbers(limit)})"
    failing = "" if limit.count == "request" else "; failures are counted when the answer is given"
    gaps.approximate(
        ("rate_limits", limit.name), "rate-limit",
        why=f"Apigee {how}{instead}. Counters of several message processors are synchronized about every 10 s and may admit "
        f"more in between; while they cannot be reached each counts on its own (asked for: {limit.on_store_failure}){failing}",
        bound=f"{admitted} while synchronized, per message processor else{'' if exact else ', instead of ' + _asked(limit)}",
        widens=True, enforced=(found,), reference=_bound(limit, limit), actual=_bound(found, limit),
    )  # fmt: skip
    return (found,)


def _replaced(limit: RateLimit) -> RateLimit:
    local = replace(limit, on_store_failure="local")
    if limit.window_s < 60:
        if limit.window_s == 1 or limit.limit >= limit.window_s:
            most = limit.burst if limit.algorithm == "token-bucket" else limit.limit * limit.window_s
            size = max(1, min(most, limit.limit // limit.window_s))
            tiers = tuple((roles, max(1, min(most, held // limit.window_s))) for roles, held in limit.tiers)
            return replace(local, algorithm="sliding-window", limit=size, window_s=1, burst=size, tiers=tiers)
        return _fixed(local, limit.limit, 60, limit.tiers)
    window = -(-limit.window_s // 60) * 60
    if limit.algorithm == "fixed-window":
        return _fixed(local, limit.limit, window, limit.tiers)
    if limit.algorithm == "sliding-window":
        return _fixed(local, max(1, limit.limit // 2), window, tuple((r, max(1, n // 2)) for r, n in limit.tiers))
    return _bucket(local)


def _bucket(limit: RateLimit) -> RateLimit:
    """Half the burst in the time a whole one comes back: no window of any length admits more than the bucket did."""
    refill = -(-limit.burst * limit.window_s // (limit.limit * 60)) * 60
    size = max(1, limit.burst // 2)
    return _fixed(limit, size, refill, tuple((roles, size) for roles, _ in limit.tiers))


def _fixed(limit: RateLimit, size: int, window_s: int, tiers: tuple[tuple[tuple[str, ...], int], ...]) -> RateLimit:
    return replace(limit, algorithm="fixed-window", limit=size, window_s=window_s, burst=size, tiers=tiers)


def _bound(found: RateLimit, reference: RateLimit) -> LimitBound:
    """The four numbers, over the reference's window."""
    span = reference.window_s
    windows = -(-span // found.window_s)
    if found.algorithm == "token-bucket":
        most = found.burst + found.limit - 1
        return LimitBound(most, most, found.limit, None)
    if found.algorithm == "sliding-window":
        return LimitBound(found.limit * windows, found.limit * windows, found.limit * windows, _refused(found, reference))
    whole = found.limit * max(1, windows)
    return LimitBound(whole, whole + found.limit, found.limit * span // found.window_s, _refused(found, reference))


def _refused(found: RateLimit, reference: RateLimit) -> int | None:
    first = reference.burst if reference.algorithm == "token-bucket" else reference.limit
    return found.limit + 1 if found.limit < first else None


def _numbers(limit: RateLimit) -> str:
    bound = _bound(limit, limit)
    return f"at most {bound.anywhere} in any {_span(limit.window_s)}, {bound.long_run} in the long run"


def _asked(limit: RateLimit) -> str:
    burst = f", burst {limit.burst}" if limit.algorithm == "token-bucket" else ""
    return f"{limit.limit} per {_span(limit.window_s)} ({limit.algorithm}{burst})"


def _what(limit: RateLimit) -> str:
    key = "an address" if isinstance(limit.key, ByAddress) else type(limit.key).__name__[2:].lower()
    return f"{limit.count}s of each {key.removeprefix('an ')} ({limit.scope})"


def _span(seconds: int) -> str:
    for unit, size in _UNITS:
        if seconds % size == 0 and seconds >= size:
            count = seconds // size
            return unit if count == 1 else f"{count} {unit}s"
    return "second" if seconds == 1 else f"{seconds} seconds"


# --------------------------------------------------------------------------------------------------------- policies
def quota_plans(program: Program) -> tuple[QuotaPlan, ...]:
    """The policies each counter of *program* needs."""
    together, apart, failures = _uses(program)
    found = []
    for number, limit in enumerate(program.limits):
        interval, unit = window_of(limit.window_s)
        found.append(QuotaPlan(
            number, limit.name, "spike" if limit.window_s < 60 else "quota", limit.limit, interval, unit,
            number in together, number in apart, number in failures, isinstance(limit.key, ByAddress),
        ))  # fmt: skip
    return tuple(found)


def window_of(window_s: int) -> tuple[int, str]:
    """A window as Interval and TimeUnit."""
    unit, size = next(((u, s) for u, s in _UNITS if window_s % s == 0), ("second", 1))
    return window_s // size, unit


def _uses(program: Program) -> tuple[set[int], set[int], set[int]]:
    together: set[int] = set()
    apart: set[int] = set()
    failures: set[int] = set()
    for branch in program.branches:
        for step in branch.steps:
            asked = [int(n) for item in step.items for n in _asked_numbers(item)]
            counted = [n for item in step.items if isinstance(item, Charge) for n in item.limits]
            failures |= set(_failure_numbers(step.items))
            if len(asked) == 1 and asked == counted:
                together |= set(asked)
            else:
                apart |= set(asked) | set(counted)
    return together, apart, failures


def _asked_numbers(item: Item) -> list[str]:
    match item:
        case Check(Compare(Slot("wait", number))):
            return [number]
        case _:
            return []


def _failure_numbers(items: tuple[Item, ...]) -> list[int]:
    found: list[int] = []
    for item in items:
        match item:
            case Refuse(charges=charges):
                found += charges
            case Check(_, otherwise):
                found += otherwise.charges
            case Cases(cases, otherwise):
                found += _failure_numbers(otherwise)
                for case in cases:
                    found += _failure_numbers(case.items) if isinstance(case, Case) else []
            case _:
                pass
    return found
