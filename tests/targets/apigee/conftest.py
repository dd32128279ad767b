"""Example bundles, built, and on the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from seccfg import api
from seccfg.targetapi.base import Output
from seccfg_apigee import TARGET
from seccfg_apigee.engine import BundleEngine

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture(scope="session")
def build() -> Callable[[str], dict[str, bytes]]:
    """`build(example)`: the files of an example."""
    made: dict[str, dict[str, bytes]] = {}

    def files(name: str) -> dict[str, bytes]:
        if name not in made:
            output: Output = TARGET.compile(api.policy(api.load(str(EXAMPLES / name / "seccfg.yaml"))), {})
            made[name] = {file.path: file.content for file in output.files}
        return made[name]

    return files


@pytest.fixture
def serve(need_engine: Callable[[str, str], None]) -> Iterator[Callable[[Mapping[str, bytes]], BundleEngine]]:
    """`serve(files)`: a started engine."""
    need_engine("apigee", "apigee-rhino")

    def start(files: Mapping[str, bytes]) -> BundleEngine:
        engine = BundleEngine()
        engine.start(files, {})
        return engine

    return start
