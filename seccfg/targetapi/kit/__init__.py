"""The tests any target runs on itself, built-in or not: `assert_conforms(target, ...)`.

They run whole stages (load, resolve, compile, verify), so they are for test suites; no target imports them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from seccfg.record import Record
from seccfg.targetapi.base import Target
from seccfg.targetapi.kit.fields import check_fields
from seccfg.targetapi.kit.hostile_texts import READERS, Parsed, check_hostile
from seccfg.targetapi.kit.leaves import check_leaves
from seccfg.targetapi.kit.noticing import Survivor, check_mutants
from seccfg.targetapi.kit.project import Project
from seccfg.targetapi.kit.random_runs import check_random, random_policy
from seccfg.targetapi.kit.shape import check_shape

__all__ = ["STAGES", "Conformance", "Survivor", "assert_conforms"]

LEAST_SHARE: Final = 0.30
"""Of the requests made-up specs are asked, at least so many pass and at least so many are refused."""
LEAST_NOTICED: Final = 0.95
"""Of the mutants without a reason, at least so many are noticed."""


class Conformance(Record):
    """What a target's own test suite says about it. Each list of exceptions gives the reason; it may only shrink."""

    example: str
    """Folder of a spec that uses all of the language, with its files."""
    today: str
    """ISO date of the run."""
    engines: tuple[str, ...]
    """Engines that verify runs here; the first one judges mutants."""
    mutated: Callable[[str], bool]
    """Emitted files that are changed for the mutation test."""
    mutated_examples: Sequence[str] = ()
    """Folders of the specs whose files are changed; default: the example."""
    leaves: Mapping[str, str] = {}
    """Spec path -> why its change rightly shows nowhere."""
    values: Mapping[str, object] = {}
    """Spec path -> another value of a leaf that only the target knows the words of."""
    fields: Mapping[str, str] = {}
    """`Kind.field` -> why its change rightly shows nowhere."""
    survivors: Sequence[Survivor] = ()
    """Mutants that no request can show, and why."""
    readers: Mapping[str, Callable[[bytes], Parsed]] = READERS
    seeds: Iterable[int] = range(20)
    mutants: int = 150
    """How many mutants are tried; 0: all."""


def assert_conforms(target: Target, conformance: Conformance) -> None:
    """Run every test of the kit; AssertionError with everything that is wrong."""
    wrong = [problem for stage in STAGES.values() for problem in stage(target, conformance)]
    if wrong:
        raise AssertionError("\n".join(wrong))


def _shape(target: Target, conformance: Conformance) -> Sequence[str]:
    with Project(conformance.example, target, conformance.today) as project:
        policy, options = project.policy()
        return check_shape(target, policy, options)


def _leaves(target: Target, conformance: Conformance) -> Sequence[str]:
    with Project(conformance.example, target, conformance.today) as project:
        found = check_leaves(project, conformance.leaves, conformance.values)
    return [
        *(f"leaf {name}: no change of it shows anywhere" for name in found.silent),
        *(f"leaf {name}: stands in the exceptions, but its change shows" for name in found.stale),
    ]


def _texts(target: Target, conformance: Conformance) -> Sequence[str]:
    with Project(conformance.example, target, conformance.today) as project:
        found = check_hostile(project, conformance.readers)
    if not found.tried:
        return ["no text field of the example reaches a file"]
    return [f"hostile text at {problem}" for problem in found.broken]


def _fields(target: Target, conformance: Conformance) -> Sequence[str]:
    with Project(conformance.example, target, conformance.today) as project:
        policy, options = project.policy()
    policies = [policy, *(random_policy(seed) for seed in range(6))]
    found = check_fields(target, policies, options, conformance.fields)
    return [
        *(f"field {name}: no change of it shows anywhere" for name in found.silent),
        *(f"field {name}: stands in the exceptions, but its change shows" for name in found.stale),
        *(f"kind {name}: in no policy" for name in found.missing),
    ]


def _random(target: Target, conformance: Conformance) -> Sequence[str]:
    found = check_random(target, conformance.seeds, conformance.engines, conformance.today)
    every = found.allowed + found.refused
    wrong = list(found.failing)
    wrong += [f"kind {name}: in no made-up spec" for name in found.missing]
    for word, number in (("pass", found.allowed), ("are refused", found.refused)):
        if number < LEAST_SHARE * every:
            wrong.append(f"{number} of {every} requests of made-up specs {word}: less than {LEAST_SHARE:.0%}")
    return wrong


def _mutants(target: Target, conformance: Conformance) -> Sequence[str]:
    wrong: list[str] = []
    for folder in conformance.mutated_examples or (conformance.example,):
        with Project(folder, target, conformance.today) as project:
            policy, options = project.policy()
        found = check_mutants(
            target, conformance.engines[0], policy, options, conformance.mutated, conformance.survivors,
            conformance.mutants,
        )  # fmt: skip
        if found.share < LEAST_NOTICED:
            judged = [m for m in found.survivors if not any(reason.covers(m) for reason in conformance.survivors)]
            wrong.append(f"{folder}: {found.share:.1%} of the mutants noticed: less than {LEAST_NOTICED:.0%}")
            wrong += [f"survivor {m.path} {m.place}, {m.operator} at {m.where}: {m.what}" for m in judged]
    return wrong


STAGES: Final[Mapping[str, Callable[[Target, Conformance], Sequence[str]]]] = {
    "shape": _shape, "leaves": _leaves, "fields": _fields, "hostile texts": _texts, "made-up specs": _random,
    "mutants": _mutants,
}  # fmt: skip
"""The kit's tests by name, for suites that run them one by one; each gives what is wrong."""
