"""Seconds, dates and durations."""

from __future__ import annotations

import datetime
import random

import pytest

from seccfg.expr.times import (
    days_to_date,
    parse_duration,
    parse_timestamp,
    print_duration,
    print_timestamp,
    timestamp_part,
)
from seccfg.expr.types import DURATION_LIMIT, TIMESTAMP_MAX, TIMESTAMP_MIN


@pytest.mark.parametrize("text, seconds", [
    ("1970-01-01T00:00:00Z", 0), ("2026-01-05T12:00:00Z", 1_767_614_400), ("2026-01-05T13:00:00+01:00", 1_767_614_400),
    ("2026-01-05T12:00:00.000Z", 1_767_614_400), ("2026-01-05T11:30:00-00:30", 1_767_614_400),
    ("2024-02-29T00:00:00Z", 1_709_164_800),
    ("0001-01-01T00:00:00Z", TIMESTAMP_MIN), ("9999-12-31T23:59:59Z", TIMESTAMP_MAX),
    ("2026-01-05T12:00:00", None), ("2026-01-05 12:00:00Z", None), ("2026-01-05t12:00:00z", None),
    ("2026-01-05T12:00:00.5Z", None),
    ("2026-01-05T12:00:00.Z", None), ("2026-02-29T00:00:00Z", None), ("2026-13-01T00:00:00Z", None),
    ("2026-01-05T24:00:00Z", None),
    ("2026-01-05T23:59:60Z", None), ("0000-01-01T00:00:00Z", None), ("0001-01-01T00:00:00+00:01", None),
    ("2026-1-5T12:00:00Z", None),
    ("2026-01-05T12:00:00+24:00", None), ("2026-01-05T12:00:00+1:00", None), ("٢٠٢٦-01-05T12:00:00Z", None), ("", None),
    ("2026-01-05T12:00:00Z ", None), ("2026-01-05T12:00Z", None), ("+026-01-05T12:00:00Z", None),
    ("2026-01-05T12:00:00+01:00x", None),
])
def test_reading_timestamps(text: str, seconds: int | None) -> None:
    """RFC 3339 with an offset and nothing else."""
    assert parse_timestamp(text) == seconds


@pytest.mark.parametrize("text, seconds", [
    ("0s", 0), ("90s", 90), ("1h30m", 5_400), ("-1h", -3_600), ("+1m", 60), ("1.5h", 5_400), (".5m", 30), ("1000ms", 1),
    ("1500ms500ms", 2), ("9223372036s", DURATION_LIMIT), ("9223372037s", None), ("1.5s", None), ("1", None),
    ("", None), ("h", None),
    ("1d", None), ("1.s", None), (".s", None), ("1..5h", None), ("1h-30m", None), ("-", None), ("1 h", None),
    ("٣h", None), ("9" * 70 + "h", None),
])
def test_reading_durations(text: str, seconds: int | None) -> None:
    """CEL's notation, in whole seconds, with no unit above the hour."""
    assert parse_duration(text) == seconds


def test_printing_reads_back() -> None:
    """Any second, any duration."""
    source = random.Random(3)
    for _ in range(2_000):
        seconds = source.randint(TIMESTAMP_MIN, TIMESTAMP_MAX)
        assert parse_timestamp(print_timestamp(seconds)) == seconds
        span = source.randint(-DURATION_LIMIT, DURATION_LIMIT)
        assert parse_duration(print_duration(span)) == span


def test_the_calendar_is_pythons() -> None:
    """Every field, on days across the whole range."""
    source = random.Random(4)
    start = datetime.datetime(1970, 1, 1)
    for _ in range(3_000):
        seconds = source.randint(TIMESTAMP_MIN, TIMESTAMP_MAX)
        moment = start + datetime.timedelta(seconds=seconds)
        assert days_to_date(seconds // 86_400) == (moment.year, moment.month, moment.day)
        assert timestamp_part(seconds, "getDayOfYear") == moment.timetuple().tm_yday - 1
        assert timestamp_part(seconds, "getDayOfWeek") == moment.isoweekday() % 7
        assert (timestamp_part(seconds, "getHours"), timestamp_part(seconds, "getMinutes")) == (moment.hour, moment.minute)
