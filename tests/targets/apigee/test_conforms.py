"""The kit's tests on this target that a run of the whole suite has time for.

Made-up specs are sampled in test_random.py; mutants are tried by `python -m pytest tests/targets/apigee/mutants.py`. `fields`,
`leaves` and `hostile texts` compile the example some hundred times: `python tests/targets/apigee/stages.py NAME...`.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from seccfg.targetapi.kit import STAGES, Conformance
from seccfg_apigee import TARGET


@pytest.fixture(scope="module")
def conformance() -> Conformance:
    place = Path(__file__).with_name("conformance.py")
    spec = importlib.util.spec_from_file_location("apigee_conformance", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Conformance = module.CONFORMANCE
    return found


@pytest.mark.parametrize("stage", ["shape"])
def test_conforms(stage: str, conformance: Conformance) -> None:
    """Plain output: paths, bytes, gaps."""
    assert list(STAGES[stage](TARGET, conformance)) == []
