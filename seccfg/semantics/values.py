"""Texts as values: what a header, a query, a path or a certificate says where a type is declared.

Text has no duration, and a number is a whole number with an optional fraction: forms every host reads alike.
"""

from __future__ import annotations

import re
from typing import TypeGuard

from seccfg.expr.evaluate import UNUSABLE
from seccfg.expr.times import parse_timestamp
from seccfg.expr.types import INTEGER_LIMIT
from seccfg.ir.policy import ScalarType

__all__ = ["INTEGER_LIMIT", "from_text", "is_text", "is_whole"]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,15})?")
_NOT_TEXT = re.compile("[\x00\ufffd\ud800-\udfff]")


def is_text(text: str) -> bool:
    """No NUL, no U+FFFD, no lone surrogate."""
    return _NOT_TEXT.search(text) is None


def is_whole(value: object) -> TypeGuard[int | float]:
    """A whole number within +-(2^53 - 1); `5.0` is one, a boolean is not."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return -INTEGER_LIMIT <= value <= INTEGER_LIMIT
    return isinstance(value, float) and value.is_integer() and -INTEGER_LIMIT <= value <= INTEGER_LIMIT


def from_text(text: str, kind: ScalarType) -> object:
    """What *text* says when a *kind* is expected, `UNUSABLE` when it says none."""
    if kind == "string":
        return text if is_text(text) else UNUSABLE
    if kind == "integer":
        return _within(int(text)) if _INTEGER.fullmatch(text) else UNUSABLE
    if kind == "number":
        return _within(float(text)) if _NUMBER.fullmatch(text) else UNUSABLE
    if kind == "boolean":
        return text == "true" if text in ("true", "false") else UNUSABLE
    if kind == "timestamp":
        seconds = parse_timestamp(text)
        return UNUSABLE if seconds is None else seconds
    return UNUSABLE


def _within(number: float) -> object:
    return number if -INTEGER_LIMIT <= number <= INTEGER_LIMIT else UNUSABLE
