"""Specs nobody wrote, decided by the stack as the reference decides them."""

from __future__ import annotations

import pytest

from seccfg.targetapi.kit.random_runs import random_policy
from seccfg.verify.run import verify_policy

SEEDS = (1, 7)
"""Each once showed a difference."""


@pytest.mark.parametrize("seed", SEEDS)
def test_decides_as_the_reference(seed: int) -> None:
    """Every boundary request of a made-up spec."""
    report = verify_policy(random_policy(seed), {"aws": {}}, "2026-01-05")
    (engine,) = report.targets[0].engines
    assert not engine.failure
    assert engine.requests > 300
    assert [(d.scenario, d.number, d.fields) for d in engine.differences[:3]] == []
