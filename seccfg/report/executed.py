"""Chosen boundary requests, run on every engine: the reference's answer beside each engine's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from seccfg.analyse.exchange import exchange
from seccfg.analyse.requests import NOW_S
from seccfg.findings import SeccfgError
from seccfg.ir.policy import Policy
from seccfg.ir.request import Decision
from seccfg.report.model import Executed, Observation
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.targetapi.base import Engine, Output
from seccfg.targetapi.registry import load_target
from seccfg.verify.boundary.plan import plan
from seccfg.verify.boundary.scenario import Scenario

__all__ = ["execute"]

_MOST_OF_A_KIND = 40
_LONGEST = 120
"""Requests of a scenario: exhausting a large limit shows nothing a small one does not."""


def execute(
    policy: Policy, options: Mapping[str, Mapping[str, str]], progress: Callable[[str], None] = lambda _: None
) -> Executed:
    """
    Ask every engine of each target that *options* names; keys are exchanged as in `seccfg verify`.

    An answer is wrong when it lets pass what the reference refuses, or the reverse; another status alone is not.
    """
    ring = exchange(policy, NOW_S)
    progress("deriving requests")
    chosen = _chosen(ring.decide, plan(ring).scenarios)
    answers: dict[str, list[Decision | str]] = {}
    missing: list[tuple[str, str, str]] = []
    targets: list[str] = []
    engine_targets: list[tuple[str, str]] = []
    for name, said in options.items():
        target = load_target(name)
        output = target.compile(ring.build, said)
        for info in target.engines():
            if info.missing:
                missing.append((name, info.name, info.missing))
                continue
            progress(f"{info.name}: {len(chosen)} requests")
            answers[info.name] = _ask(target.engine(info.name), output, ring.environment, [s for _, s, _ in chosen])
            engine_targets.append((info.name, name))
            if name not in targets:
                targets.append(name)
    found: dict[str, list[Observation]] = {}
    for number, (test, scenario, expected) in enumerate(chosen):
        observed = {engine: given[number] for engine, given in answers.items()}
        found.setdefault(test, []).append(_observation(scenario, expected, observed))
    return Executed(
        True, tuple((test, tuple(found[test])) for test in sorted(found)), tuple(targets), tuple(missing),
        tuple(engine_targets),
    )  # fmt: skip


def _chosen(policy: Policy, scenarios: Sequence[Scenario]) -> list[tuple[str, Scenario, Decision]]:
    """(what it tests, scenario, the reference's last decision): the first of each kind on each route."""
    seen: set[tuple[str, str]] = set()
    counts: dict[str, int] = {}
    chosen = []
    for scenario in scenarios:
        if len(scenario.requests) > _LONGEST:
            continue
        state = State(scenario.surroundings)
        decision = [decide(policy, request, state) for request in scenario.requests][-1]
        test = "allow" if decision.allowed else f"refuse:{decision.reason}"
        if decision.outcome == "preflight":
            continue
        route = scenario.id.partition(":")[0].partition(" as ")[0]
        if (test, route) in seen or counts.get(test, 0) >= _MOST_OF_A_KIND:
            continue
        seen.add((test, route))
        counts[test] = counts.get(test, 0) + 1
        chosen.append((test, scenario, decision))
    return chosen


def _ask(
    engine: Engine, output: Output, environment: Mapping[str, str], scenarios: Sequence[Scenario]
) -> list[Decision | str]:
    """The last answer of each scenario; the reason, where the engine broke off."""
    answers: list[Decision | str] = []
    try:
        engine.start({file.path: file.content for file in output.files}, environment)
        for scenario in scenarios:
            engine.reset(scenario.surroundings)
            answers.append([engine.answer(request) for request in scenario.requests][-1])
    except SeccfgError as error:
        answers += [str(error)] * (len(scenarios) - len(answers))
    finally:
        engine.close()
    return answers


def _observation(scenario: Scenario, expected: Decision, observed: Mapping[str, Decision | str]) -> Observation:
    request = scenario.requests[-1]
    wrong = tuple(
        engine for engine, answer in observed.items()
        if isinstance(answer, str) or answer.allowed != expected.allowed
    )  # fmt: skip
    said = tuple((engine, answer if isinstance(answer, str) else _text(answer)) for engine, answer in observed.items())
    return Observation(scenario.id, request.method, request.target, _text(expected), said, wrong)


def _text(decision: Decision) -> str:
    return f"{decision.outcome} {decision.status}" + ("" if decision.allowed else f" {decision.reason}")
