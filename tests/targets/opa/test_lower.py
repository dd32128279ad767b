"""What the bundle leaves to others, and what it says instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg import api
from seccfg.findings import InputError
from seccfg.ir.policy import RateLimit, Session
from seccfg.record import replace
from seccfg.targetapi.base import Output
from seccfg_opa import TARGET

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
Build = Callable[..., Output]


def test_limits_are_left_to_the_pep(build: Build) -> None:
    """Each limit is a delegated gap that widens, and no route of the effective Policy has one."""
    output = build("orders")
    gaps = {gap.place: gap for gap in output.gaps if gap.id == "rate-limit"}
    assert {place.partition(".")[2] for place in gaps} == {"per-ip", "per-key", "per-tenant", "writes", "logins"}
    assert all((gap.kind, gap.delegated_to, gap.widens) == ("delegated", "python", True) for gap in gaps.values())
    assert not any(route.first(RateLimit) or route.first(Session) for route in output.effective.routes)


def test_with_envoy_they_are_outside(build: Build) -> None:
    """Nothing that seccfg emits does it, so somebody has to."""
    output = build("orders", pep="envoy")
    assert {gap.kind for gap in output.gaps if gap.id == "rate-limit"} == {"outside"}
    assert "delegated" not in {gap.kind for gap in output.gaps}


def test_everything_else_is_decided(build: Build) -> None:
    """Steps 1 to 8, 10, 11, 13 to 15 are those of the spec."""
    output = build("guide")
    (first,) = {gap.id for gap in output.gaps if gap.widens}
    assert first == "rate-limit"
    assert all(route.first(RateLimit) is None for route in output.effective.routes)


def test_token_signatures_can_be_left_to_the_pep(build: Build) -> None:
    """`tokens: pep` is a gap for each issuer, and key sets need no feed."""
    output = build("orders", tokens="pep")
    assert {gap.place for gap in output.gaps if gap.id == "token-signature"} == {"auth.staff", "auth.customers"}
    assert b'"verified_by": "pep"' in {f.path: f.content for f in output.files}["bundle/orders/authz_data/data.json"]


def test_a_schema_rego_cannot_say_refuses_everything() -> None:
    """The gap is at the route, and the effective schema is one nothing fits."""
    policy = api.policy(api.load(str(EXAMPLES / "orders" / "seccfg.yaml")))
    route = next(r for r in policy.routes if r.id == "POST /v1/orders")
    index = policy.routes.index(route)
    controls = tuple(replace(c, body_schema='{"pattern":"(?=x)"}') if hasattr(c, "body_schema") else c for c in route.controls)
    changed = replace(policy, routes=(*policy.routes[:index], replace(route, controls=controls), *policy.routes[index + 1 :]))
    output = TARGET.compile(changed, {})
    (gap,) = [gap for gap in output.gaps if gap.id == "body-schema"]
    assert (gap.kind, gap.widens, gap.bound) == ("unsupported", False, "every body refused")
    enforced = next(c for c in output.effective.routes[index].controls if hasattr(c, "body_schema"))
    assert enforced.body_schema == '{"not":{}}'


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("package", "data.x"), ("package", "a..b"), ("package", "A"), ("package", "a.default"), ("package", "system.x"),
        ("pep", "Kong!"), ("tokens", "both"), ("signing", "a b"), ("colour", "red"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused(build: Build, option: str, value: str) -> None:
    """One line, naming the option."""
    with pytest.raises(InputError, match=option):
        build("guide", **{option: value})
