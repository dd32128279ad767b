"""Step 10: places, alternatives, challenges, CSRF."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import (
    Bearer,
    ClientAddress,
    CookiePlace,
    Errors,
    Forward,
    HeaderPlace,
    IdentityHeader,
    IntrospectVerifier,
    QueryPlace,
    SecretRef,
)
from seccfg.record import replace
from seccfg.semantics import decide, judge

BAD = (401, "invalid_token")
NONE = (401, "no_credential")
SEVERAL = (401, "several_credentials")
KEY = ("X-API-Key", "k1.secret")


def with_verifiers(kit, policy, *verifiers):
    names = {verifier.name for verifier in verifiers}
    return replace(policy, verifiers=(*(v for v in policy.verifiers if v.name not in names), *verifiers))


def ask(kit, *headers, target="/orders", method="GET", **changes):
    return kit.request(method, target, *headers, **changes)


# ----------------------------------------------------------------------------------------------------------- places
def test_no_credential_is_401(kit):
    """Exactly one place must be filled; none is 401."""
    assert kit.status(kit.policy(kit.route()), ask(kit)) == NONE


def test_only_listed_methods_are_looked_at(kit):
    """Only methods listed on the route are looked at."""
    policy = kit.policy(kit.route(auth=(("partner",),)))
    assert kit.status(policy, ask(kit, kit.bearer())) == NONE
    assert decide(policy, ask(kit, kit.bearer(), KEY)).allowed
    assert decide(policy, ask(kit, ("Authorization", "Bearer x"), KEY)).allowed


@pytest.mark.parametrize("header", [("X-API-Key", ""), ("Authorization", "Bearer"), ("Authorization", "Bearer ")])
def test_an_empty_value_fills_its_place(kit, header):
    """An empty value fills its place."""
    policy = kit.policy(kit.route(auth=(("users",), ("partner",))))
    assert decide(policy, ask(kit, header)).reason in ("invalid_token", "invalid_key")
    other = KEY if header[0] == "Authorization" else kit.bearer()
    assert kit.status(policy, ask(kit, header, other)) == SEVERAL


@pytest.mark.parametrize("lines", [(KEY, KEY), (KEY, ("x-api-key", "")), (("X-API-Key", ""), KEY)])
def test_a_place_filled_twice_is_401(kit, lines):
    """Filled twice is 401."""
    assert kit.status(kit.policy(kit.route(auth=(("partner",),))), ask(kit, *lines)) == SEVERAL


def test_two_filled_places_are_401(kit):
    """Exactly one place may be filled, both credentials being good."""
    policy = kit.policy(kit.route(auth=(("users",), ("partner",))))
    assert kit.status(policy, ask(kit, kit.bearer(), KEY)) == SEVERAL
    assert decide(policy, ask(kit, kit.bearer())).allowed
    assert decide(policy, ask(kit, KEY)).allowed


@pytest.mark.parametrize("value, reason", [
    ("{scheme} {token}", "pass"), ("{scheme}  {token}", "invalid_token"), ("{scheme}\t{token}", "no_credential"),
    ("{scheme}{token}", "no_credential"), ("Basic {token}", "no_credential"), ("{token}", "no_credential"),
    ("{scheme} {token} x", "invalid_token"), ("{scheme} {scheme} {token}", "invalid_token"),
])  # fmt: skip
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_bearer_place(kit, value, reason, scheme):
    """The scheme is compared without case, one space."""
    request = ask(kit, ("Authorization", value.format(scheme=scheme, token=kit.token())))
    assert decide(kit.policy(kit.route()), request).reason == reason


class TestCookies:
    """A cookie place holds the cookie of exactly that name."""

    def policy(self, kit, **route):
        made = kit.policy(kit.route(**route))
        return with_verifiers(kit, made, kit.jwt(places=(Bearer(), CookiePlace("__Host-session"))))

    @pytest.mark.parametrize("cookie, reason", [
        ("__Host-session={token}", "pass"), ("a=b; __Host-session={token}; c=d", "pass"),
        ("a=b;__Host-session={token}", "pass"), ("__host-session={token}", "no_credential"),
        ("x__Host-session={token}", "no_credential"), ("__Host-session=", "invalid_token"),
        ("__Host-session", "invalid_token"), ('__Host-session="{token}"', "invalid_token"),
        ("__Host-session={token}; __Host-session={token}", "several_credentials"),
        ("__Host-session; __Host-session={token}", "several_credentials"),
    ])  # fmt: skip
    def test_reading(self, kit, cookie, reason):
        assert decide(self.policy(kit), ask(kit, ("Cookie", cookie.format(token=kit.token())))).reason == reason

    def test_two_lines_are_one_list(self, kit):
        lines = [("Cookie", f"__Host-session={kit.token()}")] * 2
        assert kit.status(self.policy(kit), ask(kit, *lines)) == SEVERAL

    def test_with_a_header_it_is_two_places(self, kit):
        both = (kit.bearer(), ("Cookie", f"__Host-session={kit.token()}"))
        assert kit.status(self.policy(kit), ask(kit, *both)) == SEVERAL


def test_a_query_place_is_decoded(kit):
    """A key in a query parameter loads, and is read decoded."""
    made = with_verifiers(
        kit, kit.policy(kit.route(auth=(("partner",),))), kit.key_method(places=(QueryPlace("api_key"),))
    )
    assert decide(made, ask(kit, target="/orders?api_key=k1.secret")).allowed
    assert decide(made, ask(kit, target="/orders?api%5Fkey=k1.secret")).allowed
    assert kit.status(made, ask(kit, target="/orders?api_key=k1.secret&api_key=")) == SEVERAL
    assert kit.status(made, ask(kit, target="/orders?api_key=%FF")) == (401, "invalid_key")


def test_methods_sharing_the_bearer_place_are_told_apart_by_issuer(kit):
    """Methods sharing the bearer place are told apart by the token's unverified `iss`, exact string."""
    policy = kit.policy(kit.route(auth=(("users",), ("others",), ("edge",))))
    for name in ("users", "others", "edge"):
        assert judge(policy, ask(kit, kit.bearer(name))).explanation.method == name
    assert kit.status(policy, ask(kit, kit.bearer("users", iss="https://id.example.com"))) == BAD
    assert kit.status(policy, ask(kit, kit.bearer("users", iss="https://others.example.com"))) == BAD
    assert kit.status(policy, ask(kit, kit.bearer("users", iss=None))) == BAD


def test_the_chosen_method_must_succeed_completely(kit):
    """No second try: a bad token is refused beside a method that would take the request."""
    policy = kit.policy(kit.route(auth=(("users",), ("mesh",))))
    certificate = kit.authority.issue("spiffe://example.com/ns/a/sa/b")
    assert decide(policy, ask(kit, certificate=certificate)).allowed
    assert kit.status(policy, ask(kit, ("Authorization", "Bearer x"), certificate=certificate)) == BAD


class TestCertificatesBesideOthers:
    """A client certificate counts only when no other listed place is filled, unless the route asks for several."""

    GOOD = "spiffe://example.com/ns/a/sa/b"

    def test_a_token_wins(self, kit):
        policy = kit.policy(kit.route(auth=(("users",), ("mesh",))))
        judged = judge(policy, ask(kit, kit.bearer(), certificate=kit.authority.issue(self.GOOD)))
        assert judged.explanation.method == "users"
        bad = kit.stranger.issue(self.GOOD)
        assert judge(policy, ask(kit, kit.bearer(), certificate=bad)).explanation.method == "users"

    def test_an_unlisted_credential_does_not(self, kit):
        policy = kit.policy(kit.route(auth=(("users",), ("mesh",))))
        judged = judge(policy, ask(kit, KEY, certificate=kit.authority.issue(self.GOOD)))
        assert judged.explanation.method == "mesh"

    def test_where_no_certificate_is_listed_it_is_not_seen(self, kit):
        assert kit.status(kit.policy(kit.route()), ask(kit, certificate=kit.authority.issue(self.GOOD))) == NONE


class TestAll:
    """`all:`: every method named must succeed; the first gives the principal."""

    GOOD = "spiffe://example.com/ns/a/sa/b"

    def policy(self, kit, *more):
        return kit.policy(kit.route(auth=(("mesh", "users"), *more)))

    def test_both_succeed_and_the_first_is_the_principal(self, kit):
        for alternative, method in ((("mesh", "users"), "mesh"), (("users", "mesh"), "users")):
            policy = kit.policy(kit.route(auth=(alternative,)))
            request = ask(kit, kit.bearer(roles=["admin"]), certificate=kit.authority.issue(self.GOOD))
            explanation = judge(policy, request).explanation
            assert explanation.method == method
            assert explanation.roles == (("viewer",) if method == "mesh" else ("admin", "editor", "viewer"))

    def test_one_missing_is_401(self, kit):
        assert kit.status(self.policy(kit), ask(kit, kit.bearer())) == NONE
        assert kit.status(self.policy(kit), ask(kit, certificate=kit.authority.issue(self.GOOD))) == NONE
        assert kit.status(self.policy(kit), ask(kit)) == NONE

    def test_one_bad_is_401(self, kit):
        good = kit.authority.issue(self.GOOD)
        assert kit.status(self.policy(kit), ask(kit, ("Authorization", "Bearer x"), certificate=good)) == BAD
        assert kit.status(self.policy(kit), ask(kit, kit.bearer(exp=kit.now), certificate=good)) == BAD
        bad = kit.stranger.issue(self.GOOD)
        assert kit.status(self.policy(kit), ask(kit, kit.bearer(), certificate=bad)) == (401, "invalid_certificate")

    def test_a_third_is_too_many(self, kit):
        policy = self.policy(kit, ("partner",))
        request = ask(kit, kit.bearer(), KEY, certificate=kit.authority.issue(self.GOOD))
        assert kit.status(policy, request) == SEVERAL

    def test_the_presented_set_chooses_the_alternative(self, kit):
        policy = self.policy(kit, ("users",), ("partner",))
        assert judge(policy, ask(kit, kit.bearer())).explanation.method == "users"
        both = ask(kit, kit.bearer(), certificate=kit.authority.issue(self.GOOD))
        assert judge(policy, both).explanation.method == "mesh"
        bad = ask(kit, kit.bearer(), certificate=kit.stranger.issue(self.GOOD))
        assert kit.status(policy, bad) == (401, "invalid_certificate")

    def test_two_that_no_alternative_asks_for_together(self, kit):
        policy = self.policy(kit, ("partner", "users"))
        assert kit.status(policy, ask(kit, KEY)) == NONE
        request = ask(kit, KEY, certificate=kit.authority.issue(self.GOOD))
        assert kit.status(policy, request) == NONE  # the certificate does not count beside a key alone


def test_public_routes_look_at_nothing_and_forward_no_identity(kit):
    """Public routes look at nothing, forward no identity and skip forbids."""
    forward = Forward(
        "main", "http://127.0.0.1:9000", True, 30, ("x-user",), (), (), (IdentityHeader("x-user", "subject"),), "strip"
    )
    policy = kit.policy(kit.route(auth=(), forward=forward), kit.route("POST", forward=forward))
    decision = decide(policy, ask(kit, ("Authorization", "Bearer x"), KEY, KEY, ("X-User", "root")))
    assert decision.allowed
    assert decision.forwarded == ()
    assert decide(policy, ask(kit, kit.bearer(), method="POST")).forwarded == (("x-user", "alice"),)


def test_a_method_that_cannot_be_carried_out_is_never_a_pass(kit):
    """A check that cannot be carried out: 503, event `check.failed`."""
    opaque = IntrospectVerifier(
        "opaque", "https://id.example.com/", ("orders",), "https://id.example.com/introspect", SecretRef(env="X"),
        "orders", 60,
        (Bearer(),), 0, None, (), ("sub",), (), ("scope",), (), (),
    )  # fmt: skip
    made = kit.policy(kit.route())
    policy = kit.policy(kit.route(auth=(("opaque",),)), verifiers=(*made.verifiers, opaque))
    decision = decide(policy, ask(kit, ("Authorization", "Bearer abc")))
    assert (decision.status, decision.reason, decision.events) == (503, "unavailable", ("check.failed",))


def test_a_credential_over_8_kib_is_401(kit):
    """A credential over 8 KiB: 401."""
    policy = kit.policy(kit.route())
    filler = (8192 - len(kit.token(filler=""))) * 3 // 4
    tokens = [kit.token(filler="x" * n) for n in range(filler - 6, filler + 6)]
    assert {len(token) for token in tokens} >= {8192, 8194}
    for token in tokens:
        decision = decide(policy, ask(kit, ("Authorization", f"Bearer {token}")))
        assert decision.reason == ("pass" if len(token) <= 8192 else "invalid_token")


def test_a_key_over_8_kib_is_401(kit):
    """A credential over 8 KiB: 401, keys included."""
    assert kit.status(kit.policy(kit.route(auth=(("partner",),))), ask(kit, ("X-API-Key", "k1." + "s" * 9000))) == (
        401, "invalid_key",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------- challenges
REFUSE_403 = (("invalid_token", 403), ("no_credential", 403))


@pytest.mark.parametrize("auth, header, challenge", [
    ((("users",),), None, 'Bearer realm="orders"'),
    ((("users",),), ("Authorization", "Bearer x"), 'Bearer realm="orders", error="invalid_token"'),
    ((("partner",), ("users",)), ("X-API-Key", "x"), 'Bearer realm="orders", error="invalid_token"'),
    ((("partner",),), None, 'ApiKey realm="orders"'),
    ((("partner",), ("mesh",)), ("X-API-Key", "x"), 'ApiKey realm="orders", error="invalid_token"'),
    ((("mesh",),), None, None),
])  # fmt: skip
def test_the_challenge_of_a_401(kit, auth, header, challenge):
    """401 carries `Bearer realm` where a bearer place is listed, else `ApiKey realm`, else none."""
    headers = () if header is None else (header,)
    decision = decide(kit.policy(kit.route(auth=auth)), ask(kit, *headers))
    assert decision.status == 401
    assert kit.headers(decision).get("www-authenticate") == challenge


def test_no_challenge_where_the_status_is_remapped(kit):
    """None when `errors.status` remaps it."""
    errors = Errors("problem+json", "hidden", "X-Request-Id", REFUSE_403)
    policy = kit.policy(kit.route(errors=errors))
    for request in (ask(kit), ask(kit, ("Authorization", "Bearer x"))):
        decision = decide(policy, request)
        assert (decision.status, kit.headers(decision)) == (403, {})


def test_error_only_when_a_credential_was_presented(kit):
    """`error="invalid_token"` only when a credential was presented: two of them are presented too."""
    policy = kit.policy(kit.route(auth=(("users",), ("partner",))))
    assert 'error="invalid_token"' in kit.headers(decide(policy, ask(kit, kit.bearer(), KEY)))["www-authenticate"]


# ------------------------------------------------------------------------------------------------------------- CSRF
class TestCsrf:
    """With a cookie credential and a method other than GET or HEAD also the CSRF header,
    and an own or allowed Origin."""

    CSRF = ("X-CSRF-Token", "t")

    def policy(self, kit, method="POST", csrf="x-csrf-token", **route):
        made = kit.policy(kit.route(method, cors=kit.web, csrf=csrf, **route))
        return with_verifiers(kit, made, kit.jwt(places=(Bearer(), CookiePlace("session"))))

    def cookie(self, kit, **claims):
        return "Cookie", f"session={kit.token(**claims)}"

    def reason(self, kit, *headers, method="POST", **changes):
        return decide(self.policy(kit, method), ask(kit, *headers, method=method, **changes)).reason

    def test_without_the_header_it_is_403(self, kit):
        policy = self.policy(kit)
        decision = decide(policy, ask(kit, self.cookie(kit), method="POST"))
        assert (decision.status, decision.reason, decision.step) == (403, "csrf", "authenticate")
        assert "www-authenticate" not in kit.headers(decision)

    @pytest.mark.parametrize("headers, reason", [
        ((CSRF,), "pass"), ((("X-CSRF-Token", ""),), "csrf"), ((CSRF, CSRF), "csrf"),
        ((CSRF, ("Origin", "https://api.example.com")), "pass"),
        ((CSRF, ("Origin", "https://mesh.example.com:8443")), "pass"),
        ((CSRF, ("Origin", "https://app.example.com")), "pass"),
        ((CSRF, ("Origin", "http://api.example.com")), "csrf"),
        ((CSRF, ("Origin", "https://evil.example")), "csrf"), ((CSRF, ("Origin", "null")), "csrf"),
        ((CSRF, ("Origin", "")), "csrf"),
        ((CSRF, ("Origin", "https://api.example.com"), ("Origin", "https://api.example.com")), "csrf"),
    ])  # fmt: skip
    def test_header_and_origin(self, kit, headers, reason):
        assert self.reason(kit, self.cookie(kit), *headers) == reason

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_reading_needs_none(self, kit, method):
        assert self.reason(kit, self.cookie(kit), ("Origin", "https://evil.example"), method=method) == "pass"

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "QUERY"])
    def test_every_other_method_does(self, kit, method):
        assert self.reason(kit, self.cookie(kit), method=method) == "csrf"

    def test_a_header_credential_needs_none(self, kit):
        assert self.reason(kit, kit.bearer(), ("Origin", "https://evil.example")) == "pass"

    def test_a_credential_is_judged_before_its_csrf_header(self, kit):
        assert self.reason(kit, self.cookie(kit, exp=kit.now)) == "invalid_token"

    def test_without_a_configured_header_the_origin_still_counts(self, kit):
        policy = self.policy(kit, csrf="")
        assert decide(policy, ask(kit, self.cookie(kit), method="POST")).allowed
        foreign = ask(kit, self.cookie(kit), ("Origin", "https://evil.example"), method="POST")
        assert decide(policy, foreign).reason == "csrf"

    def test_any_origin_is_no_allowance(self, kit):
        anyone = replace(kit.web, any_origin=True, origins=(), credentials=False)
        made = kit.policy(kit.route("POST", cors=anyone))
        policy = with_verifiers(kit, made, kit.jwt(places=(CookiePlace("session"),)))
        request = ask(kit, self.cookie(kit), ("Origin", "https://evil.example"), method="POST")
        assert decide(policy, request).reason == "csrf"


def test_a_key_method_can_own_the_authorization_header(kit):
    """A place is a header by name; the bearer place is the scheme."""
    policy = with_verifiers(
        kit, kit.policy(kit.route(auth=(("partner",),))), kit.key_method(places=(HeaderPlace("authorization"),))
    )
    assert decide(policy, ask(kit, ("Authorization", "k1.secret"))).allowed
    assert kit.status(policy, ask(kit, ("Authorization", "Bearer k1.secret"))) == (401, "invalid_key")


def test_an_unreadable_client_address_fails_keys_closed(kit):
    """A check that cannot be carried out is never a pass."""
    policy = kit.policy(kit.route(auth=(("partner",),), address=ClientAddress((), ())))
    assert decide(policy, ask(kit, KEY, peer="unix:")).status == 500
