"""Which mutants of emitted files verify notices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Literal, Protocol, runtime_checkable

from seccfg.findings import SeccfgError
from seccfg.ir.policy import Policy
from seccfg.ir.request import Decision, Request, Surroundings, differences
from seccfg.record import Record
from seccfg.targetapi.base import Engine, Target
from seccfg.targetapi.kit.mutation import Mutant, mutants

__all__ = ["MutationReport", "Noticed", "ShowsExchange", "Survivor", "check_mutants"]


class Survivor(Record):
    """
    Mutants that no request can show: *operator* (empty: any) at a `Mutant.where` that *where* matches whole, with a
    `Mutant.what` that *what* is found in.
    """

    operator: str
    where: str
    why: str
    what: str = ""

    def covers(self, mutant: Mutant) -> bool:
        """Whether *mutant* is one of them."""
        if self.operator not in ("", mutant.operator) or re.search(self.what, mutant.what) is None:
            return False
        return re.fullmatch(self.where, mutant.where) is not None


@runtime_checkable
class ShowsExchange(Protocol):
    """An engine that shows more of an answer than its Decision."""

    def last_exchange(self) -> object:
        """All of the last answer that is the same each time: what the client, the upstream and the log got; compared by `==`."""


Noticed = Literal["decision", "exchange", ""]
"""By what a mutant was noticed: a Decision (or files that do not run), something else in an exchange, nothing."""


class MutationReport(Record):
    """How many mutants were noticed, and those that were not."""

    mutants: int
    noticed: int
    by_decision: int
    """Noticed by a Decision that is not the reference's; the others by the rest of an exchange."""
    survivors: tuple[Mutant, ...]
    excused: int
    """Survivors that a reason covers."""

    @property
    def share(self) -> float:
        """Noticed, of all that no reason covers."""
        judged = self.mutants - self.excused
        return self.noticed / judged if judged else 1.0


def check_mutants(
    target: Target,
    engine: str,
    policy: Policy,
    options: Mapping[str, str],
    wanted: Callable[[str], bool],
    reasons: Sequence[Survivor],
    sample: int = 0,
    told: Callable[[int, Mutant], None] = lambda _, __: None,
) -> MutationReport:
    """
    Change the files of *policy* in one place at a time and ask the boundary requests again.

    An answer is noticed that differs from the reference's, and one whose exchange differs from that of the files as they
    are: events, upstream and, of engines that show them, the messages and the log entry (`ShowsExchange`).

    Args:
        engine: Name of the engine that runs the files.
        wanted: Paths of the files that are changed.
        reasons: Mutants that rightly go unnoticed.
        sample: Only so many mutants, chosen evenly; 0: all.
        told: Called with each survivor and its number among the mutants, as it is found.
    """
    judge = _Judge(target, engine, policy, options)
    survivors: list[Mutant] = []
    counted = excused = by_decision = 0
    for mutant in _sampled(mutants(judge.files, wanted), sample):
        counted += 1
        by = judge.notices(mutant)
        by_decision += by == "decision"
        if not by:
            survivors.append(mutant)
            excused += any(reason.covers(mutant) for reason in reasons)
            told(counted, mutant)
    return MutationReport(counted, counted - len(survivors), by_decision, tuple(survivors), excused)


class _Asked(Record):
    """A boundary request, what the reference says of it, and what an engine shows besides of the files as they are."""

    request: Request
    decision: Decision
    beside: object


class _Judge:
    """The boundary requests of a policy beside what the reference says of each, for files that differ in one place."""

    def __init__(self, target: Target, engine: str, policy: Policy, options: Mapping[str, str]) -> None:
        from seccfg.analyse.exchange import exchange
        from seccfg.analyse.requests import NOW_S
        from seccfg.semantics.decide import decide
        from seccfg.semantics.state import State
        from seccfg.verify.boundary.plan import plan
        from seccfg.verify.run import with_keys

        ring = exchange(policy, NOW_S)
        output = target.compile(ring.build, options)
        effective = with_keys(output.effective, ring)
        self.files: Mapping[str, bytes] = {file.path: file.content for file in output.files}
        self._target, self._engine, self._environment = target, engine, ring.environment
        self._asked: list[tuple[Surroundings, list[_Asked]]] = []
        running = target.engine(engine)
        try:
            running.start(self.files, ring.environment)
            for scenario in plan(ring).scenarios:
                state = State(scenario.surroundings)
                running.reset(scenario.surroundings)
                asked = [_asked(running, r, decide(effective, r, state)) for r in scenario.requests]
                self._asked.append((scenario.surroundings, asked))
        finally:
            running.close()

    def notices(self, mutant: Mutant) -> Noticed:
        """Whether a request is answered otherwise than the reference says, or the files do not run at all."""
        running = self._target.engine(self._engine)
        found: Noticed = ""
        try:
            running.start({**self.files, mutant.path: mutant.content}, self._environment)
            for number, (surroundings, requests) in enumerate(self._asked):
                running.reset(surroundings)
                for asked in requests:
                    answer = running.answer(asked.request)
                    if differences(asked.decision, answer):
                        self._asked.insert(0, self._asked.pop(number))  # what noticed one change is asked first about the next
                        return "decision"
                    if not found and _beside(running, answer) != asked.beside:
                        found = "exchange"
        except SeccfgError:
            return "decision"
        finally:
            running.close()
        return found


def _asked(running: Engine, request: Request, decision: Decision) -> _Asked:
    answer = running.answer(request)
    if differences(decision, answer):
        raise ValueError("the files differ from the reference before anything is changed")
    return _Asked(request, decision, _beside(running, answer))


def _beside(running: Engine, answer: Decision) -> object:
    """What equality of Decisions leaves out: events, upstream and, where the engine shows it, all of the exchange."""
    exchange = running.last_exchange() if isinstance(running, ShowsExchange) else ()
    return answer.events, answer.upstream, exchange


def _sampled(found: Iterable[Mutant], sample: int) -> list[Mutant]:
    every = list(found)
    if not sample or len(every) <= sample:
        return every
    chosen = Random(len(every)).sample(range(len(every)), sample)  # noqa: S311 - an even choice, no secret
    return [every[index] for index in sorted(chosen)]
