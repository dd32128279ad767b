"""Reading attribute values for conditions: each function gives a value of its type, or None where there is none.

Absent, null, another type and out of range are all None, and a condition holds only where it has seen a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

Values = Mapping[str, object]
T = TypeVar("T")

_WHOLE_LIMIT = 2**53 - 1
_FIRST_SECOND = -62_135_596_800
_LAST_SECOND = 253_402_300_799
_LONGEST_S = 9_223_372_036
_UNUSABLE = re.compile("[\0\ufffd\ud800-\udfff]")


def present(values: Values, name: str) -> bool:
    """Something stands there, of whatever type; null counts as absent."""
    return values.get(name) is not None


def text(values: Values, name: str) -> str | None:
    return _text(values.get(name))


def integer(values: Values, name: str) -> int | None:
    return _integer(values.get(name))


def number(values: Values, name: str) -> float | None:
    return _number(values.get(name))


def boolean(values: Values, name: str) -> bool | None:
    return _boolean(values.get(name))


def timestamp(values: Values, name: str) -> int | None:
    return _timestamp(values.get(name))


def duration(values: Values, name: str) -> int | None:
    return _duration(values.get(name))


def texts(values: Values, name: str) -> tuple[str, ...] | None:
    return _list(values.get(name), _text)


def integers(values: Values, name: str) -> tuple[int, ...] | None:
    return _list(values.get(name), _integer)


def numbers(values: Values, name: str) -> tuple[float, ...] | None:
    return _list(values.get(name), _number)


def booleans(values: Values, name: str) -> tuple[bool, ...] | None:
    return _list(values.get(name), _boolean)


def timestamps(values: Values, name: str) -> tuple[int, ...] | None:
    return _list(values.get(name), _timestamp)


def durations(values: Values, name: str) -> tuple[int, ...] | None:
    return _list(values.get(name), _duration)


def is_timestamp(seconds: int) -> bool:
    """Between the years 1 and 9999."""
    return _FIRST_SECOND <= seconds <= _LAST_SECOND


def is_duration(seconds: int) -> bool:
    """At most about 292 years either way."""
    return -_LONGEST_S <= seconds <= _LONGEST_S


def found(pattern: str, subject: str) -> bool:
    """The pattern matches somewhere in *subject*, which is ASCII and of limited length."""
    return re.search(pattern, subject) is not None


def whole_units(seconds: int, unit_s: int) -> int:
    """A duration in units of *unit_s* seconds, towards zero."""
    return abs(seconds) // unit_s * (-1 if seconds < 0 else 1)


def year(seconds: int) -> int:
    return _date(seconds)[0]


def month(seconds: int) -> int:
    """From 1."""
    return _date(seconds)[1]


def day(seconds: int) -> int:
    """Of the month, from 1."""
    return _date(seconds)[2]


def day_of_year(seconds: int) -> int:
    """From 0."""
    leap = year(seconds) % 4 == 0 and (year(seconds) % 100 != 0 or year(seconds) % 400 == 0)
    before = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)[month(seconds) - 1]
    return before + (leap and month(seconds) > 2) + day(seconds) - 1


def _date(seconds: int) -> tuple[int, int, int]:
    """Year, month and day in UTC; the calendar is counted from 1 March of year 0, so that leap days come last."""
    era, day_of_era = divmod(seconds // 86_400 + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    since_march = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * since_march + 2) // 153
    month_of_year = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year_of_era + (month_of_year <= 2), month_of_year, since_march - (153 * shifted + 2) // 5 + 1


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and _UNUSABLE.search(value) is None else None


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if -_WHOLE_LIMIT <= value <= _WHOLE_LIMIT else None


def _integer(value: object) -> int | None:
    found_number = _number(value)
    return None if found_number is None or found_number != int(found_number) else int(found_number)


def _timestamp(value: object) -> int | None:
    seconds = _integer(value)
    return seconds if seconds is not None and is_timestamp(seconds) else None


def _duration(value: object) -> int | None:
    seconds = _integer(value)
    return seconds if seconds is not None and is_duration(seconds) else None


def _list(value: object, read: Callable[[object], T | None]) -> tuple[T, ...] | None:
    """All elements, or None when one of them is of another type."""
    if not isinstance(value, (list, tuple)):
        return None
    items = tuple(item for item in map(read, value) if item is not None)
    return items if len(items) == len(value) else None
