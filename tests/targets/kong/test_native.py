"""`prefer: native`: Kong's own plugins decide what they can, and everything together what the effective Policy says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from seccfg import api
from seccfg.findings import InputError
from seccfg.ir.policy import Policy, RateLimit
from seccfg.targetapi.base import Gap, Output
from seccfg.targetapi.kit.random_runs import random_policy
from seccfg.verify.run import verify_policy
from seccfg_kong import TARGET

GUIDE = Path(__file__).resolve().parents[3] / "examples" / "guide"
TODAY = "2026-01-05"
NATIVE = {"prefer": '"native"'}
BOUND = "each IPv6 address by itself; requests in flight counted late"
ACCEPTED = f"""
  - {{target: kong, gap: rate-limit-address, at: rate_limits.per-ip.by, bound: {BOUND}, reason: no IPv6 in front of it, owner: team, expires: 2027-06-30}}
"""  # noqa: E501
NETWORKS = """network:
  profiles:
    outside: {deny: [203.0.113.0/24, "2001:db8:bad::/48"]}
    staff: {allow: [198.51.100.0/24, "2001:db8::/32"], deny: [198.51.100.66/32]}

defaults:
  network: outside
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "guide"
    shutil.copytree(GUIDE, folder, ignore=shutil.ignore_patterns("expected"))
    (folder / ".git").mkdir()
    return folder / "seccfg.yaml"


def changed(path: Path, *changes: tuple[str, str]) -> Path:
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")
    return path


def native(path: Path) -> tuple[Policy, Output]:
    policy = api.policy(api.load(str(path)))
    return policy, TARGET.compile(policy, NATIVE)


def document(output: Output) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(next(file.content for file in output.files if file.path == "kong.yaml"))
    return found


def plugins(scope: Mapping[str, Any]) -> dict[str, Any]:
    return {plugin["name"]: plugin["config"] for plugin in scope.get("plugins") or ()}


def equal(policy: Policy, need_engine: Callable[[str, str], None]) -> None:
    need_engine("kong", "kong-model")
    (engine,) = verify_policy(policy, {"kong": NATIVE}, TODAY).targets[0].engines
    assert not engine.failure
    assert engine.requests > 300
    assert [(d.scenario, d.number, d.fields) for d in engine.differences[:3]] == []


def gap(output: Output, ident: str) -> Gap:
    return next(gap for gap in output.gaps if gap.id == ident)


def test_what_opens_access_is_accepted_first(project: Path) -> None:
    """An address of its own for every IPv6 client: the build stops until the spec takes that."""
    changed(project, ("mode: serverless}", "mode: serverless, prefer: native}"))
    (result,) = api.build(api.load(str(project)), ("kong",), TODAY)
    assert [gap.id for gap in result.blocking] == ["rate-limit-address"]
    changed(project, ("\naccept:\n", f"\naccept:{ACCEPTED}"))
    (result,) = api.build(api.load(str(project)), ("kong",), TODAY)
    assert list(result.blocking) == []
    page = next(file.content.decode() for file in result.output.files if file.path == "APPLY.md")
    assert "(accepted by team until 2027" in page


def test_the_guide_reads_as_kong(project: Path) -> None:
    """Stock plugins where a reader looks for them, and who may call a route in the route's own function."""
    found = document(native(project)[1])
    (service,) = found["services"]
    assert plugins(service)["rate-limiting"] == {"hour": 100, "limit_by": "ip", "policy": "local", "fault_tolerant": False}
    assert plugins(service)["request-size-limiting"] == {"allowed_payload_size": 1048576, "size_unit": "bytes"}
    assert plugins(found)["cors"] == {
        "origins": ["https://app.example.com"], "methods": ["DELETE", "GET"], "headers": ["Authorization", "Content-Type"],
        "credentials": True, "max_age": 600,
    }  # fmt: skip
    assert plugins(found)["response-transformer"]["remove"] == {"headers": ["Server", "X-Powered-By"]}
    assert plugins(found["routes"][0]) == {"request-termination": {"status_code": 404, "message": "no such route"}}
    documents = next(route for route in service["routes"] if "documents" in route["name"])
    (function,) = plugins(documents)["post-function"]["access"]
    assert "-- department-and-clearance: principal.department == resource.department" in function
    assert "admin = true, viewer = true" in function


def test_a_window_kong_has_not(project: Path) -> None:
    """100 in a quarter of an hour become 100 in an hour: never more, with the numbers said."""
    found = gap(native(project)[1], "rate-limit-window")
    assert (found.bound, found.widens) == ("100 per hour", False)
    assert found.reference is not None
    assert found.actual is not None
    assert (found.reference.aligned, found.reference.anywhere, found.reference.long_run) == (100, 200, 100)
    assert (found.actual.aligned, found.actual.anywhere, found.actual.long_run) == (100, 200, 25)


@pytest.mark.parametrize(
    ("written", "counted", "most", "window_s"),
    [
        ("limit: 100, window: 15m", {"hour": 100}, 100, 3600), ("limit: 7, window: 1m", {"minute": 7}, 7, 60),
        ("limit: 50, window: 2d", {"day": 25}, 25, 86400), ("limit: 9, window: 7s", {"second": 1}, 1, 1),
    ],
)  # fmt: skip
def test_a_period_within_the_window(
    project: Path, written: str, counted: dict[str, int], most: int, window_s: int
) -> None:
    """The spec's own window, else one that holds whole windows or is held whole in one."""
    _, output = native(changed(project, ("limit: 100, window: 15m", written)))
    config = plugins(document(output)["services"][0])["rate-limiting"]
    assert {key: config[key] for key in config.keys() & {"second", "minute", "hour", "day"}} == counted
    (limit,) = {x for route in output.effective.routes for x in route.limits()}
    assert isinstance(limit, RateLimit)
    assert (limit.limit, limit.window_s) == (most, window_s)


@pytest.mark.parametrize(
    "change",
    [
        ("{limit: 100, window: 15m, by: ip}", "{limit: 100, window: 15m, by: ip, algorithm: sliding-window}"),
        ("{limit: 100, window: 15m, by: ip}", "{limit: 1, window: 7m, by: ip}\n  all: {limit: 900, window: 1h, by: ip}"),
        ("defaults:", "network: {trusted_proxies: [10.0.0.0/8]}\n\ndefaults:"),
    ],
)
def test_what_kong_counts_otherwise_stays_in_the_program(project: Path, change: tuple[str, str]) -> None:
    """Sliding windows, two limits of one address, and addresses that a proxy tells."""
    path = changed(project, change)
    if "all:" in change[1]:
        changed(path, ("rate_limits: [per-ip]", "rate_limits: [per-ip, all]"))
    _, output = native(path)
    assert "rate-limiting" not in plugins(document(output)["services"][0])
    assert not any(gap.id.startswith("rate-limit") for gap in output.gaps)


def test_the_guide_decides_as_said(project: Path, need_engine: Callable[[str, str], None]) -> None:
    """Every boundary request."""
    equal(api.policy(api.load(str(project))), need_engine)


def test_addresses(project: Path, need_engine: Callable[[str, str], None]) -> None:
    """Two profiles in one ip-restriction; IPv4 as IPv6 shows it is in none less. Statuses are the spec's own."""
    admin = "delete: {allow: [{roles: [admin]}]"
    statuses = "invalid_token: 403, no_route: 410, address: 451, body_too_large: 422, rate_limited: 503"
    changed(project, ("invalid_token: 403", statuses))
    changed(project, ("defaults:\n", NETWORKS), (f"{admin}}}", f"{admin}, network: staff}}"))
    policy, output = native(project)
    (service,) = document(output)["services"]
    delete = next(route for route in service["routes"] if route["methods"] == ["DELETE"])
    config = plugins(delete)["ip-restriction"]
    assert config["allow"] == ["198.51.100.0/24", "::ffff:c633:6400/120", "2001:db8::/32"]
    assert {"198.51.100.66/32", "203.0.113.0/24", "2001:db8:bad::/48"} <= set(config["deny"])
    equal(policy, need_engine)


def test_a_made_up_spec(need_engine: Callable[[str, str], None]) -> None:
    """Conditions, keys and schemas beside Kong's plugins."""
    equal(random_policy(10), need_engine)


def test_a_plugin_of_its_own_is_not_native() -> None:
    """The two cannot be had together."""
    with pytest.raises(InputError, match="prefer: native"):
        TARGET.compile(random_policy(0), {**NATIVE, "mode": json.dumps("plugin")})
