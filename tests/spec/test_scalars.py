"""Scalars: what each one takes, and what it means."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccfg.spec import scalars
from seccfg.spec.scalars import SCALARS, duration_s, parse_cidr, parse_date, parse_ip, size_bytes

TAKEN = {
    "Name": ["a", "per-ip", "A.b_c-1", "a" * 64],
    "RoleName": ["viewer", "realm:admin", "a/b"],
    "Scope": ["orders.read", "https://example.com/scope", "a:b"],
    "DnsLabel": ["orders", "a", "a-1"],
    "Host": ["api.example.com", "localhost", "127.0.0.1"],
    "BasePath": ["/v1", "/api/v1"],
    "PathTemplate": ["/", "/x", "/x/{id}", "/{a}/{b}", "/files/{path+}", "/{path+}", "/a.b-c_d~e", "/x:y"],
    "RoutePattern": ["* /**", "GET /orders", "DELETE /orders/**", "* /orders/*/items", "GET /", "PUT /a/{id}"],
    "RequestPath": ["/", "/v1/orders?limit=1", "/a%20b"],
    "HttpsUrl": ["https://a.example.com", "https://a.example.com:8443/x?y=z", "https://[::1]:8443/"],
    "IssuerUrl": ["https://a.example.com", "https://a.example.com/", "https://a.example.com/realms/x"],
    "UpstreamUrl": ["http://127.0.0.1:8000", "https://a.example.com"],
    "RedirectUri": ["https://app.example.com/callback", "com.example.app:/callback", "http://127.0.0.1:*/x"],
    "OriginPattern": ["*", "https://app.example.com", "https://*.example.com", "http://localhost:3000"],
    "SanPattern": ["spiffe://example.com/ns/{tenant}/sa/*"],
    "FilePath": ["keys/a.json", "../shared/a.yaml", "a b.json", "clé.json"],
    "HeaderName": ["X-Request-Id", "api-key"],
    "HeaderValue": ["nosniff", "a b", "max-age=0, no-store"],
    "MediaType": ["application/json", "application/vnd.api+json"],
    "Tag": ["pci-dss", "pci-dss:7.2.1", "soc2"],
    "Text": ["x", "O'Brien", "漢字 und Umläute", "{{ x }}"],
}
REFUSED = {
    "Name": ["", " a", "a b", "-a", "a" * 65, "a\n", "é", "a,b", "a/b"],
    "RoleName": ["", "a b", "a,b"],
    "Scope": ["", "a b", 'a"b', "a\\b", "é"],
    "DnsLabel": ["", "Orders", "1a", "a-", "a.b", "a" * 64],
    "Host": ["", "API.example.com", "a..b", "a:80", "-a", "https://a", "*.example.com", "a\n", "a" * 64 + ".com"],
    "BasePath": ["", "/", "/v1/", "v1", "//", "/../x", "/{a}"],
    "PathTemplate": [
        "",
        "x",
        "//",
        "/x/",
        "/x//y",
        "/./x",
        "/x/..",
        "/{a}/{a}",
        "/{a+}/x",
        "/x{a}",
        "/{a b}",
        "/é",
        "/%41",
        "/a;b",
        "/x?y",
        "/*",
        "/x\n",
    ],
    "RoutePattern": ["", "GET", "GET/x", "get /x", "GET  /x", "GET /x ", "GET /x/", "GET /**/x", "GET x", "GET /a//b"],
    "RequestPath": ["", "x", "/a b", "/é", "/x\n"],
    "HttpsUrl": [
        "http://a.example.com",
        "https://",
        "https://u:p@a.example.com",
        "https://a.example.com#f",
        "https://a.example.com:0/",
        "https://a.example.com:65536/",
        "https://a b/",
        "https://[::1",
        "https://[::1:::]/",
        "https://a.example.com/\n",
        "HTTPS://a",
    ],
    "IssuerUrl": ["https://a.example.com/?x", "https://a.example.com/#x"],
    "UpstreamUrl": ["https://a.example.com/", "https://a.example.com/x", "ftp://a", "https://a:b@c"],
    "RedirectUri": ["/callback", "https://a/#f", "https://a/ b", "x"],
    "OriginPattern": [
        "https://app.example.com/",
        "app.example.com",
        "https://*",
        "https://a.*.com",
        "https://*.*.example.com",
        "null",
    ],
    "SanPattern": ["", "spiffe://example.com/{a}/{a}", "spiffe://example.com/a*", "spiffe://example.com/{a}x"],
    "FilePath": ["", " ", "/etc/passwd", "C:\\x", "a\\b", "https://a/b", "a\x00b"],
    "HeaderName": ["", "X Y", "X_Y", "X:", "é", "X\r\n"],
    "HeaderValue": ["", " a", "a ", "a\nb", "a\r\nb", "é", "\x00"],
    "MediaType": ["json", "Application/JSON", "text/*", "application/json; charset=utf-8"],
    "Tag": ["", "PCI", "pci:", "a b"],
    "Text": ["", " ", "a\nb", "a\tb", "\x7f", "\u2028", "\u202e", "\ud800", "\ufeff", "x" * 501],
}


@pytest.mark.parametrize("name, text", [(name, text) for name, texts in TAKEN.items() for text in texts])
def test_taken(name: str, text: str) -> None:
    """Each of these is one."""
    SCALARS[name].parse(text)


@pytest.mark.parametrize("name, text", [(name, text) for name, texts in REFUSED.items() for text in texts], ids=ascii)
def test_refused(name: str, text: str) -> None:
    """Each of these is none, and the message does not repeat it."""
    with pytest.raises(ValueError) as caught:
        SCALARS[name].parse(text)
    assert "\n" not in str(caught.value)
    assert len(text) < 4 or text in SCALARS[name].what or text not in str(caught.value)


@pytest.mark.parametrize("name", SCALARS)
def test_examples_of_scalars(name: str) -> None:
    """The examples editors show are right."""
    for example in SCALARS[name].examples:
        SCALARS[name].parse(example)


@pytest.mark.parametrize(
    "text, seconds", [("0s", 0), ("15m", 900), ("1h", 3600), ("90d", 7_776_000), ("999999999s", 999_999_999)]
)
def test_durations(text: str, seconds: int) -> None:
    """A whole number and a unit."""
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "15", "1.5h", "-1s", "01s", "1 s", "1S", "1ms", "1w", "15m\n", "１s", "²s", "1_0s", "9999999999s"]
)
def test_no_durations(text: str) -> None:
    """Nothing is guessed: no fractions, no spaces, no digits of other scripts."""
    with pytest.raises(ValueError):
        duration_s(text)


@pytest.mark.parametrize("text, size", [("0B", 0), ("64KiB", 65_536), ("1MiB", 1_048_576), ("4GiB", 4 * 2**30)])
def test_sizes(text: str, size: int) -> None:
    """A whole number and a binary unit."""
    assert size_bytes(text) == size


@pytest.mark.parametrize(
    "text", ["", "B", "1", "1MB", "1 MiB", "1mib", "1.5MiB", "01B", "1KiBB", "1iB", "１B", "KiB", "1BB"]
)
def test_no_sizes(text: str) -> None:
    """Decimal units and bare numbers are refused."""
    with pytest.raises(ValueError):
        size_bytes(text)


@pytest.mark.parametrize("text", ["2027-06-30", "2028-02-29", "2000-02-29", "0001-01-01", "9999-12-31"])
def test_dates(text: str) -> None:
    """Days of the calendar."""
    assert "-".join(f"{part:02}" for part in parse_date(text)).zfill(10) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2027-02-29",
        "1900-02-29",
        "2027-13-01",
        "2027-00-01",
        "2027-01-00",
        "0000-01-01",
        "2027-6-30",
        "20270630",
        "٢٠٢٧-06-30",
    ],
)
def test_no_dates(text: str) -> None:
    """Days that do not exist, and other ways to write them."""
    with pytest.raises(ValueError):
        parse_date(text)


def _ip_texts() -> st.SearchStrategy[str]:
    groups = st.lists(
        st.sampled_from(["0", "1", "ffff", "FFFF", "01", "12345", "", "g", "1.2.3.4"]), min_size=1, max_size=9
    )
    return st.one_of(
        st.ip_addresses().map(str),
        st.ip_addresses(v=6).map(lambda ip: ip.exploded),
        groups.map(":".join),
        st.lists(st.sampled_from(["0", "1", "255", "256", "01", "", "a"]), min_size=1, max_size=5).map(".".join),
        st.text("0123456789abcdef:./%[] \n", max_size=20),
    )


@given(_ip_texts())
def test_addresses_are_those_of_the_standard_library(text: str) -> None:
    """An address is one exactly where the standard library says so, zones aside, and has the same number."""
    try:
        expected = ipaddress.ip_address(text)
    except ValueError:
        expected = None
    if expected is None or "%" in text:
        with pytest.raises(ValueError):
            parse_ip(text)
    else:
        assert parse_ip(text) == (expected.version, int(expected))


@given(st.ip_addresses(), st.integers(-1, 130))
def test_networks_are_those_of_the_standard_library(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int
) -> None:
    """A network is one exactly where the standard library says so in its strict mode."""
    text = f"{address}/{bits}"
    try:
        expected = ipaddress.ip_network(text)
    except ValueError:
        with pytest.raises(ValueError):
            parse_cidr(text)
    else:
        assert parse_cidr(text) == (expected.version, int(expected.network_address), expected.prefixlen)


def test_repeated_scalars() -> None:
    """A number, a truth value and a text that look alike are three different items."""
    assert scalars.repeated([1, True, "1", 1.0]) is None
    assert scalars.repeated(["a", {}, {}, "a"]) == 3
