"""Which mutants of emitted files verify notices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

from seccfg.findings import SeccfgError
from seccfg.ir.policy import Policy
from seccfg.ir.request import differences
from seccfg.record import Record
from seccfg.targetapi.base import Target
from seccfg.targetapi.kit.mutation import Mutant, mutants

__all__ = ["MutationReport", "Survivor", "check_mutants"]


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


class MutationReport(Record):
    """How many mutants were noticed, and those that were not."""

    mutants: int
    noticed: int
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
) -> MutationReport:
    """
    Change the files of *policy* in one place at a time and ask the boundary requests again.

    Args:
        engine: Name of the engine that runs the files.
        wanted: Paths of the files that are changed.
        reasons: Mutants that rightly go unnoticed.
        sample: Only so many mutants, chosen evenly; 0: all.
    """
    from seccfg.analyse.exchange import exchange
    from seccfg.analyse.requests import NOW_S
    from seccfg.semantics.decide import decide
    from seccfg.semantics.state import State
    from seccfg.verify.boundary.plan import plan
    from seccfg.verify.run import with_keys

    ring = exchange(policy, NOW_S)
    planned = plan(ring)
    output = target.compile(ring.build, options)
    files = {file.path: file.content for file in output.files}
    effective = with_keys(output.effective, ring)
    asked = []
    for scenario in planned.scenarios:
        state = State(scenario.surroundings)
        asked.append((scenario, [(request, decide(effective, request, state)) for request in scenario.requests]))

    def noticed(changed: Mapping[str, bytes]) -> bool:
        running = target.engine(engine)
        try:
            running.start(changed, ring.environment)
            for number, (scenario, requests) in enumerate(asked):
                running.reset(scenario.surroundings)
                for request, decision in requests:
                    if differences(decision, running.answer(request)):
                        asked.insert(0, asked.pop(number))  # what noticed one change is asked first about the next
                        return True
        except SeccfgError:
            return True
        finally:
            running.close()
        return False

    if noticed(files):
        raise ValueError("the files differ from the reference before anything is changed")
    survivors: list[Mutant] = []
    counted = excused = 0
    for mutant in _sampled(mutants(files, wanted), sample):
        counted += 1
        if not noticed({**files, mutant.path: mutant.content}):
            survivors.append(mutant)
            excused += any(reason.covers(mutant) for reason in reasons)
    return MutationReport(counted, counted - len(survivors), tuple(survivors), excused)


def _sampled(found: Iterable[Mutant], sample: int) -> list[Mutant]:
    every = list(found)
    if not sample or len(every) <= sample:
        return every
    chosen = Random(len(every)).sample(range(len(every)), sample)  # noqa: S311 - an even choice, no secret
    return [every[index] for index in sorted(chosen)]
