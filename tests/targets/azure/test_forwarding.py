"""What the upstream gets: no credential, the open conditions, one address that nobody else wrote."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import seccfg_azure.engine as engine
from seccfg.ir.policy import Forward
from seccfg.ir.request import Decision
from seccfg.targetapi.kit.random_runs import random_policy
from seccfg.targetapi.observe import Received, Response, observe
from seccfg.verify.run import verify_policy


@pytest.mark.parametrize("seed", [2, 4])
def test_what_is_forwarded(seed: int, need_engine: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed 2 has a key in a cookie and conditions only the service can decide, seed 4 a key in the query."""
    need_engine("azure", "azure-policies")
    passed: list[Received] = []

    def seen(response: Response, received: Received | None, identity: frozenset[str], *, reason: str = "") -> Decision:
        if received is not None:
            passed.append(received)
        return observe(response, received, identity, reason=reason)

    monkeypatch.setattr(engine, "observe", seen)
    policy = random_policy(seed)
    forwards = [route.one(Forward) for route in policy.routes]
    cookies = {name for forward in forwards for name in forward.strip_cookies}
    queries = {name for forward in forwards for name in forward.strip_query}
    assert cookies or queries
    report = verify_policy(policy, {"azure": {}}, "2026-01-05")
    (judged,) = report.targets[0].engines
    assert not judged.failure
    assert judged.differ == 0
    assert len(passed) > 100
    for received in passed:
        headers = [(name.lower(), value) for name, value in received.headers]
        sent = [part.split("=")[0].strip() for name, value in headers if name == "cookie" for part in value.split(";")]
        assert cookies.isdisjoint(sent)
        assert queries.isdisjoint(part.split("=")[0] for part in received.target.partition("?")[2].split("&"))
        assert "authorization" not in dict(headers)
        if seed == 2:
            (opened,) = [value for name, value in headers if name == "x-authz-open"]
            assert opened
