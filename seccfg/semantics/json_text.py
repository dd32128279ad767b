"""A body as JSON: UTF-8 without a byte order mark, no member twice, no number beyond a double, no lone surrogate.

Depth counts nested arrays and objects: a scalar has depth 0, `{"a": [1]}` has 2.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from seccfg.record import Record

__all__ = ["Parsed", "parse_json", "strings"]

_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class Parsed(Record):
    """A body read, or why it cannot be."""

    value: object
    problem: str = ""


def parse_json(data: bytes, max_depth: int) -> Parsed:
    """The value of *data*, which must be one JSON text of at most that depth."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Parsed(None, "the body is no UTF-8")
    if _depth(text) > max_depth:
        return Parsed(None, f"the body is nested deeper than {max_depth}")
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return Parsed(None, "the body is no JSON, or names a member twice")
    if "\\u" in text and any(_has_surrogate(found) for found in strings(value)):
        return Parsed(None, "the body holds a lone surrogate")
    return Parsed(value)


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
            yield name
            yield from strings(member)
    elif isinstance(value, list):
        for element in value:
            yield from strings(element)
