"""Step 3: plain http."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import Cidr, ClientAddress, CookiePlace, Hsts, ResponseHeaders, Transport
from seccfg.semantics import decide

PROXY = ClientAddress((), (Cidr(4, 10 << 24, 8),))
REFUSED = (403, "plain_http")
ALLOW = Transport("allow", "1.2", "intermediate", ())
REFUSE = Transport("refuse", "1.2", "intermediate", ())


def plain(kit, method="GET", target="/orders", *headers, **changes):
    return kit.request(method, target, *headers, scheme="http", **changes)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_and_head_without_credential_are_redirected(kit, method):
    """GET/HEAD without credential is redirected when `plain_http: redirect`, to the matched entry of `hosts` (308)."""
    decision = decide(kit.policy(kit.route()), plain(kit, method, "/orders?a=1", host="MESH.example.com:80"))
    assert (decision.status, decision.reason, decision.outcome) == (308, "plain_http", "refuse")
    assert kit.headers(decision) == {"location": "https://mesh.example.com/orders?a=1"}


def test_an_unknown_path_is_redirected_by_the_defaults(kit):
    """No route: the defaults."""
    assert decide(kit.policy(kit.route()), plain(kit, target="/nowhere")).status == 308


def test_other_methods_are_refused(kit):
    """Anything else is refused: a body is never sent twice."""
    assert kit.status(kit.policy(kit.route("POST")), plain(kit, "POST")) == REFUSED


@pytest.mark.parametrize("header", [
    ("Authorization", "Bearer x"), ("authorization", "Basic x"), ("X-API-Key", ""), ("Cookie", "a=b; session=x"),
])  # fmt: skip
def test_a_credential_over_plain_http_is_refused(kit, header):
    """A credential sent in clear is refused instead of redirected."""
    policy = kit.policy(kit.route())
    policy = kit.policy(kit.route(), verifiers=(*policy.verifiers[:-1], kit.jwt(places=(CookiePlace("session"),))))
    assert kit.status(policy, plain(kit, "GET", "/orders", header)) == REFUSED


def test_without_redirect_everything_is_refused(kit):
    """`plain_http: refuse` redirects nothing."""
    assert kit.status(kit.policy(kit.route(transport=REFUSE)), plain(kit)) == REFUSED


def test_a_route_with_plain_http_is_served(kit):
    """A route with `plain_http: true` is served, and only that route."""
    policy = kit.policy(kit.route(), kit.route("GET", "/health", auth=(), transport=ALLOW))
    assert decide(policy, plain(kit, target="/health")).allowed
    assert decide(policy, plain(kit)).status == 308


@pytest.mark.parametrize("peer, forwarded, status", [
    ("10.1.2.3", ("https",), 200), ("10.1.2.3", ("HTTPS",), 200), ("10.1.2.3", ("http",), 403),
    ("10.1.2.3", ("https", "https"), 403), ("10.1.2.3", ("https,http",), 403), ("10.1.2.3", (), 403),
    ("192.0.2.1", ("https",), 403),
])  # fmt: skip
def test_the_scheme_comes_from_a_trusted_proxy_only(kit, peer, forwarded, status):
    """Scheme from `X-Forwarded-Proto` only across `trusted_proxies`; anything but one `https` is plain."""
    policy = kit.policy(kit.route(address=PROXY))
    lines = (("X-Forwarded-Proto", value) for value in forwarded)
    assert decide(policy, plain(kit, "GET", "/orders", kit.bearer(), *lines, peer=peer)).status == status


def test_a_proxy_may_say_that_the_client_came_in_clear(kit):
    """The client's own connection counts, not the proxy's."""
    policy = kit.policy(kit.route(address=PROXY))
    request = kit.request("GET", "/orders", kit.bearer(), ("X-Forwarded-Proto", "http"), peer="10.0.0.1")
    assert kit.status(policy, request) == REFUSED


def test_hsts_is_sent_over_tls_only(kit):
    """Every answer: HSTS over TLS only."""
    headers = ResponseHeaders((), (), Hsts(31536000, True, True))
    policy = kit.policy(
        kit.route(headers=headers, address=PROXY), kit.route("GET", "/health", auth=(), transport=ALLOW, headers=headers)
    )
    value = "max-age=31536000; includeSubDomains; preload"
    name = "strict-transport-security"
    assert kit.headers(decide(policy, kit.request("GET", "/orders", kit.bearer())))[name] == value
    assert kit.headers(decide(policy, kit.request("GET", "/nowhere")))[name] == value
    assert name not in kit.headers(decide(policy, plain(kit)))
    assert name not in kit.headers(decide(policy, plain(kit, target="/health")))
    forwarded = ("X-Forwarded-Proto", "https")
    assert name in kit.headers(decide(policy, plain(kit, "GET", "/orders", forwarded, peer="10.0.0.1")))
    assert name not in kit.headers(decide(policy, plain(kit, "GET", "/orders", forwarded)))
