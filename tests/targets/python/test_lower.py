"""Which gaps the package has, and what holds instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from seccfg.findings import InputError
from seccfg.ir.policy import (
    Audit,
    Authenticate,
    IntrospectVerifier,
    KeyVerifier,
    Policy,
    RateLimit,
    Session,
    Transport,
)  # fmt: skip
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import blocking
from seccfg.targetapi.kit.project import Project
from seccfg.targetapi.kit.random_runs import random_policy
from seccfg_python import TARGET

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TODAY = "2026-01-05"


@pytest.fixture(scope="module")
def orders() -> tuple[Policy, Mapping[str, str]]:
    with Project(str(EXAMPLES / "orders"), TARGET, TODAY) as project:
        return project.policy()


def gaps_of(policy: Policy, options: Mapping[str, str] | None = None) -> dict[tuple[str, str], Gap]:
    return {(gap.id, gap.place): gap for gap in TARGET.compile(policy, options or {}).gaps}


def with_gap(ident: str) -> tuple[Policy, Gap]:
    """The first made-up spec whose package has the gap."""
    for seed in range(200):
        policy = random_policy(seed)
        for gap in TARGET.compile(policy, {}).gaps:
            if gap.id == ident:
                return policy, gap
    raise LookupError(ident)


def test_the_gaps_of_the_whole_language(orders: tuple[Policy, Mapping[str, str]]) -> None:
    """Session endpoints, sinks, retention and certificates: nothing else of the language is left out."""
    found = gaps_of(*orders)
    assert sorted(found) == [
        ("audit-retention", "audit.retention"),
        ("audit-sink", "audit.sinks.dd"),
        ("audit-sink", "audit.sinks.elk"),
        ("audit-sink", "audit.sinks.metrics"),
        ("audit-sink", "audit.sinks.siem"),
        ("certificate-renewal", "tls.certificates[0]"),
        ("session-absolute-ttl", "sessions.absolute_ttl"),
        ("session-access-ttl", "sessions.access_ttl"),
        ("session-cookie", "sessions.cookie"),
        ("session-logout", "sessions.logout"),
        ("session-refresh", "sessions.refresh"),
    ]
    assert not any(gap.widens for gap in found.values())


def test_the_example_accepts_its_gaps(orders: tuple[Policy, Mapping[str, str]]) -> None:
    """A build of the example is not stopped; without its acceptances it is."""
    policy, options = orders
    gaps = TARGET.compile(policy, options).gaps
    assert not any(blocking(gap, "python", policy, {"python": gaps}, TODAY) for gap in gaps)
    assert all(blocking(gap, "python", policy, {"python": gaps}, "2100-01-01") for gap in gaps)


def test_what_is_not_done_is_not_in_the_effective_policy(orders: tuple[Policy, Mapping[str, str]]) -> None:
    """The effective Policy promises no sessions, sinks, retention or certificates."""
    effective = TARGET.compile(*orders).effective
    assert effective.session is None
    assert effective.edge.transport.certificates == ()
    for route in effective.routes:
        assert route.first(Session) is None
        assert route.one(Transport).certificates == ()
        audit = route.one(Audit)
        assert (audit.sinks, audit.retention_min_s, audit.retention_hot_s, audit.retention_max_s) == ((), 0, 0, 0)


def test_introspection_is_closed() -> None:
    """A method nobody asks about accepts nothing: its places stay, its credentials are refused."""
    policy, gap = with_gap("introspection")
    effective = TARGET.compile(policy, {}).effective
    original = next(v for v in policy.verifiers if isinstance(v, IntrospectVerifier))
    closed = effective.verifier(original.name)
    assert isinstance(closed, KeyVerifier)
    assert (closed.records, closed.places) == ((), original.places)
    assert gap.enforced == (closed,)
    assert (gap.kind, gap.widens) == ("unsupported", False)
    assert [r.one(Authenticate) for r in effective.routes] == [r.one(Authenticate) for r in policy.routes]


def test_a_store_that_is_down_refuses() -> None:
    """Counting on each node alone is not done: the request is refused, which is narrower."""
    policy, gap = with_gap("limit-store-failure")
    assert (gap.kind, gap.widens) == ("approximate", False)
    assert not blocking(gap, "python", policy, {}, TODAY)
    for route in TARGET.compile(policy, {}).effective.routes:
        assert all(limit.on_store_failure == "refuse" for limit in route.limits())
    assert any(isinstance(control, RateLimit) for control in gap.enforced)


def test_required_events_are_best_effort() -> None:
    """An event that is queued is not yet written, and the gap says so; the package refuses when the queue is full."""
    policy, gap = with_gap("audit-required")
    assert (gap.place, gap.bound) == ("audit.required", "queued, not written")
    source = next(f.content for f in TARGET.compile(policy, {}).files if f.path.endswith("/policy.py"))
    assert b"    required=True,\n" in source


def test_keys_nobody_names_are_a_gap() -> None:
    """An `oidc` method without `jwks` is left to discovery, which the package does not do."""
    with Project(str(EXAMPLES / "minimal"), TARGET, TODAY) as project:
        data = project.data()
        del data["auth"]["users"]["jwks"]  # type: ignore[index]
        effect = project.effect(data)
    (gap,) = effect.gaps
    assert (gap.id, gap.place, gap.kind) == ("key-discovery", "auth.users", "unsupported")


def test_a_plain_spec_has_no_gap() -> None:
    """The minimal example needs no acceptance."""
    with Project(str(EXAMPLES / "minimal"), TARGET, TODAY) as project:
        policy, options = project.policy()
    output = TARGET.compile(policy, options)
    assert output.gaps == ()
    assert output.effective == policy


@pytest.mark.parametrize(
    "options",
    [
        {"package": '"Bad-Name"'}, {"package": '"class"'}, {"package": '"json"'}, {"package": '"seccfg"'}, {"package": "1"},
        {"framework": '"django"'}, {"colour": '"red"'}, {"package": '"../x"'}, {"package": '""'},
    ],
    ids=str,
)  # fmt: skip
def test_wrong_options_are_usage_errors(options: dict[str, str], orders: tuple[Policy, Mapping[str, str]]) -> None:
    """A name that is no package, hides another module, or an option there is none of: one line, nothing built."""
    with pytest.raises(InputError):
        TARGET.compile(orders[0], options)


def test_the_readme_lists_every_gap() -> None:
    """Each gap id of the lowering stands in the target's README, and no other."""
    folder = Path(__file__).resolve().parents[3] / "targets" / "seccfg_python"
    listed = {
        name
        for line in (folder / "README.md").read_text().partition("## Gaps")[2].partition("## Engines")[0].splitlines()
        for name in re.findall(r"`([a-z]+(?:-[a-z]+)+|introspection)`", line.partition("| `")[1] + line.split(" | ")[0])
    }
    source = (folder / "lower.py").read_text()
    used = set(re.findall(r'"((?:session|audit|limit|certificate|key)(?:-[a-z]+)+|introspection)"', source))
    assert used
    assert listed == used
