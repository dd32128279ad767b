"""Steps 9 and 12, and the counters in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from seccfg_runtime.runtime.interface import Charge, Charged, StoreUnavailable
from seccfg_runtime.runtime.model import (
    Attribute,
    Authenticate,
    ByAddress,
    ByAttribute,
    ByPrincipal,
    FromApplication,
    FromBody,
    FromClaims,
    FromHeader,
    RateLimit,
)
from seccfg_runtime.runtime.stores import MemoryLimits

LIMITED = "429 rate_limited"


def open_world(kit: Any, *limits: RateLimit, **changes: Any) -> Any:
    return kit.world(kit.policy(kit.public(limits=limits), kit.public(template="/other", limits=limits), **changes))


def burst(made: Any, count: int, *args: Any, **kwargs: Any) -> int:
    """How many of *count* requests pass."""
    return sum(made.refused(*args, **kwargs) == "pass" for _ in range(count))


def test_fixed_windows_are_aligned_to_the_epoch(kit: Any) -> None:
    """The window's end, not the first request, starts the next one."""
    made = open_world(kit, RateLimit("per-ip", 3, 60, ByAddress()))
    made.now = kit.now + 59
    assert burst(made, 5) == 3
    answer = made.answer()
    assert (answer.status, kit.header(answer.headers, "retry-after")) == (429, ["1"])
    made.now = kit.now + 60
    assert burst(made, 5) == 3
    assert kit.header(made.answer().headers, "retry-after") == ["60"]
    made.now = kit.now + 60.5
    assert kit.header(made.answer().headers, "retry-after") == ["60"]


def test_sliding_windows_are_an_exact_log(kit: Any) -> None:
    """Never more than the limit in any window."""
    made = open_world(kit, RateLimit("per-ip", 2, 10, ByAddress(), "sliding-window"))
    passed = []
    for offset in range(40):
        made.now = kit.now + offset
        if made.refused() == "pass":
            passed.append(offset)
    assert passed == [0, 1, 10, 11, 20, 21, 30, 31]
    made.now = kit.now + 34
    assert kit.header(made.answer().headers, "retry-after") == ["6"]


def test_token_buckets_start_full_and_refill_steadily(kit: Any) -> None:
    """`burst` at once, then `limit` a window."""
    made = open_world(kit, RateLimit("per-ip", 6, 60, ByAddress(), "token-bucket", burst=3))
    assert burst(made, 5) == 3
    assert kit.header(made.answer().headers, "retry-after") == ["10"]
    made.now = kit.now + 9
    assert made.refused() == LIMITED
    made.now = kit.now + 10
    assert burst(made, 2) == 1
    made.now = kit.now + 1000
    assert burst(made, 5) == 3


def test_addresses_count_by_ipv4_and_by_ipv6_network(kit: Any) -> None:
    """A /64 is one client, IPv4-mapped is IPv4."""
    made = open_world(kit, RateLimit("per-ip", 1, 60, ByAddress()))
    for peer, expected in (
        ("198.51.100.1", "pass"),
        ("::ffff:198.51.100.1", LIMITED),
        ("198.51.100.2", "pass"),
        ("2001:db8::1", "pass"),
        ("2001:db8::ffff:1", LIMITED),
        ("2001:db8:0:1::1", "pass"),
    ):
        assert made.refused(peer=peer) == expected


def test_one_counter_is_shared_by_all_routes_that_name_it(kit: Any) -> None:
    """Unless the limit counts per route."""
    shared = open_world(kit, RateLimit("per-ip", 1, 60, ByAddress()))
    assert [shared.refused("/notes"), shared.refused("/other")] == ["pass", LIMITED]
    apart = open_world(kit, RateLimit("per-ip", 1, 60, ByAddress(), per_route=True))
    assert [apart.refused("/notes"), apart.refused("/other"), apart.refused("/notes")] == ["pass", "pass", LIMITED]


def test_the_first_exhausted_limit_refuses_and_nothing_is_charged(kit: Any) -> None:
    """A request refused by the second limit leaves the first as it was."""
    first, second = RateLimit("first", 2, 60, ByAddress()), RateLimit("second", 1, 600, ByAddress())
    made = kit.world(kit.policy(kit.public(limits=(first, second)), kit.public(template="/first", limits=(first,))))
    assert made.refused() == "pass"
    assert burst(made, 5) == 0
    assert burst(made, 5, "/first") == 1


def test_refused_requests_stay_charged_by_earlier_steps(kit: Any) -> None:
    """Step 9 comes before authentication."""
    made = kit.world(kit.policy(kit.route(limits=(RateLimit("per-ip", 1, 60, ByAddress()),))))
    assert made.refused() == "401 no_credential"
    assert made.refused(bearer=kit.token()) == LIMITED


def test_principals_count_apart(kit: Any) -> None:
    """By issuer and subject, or key record; with their roles' tier on the same counter."""
    limit = RateLimit("mine", 1, 60, ByPrincipal(), tiers=((frozenset({"admin"}), 3), (frozenset({"editor", "admin"}), 2)))
    route = kit.route(limits=(limit,), authenticate=Authenticate((("users",), ("partners",))))
    made = kit.world(kit.policy(route))
    assert burst(made, 5, bearer=kit.token(roles=[])) == 1
    assert burst(made, 5, bearer=kit.token(roles=["editor"])) == 1
    assert burst(made, 5, bearer=kit.token(roles=["admin"])) == 1
    assert burst(made, 5, bearer=kit.token(sub="bob", roles=["admin"])) == 3
    assert burst(made, 5, key=kit.secret) == 1


def by(kit: Any, attribute: Attribute, *others: RateLimit) -> Any:
    limit = RateLimit("per-tenant", 1, 60, ByAttribute(attribute.side, attribute.name))
    users = kit.users(attributes=(("tenant", ("org",)),))
    route = kit.route("POST", limits=(*others, limit))
    return kit.world(kit.policy(route, attributes=(attribute,), verifiers=(users,)))


def test_attributes_count_as_their_type(kit: Any) -> None:
    """Equal values are one counter; a value that cannot be told is 403."""
    made = by(kit, Attribute("principal", "tenant", "integer", FromClaims()))
    assert made.refused(method="POST", bearer=kit.token(org=5)) == "pass"
    assert made.refused(method="POST", bearer=kit.token(sub="bob", org=5.0)) == LIMITED
    assert made.refused(method="POST", bearer=kit.token(org=6)) == "pass"
    assert made.refused(method="POST", bearer=kit.token(org="6")) == "403 forbidden"
    assert made.refused(method="POST", bearer=kit.token()) == "403 forbidden"


def test_a_limit_without_key_refuses_after_those_before_it(kit: Any) -> None:
    """And charges nothing."""
    attribute = Attribute("principal", "tenant", "integer", FromClaims())
    made = by(kit, attribute, RateLimit("mine", 1, 60, ByPrincipal()))
    assert made.refused(method="POST", bearer=kit.token()) == "403 forbidden"
    assert made.refused(method="POST", bearer=kit.token(org=1)) == "pass"
    assert made.refused(method="POST", bearer=kit.token()) == LIMITED


def test_limits_may_count_by_header_body_or_application(kit: Any) -> None:
    """Whatever has to be fetched is fetched before step 12."""
    made = by(kit, Attribute("resource", "region", "string", FromHeader("x-region"), trust="caller"))
    good = kit.token()
    assert made.refused("/notes", ("X-Region", "eu"), method="POST", bearer=good) == "pass"
    assert made.refused("/notes", ("X-Region", "eu"), method="POST", bearer=good) == LIMITED
    assert made.refused("/notes", ("X-Region", "a,b"), method="POST", bearer=good) == "403 forbidden"
    made = by(kit, Attribute("resource", "account", "string", FromBody(("account",)), trust="caller"))
    assert made.refused(method="POST", bearer=good, body=b'{"account":"a"}') == "pass"
    assert made.refused(method="POST", bearer=good, body=b'{"account":"a"}') == LIMITED
    assert made.refused(method="POST", bearer=good, body=b'{"account":"a","account":"b"}') == "403 forbidden"
    made = by(kit, Attribute("resource", "owner", "string", FromApplication(), trust="application"))
    assert made.refused(method="POST", bearer=good) == "403 forbidden"
    made.server.attributes = {"owner": "ann"}
    assert made.refused(method="POST", bearer=good) == "pass"
    assert made.server.asked[-1].names == {"owner"}


def test_failure_limits_count_refused_credentials_only(kit: Any) -> None:
    """A missing credential locks nobody out; once used up, good ones are refused too."""
    limit = RateLimit("logins", 2, 60, ByAddress(), count="auth.failed")
    made = kit.world(kit.policy(kit.route(limits=(limit,))))
    good = kit.token()
    assert burst(made, 5, bearer=good) == 5
    assert [made.refused() for _ in range(5)] == ["401 no_credential"] * 5
    assert [made.refused(bearer="x") for _ in range(3)] == ["401 invalid_token"] * 2 + [LIMITED]
    assert made.refused(bearer=good) == LIMITED
    assert made.refused(bearer=good, peer="198.51.100.9") == "pass"


def test_public_routes_have_no_principal_to_count(kit: Any) -> None:
    """Nothing to count by is 403."""
    assert open_world(kit, RateLimit("mine", 1, 60, ByPrincipal())).refused() == "403 forbidden"


# ---------------------------------------------------------------------------------------------------------- stores
class Far(MemoryLimits):
    """A store elsewhere, asked in one round trip each step."""

    local = False

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def charge(self, charges: Sequence[Charge], now: float) -> Charged:
        self.calls.append(len(charges))
        return super().charge(charges, now)


def test_a_store_elsewhere_is_asked_once_a_step(kit: Any) -> None:
    """With every counter of the step, and decides the same."""
    limits = (RateLimit("a", 2, 60, ByAddress()), RateLimit("b", 5, 60, ByAddress()), RateLimit("c", 9, 60, ByPrincipal()))
    store = Far()
    made = kit.world(kit.policy(kit.route(limits=limits)), limits=store)
    assert burst(made, 4, bearer=kit.token()) == 2
    assert store.calls == [2, 1, 2, 1, 2, 2]


class Broken(MemoryLimits):
    """A store that fails."""

    def __init__(self, error: Exception | None, local: bool = True) -> None:
        super().__init__()
        self.error = error
        self.local = local

    def charge(self, charges: Sequence[Charge], now: float) -> Any:
        if self.error is not None:
            raise self.error

    def add(self, charges: Sequence[Charge], now: float) -> None:
        raise StoreUnavailable("secret-dsn")


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize(
    "error, expected",
    [(StoreUnavailable("secret-dsn"), "503 unavailable"), (OSError("secret-dsn"), "500 internal"), (None, "500 internal")],
)
def test_a_failing_store_refuses(kit: Any, error: Exception | None, expected: str, local: bool) -> None:
    """503 when the store is down, 500 for anything else, an answer that is none included; nothing leaks."""
    made = kit.world(
        kit.policy(
            kit.public(limits=(RateLimit("a", 2, 60, ByAddress()),)),
            kit.route(template="/p", limits=(RateLimit("b", 2, 60, ByPrincipal()),)),
        ),
        limits=Broken(error, local),
    )
    assert made.refused() == expected
    assert made.refused("/p", bearer=kit.token()) == expected
    assert made.log.events()[0].startswith("check.failed/")
    assert "secret-dsn" not in "".join(made.log.lines)


def test_a_failure_that_cannot_be_counted_stays_refused(kit: Any) -> None:
    """The refusal stands when its counter cannot be charged."""

    class CannotAdd(MemoryLimits):
        def add(self, charges: Sequence[Charge], now: float) -> None:
            raise StoreUnavailable

    limit = RateLimit("logins", 2, 60, ByAddress(), count="auth.failed")
    made = kit.world(kit.policy(kit.route(limits=(limit,))), limits=CannotAdd())
    assert made.refused(bearer="x") == "401 invalid_token"


def charge(name: str = "a", **changes: Any) -> Charge:
    return replace(Charge(name, "fixed-window", 2, 60, 0), **changes)


def test_memory_is_bounded_and_fails_closed(kit: Any) -> None:
    """New counters are refused when all are in use; ended ones make room."""
    store = MemoryLimits(most=3)
    for name in "abc":
        assert store.charge([charge(name)], kit.now).exhausted == -1
    assert store.charge([charge("d")], kit.now) == Charged(0, 60)
    assert store.charge([charge("a")], kit.now).exhausted == -1
    assert store.charge([charge("d")], kit.now + 60).exhausted == -1


def test_a_charge_survives_the_sweep_it_causes(kit: Any) -> None:
    """A counter forgotten for a later one of the same request is still charged."""
    store = MemoryLimits(most=2)
    for name in "ab":
        store.charge([charge(name, window_s=1)], kit.now)
    both = [charge("a", limit=1, window_s=1), charge("c", limit=1)]
    assert store.charge(both, kit.now + 5).exhausted == -1
    assert store.charge([both[0]], kit.now + 5) == Charged(0, 1)


def test_looking_charges_nothing(kit: Any) -> None:
    """`spend` false."""
    store = MemoryLimits()
    look = charge(spend=False)
    assert [store.charge([look], kit.now).exhausted for _ in range(5)] == [-1] * 5
    store.add([look, look], kit.now)
    assert store.charge([look], kit.now).exhausted == 0


@pytest.mark.parametrize("algorithm", ["fixed-window", "sliding-window", "token-bucket"])
def test_a_limit_of_nothing_admits_nothing(kit: Any, algorithm: Any) -> None:
    """Zero is a limit."""
    store = MemoryLimits()
    answer = store.charge([charge(algorithm=algorithm, limit=0)], kit.now)
    assert (answer.exhausted, answer.retry_after_s >= 1) == (0, True)


@pytest.mark.parametrize("algorithm", ["fixed-window", "sliding-window", "token-bucket"])
def test_threads_admit_no_more_than_the_limit(kit: Any, algorithm: Any) -> None:
    """Check and charge are one."""
    store, admitted = MemoryLimits(), []
    wanted = charge(algorithm=algorithm, limit=50, burst=50)

    def work() -> None:
        for _ in range(50):
            answer = store.charge([wanted, replace_name(wanted)], kit.now)
            admitted.append(answer.exhausted < 0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert admitted.count(True) == 50


def replace_name(one: Charge) -> Charge:
    return replace(one, counter="second")


def test_time_going_back_admits_no_more(kit: Any) -> None:
    """A clock set back does not refill a bucket or empty a log."""
    for algorithm in ("sliding-window", "token-bucket"):
        store = MemoryLimits()
        wanted = charge(algorithm=algorithm, limit=1, burst=1)
        assert store.charge([wanted], kit.now).exhausted == -1
        assert store.charge([wanted], kit.now - 30).exhausted == 0


def test_late_requests_do_not_empty_a_window(kit: Any) -> None:
    """Threads see the clock in any order: what comes late from the window before counts in the newer one."""
    store, wanted = MemoryLimits(), charge(limit=2)
    assert [store.charge([wanted], kit.now + offset).exhausted for offset in (60, 59, 60, 59, 60)] == [-1, -1, 0, 0, 0]


def test_a_route_keeps_its_own_limits(kit: Any) -> None:
    """`replace` of a route changes only that route's step."""
    limited = kit.public(limits=(RateLimit("a", 1, 60, ByAddress()),))
    made = kit.world(kit.policy(limited, replace(kit.public(template="/free"), limits=())))
    assert burst(made, 3) == 1
    assert burst(made, 3, "/free") == 3


def test_keys_a_caller_chooses_are_short(kit: Any) -> None:
    """Long values are hashed: each still counts for itself, none costs its own length in memory."""
    store = MemoryLimits()
    attribute = Attribute("resource", "region", "string", FromHeader("x-region"), trust="caller")
    limit = RateLimit("per-region", 1, 60, ByAttribute("resource", "region"))
    made = kit.world(kit.policy(kit.public(limits=(limit,)), attributes=(attribute,)), limits=store)
    values = ["x" * 7000, "x" * 7001]
    assert [made.refused("/notes", ("X-Region", value)) for value in [*values, *values]] == ["pass"] * 2 + [LIMITED] * 2
    assert max(len(name) for name in store._counters) < 200
