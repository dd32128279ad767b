"""The counter primitive in one process: what a limit's `wait` is and what charging it does, in whole seconds."""

from __future__ import annotations

from seccfg.program.model import Limit

__all__ = ["Counters"]

CounterKey = tuple[str, str, str]


class Counters:
    """Every counter there is, each as the moments it was charged at; a bucket as what it held and when."""

    def __init__(self) -> None:
        self._charged: dict[CounterKey, list[int]] = {}
        self._buckets: dict[CounterKey, tuple[int, int]] = {}

    def wait(self, limit: Limit, key: str, size: int, now_s: int) -> int:
        """Seconds until one more is admitted, 0 when it is now."""
        ident = (limit.name, key, limit.route)
        if limit.algorithm == "token-bucket":
            lacking = limit.window_s - self._held(limit, ident, size, now_s)
            return -(-lacking // size) if lacking > 0 else 0
        charged = sorted(self._charged.get(ident, []))
        if limit.algorithm == "fixed-window":
            first = now_s // limit.window_s * limit.window_s
            used = [moment for moment in charged if first <= moment < first + limit.window_s]
            return 0 if len(used) < size else first + limit.window_s - now_s
        alive = [moment for moment in charged if moment > now_s - limit.window_s]
        return 0 if len(alive) < size else max(1, alive[len(alive) - size] + limit.window_s - now_s)

    def charge(self, limit: Limit, key: str, size: int, now_s: int) -> None:
        """Count one."""
        ident = (limit.name, key, limit.route)
        if limit.algorithm == "token-bucket":
            left = max(0, self._held(limit, ident, size, now_s) - limit.window_s)
            self._buckets[ident] = left, max(now_s, self._buckets.get(ident, (0, now_s))[1])
        else:
            self._charged.setdefault(ident, []).append(now_s)

    def _held(self, limit: Limit, ident: CounterKey, size: int, now_s: int) -> int:
        """Tokens times the window's seconds."""
        full = limit.burst * limit.window_s
        left, since = self._buckets.get(ident, (full, now_s))
        return min(full, left + size * max(0, now_s - since))
