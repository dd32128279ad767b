"""The kit's quick tests on this target; made-up specs are asked in test_random.py."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import pytest

from seccfg.record import replace
from seccfg.targetapi.kit import STAGES, Conformance
from seccfg_aws import TARGET

QUICK = ("shape", "fields")
LONG = ("leaves", "hostile texts", "mutants")


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


def test_hostile_texts(conformance: Conformance) -> None:
    """In every text of a small spec; of the large one at length."""
    small = replace(conformance, example=str(Path(conformance.example).with_name("minimal")))
    assert list(STAGES["hostile texts"](TARGET, small)) == []


def test_the_reader_of_templates_is_not_blind(conformance: Conformance) -> None:
    """Another digest is the same shape; another resource, mapping or name of a header is not the same."""
    folder = Path(conformance.example).with_name("guide")
    content = (folder / "expected" / "aws" / "template.json").read_bytes()
    read = conformance.readers["template.json"]
    stack = json.loads(content)
    (deployment,) = (name for name in stack["Resources"] if name.startswith("Deployment"))
    assert read(content.replace(deployment.encode(), b"Deployment0123456789ab")) == read(content)
    stack["Resources"]["Another"] = stack["Resources"]["PathUsers"]
    assert read(json.dumps(stack).encode()).shape != read(content).shape
    renamed = content.replace(b"integration.request.header.authorization", b"integration.request.header.other")
    assert read(renamed).shape == read(content).shape
    assert read(renamed).texts != read(content).texts
    with pytest.raises(ValueError, match="another number"):
        read(content.replace(deployment.encode(), b"Deployment"))


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("SECCFG_LONG"), reason="minutes of CPU: SECCFG_LONG=1 runs it")
@pytest.mark.parametrize("stage", LONG)
def test_conforms_at_length(stage: str, conformance: Conformance) -> None:
    """Every leaf shows, every text is read back, and every mutant is tried."""
    assert list(STAGES[stage](TARGET, replace(conformance, mutants=0))) == []
