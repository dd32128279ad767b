"""Exit codes, and which of several wins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["BUG", "DIFFERS", "FINDINGS", "FINE", "INTERRUPTED", "INVALID", "NO_INPUT", "REFUSED", "worst"]

FINE: Final = 0
FINDINGS: Final = 1
"""Findings, or failed checks."""
INVALID: Final = 2
"""Usage, unreadable or invalid input."""
NO_INPUT: Final = 3
DIFFERS: Final = 4
"""Something would change."""
REFUSED: Final = 5
"""A gap the spec does not accept."""
BUG: Final = 70
INTERRUPTED: Final = 130

_ORDER = (INVALID, REFUSED, FINDINGS, DIFFERS)


def worst(codes: Iterable[int]) -> int:
    """The code of a run over several inputs: the first of 2, 5, 1, 4 that any of them has."""
    seen = set(codes)
    return next((code for code in _ORDER if code in seen), FINE)
