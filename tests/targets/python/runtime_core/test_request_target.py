"""Step 1: malformed or ambiguous requests are refused with 400 before anything else is asked."""

from __future__ import annotations

from typing import Any

import pytest

MALFORMED = [
    "//notes",
    "/notes//x",
    "/./notes",
    "/notes/..",
    "/a/../notes",
    "/notes;v=1",
    "/no\\tes",
    "/notes%2Fx",
    "/notes%2fx",
    "/notes%5C",
    "/notes%00",
    "/notes%1f",
    "/notes%7F",
    "/notes%",
    "/notes%4",
    "/notes%zz",
    "/notes%41",
    "/notes%7e",
    "/notes%c3%28",
    "/notes%ed%a0%80",
    "/not\xe9s",
    "/notes#x",
    "/no tes",
    "/notes\t",
    "/notes\x00",
    "*",
    "",
    "notes",
    "/notes?x=%",
    "/notes?x=%zz",
    "/notes?\xff",
    "/notes?a b",
    "http://other.example.com/notes",
    "ftp://notes.example.com/notes",
    "http://notes.example.com",
    "http://notes.example.com?x=/",
]


@pytest.mark.parametrize("target", MALFORMED)
def test_what_can_be_read_in_two_ways_is_refused(kit: Any, target: str) -> None:
    """Every such target is 400, on a public catch-all route too."""
    world = kit.world(kit.policy(kit.public(template="/{all+}"), kit.public()))
    assert world.refused(target) == "400 malformed"


@pytest.mark.parametrize("target", ["/notes?a=%41", "/notes?x=a+b&&y", "/notes?", "/notes?a=b=c", "/notes?q=//..;"])
def test_queries_are_free_but_for_encoding(kit: Any, target: str) -> None:
    """Only bad percent-encoding and non-ASCII bytes are refused in the query; it goes on unchanged."""
    world = kit.world(kit.policy(kit.public()))
    assert world.passed(target).target == target.encode()


def test_absolute_form_of_the_own_authority_passes_in_origin_form(kit: Any) -> None:
    """The upstream receives path and query alone."""
    world = kit.world(kit.policy(kit.public()))
    assert world.passed("http://NOTES.example.com/notes?x=1").target == b"/notes?x=1"
    assert world.refused("http://notes.example.com:80/notes") == "400 malformed"


@pytest.mark.parametrize("name", ["Host", "Authorization", "Content-Length"])
def test_headers_given_twice_are_refused(kit: Any, name: str) -> None:
    """Host, Authorization and Content-Length may be there once."""
    world = kit.world(kit.policy(kit.public()))
    value = {"Host": "notes.example.com", "Authorization": "Basic x", "Content-Length": "0"}[name]
    once = [] if name == "Host" else [(name, value)]
    assert world.refused("/notes", *once) == "pass"
    assert world.refused("/notes", *once, (name.upper(), value)) == "400 malformed"


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "x-method-override", "X-Original-URL", "X-REWRITE-URL"])
def test_override_headers_are_refused(kit: Any, name: str) -> None:
    """A header that would make somebody behind see another request is 400."""
    assert kit.world(kit.policy(kit.public())).refused("/notes", (name, "DELETE")) == "400 malformed"


@pytest.mark.parametrize("method", ["CONNECT", "TRACE"])
def test_methods_that_are_never_served(kit: Any, method: str) -> None:
    """Not even where a policy declares them."""
    world = kit.world(kit.policy(kit.public(method)))
    assert world.refused(method=method) == "400 malformed"


@pytest.mark.parametrize("value", ["", "-1", "+1", "1 ", "0x10", "1,1", "1" * 19, "\u00b2"])
def test_content_length_must_be_a_number(kit: Any, value: str) -> None:
    """Anything but decimal digits is 400; surrounding white space is none of the value."""
    expected = "pass" if value == "1 " else "400 malformed"
    world = kit.world(kit.policy(kit.public("POST")))
    sent = [("content-length", value), ("content-type", "application/json")]
    world.server.body = b"1"
    assert world.refused("/notes", *sent, method="POST") == expected


def test_length_and_chunks_together_are_refused(kit: Any) -> None:
    """Two ways to tell where a body ends are one too many."""
    world = kit.world(kit.policy(kit.public("POST")))
    sent = [("content-length", "2"), ("transfer-encoding", "chunked"), ("content-type", "application/json")]
    assert world.refused("/notes", *sent, method="POST") == "400 malformed"


def test_upgrades_need_a_websocket_route_and_an_allowed_origin(kit: Any) -> None:
    """An `Upgrade` elsewhere, of another kind, or from a foreign origin is 400."""
    from seccfg_runtime.runtime.model import Cors, Origin

    cors = Cors("web", (Origin("https", "app.example.com"),), ("GET",))
    world = kit.world(kit.policy(kit.public(), kit.public(template="/live", websocket=True, cors=cors)))
    upgrade, origin = ("Upgrade", "websocket"), ("Origin", "https://app.example.com")
    assert world.refused("/notes", upgrade, origin) == "400 malformed"
    assert world.refused("/live", upgrade) == "400 malformed"
    assert world.refused("/live", upgrade, ("Origin", "https://evil.example.com")) == "400 malformed"
    assert world.refused("/live", ("Upgrade", "h2c"), origin) == "400 malformed"
    assert world.refused("/live", upgrade, upgrade, origin) == "400 malformed"
    assert world.passed("/live", upgrade, origin, ("Connection", "Upgrade")).websocket


def test_early_refusals_carry_security_headers(kit: Any) -> None:
    """HSTS too, over TLS only; no CORS headers before a route is matched."""
    from seccfg_runtime.runtime.model import Edge, Hsts, ResponseHeaders

    headers = ResponseHeaders((("X-Content-Type-Options", "nosniff"),), (), Hsts(60))
    world = kit.world(kit.policy(kit.public(), edge=Edge(headers=headers)))
    over_tls, plain = world.answer("//"), world.answer("//", scheme="http")
    assert kit.header(over_tls.headers, "strict-transport-security") == ["max-age=60"]
    assert kit.header(plain.headers, "strict-transport-security") == []
    assert kit.header(plain.headers, "x-content-type-options") == ["nosniff"]
    assert kit.header(over_tls.headers, "vary") == []
