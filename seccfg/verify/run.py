"""Engines against the reference, request by request, and each gap's price in requests decided differently."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from seccfg.analyse.exchange import KeyRing, exchange
from seccfg.analyse.requests import NOW_S
from seccfg.findings import SeccfgError
from seccfg.ir.policy import Policy
from seccfg.ir.request import Decision, Request, differences
from seccfg.record import Record, replace
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.targetapi.base import Engine, Gap, Output
from seccfg.targetapi.gaps import acceptance, blocking
from seccfg.targetapi.registry import load_target
from seccfg.verify.boundary.plan import Plan, plan
from seccfg.verify.boundary.scenario import Scenario

__all__ = ["Difference", "EngineReport", "GapReport", "Report", "TargetReport", "compare", "verify_policy", "with_keys"]

_SHOWN = 25


class Difference(Record):
    """One request an engine answered otherwise than the reference for what the target says it enforces."""

    scenario: str
    number: int
    """Place of the request in its scenario, from 1."""
    request: Request
    expected: Decision
    actual: Decision
    fields: tuple[str, ...]


class EngineReport(Record):
    """How one engine fared. `differences` holds the first of them; `differ` counts all."""

    name: str
    requests: int
    differ: int
    differences: tuple[Difference, ...]
    failure: str = ""
    """Why it could not run; empty when it did."""


class GapReport(Record):
    """A gap, whether it was accepted, and what it changes."""

    gap: Gap
    accepted: bool
    blocking: bool
    differs: int
    """Requests the effective Policy decides otherwise than the Policy."""
    witness: str
    """Name of such a request; empty: none, so the gap is unneeded as far as requests show."""


class TargetReport(Record):
    """All engines of one target."""

    name: str
    engines: tuple[EngineReport, ...]
    missing: tuple[tuple[str, str, str], ...]
    """(engine, why it did not run, how to get it)."""
    gaps: tuple[GapReport, ...]

    @property
    def requests(self) -> int:
        return sum(e.requests for e in self.engines)

    @property
    def differ(self) -> int:
        return sum(e.differ for e in self.engines)


class Report(Record):
    """One run of verify over one spec."""

    spec_sha256: str
    boundary: int
    """Boundary requests, each asked of every engine."""
    scenarios: int
    unreached: tuple[str, ...]
    uncounted: tuple[str, ...]
    targets: tuple[TargetReport, ...]

    @property
    def requests(self) -> int:
        return sum(t.requests for t in self.targets)

    @property
    def differ(self) -> int:
        return sum(t.differ for t in self.targets)

    @property
    def blocked(self) -> bool:
        return any(g.blocking for t in self.targets for g in t.gaps)

    def as_json(self) -> str:
        """The shape of design section 5, `version` 1."""
        targets = {
            target.name: {
                "engines": [e.name for e in target.engines],
                "requests": target.requests,
                "agree": target.requests - target.differ,
                "differ": target.differ,
                "not_run": [{"engine": name, "why": why, "how": how} for name, why, how in target.missing],
                "gaps": [
                    {
                        "id": g.gap.id,
                        "at": f"{g.gap.pos.path}:{g.gap.pos.line}",
                        "kind": g.gap.kind,
                        "bound": g.gap.bound,
                        "widens": g.gap.widens,
                        "accepted": g.accepted,
                        "differs": g.differs,
                        "witness": g.witness,
                    }
                    for g in target.gaps
                ],
                "differences": [
                    {
                        "scenario": d.scenario,
                        "request": d.number,
                        "engine": e.name,
                        "fields": list(d.fields),
                        "method": d.request.method,
                        "target": d.request.target,
                        "expected": {
                            "outcome": d.expected.outcome,
                            "status": d.expected.status,
                            "reason": d.expected.reason,
                        },
                        "actual": {"outcome": d.actual.outcome, "status": d.actual.status, "reason": d.actual.reason},
                    }
                    for e in target.engines
                    for d in e.differences
                ],
            }
            for target in self.targets
        }
        value = {
            "version": 1,
            "spec_sha256": self.spec_sha256,
            "boundary_requests": self.boundary,
            "requests": self.requests,
            "agree": self.requests - self.differ,
            "differ": self.differ,
            "keys_exchanged": True,
            "unreached_routes": list(self.unreached),
            "limits_not_exhausted": list(self.uncounted),
            "targets": targets,
        }
        return json.dumps(value, indent=2, sort_keys=False) + "\n"


def verify_policy(
    policy: Policy,
    options: Mapping[str, Mapping[str, str]],
    today: str,
    engines: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
    spec_sha256: str = "",
) -> Report:
    """
    Run the boundary requests of *policy* on the engines of each target that *options* names.

    Args:
        options: Target name -> its options, each as JSON text.
        today: ISO date for acceptances.
        engines: Only these engines; empty: every one that can run here.
        progress: Told what is being done.
        spec_sha256: Digest of the spec, for the report.
    """
    ring = exchange(policy, NOW_S)
    progress("deriving boundary requests")
    planned = plan(ring)
    outputs = {name: load_target(name).compile(ring.build, chosen) for name, chosen in options.items()}
    gaps = {name: output.gaps for name, output in outputs.items()}
    reports = []
    reference = _decisions(ring.decide, planned)
    for name, output in outputs.items():
        effective = with_keys(output.effective, ring)
        expected = reference if effective == ring.decide else _decisions(effective, planned)
        engine_reports, missing = _engines(name, output, ring, planned, expected, engines, progress)
        gap_reports = tuple(_gap(g, name, policy, gaps, today, planned, reference, expected) for g in output.gaps)
        reports.append(TargetReport(name, engine_reports, missing, gap_reports))
    return Report(
        spec_sha256, planned.requests, len(planned.scenarios), planned.unreached, planned.uncounted, tuple(reports)
    )


def with_keys(effective: Policy, ring: KeyRing) -> Policy:
    """The effective Policy with the records that the running files read from their environment."""
    known = {v.name: v for v in ring.decide.verifiers}
    built = {v.name: v for v in ring.build.verifiers}
    verifiers = tuple(known[v.name] if v == built.get(v.name) else v for v in effective.verifiers)
    return replace(effective, verifiers=verifiers)


def _decisions(policy: Policy, planned: Plan) -> tuple[tuple[Decision, ...], ...]:
    decided = []
    for scenario in planned.scenarios:
        state = State(scenario.surroundings)
        decided.append(tuple(decide(policy, request, state) for request in scenario.requests))
    return tuple(decided)


def _engines(
    name: str,
    output: Output,
    ring: KeyRing,
    planned: Plan,
    expected: tuple[tuple[Decision, ...], ...],
    chosen: Sequence[str],
    progress: Callable[[str], None],
) -> tuple[tuple[EngineReport, ...], tuple[tuple[str, str, str], ...]]:
    target = load_target(name)
    reports, missing = [], []
    for info in target.engines():
        if chosen and info.name not in chosen:
            continue
        if info.missing:
            missing.append((info.name, info.missing, info.how_to_get))
            continue
        progress(f"{info.name}: {planned.requests} requests")
        reports.append(compare(target.engine(info.name), info.name, output, ring, planned, expected, progress))
    return tuple(reports), tuple(missing)


def compare(
    engine: Engine,
    name: str,
    output: Output,
    ring: KeyRing,
    planned: Plan,
    expected: tuple[tuple[Decision, ...], ...],
    progress: Callable[[str], None] = lambda _: None,
) -> EngineReport:
    """Every scenario on *engine*, each answer beside what `decide` says of the effective Policy."""
    shown: list[Difference] = []
    asked = differ = 0
    try:
        engine.start({file.path: file.content for file in output.files}, ring.environment)
        for scenario, decisions in zip(planned.scenarios, expected, strict=True):
            engine.reset(scenario.surroundings)
            for number, (request, decision) in enumerate(zip(scenario.requests, decisions, strict=True), 1):
                answer = engine.answer(request)
                asked += 1
                fields = differences(decision, answer)
                if fields:
                    differ += 1
                    if len(shown) < _SHOWN:
                        shown.append(Difference(scenario.id, number, request, decision, answer, fields))
            if asked % 500 < len(scenario.requests):
                progress(f"{name}: {asked} of {planned.requests}")
    except SeccfgError as error:
        return EngineReport(name, asked, differ, tuple(shown), str(error))
    finally:
        engine.close()
    return EngineReport(name, asked, differ, tuple(shown))


def _gap(
    gap: Gap,
    target: str,
    policy: Policy,
    gaps: Mapping[str, Sequence[Gap]],
    today: str,
    planned: Plan,
    reference: tuple[tuple[Decision, ...], ...],
    effective: tuple[tuple[Decision, ...], ...],
) -> GapReport:
    """A gap's price. Requests whose route the gap has no part in are counted for it all the same when it is the only gap."""
    differing: list[Scenario] = []
    if reference is not effective:
        for scenario, ours, theirs in zip(planned.scenarios, reference, effective, strict=True):
            if any(differences(a, b) for a, b in zip(ours, theirs, strict=True)):
                differing.append(scenario)
    accepted = acceptance(gap, target, policy, today) is not None
    stops = blocking(gap, target, policy, gaps, today)
    return GapReport(gap, accepted, stops, len(differing), differing[0].id if differing else "")
