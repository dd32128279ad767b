"""The opa executable, and example bundles on a server of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from seccfg import api
from seccfg.ir.policy import Policy
from seccfg.targetapi.base import Output
from seccfg_opa import TARGET
from seccfg_opa.engine import ServerEngine

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TODAY = "2026-01-05"


def example_policy(name: str) -> Policy:
    return api.policy(api.load(str(EXAMPLES / name / "seccfg.yaml")))


@pytest.fixture
def build() -> Callable[..., Output]:
    """`build(example, **options)`: what the target makes of an example."""

    def make(name: str, **options: str) -> Output:
        return TARGET.compile(example_policy(name), {key: f'"{value}"' for key, value in options.items()})

    return make


@pytest.fixture
def serve(need_engine: Callable[[str, str], None]) -> Iterator[Callable[[Mapping[str, bytes]], ServerEngine]]:
    """`serve(files)`: a running server; ended after the test."""
    need_engine("opa", "opa-server")
    running: list[ServerEngine] = []

    def start(files: Mapping[str, bytes]) -> ServerEngine:
        engine = ServerEngine()
        running.append(engine)
        engine.start(files, {})
        return engine

    yield start
    for engine in running:
        engine.close()
