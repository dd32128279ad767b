"""Specs nobody wrote, decided by the emitted policies as the reference decides them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.targetapi.kit.random_runs import random_policy
from seccfg.verify.run import verify_policy

SEEDS = (4,)


@pytest.mark.parametrize("seed", SEEDS)
def test_decides_as_the_reference(seed: int, need_engine: Callable[[str, str], None]) -> None:
    """Every boundary request of a made-up spec."""
    need_engine("azure", "azure-policies")
    report = verify_policy(random_policy(seed), {"azure": {}}, "2026-01-05")
    (engine,) = report.targets[0].engines
    assert not engine.failure
    assert engine.requests > 200
    assert [(d.scenario, d.number, d.fields) for d in engine.differences[:3]] == []
