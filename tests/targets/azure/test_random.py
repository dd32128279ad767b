"""Specs nobody wrote, decided by the emitted policies as the reference decides them; what the upstream and the log get."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from seccfg.analyse.exchange import exchange
from seccfg.analyse.requests import NOW_S
from seccfg.ir.policy import Audit, Forward, Policy
from seccfg.ir.request import Decision, Request, differences
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.targetapi.kit.random_runs import random_policy
from seccfg.targetapi.observe import Received
from seccfg.verify.boundary.plan import plan
from seccfg.verify.run import with_keys
from seccfg_azure import TARGET
from seccfg_azure.engine import PolicyEngine


@pytest.mark.parametrize("seed", [2, 4])
def test_decides_forwards_and_tells_as_the_reference(seed: int, need_engine: Callable[[str, str], None]) -> None:
    """Seed 2 has a key in a cookie and conditions only the service can decide, seed 4 a key in the query."""
    need_engine("azure", "azure-policies")
    policy = random_policy(seed)
    ring = exchange(policy, NOW_S)
    output = TARGET.compile(ring.build, {})
    effective = with_keys(output.effective, ring)
    engine = PolicyEngine()
    asked = passed = told = 0
    try:
        engine.start({file.path: file.content for file in output.files}, ring.environment)
        for scenario in plan(ring).scenarios:
            engine.reset(scenario.surroundings)
            state = State(scenario.surroundings)
            for request in scenario.requests:
                expected = decide(effective, request, state)
                assert differences(expected, engine.answer(request)) == (), (scenario.id, request)
                asked += 1
                told += events_are_told(engine, effective, request, expected)
                if engine.received is not None:
                    passed += 1
                    nothing_of_the_caller_is_left(policy, engine.received, opened=seed == 2)
    finally:
        engine.close()
    assert asked > 200
    assert passed > 100
    assert told > 50


def events_are_told(engine: PolicyEngine, effective: Policy, request: Request, expected: Decision) -> bool:
    """Those the route audits, and no other; the same to the Event Hub where the spec names sinks."""
    traces, messages = engine.written
    told = tuple(event for text in traces for event in json.loads(text)["events"])
    audited = set(effective.edge.audit.events)
    route = next((r for r in effective.routes if engine.operation is not None and r.id == engine.operation), None)
    if route is not None:
        audited |= set(route.one(Audit).events)
    if expected.outcome != "preflight":
        assert told == tuple(event for event in expected.events if event in audited), request
    assert messages == ([] if not messages else traces)
    return bool(told)


def nothing_of_the_caller_is_left(policy: Policy, received: Received, *, opened: bool) -> None:
    """No credential, one address nobody else wrote, the open conditions where there are some."""
    forwards = [route.one(Forward) for route in policy.routes]
    cookies = {name for forward in forwards for name in forward.strip_cookies}
    queries = {name for forward in forwards for name in forward.strip_query}
    assert cookies or queries
    headers = [(name.lower(), value) for name, value in received.headers]
    sent = [part.split("=")[0].strip() for name, value in headers if name == "cookie" for part in value.split(";")]
    assert cookies.isdisjoint(sent)
    assert queries.isdisjoint(part.split("=")[0] for part in received.target.partition("?")[2].split("&"))
    assert "authorization" not in dict(headers)
    if opened:
        (conditions,) = [value for name, value in headers if name == "x-authz-open"]
        assert conditions
