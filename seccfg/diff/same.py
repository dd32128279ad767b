"""Whether two pieces of a document say the same: 1, 1.0 and true are different, the order of a map's keys means nothing."""

from __future__ import annotations

import json
import marshal
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["different_keys", "same"]

_PLAIN: Final = 2
"""The last format of `marshal` that writes equal values alike wherever they came from (later ones write references)."""


def same(one: Any, other: Any) -> bool:
    """
    Whether both say the same.

    Comparing as Python does says at once that most different ones are; equal bytes say that most others are not. Only what
    Python calls equal and is written otherwise (keys in another order, 1 and true) is looked at key by key.
    """
    if one is other:
        return True
    if one != other:
        return False
    return marshal.dumps(one, _PLAIN) == marshal.dumps(other, _PLAIN) or json.dumps(one, sort_keys=True) == json.dumps(
        other, sort_keys=True
    )


def different_keys(one: Mapping[str, object], other: Mapping[str, object]) -> frozenset[str]:
    """The keys of which one has not what the other has."""
    return frozenset(
        key for key in one.keys() | other.keys() if key not in one or key not in other or not same(one[key], other[key])
    )
