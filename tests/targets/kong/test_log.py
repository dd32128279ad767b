"""What log entries say of a request: no decision holds it, so verify does not ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg import api
from seccfg.analyse.exchange import exchange
from seccfg.analyse.requests import NOW_S
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.verify.boundary.plan import plan
from seccfg.verify.run import with_keys
from seccfg_kong import TARGET

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.mark.parametrize("prefer", ["exact", "native"])
def test_events(prefer: str, need_engine: Callable[[str, str], None]) -> None:
    """Every refusal the spec has audited, by Kong's own plugins too, and no others."""
    need_engine("kong", "kong-model")
    policy = api.policy(api.load(str(EXAMPLES / "guide" / "seccfg.yaml")))
    audited = set(policy.edge.audit.events)
    ring = exchange(policy, NOW_S)
    output = TARGET.compile(ring.build, {"prefer": f'"{prefer}"'})
    effective = with_keys(output.effective, ring)
    engine = TARGET.engine("kong-model")
    engine.start({file.path: file.content for file in output.files}, ring.environment)
    told: set[str] = set()
    for scenario in plan(ring).scenarios[::3]:
        state = State(scenario.surroundings)
        engine.reset(scenario.surroundings)
        for request in scenario.requests:
            expected, answer = decide(effective, request, state), engine.answer(request)
            if answer.events or answer.status != 400:  # nginx answers some 400 before any plugin runs
                assert answer.events == tuple(e for e in expected.events if e in audited), (scenario.id, expected)
            told.update(answer.events)
    engine.close()
    assert {"authz.denied", "auth.failed", "input.rejected", "rate.limited"} <= told
