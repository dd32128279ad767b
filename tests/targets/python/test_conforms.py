"""The kit's tests on this target, one by one."""

from __future__ import annotations

import pytest

from seccfg.record import replace
from seccfg.targetapi.kit import STAGES, Conformance
from seccfg.targetapi.kit.random_runs import check_random
from seccfg_python import TARGET

KEPT = (0, 3, 5, 9, 12, 16)
"""Seeds that once showed a difference."""


@pytest.mark.parametrize("stage", ["shape", "fields"])
def test_conforms(stage: str, conformance: Conformance) -> None:
    """Plain output, and every field of every control shows in it."""
    assert list(STAGES[stage](TARGET, conformance)) == []


@pytest.mark.slow
@pytest.mark.parametrize("stage", sorted(STAGES.keys() - {"shape", "fields"}))
def test_conforms_at_length(stage: str, conformance: Conformance) -> None:
    """Leaves, hostile texts, made-up specs on every engine, mutants."""
    assert list(STAGES[stage](TARGET, conformance)) == []


@pytest.mark.slow
def test_mutants_of_the_whole_language(conformance: Conformance) -> None:
    """An even choice of the mutants of the example that uses everything."""
    chosen = replace(conformance, mutated_examples=(conformance.example,), mutants=60)
    assert list(STAGES["mutants"](TARGET, chosen)) == []


def test_kept_seeds_show_no_difference(conformance: Conformance) -> None:
    """What once differed agrees in process, and stays asked."""
    found = check_random(TARGET, KEPT, ("python-asgi", "python-wsgi"), conformance.today)
    assert found.failing == ()
    assert found.decisions >= 10_000
