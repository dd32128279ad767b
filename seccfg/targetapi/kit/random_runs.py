"""Made-up specs through compile and verify."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from seccfg.ir.policy import Control, Policy, Verifier
from seccfg.record import Record
from seccfg.targetapi.base import Target
from seccfg.targetapi.random_specs import random_spec
from seccfg.targetapi.spec_text import spec_text

__all__ = ["RandomReport", "check_random", "random_policy"]


class RandomReport(Record):
    """What the made-up specs showed."""

    specs: int
    decisions: int
    differ: int
    failing: tuple[str, ...]
    """`seed engine: scenario, fields` of the first differences of each spec."""
    allowed: int
    refused: int
    missing: tuple[str, ...]
    """Kinds of control and verifier that no spec had."""


def random_policy(seed: int) -> Policy:
    """The Policy of the made-up spec of *seed*."""
    from seccfg.api import source_map
    from seccfg.resolve.policy import resolve
    from seccfg.source.yaml import load
    from seccfg.spec import loader

    made = random_spec(seed)
    document = load(spec_text(made.data), f"made-up-{seed}.yaml")
    return resolve(loader.load(document), dict(made.files), source_map(document))


def check_random(target: Target, seeds: Iterable[int], engines: Sequence[str], today: str) -> RandomReport:
    """Compile the made-up spec of each seed twice and verify it on *engines*; no difference is the goal."""
    from seccfg.analyse.exchange import exchange
    from seccfg.analyse.requests import NOW_S
    from seccfg.semantics.decide import decide
    from seccfg.semantics.state import State
    from seccfg.verify.boundary.plan import plan
    from seccfg.verify.run import verify_policy

    seen: set[type] = set()
    failing: list[str] = []
    specs = decisions = differ = allowed = refused = 0
    for seed in seeds:
        policy = random_policy(seed)
        specs += 1
        seen.update(type(verifier) for verifier in policy.verifiers)
        seen.update(type(control) for route in policy.routes for control in route.controls)
        if target.compile(policy, {}) != target.compile(policy, {}):
            failing.append(f"{seed}: compiled twice, different files")
        ring = exchange(policy, NOW_S)
        for scenario in plan(ring).scenarios:
            state = State(scenario.surroundings)
            for request in scenario.requests:
                passed = decide(ring.decide, request, state).allowed
                allowed, refused = allowed + passed, refused + (not passed)
        report = verify_policy(policy, {target.name: {}}, today, engines)
        for found in report.targets[0].engines:
            decisions += found.requests
            differ += found.differ
            failing += [f"{seed} {found.name}: {found.failure}"] if found.failure else []
            failing += [f"{seed} {found.name}: {d.scenario}, {', '.join(d.fields)}" for d in found.differences[:3]]
    kinds = {*get_args(Control), *get_args(Verifier)}
    missing = tuple(sorted(kind.__name__ for kind in kinds - seen))
    return RandomReport(specs, decisions, differ, tuple(failing), allowed, refused, missing)
