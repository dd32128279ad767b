"""Specs nobody wrote: built, executed and compared with the reference.

The kit asks the python target about seeds 0 to 7 on each of its engines; here are others.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from seccfg import api
from seccfg.ir.policy import Policy
from seccfg.targetapi.random_specs import random_spec
from seccfg.targetapi.spec_text import spec_text
from seccfg.verify.run import Report, verify_policy

SEEDS = (8, 9, 10, 11)
OLD_FAILURES = (8, 9, 12, 16)
"""Seeds that once showed a difference or a hole in the boundary requests; they stay."""
SOCKET_SEEDS = (8,)


def policy_of(seed: int, folder: Path) -> Policy:
    spec = random_spec(seed)
    (folder / "seccfg.yaml").write_bytes(spec_text(spec.data))
    for name, content in spec.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return api.policy(api.load(str(folder / "seccfg.yaml")))


def check(report: Report) -> None:
    for engine in report.targets[0].engines:
        assert not engine.failure
        assert engine.requests > 500
        assert [(d.scenario, d.number, d.fields, d.expected, d.actual) for d in engine.differences[:3]] == []


@pytest.mark.parametrize("seed", sorted({*SEEDS, *OLD_FAILURES}))
def test_in_process(seed: int, tmp_path: Path) -> None:
    """ASGI and WSGI answer every boundary request of a made-up spec as `decide` does."""
    options = {"python": {"package": f'"random_{seed}"'}}
    check(verify_policy(policy_of(seed, tmp_path), options, "2026-01-05", ("python-asgi", "python-wsgi")))


@pytest.mark.parametrize("seed", SOCKET_SEEDS)
def test_over_sockets(seed: int, tmp_path: Path) -> None:
    """So does the proxy over TLS."""
    options = {"python": {"package": f'"random_{seed}"'}}
    check(verify_policy(policy_of(seed, tmp_path), options, "2026-01-05", ("python-sockets",)))
