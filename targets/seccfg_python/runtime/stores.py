"""Counters and revocations kept in this process: for one worker, and for tests.

Several workers, or several machines, need a store they share; these two say so by counting only what they saw
themselves.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Sequence, Sized

from .interface import Charge, Charged, RevocationQuery, Revoked

_SWEEP_EVERY = 10_000
_MOST_COUNTERS = 1_000_000
_ALL_CHARGED = Charged()



class MemoryLimits:
    """
    Counters in memory, exact: fixed windows aligned to the Unix epoch, logs of every admitted request, token buckets.

    A full memory (`most` counters) refuses what needs a new counter: forgetting one would admit more than the limit.
    """

    local = True

    def __init__(self, most: int = _MOST_COUNTERS) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, int, float]] = {}
        """window number, requests in it, when it ends."""
        self._logs: dict[str, tuple[list[float], int]] = {}
        """times of the requests still counted, oldest first, and the window's length."""
        self._buckets: dict[str, tuple[float, float, float]] = {}
        """tokens times the window's seconds, when that was true, when it is full again."""
        self._most = most
        self._until_sweep = _SWEEP_EVERY

    def charge(self, charges: Sequence[Charge], now: float) -> Charged:
        """Check every counter in order; charge all that `spend`, or none."""
        with self._lock:
            for at, charge in enumerate(charges):
                wait_s = self._wait(charge, now)
                if wait_s:
                    return Charged(at, wait_s)
            for charge in charges:
                if charge.spend:
                    self._take(charge, now)
            self._until_sweep -= len(charges)
            if self._until_sweep <= 0:
                self._sweep(now)
            return _ALL_CHARGED

    async def charge_async(self, charges: Sequence[Charge], now: float) -> Charged:
        """The same; never waits."""
        return self.charge(charges, now)

    def add(self, charges: Sequence[Charge], now: float) -> None:
        """Charge without checking."""
        with self._lock:
            for charge in charges:
                self._take(charge, now)

    async def add_async(self, charges: Sequence[Charge], now: float) -> None:
        """The same; never waits."""
        self.add(charges, now)

    def _wait(self, charge: Charge, now: float) -> int:
        """Whole seconds until the counter admits a request, 0 when it does now."""
        window_s, limit = charge.window_s, charge.limit
        key = charge.counter
        if charge.algorithm == "fixed-window":
            number = int(now // window_s)
            found = self._windows.get(key)
            if found is None:
                return 0 if limit > 0 and self._room(self._windows) else window_s
            used = found[1] if found[0] == number else 0
            return 0 if used < limit else _up((number + 1) * window_s - now)
        if charge.algorithm == "sliding-window":
            log = self._logs.get(key)
            if log is None:
                return 0 if limit > 0 and self._room(self._logs) else window_s
            times = [moment for moment in log[0] if moment > now - window_s]
            over = len(times) - limit
            if over < 0:
                return 0
            return _up(times[over] + window_s - now) if over < len(times) else window_s
        if key not in self._buckets and not self._room(self._buckets):
            return window_s
        missing = window_s - self._tokens(charge, now)
        return 0 if missing <= 0 else _up(missing / max(1, limit))

    def _take(self, charge: Charge, now: float) -> None:
        window_s = charge.window_s
        key = charge.counter
        if charge.algorithm == "fixed-window":
            number = int(now // window_s)
            found = self._windows.get(key)
            used = found[1] if found is not None and found[0] == number else 0
            self._windows[key] = (number, used + 1, (number + 1) * window_s)
        elif charge.algorithm == "sliding-window":
            log = self._logs.get(key)
            times = [] if log is None else [moment for moment in log[0] if moment > now - window_s]
            insort(times, now)
            self._logs[key] = (times, window_s)
        else:
            bucket = self._buckets.get(key)
            left = max(0, self._tokens(charge, now) - window_s)
            since = now if bucket is None else max(now, bucket[1])
            full_at = since + (charge.burst * window_s - left) / max(1, charge.limit)
            self._buckets[key] = (left, since, full_at)

    def _tokens(self, charge: Charge, now: float) -> float:
        """Tokens times `window_s`: whole numbers as long as times are."""
        full = charge.burst * charge.window_s
        bucket = self._buckets.get(charge.counter)
        if bucket is None:
            return full
        left, since, _ = bucket
        return min(full, left + max(0, now - since) * charge.limit)

    def _room(self, counters: Sized) -> bool:
        return len(counters) < self._most

    def _sweep(self, now: float) -> None:
        """Forget counters that say no more than a new one would."""
        self._windows = {key: entry for key, entry in self._windows.items() if entry[2] > now}
        self._logs = {key: entry for key, entry in self._logs.items() if entry[0] and entry[0][-1] > now - entry[1]}
        self._buckets = {key: entry for key, entry in self._buckets.items() if entry[2] > now}
        held = len(self._windows) + len(self._logs) + len(self._buckets)
        self._until_sweep = max(_SWEEP_EVERY, held)


def _up(seconds: float) -> int:
    """Whole seconds, rounded up, at least 1."""
    return max(1, -int(-seconds // 1))


class MemoryRevocations:
    """Revocations in memory, set by this process."""

    local = True

    def __init__(self) -> None:
        self._denied: set[str] = set()
        self._versions: dict[str, int] = {}
        self._not_before: dict[str, int] = {}

    def deny(self, ident: str) -> None:
        """Refuse the token whose deny-list claim is *ident*."""
        self._denied.add(ident)

    def require_version(self, principal: str, version: int) -> None:
        """Refuse tokens of *principal* (its id) with a lower version."""
        self._versions[principal] = version

    def not_before(self, principal: str, seconds: int) -> None:
        """Refuse tokens of *principal* issued earlier."""
        self._not_before[principal] = seconds

    def look_up(self, queries: Sequence[RevocationQuery]) -> tuple[Revoked, ...]:
        """What is known about each token and its principal."""
        return tuple(
            Revoked(
                query.deny in self._denied, self._versions.get(query.principal), self._not_before.get(query.principal)
            )
            for query in queries
        )

    async def look_up_async(self, queries: Sequence[RevocationQuery]) -> tuple[Revoked, ...]:
        """The same; never waits."""
        return self.look_up(queries)

