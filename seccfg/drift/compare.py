"""A running state against a spec: what it lets pass or refuses otherwise, then where it is configured otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from seccfg.analyse.exchange import KeyRing, exchange
from seccfg.analyse.requests import NOW_S
from seccfg.drift.attributed import Difference, told
from seccfg.drift.trees import told_again
from seccfg.findings import SeccfgError
from seccfg.ir.policy import Policy
from seccfg.ir.request import Decision, Request, differences
from seccfg.record import Record, replace
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.targetapi.base import Engine
from seccfg.targetapi.drift import Drift
from seccfg.targetapi.observe import Unreadable
from seccfg.targetapi.registry import load_target
from seccfg.verify.boundary.plan import Plan, plan
from seccfg.verify.run import with_keys

__all__ = ["AccessDrift", "Drifted", "compare_state"]

Direction = Literal["widens", "narrows", "changes"]


class AccessDrift(Record):
    """A request the state answers otherwise than the spec. `changes`: passes or not alike, another answer."""

    direction: Direction
    scenario: str
    request: Request
    expected: Decision
    actual: Decision
    differs: tuple[str, ...]
    """What of the two decisions is not the same, with both sides."""
    alike: int
    """Further requests of the same route that differ in the same direction."""


class Drifted(Record):
    """
    What came of it. `unread`: why access could not be asked of the state; empty: it was, or nothing differs.

    `refused`: the target's engine does not take the state at all, so nothing passes there.
    """

    target: str
    access: tuple[AccessDrift, ...]
    changed: tuple[Difference, ...]
    foreign: tuple[str, ...]
    requests: int = 0
    unread: str = ""

    @property
    def verdict(self) -> str:
        """`SAME`, `WIDENS`, `NARROWS`, `BOTH`; where access is the same or unknown `WEAKER` (a control is) or `DIFFERENT`."""
        directions = {found.direction for found in self.access} - {"changes"}
        if len(directions) == 2:
            return "BOTH"
        if directions:
            return "WIDENS" if "widens" in directions else "NARROWS"
        if any(change.direction == "weaker" for change in self.changed):
            return "WEAKER"
        return "DIFFERENT" if self.changed or self.access else "SAME"


def compare_state(
    policy: Policy, target: str, options: Mapping[str, str], drift: Drift, state: Mapping[str, bytes],
    progress: Callable[[str], None] = lambda _: None,
) -> Drifted:  # fmt: skip
    """
    *state* beside what *target* makes of *policy*.

    Args:
        options: The target's options, each as JSON text.
        state: Files of the vendor's own form.
    Raises:
        InputError: *state* is none of the vendor's.
    """
    real = {file.path: file.content for file in load_target(target).compile(policy, options).files}
    owned, running = drift.normal(real, real), drift.normal(state, real)
    changed = told(drift, owned.tree, running.tree)
    if not changed:
        return Drifted(target, (), (), running.foreign)
    ring = exchange(policy, NOW_S)
    output = load_target(target).compile(ring.build, options)
    emitted = {file.path: file.content for file in output.files}
    tree = told_again(owned.tree, drift.normal(emitted, emitted).tree, running.tree)
    engine = drift.engine()
    if engine is None or not isinstance(tree, Mapping):
        return Drifted(target, (), changed, running.foreign, 0, "no engine of the target can run here")
    planned = plan(ring)
    try:
        files = drift.emitted(tree, emitted)
        access = tuple(_asked(engine, files, ring, planned, with_keys(output.effective, ring), progress))
    except SeccfgError as error:
        return Drifted(
            target, (), changed, running.foreign, 0, f"the state cannot be run: {str(error).splitlines()[0]}"
        )
    return Drifted(target, access, changed, running.foreign, planned.requests)


def _asked(
    engine: Engine, files: Mapping[str, bytes], ring: KeyRing, planned: Plan, effective: Policy,
    progress: Callable[[str], None],
) -> Iterator[AccessDrift]:  # fmt: skip
    """Every boundary request of the spec on the state, those that differ grouped by route and direction."""
    found: dict[tuple[str, str, Direction], AccessDrift] = {}
    try:
        engine.start(files, ring.environment)
        for scenario in planned.scenarios:
            engine.reset(scenario.surroundings)
            reference = State(scenario.surroundings)
            for request in scenario.requests:
                expected, actual = decide(effective, request, reference), _answered(engine, request)
                wrong = differences(expected, actual)
                if not wrong:
                    continue
                direction = _direction(expected, actual)
                route = scenario.id.partition(" as ")[0].partition(": ")[0]
                key = (request.method, route, direction)
                known = found.get(key)
                if known is None:
                    told_apart = tuple(_side_by_side(name, expected, actual) for name in wrong)
                    found[key] = AccessDrift(direction, scenario.id, request, expected, actual, told_apart, 0)
                else:
                    found[key] = replace(known, alike=known.alike + 1)
            progress(f"{len(found)} differences so far")
    finally:
        engine.close()
    order = {"widens": 0, "narrows": 1, "changes": 2}
    yield from sorted(found.values(), key=lambda one: order[one.direction])


def _side_by_side(name: str, expected: Decision, actual: Decision) -> str:
    """`forwarded x-user: u1 -> evil` for what only the state says otherwise."""
    if name != "forwarded":
        values = [getattr(one, name, None) or dict(one.headers).get(name, "none") for one in (expected, actual)]
        return f"{name}: {values[0]} -> {values[1]}"
    one, other = dict(expected.forwarded), dict(actual.forwarded)
    apart = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
    parts = (f"{key}: {one.get(key, 'none')} -> {other.get(key, 'none')}" for key in apart)
    return f"forwarded {', '.join(parts)}"


def _answered(engine: Engine, request: Request) -> Decision:
    """What the state answers; a refusal that gives no reason this project knows is one all the same."""
    try:
        return engine.answer(request)
    except Unreadable as unknown:
        if unknown.status < 300:
            raise
        return Decision("refuse", unknown.status, "internal", "forward")


def _direction(expected: Decision, actual: Decision) -> Direction:
    if expected.allowed == actual.allowed:
        return "changes"
    return "widens" if actual.allowed else "narrows"
