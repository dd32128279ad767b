"""Timestamps and durations as whole seconds: reading, writing, and calendar fields in UTC.

Own arithmetic on integers, because every emitted backend has to do the same one and library parsers accept more than
RFC 3339 does.
"""

from __future__ import annotations

from seccfg.expr.ast import Part
from seccfg.expr.types import DURATION_LIMIT, TIMESTAMP_MAX, TIMESTAMP_MIN

__all__ = ["days_to_date", "duration_part", "parse_duration", "parse_timestamp", "print_duration", "print_timestamp",
           "timestamp_part"]

_DAY_S = 86_400
_UNIT_NS = {"h": 3_600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MAX_DURATION_TEXT = 64


def parse_timestamp(text: str) -> int | None:
    """
    Seconds since the epoch of an RFC 3339 date-time with an offset; None when *text* is anything else.

    A fraction may be written only if it is zero: an attribute counts whole seconds, and dropping part of a value would
    be a guess. Leap seconds and lower-case `t` and `z` are refused.
    """
    if len(text) < 20 or not text.isascii() or text[4] + text[7] + text[10] + text[13] + text[16] != "--T::":
        return None
    digits = (text[0:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:19])
    if not all(d.isdigit() for d in digits):
        return None
    year, month, day, hour, minute, second = map(int, digits)
    rest = text[19:]
    if rest[0] == ".":
        body = rest[1:].lstrip("0")
        if body == rest[1:]:
            return None
        rest = body
    offset_s = _parse_offset(rest)
    if offset_s is None or not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 59 or year < 1:
        return None
    if not 1 <= day <= _MONTH_DAYS[month - 1] + (month == 2 and _is_leap(year)):
        return None
    seconds = _date_to_days(year, month, day) * _DAY_S + hour * 3_600 + minute * 60 + second - offset_s
    return seconds if TIMESTAMP_MIN <= seconds <= TIMESTAMP_MAX else None


def _parse_offset(text: str) -> int | None:
    if text == "Z":
        return 0
    if len(text) != 6 or text[0] not in "+-" or text[3] != ":" or not (text[1:3] + text[4:6]).isdigit():
        return None
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        return None
    return (hours * 3_600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def print_timestamp(seconds: int) -> str:
    """RFC 3339 in UTC: `2026-01-05T12:00:00Z`."""
    year, month, day = days_to_date(seconds // _DAY_S)
    clock = seconds % _DAY_S
    return f"{year:04}-{month:02}-{day:02}T{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}Z"


def parse_duration(text: str) -> int | None:
    """Seconds of a CEL duration (`1h30m`, `-90s`, `1.5h`); None when it is none or no whole number of seconds."""
    body = text[1:] if text[:1] in ("-", "+") else text
    if not body or len(body) > _MAX_DURATION_TEXT or not body.isascii():
        return None
    total_ns, at = 0, 0
    while at < len(body):
        end = at
        while end < len(body) and (body[end].isdigit() or body[end] == "."):
            end += 1
        whole, point, fraction = body[at:end].partition(".")
        if not (whole or fraction) or "." in fraction or (point and not fraction):
            return None
        unit = body[end:end + 2] if body[end:end + 2] in _UNIT_NS else body[end:end + 1]
        if unit not in _UNIT_NS:
            return None
        scaled, remainder = divmod(int((whole or "0") + fraction) * _UNIT_NS[unit], 10 ** len(fraction))
        if remainder:
            return None
        total_ns += scaled
        at = end + len(unit)
    seconds, remainder = divmod(total_ns, 10**9)
    if remainder or seconds > DURATION_LIMIT:
        return None
    return -seconds if text[0] == "-" else seconds


def print_duration(seconds: int) -> str:
    """The shortest `1h30m5s` form."""
    size = abs(seconds)
    parts = ((size // 3_600, "h"), (size // 60 % 60, "m"), (size % 60, "s"))
    text = "".join(f"{count}{unit}" for count, unit in parts if count)
    return ("-" if seconds < 0 else "") + (text or "0s")


def timestamp_part(seconds: int, part: Part) -> int:
    """What CEL's getter of that name gives in UTC: months, days of month and of year count from 0, Sunday is 0."""
    days, clock = divmod(seconds, _DAY_S)
    if part == "getHours":
        return clock // 3_600
    if part == "getMinutes":
        return clock // 60 % 60
    if part == "getSeconds":
        return clock % 60
    if part == "getDayOfWeek":
        return (days + 4) % 7
    year, month, day = days_to_date(days)
    if part == "getFullYear":
        return year
    if part == "getMonth":
        return month - 1
    if part == "getDate":
        return day
    if part == "getDayOfMonth":
        return day - 1
    return days - _date_to_days(year, 1, 1)


def duration_part(seconds: int, part: Part) -> int:
    """The whole duration in hours, minutes or seconds, towards zero."""
    unit = {"getHours": 3_600, "getMinutes": 60}.get(part, 1)
    return abs(seconds) // unit * (-1 if seconds < 0 else 1)


def days_to_date(days: int) -> tuple[int, int, int]:
    """Year, month (1-12) and day (1-31) of a number of days since 1970-01-01, in the Gregorian calendar."""
    # Counted from 1 March of year 0, so that the leap day is the last of its year.
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return era * 400 + year_of_era + (month <= 2), month, day


def _date_to_days(year: int, month: int, day: int) -> int:
    shifted_year = year - (month <= 2)
    era, year_of_era = divmod(shifted_year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
