"""The kit's tests on this target."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg.targetapi.kit import STAGES, Conformance
from seccfg_azure import TARGET

QUICK = ("shape", "fields")


@pytest.fixture(scope="module")
def conformance() -> Conformance:
    place = Path(__file__).with_name("conformance.py")
    spec = importlib.util.spec_from_file_location("azure_conformance", place)
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


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["hostile texts"])
def test_conforms_at_length(stage: str, conformance: Conformance, need_engine: Callable[[str, str], None]) -> None:
    """Hostile texts."""
    assert list(STAGES[stage](TARGET, conformance)) == []
