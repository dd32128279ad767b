"""Made-up specs on the engine: a fixed sample; `python -m tests.soak apigee` takes a range."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.analyse.exchange import exchange
from seccfg.analyse.requests import NOW_S
from seccfg.ir.request import differences
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.targetapi.kit.random_runs import random_policy
from seccfg.verify.boundary.plan import plan
from seccfg.verify.run import with_keys
from seccfg_apigee import TARGET
from seccfg_apigee.engine import BundleEngine


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 6])
def test_made_up_specs_decide_like_the_reference(seed: int, need_engine: Callable[[str, str], None]) -> None:
    """Every tenth scenario of a spec nobody wrote."""
    need_engine("apigee", "apigee-rhino")
    ring = exchange(random_policy(seed), NOW_S)
    output = TARGET.compile(ring.build, {})
    effective = with_keys(output.effective, ring)
    engine = BundleEngine()
    engine.start({file.path: file.content for file in output.files}, ring.environment)
    asked = 0
    for scenario in plan(ring).scenarios[seed % 10 :: 10]:
        engine.reset(scenario.surroundings)
        state = State(scenario.surroundings)
        for number, request in enumerate(scenario.requests):
            asked += 1
            assert not differences(decide(effective, request, state), engine.answer(request)), (scenario.id, number)
    assert asked > 50
