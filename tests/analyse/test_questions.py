"""What is asked about conditions: never a wrong answer, and a situation for every one that has one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.analyse import questions
from seccfg.analyse.atoms import context_of
from seccfg.analyse.questions import Answer, Deciding
from seccfg.analyse.values import Shape
from seccfg.expr.ast import Expr, atoms, attributes
from seccfg.expr.evaluate import Truth, evaluate

Read = Callable[[str], Expr]
TRUE = Truth.TRUE
# what a "yes" to "can it?" (or a "no" to "is it always?") claims of a situation, by the outcomes of both conditions
CLAIMS: list[tuple[Callable[[Expr, Expr], Answer], str, Callable[[Truth, Truth], bool]]] = [
    (questions.newly_allowed, "yes", lambda a, b: b is TRUE and a is not TRUE),
    (questions.newly_refused, "yes", lambda a, b: a is TRUE and b is not TRUE),
    (questions.overlaps, "yes", lambda a, b: a is TRUE and b is TRUE),
    (questions.implies, "no", lambda a, b: a is TRUE and b is not TRUE),
    (questions.equal, "no", lambda a, b: a is not b),
    (lambda a, _: questions.can_hold(a), "yes", lambda a, _: a is TRUE),
    (lambda a, _: questions.always_holds(a), "no", lambda a, _: a is not TRUE),
]


@pytest.mark.parametrize(
    "ask, shown_by, claim",
    CLAIMS,
    ids=["newly allowed", "newly refused", "overlaps", "implies", "equal", "can hold", "always"],
)
def test_answers_agree_with_trying(
    conditions: object, ask: Callable[[Expr, Expr], Answer], shown_by: str, claim: Callable[[Truth, Truth], bool]
) -> None:
    """An answer with a situation is true there; one without is contradicted by no situation tried."""
    for _ in range(12):
        first, second = conditions.pair()  # type: ignore[attr-defined]
        answer = ask(first, second)
        if answer.verdict == shown_by:
            assert answer.situation is not None
            context = context_of(answer.situation)
            assert claim(evaluate(first, context), evaluate(second, context))
        elif answer.verdict != "not decided":
            assert answer.situation is None
            for _ in range(150):
                context = context_of(conditions.situation((first, second)))  # type: ignore[attr-defined]
                assert not claim(evaluate(first, context), evaluate(second, context))


def test_most_questions_are_decided(condition: type) -> None:
    """What cannot be decided is the exception: sizes of lists beside quantifiers, times compared with times."""
    source = condition(99)
    verdicts = [questions.newly_allowed(*source.pair()).verdict for _ in range(150)]
    assert verdicts.count("not decided") <= 15


SAME = [
    ("principal.level > 2", "principal.level >= 3"),
    ("!(principal.level <= 2)", "principal.level >= 3"),
    ("principal.team in ['a', 'b']", "principal.team == 'b' || principal.team == 'a'"),
    ("principal.team.startsWith('sales')", "principal.team.startsWith('sales') && principal.team.contains('ale')"),
    ("principal.team.matches('^(a|b)$')", "principal.team.matches('^[ab]$')"),
    ("principal.level >= resource.level && principal.level <= resource.level", "principal.level == resource.level"),
    ("has(principal.team) && principal.team == 'a' || principal.team == 'b'", "principal.team in ['b', 'a']"),
    ("principal.tags.exists(t, t == 'a')", "'a' in principal.tags"),
    ("principal.tags.all(t, t != 'a')", "!('a' in principal.tags)"),
]
DIFFERENT = [
    ("principal.level > 2", "principal.level > 3"),
    ("principal.team == 'a'", "principal.team.startsWith('a')"),
    ("principal.team == 'a' || principal.team != 'a'", "true"),  # an absent team is neither
    ("!has(principal.team) || principal.team == 'a'", "principal.team == 'a'"),
    ("principal.team.matches('a')", "principal.team.contains('a')"),  # an error where the text is not ASCII
    ("principal.team == resource.team", "principal.team != resource.team"),
]


@pytest.mark.parametrize("one, other", SAME)
def test_allowing_the_same(read: Read, one: str, other: str) -> None:
    """Said differently, TRUE for the same requests: proven, in both directions."""
    first, second = read(one.replace("'", '"')), read(other.replace("'", '"'))
    assert questions.newly_allowed(first, second) == Answer("no")
    assert questions.newly_refused(first, second) == Answer("no")


@pytest.mark.parametrize("one, other", DIFFERENT)
def test_different(read: Read, one: str, other: str) -> None:
    """Not the same, with a situation that tells them apart."""
    first, second = read(one.replace("'", '"')), read(other.replace("'", '"'))
    answer = questions.equal(first, second)
    assert answer.verdict == "no"
    assert answer.situation is not None


@pytest.mark.parametrize(
    "text",
    [
        'principal.team == "a" && principal.team == "b"',
        "principal.level > 3 && principal.level < 4",
        "principal.vip && !principal.vip",
        'principal.team.startsWith("ab") && principal.team.startsWith("ac")',
        'principal.team == "x" && !has(principal.team)',
        'principal.team.matches("^a+$") && principal.team.matches("^b+$")',
        'principal.team.matches("^[0-9]{2}$") && size(principal.team) == 3',
        "principal.level < resource.level && resource.level < principal.level",
        '"a" in principal.tags && size(principal.tags) == 0',
        'principal.tags.all(t, t == "a") && "b" in principal.tags',
        "principal.since.getHours() == 24",
    ],
)
def test_cannot_hold(read: Read, text: str) -> None:
    """Contradictions are seen through, whatever kind of value they are about; where not, nothing is claimed."""
    answer = questions.can_hold(read(text))
    assert answer in (Answer("no"), Answer("not decided"))
    if "size(principal.team)" not in text:
        assert answer == Answer("no")


def test_always_holds_for_complete_requests(read: Read) -> None:
    """What only an absent attribute can make false says nothing about a request that has it."""
    noise = read('principal.team == "a" || principal.team != "a"')
    assert questions.always_holds(noise).verdict == "no"
    assert questions.always_holds(noise, complete=True) == Answer("yes")


def test_what_a_place_can_deliver_counts(read: Read) -> None:
    """A host is one of the service's; a known value is known."""
    host = read('request.host == "b.example.com"')
    shapes: questions.Shapes = {("request", "host"): Shape(False, False, ("a.example.com",))}
    assert questions.can_hold(host).verdict == "yes"
    assert questions.can_hold(host, shapes) == Answer("no")
    level = read("principal.level >= resource.level")
    assert questions.can_hold(level, fixed={("principal", "level"): 2, ("resource", "level"): 3}) == Answer("no")
    assert questions.can_hold(level, fixed={("principal", "level"): 2}).verdict == "yes"
    assert questions.can_hold(level, fixed={("principal", "level"): "2"}) == Answer("no")


def test_an_answer_is_no_truth_value(read: Read) -> None:
    """`if can_hold(...)` would take "no" for true."""
    with pytest.raises(TypeError):
        bool(questions.can_hold(read("principal.vip")))


# --------------------------------------------------------------------------------------------------------------- MC/DC
def test_each_comparison_shown_at_work(read: Read) -> None:
    """Each of three comparisons decides somewhere, by values of its own attribute alone."""
    condition = read('principal.vip || principal.level >= 3 && principal.team == "a"')
    pairs = questions.deciding_pairs(condition)
    assert all(isinstance(pair, Deciding) and pair.alone for pair in pairs)
    for pair, atom in zip(pairs, atoms(condition), strict=True):
        assert pair is not None
        holds, fails = context_of(pair.holds), context_of(pair.fails)
        assert evaluate(condition, holds) is TRUE
        assert evaluate(condition, fails) is not TRUE
        assert {evaluate(atom, holds), evaluate(atom, fails)} == {TRUE, Truth.FALSE}
        if pair.error is not None:
            assert evaluate(atom, context_of(pair.error)) is Truth.ERR


def test_a_comparison_without_effect_has_no_pair(read: Read) -> None:
    """`level > 1` beside `level > 3` decides nothing; `!` turns the effect round and takes none away."""
    useless = questions.deciding_pairs(read("principal.level > 1 && principal.level > 3"))
    assert useless[0] is None
    assert useless[1] is not None
    assert questions.deciding_pairs(read("!(principal.vip)"))[0] is not None


def test_deciding_pairs_are_what_they_say(conditions: object) -> None:
    """For random conditions too: both situations are evaluated by the reference."""
    for _ in range(10):
        condition, _ = conditions.pair()  # type: ignore[attr-defined]
        for pair in questions.deciding_pairs(condition):
            if pair is not None:
                assert evaluate(condition, context_of(pair.holds)) is TRUE
                assert evaluate(condition, context_of(pair.fails)) is not TRUE
                changed = {k for k in attributes(condition) if repr(pair.holds.get(k)) != repr(pair.fails.get(k))}
                assert not pair.alone or changed <= attributes(pair.atom)
