"""The kit's quick tests on this target; made-up specs are asked in test_random.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from seccfg.targetapi.kit import STAGES, Conformance
from seccfg_aws import TARGET

QUICK = ("shape", "fields")


@pytest.fixture(scope="module")
def conformance() -> Conformance:
    place = Path(__file__).with_name("conformance.py")
    spec = importlib.util.spec_from_file_location("aws_conformance", place)
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
