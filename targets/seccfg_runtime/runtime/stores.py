"""Counters and revocations kept in this process: for one worker, and for tests.

Several workers, or several machines, need a store they share; these two know only what happened in this process.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Sequence

from .interface import ADMITTED, Charge, Charged, RevocationQuery, Revoked

_SWEEP_EVERY = 10_000
_SWEEP_FULL_EVERY_S = 1.0
_MOST_COUNTERS = 1_000_000


class _Window:
    """Requests charged in one fixed window."""

    __slots__ = ("number", "used", "window_s")

    def __init__(self) -> None:
        self.number = -1.0
        self.used = 0
        self.window_s = 0

    def wait_s(self, charge: Charge, now: float) -> int:
        number = self._number(charge, now)
        used = self.used if self.number == number else 0
        return 0 if used < charge.limit else _up((number + 1) * charge.window_s - now)

    def take(self, charge: Charge, now: float) -> None:
        number = self._number(charge, now)
        if self.number != number:
            self.number, self.used, self.window_s = number, 0, charge.window_s
        self.used += 1

    def _number(self, charge: Charge, now: float) -> float:
        """The window *now* is in; a request that comes late from the window before counts in the newer one."""
        number = now // charge.window_s
        return self.number if number == self.number - 1 else number

    def idle(self, now: float) -> bool:
        return (self.number + 1) * self.window_s <= now

    def state(self) -> list[float]:
        """What `restore` takes, for stores outside this process."""
        return [self.number, self.used, self.window_s]

    def restore(self, state: Sequence[float]) -> None:
        self.number, self.used, self.window_s = state[0], int(state[1]), int(state[2])


class _Log:
    """When each request that still counts was charged, oldest first."""

    __slots__ = ("times", "window_s")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.window_s = 0

    def wait_s(self, charge: Charge, now: float) -> int:
        self._forget(now - charge.window_s)
        over = len(self.times) - charge.limit
        if over < 0:
            return 0
        return _up(self.times[over] + charge.window_s - now) if over < len(self.times) else charge.window_s

    def take(self, charge: Charge, now: float) -> None:
        self._forget(now - charge.window_s)
        self.window_s = charge.window_s
        insort(self.times, now)

    def idle(self, now: float) -> bool:
        return not self.times or self.times[-1] <= now - self.window_s

    def state(self) -> list[float]:
        """As of `_Window`."""
        return [self.window_s, *self.times]

    def restore(self, state: Sequence[float]) -> None:
        self.window_s, self.times = int(state[0]), list(state[1:])

    def _forget(self, until: float) -> None:
        times = self.times
        if times and times[0] <= until:
            self.times = [moment for moment in times if moment > until]


class _Bucket:
    """Tokens times the window's seconds (whole numbers as long as times are), and when that was true."""

    __slots__ = ("full_at", "left", "since")

    def __init__(self) -> None:
        self.left: float | None = None
        self.since = 0.0
        self.full_at = 0.0

    def wait_s(self, charge: Charge, now: float) -> int:
        missing = charge.window_s - self._tokens(charge, now)
        return 0 if missing <= 0 else _up(missing / max(1, charge.limit))

    def take(self, charge: Charge, now: float) -> None:
        left = max(0, self._tokens(charge, now) - charge.window_s)
        self.since = now if self.left is None else max(now, self.since)
        self.left = left
        self.full_at = self.since + (charge.burst * charge.window_s - left) / max(1, charge.limit)

    def idle(self, now: float) -> bool:
        return self.full_at <= now

    def state(self) -> list[float]:
        """As of `_Window`."""
        return [-1 if self.left is None else self.left, self.since, self.full_at]

    def restore(self, state: Sequence[float]) -> None:
        self.left, self.since, self.full_at = None if state[0] < 0 else state[0], state[1], state[2]

    def _tokens(self, charge: Charge, now: float) -> float:
        full = charge.burst * charge.window_s
        return full if self.left is None else min(full, self.left + max(0, now - self.since) * charge.limit)


Counter = _Window | _Log | _Bucket
_KINDS: dict[str, type[_Window] | type[_Log] | type[_Bucket]] = {
    "fixed-window": _Window, "sliding-window": _Log, "token-bucket": _Bucket,
}  # fmt: skip


def new_counter(algorithm: str) -> Counter:
    """A counter of that kind on which nothing was charged."""
    return _KINDS[algorithm]()


class MemoryLimits:
    """
    Counters in memory, exact: fixed windows aligned to the Unix epoch, logs of every admitted request, token buckets.

    At most `most` counters are held. When they are used up, a request that needs one more is refused: to forget one
    would admit more than its limit.
    """

    local = True

    def __init__(self, most: int = _MOST_COUNTERS) -> None:
        self._lock = threading.Lock()
        self._counters: dict[str, Counter] = {}
        self._most = most
        self._until_sweep = _SWEEP_EVERY
        self._next_full_sweep = float("-inf")

    def charge(self, charges: Sequence[Charge], now: float) -> Charged:
        """Check every counter in order; charge all that `spend`, or none."""
        self._lock.acquire()  # a third of what `with` costs, and this runs for every limit of every request
        try:
            if len(charges) == 1:
                only = charges[0]
                window = self._counters.get(only.counter)
                if type(window) is _Window and window.number == now // only.window_s and only.spend:
                    if window.used < only.limit:
                        window.used += 1
                        return ADMITTED
                    return Charged(0, window.wait_s(only, now))
            return self._charge_each(charges, now)
        finally:
            self._lock.release()

    def _charge_each(self, charges: Sequence[Charge], now: float) -> Charged:
        found: list[Counter] = []
        for charge in charges:
            counter = self._counters.get(charge.counter) or self._new(charge, now)
            if counter is None:
                return Charged(len(found), charge.window_s)
            wait_s = counter.wait_s(charge, now)
            if wait_s:
                return Charged(len(found), wait_s)
            found.append(counter)
        for charge, counter in zip(charges, found, strict=True):
            if charge.spend:
                counter.take(charge, now)
                self._counters[charge.counter] = counter  # a sweep for a later one may have forgotten it
        return ADMITTED

    async def charge_async(self, charges: Sequence[Charge], now: float) -> Charged:
        """The same; never waits."""
        return self.charge(charges, now)

    def add(self, charges: Sequence[Charge], now: float) -> None:
        """Charge without checking."""
        with self._lock:
            for charge in charges:
                counter = self._counters.get(charge.counter) or self._new(charge, now)
                if counter is not None:
                    counter.take(charge, now)

    async def add_async(self, charges: Sequence[Charge], now: float) -> None:
        """The same; never waits."""
        self.add(charges, now)

    def _new(self, charge: Charge, now: float) -> Counter | None:
        """A fresh counter, None when there is no room for one."""
        self._until_sweep -= 1
        if self._until_sweep <= 0:
            self._sweep(now)
        if len(self._counters) >= self._most:
            if now < self._next_full_sweep:
                return None
            self._next_full_sweep = now + _SWEEP_FULL_EVERY_S
            self._sweep(now)
            if len(self._counters) >= self._most:
                return None
        counter = self._counters[charge.counter] = _KINDS[charge.algorithm]()
        return counter

    def _sweep(self, now: float) -> None:
        """Forget counters that say no more than a fresh one would."""
        self._counters = {name: counter for name, counter in self._counters.items() if not counter.idle(now)}
        self._until_sweep = max(_SWEEP_EVERY, len(self._counters))


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
