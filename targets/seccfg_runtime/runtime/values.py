"""Texts as values (headers, query, path, certificates). `INVALID` stands for what is present and of no type at all."""

from __future__ import annotations

import re
from typing import Final

from .credentials import INTEGER_LIMIT, is_text, is_whole
from .model import ValueType
from .times import TIMESTAMP_MAX, TIMESTAMP_MIN, parse_timestamp

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,15})?")
_DURATION_LIMIT = 9_223_372_036


class Invalid:
    """Present, but an error wherever a condition uses it: no type guard lets it through."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "INVALID"


INVALID: Final = Invalid()


def from_text(text: str, kind: ValueType) -> object:
    """What *text* says when a *kind* is expected, INVALID when it says none. Durations have no text form."""
    if kind == "string":
        return text if is_text(text) else INVALID
    if kind == "integer":
        return _within(int(text)) if _INTEGER.fullmatch(text) else INVALID
    if kind == "number":
        return _within(float(text)) if _NUMBER.fullmatch(text) else INVALID
    if kind == "boolean":
        return text == "true" if text in ("true", "false") else INVALID
    if kind == "timestamp":
        seconds = parse_timestamp(text)
        return INVALID if seconds is None else seconds
    return INVALID


def _within(number: float) -> object:
    return number if -INTEGER_LIMIT <= number <= INTEGER_LIMIT else INVALID


def typed(value: object, kind: ValueType, list_of: bool) -> object:
    """A JSON value as the declared type holds it (`5.0` becomes 5), INVALID when it is of another type."""
    if not list_of:
        return _scalar(value, kind)
    if not isinstance(value, (list, tuple)):
        return INVALID
    elements = [_scalar(element, kind) for element in value]
    return INVALID if any(element is INVALID for element in elements) else elements


def _scalar(value: object, kind: ValueType) -> object:
    if kind == "string":
        return value if isinstance(value, str) and is_text(value) else INVALID
    if kind == "boolean":
        return value if isinstance(value, bool) else INVALID
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return INVALID
    if kind == "number":
        return _within(value)
    if not is_whole(value):
        return INVALID
    whole = int(value)
    if kind == "timestamp":
        return whole if TIMESTAMP_MIN <= whole <= TIMESTAMP_MAX else INVALID
    if kind == "duration":
        return whole if -_DURATION_LIMIT <= whole <= _DURATION_LIMIT else INVALID
    return whole
