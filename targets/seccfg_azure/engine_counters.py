"""The gateway's counters: windows that slide for rate limits, fixed ones for quotas."""

from __future__ import annotations

__all__ = ["Counters"]


class Counters:
    """Every counter by its key; a request that is refused counts as well when it is to be counted."""

    def __init__(self) -> None:
        self._moments: dict[str, list[int]] = {}
        self._windows: dict[tuple[str, int], int] = {}

    def slide(self, key: str, calls: int, period_s: int, now_s: int, added: int) -> int:
        """Seconds until one more is admitted, 0 when it is now; *added* more are counted."""
        alive = [moment for moment in self._moments.get(key, []) if moment > now_s - period_s]
        wait = 0 if len(alive) < calls else max(1, sorted(alive)[len(alive) - calls] + period_s - now_s)
        self._moments[key] = alive + [now_s] * added
        return wait

    def window(self, key: str, calls: int, period_s: int, now_s: int, added: int) -> bool:
        """Whether the window's quota is used up; *added* more are counted."""
        place = (key, now_s // period_s)
        used = self._windows.get(place, 0)
        self._windows[place] = used + added
        return used >= calls
