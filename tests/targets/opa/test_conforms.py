"""The kit's tests on this target."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg.record import replace
from seccfg.targetapi.kit import STAGES, Conformance
from seccfg_opa import TARGET

QUICK = ("shape", "fields")
SMALL = ("hostile texts",)
"""On a small example each time, on the large one at length."""
SAMPLED = ("leaves", "mutants")
UNRUN = ("made-up specs",)
"""Asked of other seeds in test_random.py, without the counting that needs every seed."""


@pytest.fixture(scope="module")
def conformance() -> Conformance:
    place = Path(__file__).with_name("conformance.py")
    spec = importlib.util.spec_from_file_location("opa_conformance", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Conformance = module.CONFORMANCE
    return found


@pytest.mark.parametrize("stage", QUICK)
def test_conforms(stage: str, conformance: Conformance) -> None:
    """Plain output, and every field of every control shows in it."""
    assert list(STAGES[stage](TARGET, conformance)) == []


@pytest.mark.parametrize("stage", SMALL)
def test_conforms_on_a_small_example(stage: str, conformance: Conformance) -> None:
    """Text that has broken generators, in every text field."""
    small = replace(conformance, example=conformance.mutated_examples[0])
    assert list(STAGES[stage](TARGET, small)) == []


@pytest.mark.slow
@pytest.mark.parametrize("stage", SAMPLED)
def test_conforms_in_samples(stage: str, conformance: Conformance, need_engine: Callable[[str, str], None]) -> None:
    """Every leaf shows, and so does a sample of mutants."""
    need_engine("opa", "opa-server")
    assert list(STAGES[stage](TARGET, conformance)) == []


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("SECCFG_LONG"), reason="minutes of CPU: SECCFG_LONG=1 runs it")
@pytest.mark.parametrize("stage", sorted(STAGES.keys() - {*QUICK, *UNRUN, "leaves"}))
def test_conforms_at_length(stage: str, conformance: Conformance, need_engine: Callable[[str, str], None]) -> None:
    """Hostile texts of the large example, and more mutants."""
    need_engine("opa", "opa-server")
    assert list(STAGES[stage](TARGET, replace(conformance, mutants=150))) == []
