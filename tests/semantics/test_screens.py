"""`screens/1` and the formats: what shows, what passes."""

from __future__ import annotations

import datetime
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccfg.expr.regex import parse_regex
from seccfg.expr.regex_automaton import slowness
from seccfg.semantics.formats import FORMATS, fits_format
from seccfg.semantics.screens import SCREENS, normal_form, shows

BOTH = ("sql-injection", "xss")

SQL = [
    "' OR '1'='1", "' or 1=1--", "1 OR 1=1", "admin'--", "admin' #", "') OR ('a'='a", "'; DROP TABLE users; --",
    "1; DROP TABLE users",
    "x' UNION SELECT username, password FROM users--", "1 UNION ALL SELECT NULL,NULL", "1 union/**/select 1,2",
    "' AND 1=1",
    "'||'1'='1", "' OR\t'a'\n=\n'a", "1'; EXEC xp_cmdshell('dir')", "1; WAITFOR DELAY '0:0:5'", "SLEEP(5)",
    "pg_sleep(5)",
    "BENCHMARK(1000000,MD5(1))", "x'/*", "1; INSERT INTO users VALUES (1)", "INSERT INTO t (a) VALUES (1)",
    "DELETE FROM users WHERE 1=1",
    "UPDATE users SET admin=1", "SELECT * FROM information_schema.tables", "' OR name LIKE '%a%",
    "' or user is not null",
    "1) or (1=1", "' INTO OUTFILE '/tmp/x'", "\" OR \"\"=\"",
]  # fmt: skip
XSS = [
    "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<body onload = alert(1)>", "\" onmouseover=\"alert(1)", "' onfocus='alert(1)", "javascript:alert(1)",
    " javascript:alert`1`",
    "<a href=\"javascript:alert(1)\">", "<iframe src=x>", "data:text/html,<b>", "<!DOCTYPE x>", "<![CDATA[x",
    "<object data=x>",
    "';alert(1)//", "<math><mi>", "<base href=//evil.example>", "<details open ontoggle=alert(1)>", "<script\n>",
    "<form action=x>",
]  # fmt: skip
BENIGN = [
    "O'Brien", "select a seat", "Please select a seat from the plan", "drop me a line", "Rock 'n' Roll",
    "the Union select committee",
    "update your profile", "insert the coin into the slot", "delete from cart", "5 > 3 and 2 < 4", "a < b",
    "price < base",
    "it's 5 or so", "\"To be\" -- Shakespeare", "C#", "he's '#1'", "1 or 2", "Jean-Luc & sons; create value",
    "x@example.com", "",
    "Learn javascript: the good parts", "on sale = now", "form follows function", "meta", "<3", "i <3 you", "a -- b",
    "2026-01-05",
    "créer une table", "drop table reservations early", "where 1 is 1", "group by theme; order by date",
    "sleep (well)", "d'or et d'argent",
    "St. John's or St. Paul's", "rock'n'roll and jazz", "Version 5; update it", "order = 5", "l'ordre=5", "script",
    "O'order=5",
    "https://example.com/?a=1&b=2", "data: 5", "the object, and the base", "f(x) = 2x", "SELECT", "UNION",
    "100% cotton", "a/*b",
]  # fmt: skip


@pytest.mark.parametrize("text", SQL)
def test_sql_shows(text):
    """The grammar of an injection is refused."""
    assert shows(("sql-injection",), [text]) == "sql-injection"


@pytest.mark.parametrize("text", XSS)
def test_xss_shows(text):
    """Active elements, handlers and script addresses are refused."""
    assert shows(("xss",), [text]) == "xss"


@pytest.mark.parametrize("text", BENIGN)
def test_ordinary_texts_pass(text):
    """`O'Brien` and `select a seat` pass."""
    assert shows(BOTH, [text]) == ""


def test_only_the_screens_asked_for(kit):
    """A route's screens are those the spec names."""
    assert shows((), SQL + XSS) == ""
    assert shows(("xss",), ["' or 1=1--"]) == ""


def test_the_normal_form():
    """ASCII lower case, white space runs as one space, other runs as `?`, a space around it."""
    assert normal_form("\tA\t\n B\u00a0\u212Ac") == " a b?c "


@pytest.mark.parametrize("pattern", [p for patterns in SCREENS.values() for p in patterns] + list(FORMATS.values()))
def test_patterns_print_on_every_target(pattern):
    """Screens and formats stay in the regex subset every target prints, and take no time that explodes."""
    parsed = parse_regex(pattern)
    if "*" in pattern or "+" in pattern or ",}" in pattern:  # without unlimited repetition nothing can explode
        assert slowness(parsed) == ""


# ---------------------------------------------------------------------------------------------------------- formats
@pytest.mark.parametrize("name, good, bad", [
    ("uuid", ["5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d", "5B0C8E1E-6A52-4A5C-9D0E-1F1C2A3B4C5D"],
     ["5b0c8e1e6a524a5c9d0e1f1c2a3b4c5d", "{5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d}",
     "g" * 8 + "-6a52-4a5c-9d0e-1f1c2a3b4c5d", ""]),
    ("date-time", ["2026-01-05T12:00:00Z", "2024-02-29T23:59:59.123+14:00"],
     ["2026-01-05 12:00:00Z", "2026-01-05T12:00:00", "2026-01-05T24:00:00Z", "2026-01-05T12:60:00Z",
     "2026-01-05t12:00:00z",
      "2026-01-05T23:59:60Z", "2026-13-05T12:00:00Z", "2026-01-05T12:00Z", "2026-01-05T12:00:00.Z",
      "2026-01-05T12:00:00Z\n"]),
    ("email", ["a@b", "a.b+c@example.com", "x_y@sub.example.com"], ["a", "@b", "a@", "a b@c", "a@-b.c", "a..b@c",
    ".a@b", "a@b..c"]),
    ("uri", ["https://example.com/a?b#c", "urn:x:y", "mailto:a@b"], ["example.com", "//x", "https://a b",
    "https://\u00e4", "a:%zz", ""]),
])  # fmt: skip
def test_formats(name, good, bad):
    """Own patterns, matched against the whole text."""
    assert [text for text in good if not fits_format(name, text)] == []
    assert [text for text in bad if fits_format(name, text)] == []


@given(st.dates())
def test_dates_are_real_dates(date):
    """Every date of the calendar, and no other day of its month."""
    assert fits_format("date", date.isoformat())
    assert not fits_format("date", f"{date.year:04}-{date.month:02}-32")
    try:
        datetime.date(date.year, date.month, date.day + 1)
        last = False
    except ValueError:
        last = True
    assert fits_format("date", f"{date.year:04}-{date.month:02}-{date.day + 1:02}") is not last


@given(st.ip_addresses(v=6), st.booleans())
def test_every_ipv6_address_fits(address, long):
    """The compressed and the long form."""
    assert fits_format("ipv6", address.exploded if long else str(address))


@given(st.text(alphabet="0123456789abcdefABCDEF:.", max_size=24))
def test_ipv6_agrees_with_the_standard_library(text):
    """Texts of the right characters fit exactly when they are addresses."""
    try:
        ipaddress.IPv6Address(text)
        expected = True
    except ValueError:
        expected = False
    assert fits_format("ipv6", text) is expected


@given(st.ip_addresses(v=4), st.text(alphabet="0123456789.", max_size=15))
def test_ipv4_agrees_with_the_standard_library(address, text):
    """Dotted decimal without leading zeros."""
    assert fits_format("ipv4", str(address))
    try:
        ipaddress.IPv4Address(text)
        expected = True
    except ValueError:
        expected = False
    assert fits_format("ipv4", text) is expected
