"""The kit's tests on this target that fit a test run. `fields`, `leaves` and `mutants` take minutes each: see conformance.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from seccfg.record import replace
from seccfg.targetapi.kit import STAGES, Conformance
from seccfg_azure import TARGET


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


def test_shape(conformance: Conformance) -> None:
    """Plain paths, the same bytes twice, gaps that can be accepted."""
    assert list(STAGES["shape"](TARGET, conformance)) == []


@pytest.mark.slow
def test_hostile_texts(conformance: Conformance) -> None:
    """In every text field of the guide's spec: documents keep their structure and say exactly that text."""
    guide = str(Path(conformance.example).with_name("guide"))
    assert list(STAGES["hostile texts"](TARGET, replace(conformance, example=guide))) == []
