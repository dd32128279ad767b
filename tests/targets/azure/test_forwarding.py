"""Headers a caller could forge do not reach the upstream, and what an upstream says of its failures not the client."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg import api
from seccfg.ir.request import Request, Surroundings
from seccfg.record import replace
from seccfg_azure import TARGET
from seccfg_azure.engine import PolicyEngine

ORDERS = Path(__file__).resolve().parents[3] / "examples" / "orders" / "seccfg.yaml"
FORGED = (
    ("X-Region", "eu"), ("X_Region", "eu"), ("X-User", "root"), ("x_user", "root"), ("X_Authz-Open", "x"),
    ("X-Forwarded-Host", "evil.example.com"), ("X_Forwarded_For", "10.0.0.1"), ("X-Forwarded-Prefix", "/admin"),
    ("X-Other", "kept"),
)  # fmt: skip


@pytest.mark.parametrize(("peer", "region"), [("203.0.113.7", False), ("10.20.0.1", True)])
def test_forged_headers_are_gone(peer: str, region: bool, need_engine: Callable[[str, str], None]) -> None:
    """A trusted proxy may say the region; nobody says identity, open conditions or where a request came from."""
    need_engine("azure", "azure-policies")
    policy = api.policy(api.load(str(ORDERS)))
    health = tuple(route for route in policy.routes if route.template.endswith("/health"))
    output = TARGET.compile(replace(policy, routes=health), {})
    engine = PolicyEngine()
    try:
        engine.start({file.path: file.content for file in output.files}, {})
        engine.reset(Surroundings())
        request = Request("GET", "/v1/health", (("Host", policy.hosts[0]), *FORGED), scheme="https", peer=peer)
        assert engine.answer(request).outcome == "pass"
        assert engine.received is not None
        received = {name.lower(): value for name, value in engine.received.headers}
        engine.upstream = (503, b"stack trace")
        engine.answer(request)
        hidden = engine.answered
    finally:
        engine.close()
    assert hidden is not None
    assert (hidden.status, json.loads(hidden.body)["reason"]) == (503, "unavailable")
    assert dict(hidden.headers)["Content-Type"] == "application/problem+json"
    assert ("x-region" in received) is region
    assert received["x-forwarded-host"] == policy.hosts[0]
    assert received["x-forwarded-proto"] == "https"
    assert received["x-forwarded-for"] == peer
    assert received["x-other"] == "kept"
    assert not {"x_region", "x-user", "x_user", "x_authz-open", "x_forwarded_for", "x-forwarded-prefix"} & set(received)
