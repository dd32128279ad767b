"""Made-up specs: they load, they are the same each time, and together they use the whole language."""

from __future__ import annotations

from typing import get_args

import pytest
import yaml

from seccfg.ir.policy import AttrSource, Control, Grant, RateLimit, Verifier
from seccfg.targetapi.kit.random_runs import random_policy
from seccfg.targetapi.random_specs import random_spec
from seccfg.targetapi.spec_text import spec_text

SEEDS = range(60)


def test_every_seed_resolves_and_together_they_reach_everything() -> None:
    """Every control, verifier kind, attribute source, limit algorithm and key, and kind of grant occurs."""
    seen: set[object] = set()
    for seed in SEEDS:
        policy = random_policy(seed)
        seen.update(map(type, policy.verifiers))
        seen.update(type(attr.source) for attr in policy.attrs)
        for route in policy.routes:
            for control in route.controls:
                seen.add(type(control))
                if isinstance(control, RateLimit):
                    seen.update((control.algorithm, type(control.key).__name__, control.count, control.scope))
                for grant in getattr(control, "allow", ()):
                    if isinstance(grant, Grant):
                        seen.update(f"grant by {name}" for name in ("methods", "clients", "role_sets", "scopes", "conditions")
                                    if getattr(grant, name))  # fmt: skip
                        seen.add(grant.decided_by)
    assert {*get_args(Control), *get_args(Verifier), *get_args(AttrSource)} <= seen
    assert {
        "fixed-window", "sliding-window", "token-bucket", "ByAddress", "ByPrincipal", "ByAttribute", "request", "auth.failed",
        "shared", "route", "grant by methods", "grant by clients", "grant by role_sets", "grant by scopes",
        "grant by conditions", "gateway", "application",
    } <= seen  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_seed_always_gives_the_same(seed: int) -> None:
    """Data and key files are the same to the byte, and the text says what the data is."""
    made = random_spec(seed)
    assert made == random_spec(seed)
    assert made != random_spec(seed + 100)
    assert yaml.safe_load(spec_text(made.data)) == made.data
