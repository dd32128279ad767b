"""What decisions leave behind: counters. And what they depend on besides policy and request: the surroundings."""

from __future__ import annotations

from seccfg.ir.request import Surroundings

__all__ = ["State"]

_DEFAULT = Surroundings()
CounterKey = tuple[str, str, str]
"""Limit name, key, and the route id when the limit counts per route."""


class State:
    """Counters and surroundings of one scenario; `decide` changes the counters."""

    __slots__ = ("buckets", "logs", "surroundings", "windows")

    def __init__(self, surroundings: Surroundings = _DEFAULT) -> None:
        self.surroundings = surroundings
        self.windows: dict[tuple[CounterKey, int], int] = {}
        """fixed-window: requests charged in window number n since the Unix epoch."""
        self.logs: dict[CounterKey, list[int]] = {}
        """sliding-window: when each request still counted was charged, oldest first."""
        self.buckets: dict[CounterKey, tuple[int, int]] = {}
        """token-bucket: tokens times the window's seconds, and when that was true."""
