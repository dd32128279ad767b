"""The kit's tests on this target, one by one."""

from __future__ import annotations

import pytest

from seccfg.record import replace
from seccfg.targetapi.kit import STAGES, Conformance
from seccfg_python import TARGET


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
