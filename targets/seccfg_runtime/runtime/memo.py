"""A bounded memory for pure functions of untrusted input."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Memo(Generic[_K, _V]):
    """
    Two generations of at most `size` entries each.

    Callers read `new` directly (`memo.new.get(key)`), which costs one dict look-up, and ask `recall` when that
    misses. A flood of new keys pushes out what is not used, never more than `2 * size` entries are held, and nothing
    is ever wrong: what is remembered must depend on the key alone.
    """

    __slots__ = ("_old", "_size", "new")

    def __init__(self, size: int) -> None:
        self.new: dict[_K, _V] = {}
        self._old: dict[_K, _V] = {}
        self._size = size

    def recall(self, key: _K) -> _V | None:
        """What was stored under *key*; None when it was never stored or is forgotten."""
        found = self.new.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.store(key, found)
        return found

    def store(self, key: _K, value: _V) -> None:
        """Remember *value*."""
        if len(self.new) >= self._size:
            self._old = self.new
            self.new = {}
        self.new[key] = value

    def forget(self) -> None:
        """Forget everything."""
        self.new = {}
        self._old = {}

    def __len__(self) -> int:
        return len(self.new) + len(self._old)
