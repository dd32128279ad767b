"""The policies and random scenarios of the semantics' tests, for comparing a Program with the reference."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_SEMANTICS = Path(__file__).resolve().parents[1] / "semantics"


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"semantics_{name}", _SEMANTICS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def scenarios() -> ModuleType:
    """Strategies: `scenarios(kit)` draws a policy and requests to it."""
    return _load("test_properties")


@pytest.fixture(scope="session")
def kit() -> object:
    """Makes policies record by record."""
    return _load("conftest").Kit()
