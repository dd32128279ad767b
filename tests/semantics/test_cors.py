"""Step 6 and the CORS headers of every answer."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import AddressRule, BodyLimit, ByAddress, ClientAddress, Cors, Origin, RateLimit, Transport
from seccfg.record import replace
from seccfg.semantics import State, decide
from seccfg.semantics.origins import allowed_origin

ORIGIN = ("Origin", "https://app.example.com")
ASKS = ("Access-Control-Request-Method", "GET")


def policy(kit, **service):
    return kit.policy(
        kit.route(cors=kit.web, **service), kit.route("POST", cors=kit.web, **service), kit.route("DELETE", **service),
        kit.route("GET", "/plain", **service),
    )  # fmt: skip


def preflight(kit, *headers, target="/orders", **changes):
    return kit.request("OPTIONS", target, *headers, **changes)


def test_a_preflight_is_answered_with_everything_that_is_allowed(kit):
    """All of origin, method, headers allowed: the `Access-Control-*` answers, 204, never authenticated."""
    request = preflight(kit, ORIGIN, ASKS, ("Access-Control-Request-Headers", "authorization, content-type"))
    decision = decide(policy(kit), request)
    assert (decision.outcome, decision.status, decision.reason, decision.events) == ("preflight", 204, "preflight", ())
    assert kit.headers(decision) == {
        "access-control-allow-origin": "https://app.example.com",
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "Authorization, Content-Type",
        "access-control-allow-credentials": "true",
        "access-control-max-age": "600",
        "vary": "Origin",
    }


@pytest.mark.parametrize("headers", [
    (("Origin", "https://evil.example"), ASKS),
    (("Origin", "null"), ASKS),
    (ORIGIN, ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "authorization, x-evil")),
    (ORIGIN, ASKS, ("Access-Control-Request-Headers", "authorization"), ("Access-Control-Request-Headers", "x-evil")),
])  # fmt: skip
def test_otherwise_none_of_them(kit, headers):
    """One thing not allowed: 204 without any `Access-Control-*` header."""
    decision = decide(policy(kit), preflight(kit, *headers))
    assert (decision.status, kit.headers(decision)) == (204, {"vary": "Origin"})


def test_a_method_the_profile_narrows_away_is_not_allowed(kit):
    """The profile's own methods count."""
    narrowed = kit.policy(kit.route(cors=replace(kit.web, methods=("POST",))))
    assert kit.headers(decide(narrowed, preflight(kit, ORIGIN, ASKS))) == {"vary": "Origin"}


def test_the_route_of_the_requested_method_decides(kit):
    """Only where the route of *that* method on this path has a CORS profile is it a preflight at all."""
    asked = ("Access-Control-Request-Method", "DELETE")
    assert decide(policy(kit), preflight(kit, ORIGIN, asked)).status == 405
    assert decide(policy(kit), preflight(kit, ORIGIN, ("Access-Control-Request-Method", "PUT"))).status == 405
    assert decide(policy(kit), preflight(kit, ORIGIN, ASKS, target="/plain")).status == 405
    assert decide(policy(kit), preflight(kit, ORIGIN, ASKS, target="/nowhere")).status == 404


@pytest.mark.parametrize("headers", [
    (ORIGIN,), (ASKS,), (ORIGIN, ORIGIN, ASKS), (ORIGIN, ASKS, ASKS), (),
])  # fmt: skip
def test_one_origin_and_one_method(kit, headers):
    """OPTIONS with one `Origin` and one `Access-Control-Request-Method`; anything else is a plain OPTIONS."""
    assert decide(policy(kit), preflight(kit, *headers)).status == 405


def test_a_declared_options_route_still_sees_plain_options(kit):
    """A preflight is answered here, other OPTIONS requests reach their route."""
    made = kit.policy(kit.route(cors=kit.web), kit.route("OPTIONS", auth=()))
    assert decide(made, preflight(kit)).allowed
    assert decide(made, preflight(kit, ORIGIN, ASKS)).outcome == "preflight"


def test_preflights_are_never_counted(kit):
    """Answered here, never authenticated, never counted."""
    limit = RateLimit("one", "fixed-window", 1, 60, 1, ByAddress(), "request", (), "shared", "refuse")
    made = kit.policy(kit.route(cors=kit.web, limits=(limit,)))
    state = State()
    for _ in range(3):
        assert decide(made, preflight(kit, ORIGIN, ASKS), state).outcome == "preflight"
    assert decide(made, kit.request("GET", "/orders", kit.bearer()), state).allowed


def test_steps_before_it_use_the_requested_method_s_route(kit):
    """Steps 1, 3 and 4 use, for a preflight, the values of the requested method's route."""
    office = ClientAddress((AddressRule("none", (), ()),), ())
    made = kit.policy(
        kit.route(cors=kit.web), kit.route("POST", cors=kit.web, address=office),
        kit.route("DELETE", cors=kit.web, transport=Transport("allow", "1.2", "modern", ())),
    )  # fmt: skip
    asks = lambda method: preflight(kit, ORIGIN, ("Access-Control-Request-Method", method))  # noqa: E731
    assert decide(made, asks("GET")).outcome == "preflight"
    assert kit.status(made, asks("POST")) == (403, "address")
    assert kit.status(made, replace(asks("GET"), scheme="http")) == (403, "plain_http")
    assert decide(made, replace(asks("DELETE"), scheme="http")).outcome == "preflight"


def test_the_path_of_a_preflight_is_judged_like_any_other(kit):
    """Step 1 comes first."""
    assert kit.status(policy(kit), preflight(kit, ORIGIN, ASKS, target="/orders//x")) == (400, "malformed")


def test_answers_on_a_matched_route_carry_cors_headers(kit):
    """Every answer on a matched route with a profile: `Vary: Origin` always, CORS headers for an allowed origin."""
    made = policy(kit)
    expected = {
        "vary": "Origin", "access-control-allow-origin": "https://app.example.com",
        "access-control-allow-credentials": "true", "access-control-expose-headers": "X-Request-Id",
    }  # fmt: skip
    assert kit.headers(decide(made, kit.request("GET", "/orders", ORIGIN, kit.bearer()))) == expected
    refused = kit.headers(decide(made, kit.request("GET", "/orders", ORIGIN)))
    assert refused.pop("www-authenticate")
    assert refused == expected
    assert kit.headers(decide(made, kit.request("GET", "/orders", kit.bearer()))) == {"vary": "Origin"}
    foreign = kit.request("GET", "/orders", ("Origin", "https://evil.example"), kit.bearer())
    assert kit.headers(decide(made, foreign)) == {"vary": "Origin"}
    assert kit.headers(decide(made, kit.request("GET", "/plain", ORIGIN, kit.bearer()))) == {}


def test_none_before_a_route_is_matched(kit):
    """CORS headers: none before a route is matched."""
    made = policy(kit)
    for request in (
        kit.request("GET", "/orders", ORIGIN, ("X-Method-Override", "x")),
        kit.request("GET", "/orders", ORIGIN, host="evil.example"),
        kit.request("GET", "/nowhere", ORIGIN),
        kit.request("PUT", "/orders", ORIGIN),
    ):
        assert not {name for name in kit.headers(decide(made, request)) if name != "allow"}


def test_a_foreign_origin_is_served(kit):
    """A foreign-origin request that is not a preflight is served without CORS headers: CORS is no access control."""
    assert decide(policy(kit), kit.request("GET", "/orders", ("Origin", "https://evil.example"), kit.bearer())).allowed


def test_refusals_after_the_match_carry_them_too(kit):
    """413 on a matched route is readable for the page that caused it."""
    made = kit.policy(kit.route("POST", cors=kit.web, body=BodyLimit(1, ("application/json",))))
    decision = decide(made, kit.request("POST", "/orders", ORIGIN, body=b"{}"))
    assert decision.status == 413
    assert "access-control-allow-origin" in kit.headers(decision)


@pytest.mark.parametrize("sent, allowed", [
    ("https://app.example.com", True), ("https://APP.example.com", False), ("https://app.example.com:443", False),
    ("http://app.example.com", False), ("https://app.example.com/", False), ("https://app.example.com.", False),
    ("https://a.trusted.example.com", True), ("https://trusted.example.com", False),
    ("https://a.b.trusted.example.com", False), ("https://.trusted.example.com", False),
    ("https://a.trusted.example.com.evil.example", False), ("https://evil.example/.trusted.example.com", False),
    ("https://a.trusted.example.com:8443", False), ("null", False), ("", False), ("https://x@app.example.com", False),
])  # fmt: skip
def test_origins_are_compared_exactly(kit, sent, allowed):
    """`*` in an origin is one label; nothing else is a pattern."""
    assert bool(allowed_origin(kit.web, [sent])) is allowed


def test_any_origin(kit):
    """`*` answers `*`, but never to `null` or to two origins."""
    anyone = Cors("any", (), ("GET",), (), (), False, None, True)
    assert allowed_origin(anyone, ["https://a.example:8443"]) == "*"
    assert allowed_origin(anyone, ["null"]) == ""
    assert allowed_origin(anyone, ["https://a.example", "https://a.example"]) == ""
    ported = replace(anyone, any_origin=False, origins=(Origin("http", "localhost", 3000, False),))
    assert allowed_origin(ported, ["http://localhost:3000"]) == "http://localhost:3000"
    assert allowed_origin(ported, ["http://localhost"]) == ""
