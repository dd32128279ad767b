"""What the prover says is so: situations hold, "there is none" is contradicted by no trial, and it agrees with the cells."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.analyse import proving, questions
from seccfg.analyse.atoms import context_of
from seccfg.analyse.values import Shape
from seccfg.expr.ast import Expr
from seccfg.expr.evaluate import Truth, evaluate

Read = Callable[[str], Expr]


def shows(old: Expr, new: Expr, situation: object) -> bool:
    context = context_of(situation)  # type: ignore[arg-type]
    return evaluate(new, context) is Truth.TRUE and evaluate(old, context) is not Truth.TRUE


def test_the_extra_is_installed_here() -> None:
    """These tests need it; a user's machine need not have it."""
    assert proving.installed()


def test_agrees_with_the_cells_and_with_trying(conditions: object) -> None:
    """Of two analyses that know nothing of each other neither contradicts the other."""
    for _ in range(4):
        old, new = conditions.pair()  # type: ignore[attr-defined]
        proof = proving.newly_allowed(old, new, timeout_ms=500)
        answer = questions.newly_allowed(old, new)
        if proof.situation is not None:
            assert shows(old, new, proof.situation)
            assert answer.verdict != "no"
        elif proof.none:
            assert answer.verdict != "yes"
            for _ in range(100):
                assert not shows(old, new, conditions.situation((old, new)))  # type: ignore[attr-defined]


OPEN = [
    # old, new, whether there is a request that new allows and old does not: all beyond the cells
    ("principal.since < resource.created - duration(\"1h\")", 'principal.since < resource.created + duration("1h")', True),
    # the end of time: two hours more are an error where one hour more is not
    ('principal.since < resource.created + duration("2h")', 'principal.since < resource.created + duration("1h")', True),
    ('principal.since - resource.created < duration("2h")', 'principal.since - resource.created < duration("1h")', False),
    ('size(principal.tags) >= 2 && principal.tags.all(t, t.startsWith("s"))', "size(principal.tags) >= 3", True),
    ("size(principal.tags) >= 2", 'size(principal.tags) >= 3 && principal.tags.exists(t, t == "x-1")', False),
    ('principal.team.contains("al") && principal.team.startsWith("s")', 'principal.team.matches("^s[a-z]al$")', False),
]  # fmt: skip


@pytest.mark.parametrize("old, new, is_there", OPEN)
def test_what_the_cells_leave_open(read: Read, old: str, new: str, is_there: bool) -> None:
    """Times with sums, sizes beside quantifiers, patterns against parts of texts."""
    one, other = read(old), read(new)
    proof = proving.newly_allowed(one, other)
    assert proof.none is not is_there
    assert (proof.situation is not None) is is_there
    if is_there:
        assert shows(one, other, proof.situation)


def test_leaves_out_what_can_be_left_out(read: Read) -> None:
    """A situation says no more than it takes."""
    found = proving.newly_allowed(read("principal.vip"), read("principal.vip || principal.level >= 3")).situation
    assert found is not None
    assert [key for key, value in found.items() if value is not questions.MISSING] == [("principal", "level")]


def test_keeps_to_what_a_place_can_deliver(read: Read) -> None:
    """A value that is always there, and one of a few."""
    old, new = read('resource.team == "sales"'), read("has(resource.team)")
    shapes = {("resource", "team"): Shape(False, False, ("sales",))}
    assert proving.newly_allowed(old, new, shapes).none
    assert proving.newly_allowed(old, new).situation is not None


def test_says_nothing_without_the_extra(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not installed: not decided, never "none"."""
    monkeypatch.setattr(proving, "find_spec", lambda name: None)
    assert proving.newly_allowed(read("principal.vip"), read("has(principal.vip)")) == proving.UNDECIDED
