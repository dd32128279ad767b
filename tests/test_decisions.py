"""What a user relies on: every example, built and executed, decides as the reference does."""

from __future__ import annotations

from pathlib import Path

import pytest

from seccfg import api
from seccfg.targetapi.registry import installed, load_target

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
CASES = sorted(path.parent.name for path in EXAMPLES.glob("*/seccfg.yaml"))
REAL_SERVICES = frozenset({"apps", "fintech", "health", "mesh", "partner", "tenants"})
"""On the first engine of each target they name; the others go through every engine of every target."""


def runs() -> list[tuple[str, str, str]]:
    """(case, target, engine) of everything that is executed."""
    engines = {target: [info.name for info in load_target(target).engines()] for target in installed()}
    found = [(case, target, name) for case in CASES if case not in REAL_SERVICES for target in engines for name in engines[target]]
    for case in sorted(REAL_SERVICES):
        named = api.load(str(EXAMPLES / case / "seccfg.yaml")).spec.targets or {}
        found += [(case, target, engines[target][0]) for target in engines if target in named]
    return found


@pytest.mark.parametrize(("case", "target", "engine"), runs(), ids=lambda value: str(value))
def test_engines_agree_with_the_reference(case: str, target: str, engine: str, need_engine) -> None:
    """Every boundary request is answered by the engine as `decide` answers it for the effective Policy."""
    need_engine(target, engine)
    together = tuple(dict.fromkeys((target, "python")))  # what a target leaves to another is enforced by that one
    loaded = api.load(str(EXAMPLES / case / "seccfg.yaml"))
    report = api.verify(loaded, together, "2026-01-05", (engine,))
    assert not report.unreached
    (found,) = (found for judged in report.targets for found in judged.engines)
    assert not found.failure
    assert found.requests > 0
    assert [(d.scenario, d.number, d.fields) for d in found.differences] == []
    if target in (loaded.spec.targets or {}):  # whoever names a target has accepted its gaps
        assert not report.blocked


def test_orders_has_at_least_800_boundary_requests() -> None:
    """The example of the whole language is asked about from every side."""
    report = api.verify(api.load(str(EXAMPLES / "orders" / "seccfg.yaml")), ("python",), "2026-01-05", ("python-asgi",))
    assert report.boundary >= 800


@pytest.mark.parametrize("case", CASES)
def test_the_examples_own_tests_pass(case: str) -> None:
    """`tests:` and `invariants:` of each example hold."""
    for outcome in api.run_tests(api.load(str(EXAMPLES / case / "seccfg.yaml"))):
        assert outcome.passed, f"{outcome.name}: expected {outcome.expected}, got {outcome.actual}"
