"""Unquoted scalars: the YAML 1.2 core schema, and what is refused because other readers take it for something else."""

from __future__ import annotations

import math

import pytest

from seccfg.source.plain import Trap, resolve


@pytest.mark.parametrize(
    "text, value",
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL"),
        ("true", True), ("False", False), ("TRUE", True), ("tRUE", "tRUE"),
        ("0", 0), ("-0", 0), ("+5", 5), ("17", 17), ("-17", -17), ("0x1F", 31), ("9007199254740991", 2**53 - 1),
        ("-9007199254740991", 1 - 2**53), ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("-1.5E-3", -0.0015),
        ("15m", "15m"), ("1MiB", "1MiB"), ("2026-09-01", "2026-09-01"),
        ("2026-09-01T10:00:00Z", "2026-09-01T10:00:00Z"),
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.0.0.1", "10.0.0.1"), ("1.2.3", "1.2.3"), ("127.0.0.1:80", "127.0.0.1:80"),
        ("::/0", "::/0"), ("-", "-"), (".", "."), ("...", "..."), ("+", "+"), ("e5", "e5"), ("0x", "0x"),
        ("0xg", "0xg"),
        ("y", "y"), ("n", "n"), ("yEs", "yEs"), ("nope", "nope"), ("<<", "<<"), ("1 2", "1 2"), ("12:60", "12:60"),
        ("٣", "٣"), ("1٣", "1٣"), ("inf", "inf"), ("nan", "nan"), ("1e", "1e"), ("--1", "--1"),
    ],
)  # fmt: skip
def test_what_a_scalar_means(text: str, value: object) -> None:
    """Value and type are those of the core schema; a date is text."""
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text, rule",
    [
        *((form, "YAML009") for word in ("yes", "no", "on", "off") for form in (word, word.title(), word.upper())),
        *(
            (text, "YAML007")
            for text in ("0777", "-012", "00", "08", "0o17", "0b101", "1_000", "0x_f", "-0x1f", "00.5")
        ),
        *((text, "YAML008") for text in ("15:00", "1:1", "-12:30:45", "12:30:45.5", "1:2:3:4")),
        *((text, "YAML016") for text in (".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1e999", "-1e999")),
        *((text, "YAML017") for text in ("9007199254740992", "-9007199254740992", "9" * 5000, "0x20000000000000")),
        ("0." + "1" * 500, "YAML007"),
    ],
)
def test_what_a_scalar_may_not_be(text: str, rule: str) -> None:
    """Refused under the rule that explains why."""
    found = resolve(text)
    assert isinstance(found, Trap)
    assert found.rule == rule


def test_numbers_at_the_edge_of_floating_point() -> None:
    """The largest float stays, the smallest becomes zero: both are finite."""
    assert resolve("1.7976931348623157e308") == math.nextafter(math.inf, 0)
    assert resolve("1e-999") == 0.0
