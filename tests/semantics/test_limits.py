"""Steps 9 and 12: rate limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccfg.ir.policy import (
    Attr,
    ByAddress,
    ByAttribute,
    ByPrincipal,
    Cidr,
    ClientAddress,
    FromHeader,
    Grant,
    RateLimit,
)
from seccfg.ir.request import Surroundings
from seccfg.record import replace
from seccfg.semantics import State, decide
from seccfg.semantics.address import parse_address
from seccfg.semantics.limits import Counter, address_key, charge, wait

LIMITED = (429, "rate_limited")


def limit(name="some", size=2, window_s=60, **changes):
    made = RateLimit(name, "fixed-window", size, window_s, size, ByAddress(), "request", (), "shared", "refuse")
    return replace(made, **changes)


def answers(kit, policy, requests, state=None):
    state = State() if state is None else state
    return [decide(policy, request, state).status for request in requests]


def at(request, now_s, **changes):
    return replace(request, now_s=now_s, **changes)


# ------------------------------------------------------------------------------------------------------- algorithms
def test_fixed_windows_are_aligned_to_the_epoch(kit):
    """`fixed-window` (default) aligned to the Unix epoch."""
    policy = kit.policy(kit.route(auth=(), limits=(limit(window_s=100),)))
    request, state = kit.request(), State()
    moments = [1099, 1099, 1099, 1100, 1199, 1199, 1200]
    assert [decide(policy, at(request, t), state).status for t in moments] == [200, 200, 429, 200, 200, 429, 200]


@pytest.mark.parametrize("now_s, wait_s", [(1000, 100), (1050, 50), (1099, 1)])
def test_retry_after_a_fixed_window(kit, now_s, wait_s):
    """`Retry-After`: whole seconds, at least 1, until the next request would pass."""
    policy = kit.policy(kit.route(auth=(), limits=(limit(size=1, window_s=100),)))
    state = State()
    request = at(kit.request(), now_s)
    assert decide(policy, request, state).allowed
    refused = decide(policy, request, state)
    assert kit.headers(refused)["retry-after"] == str(wait_s)
    assert not decide(policy, at(request, now_s + wait_s - 1), state).allowed
    assert decide(policy, at(request, now_s + wait_s), state).allowed


def test_a_sliding_window_is_an_exact_log(kit):
    """`sliding-window`: admitted in (t - W, t] < L."""
    policy = kit.policy(kit.route(auth=(), limits=(limit(size=2, window_s=10, algorithm="sliding-window"),)))
    state = State()
    moments = [100, 105, 109, 110, 110, 114, 115, 119, 120]
    statuses = [decide(policy, at(kit.request(), t), state).status for t in moments]
    assert statuses == [200, 200, 429, 200, 429, 429, 200, 429, 200]


def test_a_token_bucket_refills(kit):
    """`token-bucket`: `burst` is the bucket's size, it starts full and refills by L a window."""
    policy = kit.policy(kit.route(auth=(), limits=(limit(size=1, window_s=10, algorithm="token-bucket", burst=3),)))
    state = State()
    moments = [0, 0, 0, 0, 9, 10, 10, 35, 35, 35, 100, 100, 100, 100]
    statuses = [decide(policy, at(kit.request(), t), state).status for t in moments]
    assert statuses == [200, 200, 200, 429, 429, 200, 429, 200, 200, 429, 200, 200, 200, 429]


@given(
    st.sampled_from(["fixed-window", "sliding-window", "token-bucket"]),
    st.integers(1, 5), st.integers(1, 12), st.integers(1, 6), st.lists(st.integers(0, 4), min_size=1, max_size=40),
)  # fmt: skip
@settings(max_examples=200)
def test_bounds_and_retry_after(algorithm, size, window_s, burst, steps):
    """At most L in an aligned window (fixed), L in any (sliding), B + L - 1 in any (bucket); Retry-After is exact."""
    counter = Counter(limit(size=size, window_s=window_s, algorithm=algorithm, burst=burst), ("some", "k", ""), size)
    state, now_s, admitted = State(), 0, []
    for step in steps:
        now_s += step
        wait_s = wait(state, counter, now_s)
        if wait_s == 0:
            charge(state, counter, now_s)
            admitted.append(now_s)
        else:
            assert wait(state, counter, now_s + wait_s) == 0
            assert wait_s == 1 or wait(state, counter, now_s + wait_s - 1) > 0
    for moment in admitted:
        if algorithm == "fixed-window":
            assert sum(a // window_s == moment // window_s for a in admitted) <= size
        else:
            most = size if algorithm == "sliding-window" else burst + size - 1
            assert sum(moment <= a < moment + window_s for a in admitted) <= most


# ------------------------------------------------------------------------------------------------------------- keys
def test_one_counter_is_shared_by_all_routes_that_name_it(kit):
    """One counter per (limit, key), shared by all routes that name it (`per: route` otherwise)."""
    shared = kit.policy(*(kit.route("GET", path, auth=(), limits=(limit(),)) for path in ("/a", "/b")))
    requests = [kit.request("GET", path) for path in ("/a", "/b", "/a")]
    assert answers(kit, shared, requests) == [200, 200, 429]
    own = kit.policy(*(kit.route("GET", path, auth=(), limits=(limit(scope="route"),)) for path in ("/a", "/b")))
    assert answers(kit, own, [*requests, *requests]) == [200, 200, 200, 429, 200, 429]


def test_limits_of_different_names_count_apart(kit):
    """A counter belongs to a limit and a key."""
    policy = kit.policy(
        kit.route("GET", "/a", auth=(), limits=(limit("one"),)), kit.route("GET", "/b", auth=(), limits=(limit("two"),))
    )
    assert answers(kit, policy, [kit.request("GET", p) for p in ("/a", "/a", "/b", "/b", "/a")]) == [200] * 4 + [429]


@pytest.mark.parametrize("one, other, same", [
    ("192.0.2.1", "192.0.2.2", False), ("192.0.2.1", "::ffff:192.0.2.1", True),
    ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True), ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
])  # fmt: skip
def test_ip_means_ipv4_address_or_ipv6_64(one, other, same):
    """`by: ip`: IPv4 address, IPv6 /64."""
    keys = {address_key(parse_address(text)) for text in (one, other)}
    assert (len(keys) == 1) is same


def test_the_client_address_counts_not_the_proxy(kit):
    """The key is the address step 4 found."""
    route = kit.route(auth=(), limits=(limit(size=1),), address=ClientAddress((), (Cidr(4, 10 << 24, 8),)))
    requests = [
        kit.request("GET", "/orders", ("X-Forwarded-For", f"198.51.100.{n}"), ("X-Forwarded-Proto", "https"), peer="10.0.0.1")
        for n in (1, 2, 1)
    ]
    assert answers(kit, kit.policy(route), requests) == [200, 200, 429]


def test_a_principal_is_issuer_and_subject_key_or_san(kit):
    """A principal's key is issuer and subject, the key record's id, or the certificate's SAN."""
    limits = (limit(size=1, key=ByPrincipal()),)
    policy = kit.policy(kit.route(auth=(("users",), ("others",), ("partner",), ("mesh",)), limits=limits))
    certificate = kit.authority.issue("spiffe://example.com/ns/a/sa/b")
    ways = [
        kit.request("GET", "/orders", kit.bearer()), kit.request("GET", "/orders", kit.bearer("others")),
        kit.request("GET", "/orders", kit.bearer(sub="bob")), kit.request("GET", "/orders", ("X-API-Key", "k1.secret")),
        kit.request("GET", "/orders", ("X-API-Key", "k5.secret")), kit.request(certificate=certificate),
    ]  # fmt: skip
    assert answers(kit, policy, ways + ways) == [200] * 6 + [429] * 6


def test_two_tokens_of_one_principal_share_a_counter(kit):
    """The key is the principal, not the credential."""
    policy = kit.policy(kit.route(limits=(limit(size=1, key=ByPrincipal()),)))
    requests = [kit.request("GET", "/orders", kit.bearer(jti=n)) for n in ("1", "2")]
    assert answers(kit, policy, requests) == [200, 429]


def test_an_attribute_can_be_the_key(kit):
    """Limits keyed by attribute; equal values share, whatever their spelling."""
    policy = kit.policy(kit.route(limits=(limit(size=1, key=ByAttribute("principal", "level")),)))
    requests = [kit.request("GET", "/orders", kit.bearer(realm={"level": n})) for n in (5, 5.0, 6)]
    assert answers(kit, policy, requests) == [200, 429, 200]


@pytest.mark.parametrize("claims", [{}, {"realm": {"level": "5"}}, {"realm": {"level": None}}, {"realm": {"level": 5.5}}])
def test_a_key_that_cannot_be_told_is_403(kit, claims):
    """Key ERR: 403."""
    policy = kit.policy(kit.route(limits=(limit(key=ByAttribute("principal", "level")),)))
    assert kit.status(policy, kit.request("GET", "/orders", kit.bearer(**claims))) == (403, "forbidden")


def test_nobody_to_count_by_is_403(kit):
    """A limit by principal where nobody authenticates refuses everybody."""
    policy = kit.policy(kit.route(auth=(), limits=(limit(key=ByPrincipal()),)))
    assert kit.status(policy, kit.request()) == (403, "forbidden")


# ------------------------------------------------------------------------------------------------------------ order
def test_the_first_exhausted_refuses_and_nothing_else_is_charged(kit):
    """Checked in the order written; the first exhausted refuses and nothing else is charged."""
    narrow, wide = limit("narrow", 1), limit("wide", 2)
    policy = kit.policy(
        kit.route("GET", "/both", auth=(), limits=(wide, narrow)), kit.route("GET", "/wide", auth=(), limits=(wide,))
    )
    state = State()
    both, only = kit.request("GET", "/both"), kit.request("GET", "/wide")
    assert answers(kit, policy, [both, both, both, only, only], state) == [200, 429, 429, 200, 429]


def test_retry_after_is_the_refusing_limit_s(kit):
    """The first exhausted limit's own wait is sent."""
    limits = (limit("short", 1, 10), limit("long", 1, 1000))
    policy = kit.policy(kit.route(auth=(), limits=limits))
    state = State()
    decide(policy, at(kit.request(), 1000), state)
    assert kit.headers(decide(policy, at(kit.request(), 1001), state))["retry-after"] == "9"


def test_passed_limits_are_charged_before_the_next_step(kit):
    """All passed ones are charged before the next step: a refusal later does not give them back."""
    policy = kit.policy(kit.route(limits=(limit(), limit("mine", 9, key=ByPrincipal())), allow=(Grant(("partner",)),)))
    requests = [kit.request("GET", "/orders", kit.bearer())] * 3
    assert answers(kit, policy, requests) == [403, 403, 429]


def test_address_limits_come_before_authentication_and_principal_limits_after(kit):
    """Step 9 is before, step 12 after step 10."""
    policy = kit.policy(kit.route(limits=(limit("mine", 1, key=ByPrincipal()), limit("ip", 2))))
    anonymous, known = kit.request(), kit.request("GET", "/orders", kit.bearer())
    assert answers(kit, policy, [anonymous, anonymous, anonymous]) == [401, 401, 429]
    assert [decide(policy, known, State()).step for _ in range(1)] == ["forward"]
    state = State()
    assert [decide(policy, known, state).step for _ in range(3)] == ["forward", "principal_limits", "address_limits"]


# ------------------------------------------------------------------------------------------------------------ tiers
def test_tiers_take_the_largest_and_share_the_counter(kit):
    """`tiers`: the largest among the base limit and the principal's roles, same counter."""
    tiers = ((("admin",), 4), (("admin", "editor"), 3), (("viewer", "editor", "admin"), 1))
    policy = kit.policy(kit.route(limits=(limit(size=2, key=ByAttribute("principal", "department"), tiers=tiers),)))
    ask = {role: kit.request("GET", "/orders", kit.bearer(roles=[role], dept="x")) for role in ("viewer", "editor", "admin")}
    order = ["viewer", "viewer", "viewer", "editor", "editor", "admin", "admin"]
    assert answers(kit, policy, [ask[role] for role in order]) == [200, 200, 429, 200, 429, 200, 429]


# ---------------------------------------------------------------------------------------------------- failures only
class TestFailures:
    """`count: auth.failed` counts only refusals of a presented credential."""

    LOGINS = limit("logins", 2, count="auth.failed")

    def policy(self, kit, **route):
        return kit.policy(kit.route(limits=(self.LOGINS,), **route), kit.route("GET", "/open", auth=(), limits=(self.LOGINS,)))

    def test_refused_credentials_count(self, kit):
        bad = kit.request("GET", "/orders", ("Authorization", "Bearer x"))
        assert answers(kit, self.policy(kit), [bad, bad, bad]) == [401, 401, 429]

    def test_good_and_missing_ones_do_not(self, kit):
        good, none = kit.request("GET", "/orders", kit.bearer()), kit.request()
        bad = kit.request("GET", "/orders", ("Authorization", "Bearer x"))
        assert answers(kit, self.policy(kit), [good, none] * 3 + [bad, bad, bad]) == [200, 401] * 3 + [401, 401, 429]

    def test_the_limit_is_looked_at_on_every_route_that_names_it(self, kit):
        bad = kit.request("GET", "/orders", ("Authorization", "Bearer x"))
        requests = [bad, bad, kit.request("GET", "/open"), kit.request("GET", "/orders", kit.bearer())]
        assert answers(kit, self.policy(kit), requests) == [401, 401, 429, 429]

    def test_two_credentials_count_as_one_refusal(self, kit):
        twice = kit.request("GET", "/orders", kit.bearer(), ("X-API-Key", "k1.secret"))
        policy = self.policy(kit, auth=(("users",), ("partner",)))
        assert answers(kit, policy, [twice, twice, twice]) == [401, 401, 429]

    def test_authorization_refusals_do_not(self, kit):
        policy = self.policy(kit, allow=(Grant(("partner",)),))
        request = kit.request("GET", "/orders", kit.bearer())
        assert answers(kit, policy, [request] * 3) == [403] * 3

    def test_other_addresses_go_on(self, kit):
        bad = kit.request("GET", "/orders", ("Authorization", "Bearer x"))
        requests = [bad, bad, bad, replace(bad, peer="192.0.2.9")]
        assert answers(kit, self.policy(kit), requests) == [401, 401, 429, 401]

    def test_keys_that_need_a_principal_cannot_be_told_then(self, kit):
        by_header = limit("device", 1, count="auth.failed", key=ByAttribute("request", "device"))
        attrs = (Attr("request", "device", "string", False, True, FromHeader("x-device"), "caller"),)
        policy = kit.policy(kit.route(limits=(by_header,)), attrs=attrs)
        bad = [kit.request("GET", "/orders", ("Authorization", "Bearer x"), ("X-Device", d)) for d in ("a", "b")]
        good = [kit.request("GET", "/orders", kit.bearer(), ("X-Device", d)) for d in ("a", "b", "c")]
        assert answers(kit, policy, [bad[0], *good]) == [401, 429, 200, 200]


# ------------------------------------------------------------------------------------------------------------ store
def test_store_down_is_503(kit):
    """Store down: 503, event `check.failed`."""
    policy = kit.policy(kit.route(auth=(), limits=(limit(),)))
    decision = decide(policy, kit.request(), State(Surroundings(store="down")))
    assert (decision.status, decision.reason, decision.events) == (503, "unavailable", ("check.failed",))


def test_or_local_counting_goes_on(kit):
    """`on_store_failure: local` goes on counting here."""
    policy = kit.policy(kit.route(auth=(), limits=(limit(on_store_failure="local"),)))
    assert answers(kit, policy, [kit.request()] * 3, State(Surroundings(store="down"))) == [200, 200, 429]
