"""Step 6 and CORS headers on every answer of a matched route."""

from __future__ import annotations

from typing import Any

import pytest

from seccfg_runtime.runtime.model import Cors, Origin

APP = "https://app.example.com"
PROFILE = Cors(
    "web",
    (Origin("https", "app.example.com"), Origin("https", "trusted.example.com", None, True)),
    ("GET", "POST"),
    ("Authorization", "X-Trace"),
    ("X-Request-Id",),
    credentials=True,
    max_age_s=600,
)


def world(kit: Any, cors: Cors = PROFILE) -> Any:
    return kit.world(kit.policy(kit.route(cors=cors), kit.route("POST", cors=cors), kit.public(template="/none")))


def preflight(kit: Any, origin: str = APP, method: str = "GET", *extra: tuple[str, str], path: str = "/notes") -> Any:
    return world(kit).ask(path, ("Origin", origin), ("Access-Control-Request-Method", method), *extra, method="OPTIONS")


def test_a_preflight_is_answered_without_credential(kit: Any) -> None:
    """204 with everything the browser needs to know."""
    answer = preflight(kit, APP, "POST", ("Access-Control-Request-Headers", "authorization, X-TRACE,,"))
    assert answer.status == 204
    allowed = {name: value for name, value in answer.headers if name.startswith(b"access-control")}
    assert allowed == {
        b"access-control-allow-origin": APP.encode(),
        b"access-control-allow-methods": b"GET, POST",
        b"access-control-allow-headers": b"Authorization, X-Trace",
        b"access-control-allow-credentials": b"true",
        b"access-control-max-age": b"600",
    }
    assert kit.header(answer.headers, "vary") == ["Origin"]


@pytest.mark.parametrize(
    "origin, method, extra",
    [
        ("https://evil.example.com", "GET", ()),
        ("null", "GET", ()),
        ("http://app.example.com", "GET", ()),
        ("https://app.example.com:8443", "GET", ()),
        ("https://app.example.com.evil.org", "GET", ()),
        ("https://a.b.trusted.example.com", "GET", ()),
        ("https://trusted.example.com", "GET", ()),
        ("https://xtrusted.example.com", "GET", ()),
        ("HTTPS://app.example.com", "GET", ()),
        ("https://app.example.com", "GET", (("Access-Control-Request-Headers", "x-other"),)),
    ],
)
def test_nothing_is_said_when_anything_is_not_allowed(kit: Any, origin: str, method: str, extra: Any) -> None:
    """204 with Vary and no Access-Control header at all."""
    answer = preflight(kit, origin, method, *extra)
    assert answer.status == 204
    assert not [name for name, _ in answer.headers if name.startswith(b"access-control")]
    assert kit.header(answer.headers, "vary") == ["Origin"]


def test_one_label_before_a_wildcard_host(kit: Any) -> None:
    """`https://*.trusted.example.com` is any one label."""
    answer = preflight(kit, "https://a1-b.trusted.example.com")
    assert kit.header(answer.headers, "access-control-allow-origin") == ["https://a1-b.trusted.example.com"]


def test_what_is_no_preflight_is_an_ordinary_options(kit: Any) -> None:
    """Without Origin, with two, for a method without profile or without route: 405 here."""
    made = world(kit)
    asks = ("Access-Control-Request-Method", "GET")
    assert made.refused("/notes", asks, method="OPTIONS") == "405 method"
    assert made.refused("/notes", asks, ("Origin", APP), ("Origin", APP), method="OPTIONS") == "405 method"
    assert made.refused("/none", asks, ("Origin", APP), method="OPTIONS") == "405 method"
    assert made.refused("/notes", ("Access-Control-Request-Method", "PUT"), ("Origin", APP), method="OPTIONS") == "405 method"


def test_answers_carry_cors_headers_for_allowed_origins(kit: Any) -> None:
    """Refusals after the route, and what the upstream answers; `Vary` always."""
    made = world(kit)
    refused = made.answer("/notes", ("Origin", APP))
    assert (refused.status, kit.header(refused.headers, "access-control-allow-origin")) == (401, [APP])
    foreign = made.answer("/notes", ("Origin", "https://evil.example.com"))
    assert kit.header(foreign.headers, "access-control-allow-origin") == []
    assert kit.header(foreign.headers, "vary") == ["Origin"]
    passed = made.passed("/notes", ("Origin", APP), bearer=kit.token())
    headers = passed.response_headers([(b"Access-Control-Allow-Origin", b"*"), (b"content-type", b"text/plain")])
    assert kit.header(headers, "access-control-allow-origin") == [APP]
    assert kit.header(headers, "access-control-expose-headers") == ["X-Request-Id"]
    assert kit.header(headers, "access-control-allow-credentials") == ["true"]


def test_a_foreign_origin_is_served_without_cors_headers(kit: Any) -> None:
    """CORS is no access control; and an upstream cannot open what the policy does not."""
    passed = world(kit).passed("/none", ("Origin", "https://evil.example.com"))
    headers = passed.response_headers([(b"access-control-allow-origin", b"*")])
    assert kit.header(headers, "access-control-allow-origin") == []


def test_any_origin_is_a_star(kit: Any) -> None:
    """For origins in the form browsers send; `null` is none."""
    made = kit.world(kit.policy(kit.public(cors=Cors("any", (), ("GET",), any_origin=True))))
    headers = made.passed("/notes", ("Origin", "https://x.example")).response_headers([])
    assert kit.header(headers, "access-control-allow-origin") == ["*"]
    assert kit.header(made.passed("/notes", ("Origin", "null")).response_headers([]), "access-control-allow-origin") == []


def test_a_route_of_its_own_for_options_is_used(kit: Any) -> None:
    """OPTIONS is a method like others unless it is a preflight."""
    made = kit.world(kit.policy(kit.public("OPTIONS", cors=PROFILE), kit.public("GET", cors=PROFILE)))
    assert made.refused(method="OPTIONS") == "pass"
