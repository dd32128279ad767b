"""What every test module shares: the examples, golden files, and which engines could not run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
TODAY = "2026-01-05"
"""The suite's own date: nothing here looks at the calendar."""
SHARED_DATA = ROOT.parent / "shared" / "data"

os.environ.setdefault("SOURCE_DATE_EPOCH", "1767614400")
_not_run: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden", action="store_true", help="write examples/*/expected anew instead of comparing"
    )


@pytest.fixture
def rewrite_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite-golden"))


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def examples() -> Path:
    return EXAMPLES


@pytest.fixture
def shared_data() -> Path:
    """Conformance data that is not part of the project; tests that need it skip without it."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"conformance data is not at {SHARED_DATA.name} beside the project")
    return SHARED_DATA


@pytest.fixture
def need_engine(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`need_engine(target, engine)`: skip where the engine cannot run, fail where every engine is required."""

    def need(target: str, engine: str) -> None:
        from seccfg.targetapi.registry import load_target

        info = next(i for i in load_target(target).engines() if i.name == engine)
        if not info.missing:
            return
        _not_run[engine] = f"{info.missing}; {info.how_to_get}"
        if os.environ.get("SECCFG_REQUIRE_ENGINES"):
            pytest.fail(f"engine {engine} is required and cannot run: {info.missing}")
        pytest.skip(f"engine {engine} cannot run: {info.missing}")

    return need


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for engine, why in sorted(_not_run.items()):
        terminalreporter.write_line(f"engine not run: {engine}: {why}")
