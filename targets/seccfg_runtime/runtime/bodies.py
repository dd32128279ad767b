"""
Bodies as JSON: UTF-8 without byte order mark, no member twice, no number beyond a double, no lone surrogate, no
depths.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

_STRUCTURE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


class BodyError(Exception):
    """A body that is no JSON as the policy wants it; the message shows nothing of it."""


def parse_json(data: bytes, max_depth: int) -> object:
    """
    The value of *data*. Depth counts nested arrays and objects: a scalar has 0, `{"a": [1]}` has 2.

    Raises:
        BodyError: It is not one JSON text of at most that depth.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BodyError("the body is no UTF-8") from error
    if _depth(text) > max_depth:
        raise BodyError(f"the body is nested deeper than {max_depth}")
    try:
        value: object = json.loads(text, object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise BodyError("the body is no JSON, or names a member twice") from error
    if "\\u" in text and any(_has_surrogate(found) for found in strings(value)):
        raise BodyError("the body holds a lone surrogate")
    return value


def _depth(text: str) -> int:
    deepest = depth = 0
    for match in _STRUCTURE.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is named twice")
    return found


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def strings(value: object) -> Iterator[str]:
    """Every text of a JSON value, member names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield str(name)
            yield from strings(member)
    elif isinstance(value, list):
        for element in value:
            yield from strings(element)
