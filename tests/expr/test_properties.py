"""What holds for every condition and every context, however hostile."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seccfg.expr.ast import Expr, Not, walk
from seccfg.expr.canonical import expr_id, normal_form, print_expr
from seccfg.expr.check import check
from seccfg.expr.errors import ExprError, Problem
from seccfg.expr.evaluate import Context, Truth, evaluate
from seccfg.expr.holds import holds
from seccfg.expr.lower import AllOf, And, AnyOf, Lowered, Or, false_form, slots, true_form, weaken
from seccfg.expr.mcdc import context_of, mcdc_cases
from seccfg.expr.parser import parse
from seccfg.expr.to_python import print_function, support_source
from seccfg.expr.types import SIDES, TypeEnv

RANDOMS = st.randoms(use_true_random=False)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@QUICK
@given(source=RANDOMS)
def test_printing_and_reading_gives_the_same_tree(source: random.Random, conditions: Any, env: TypeEnv) -> None:
    """parse(print(e)) is e, types included once it is checked again."""
    expr = conditions(source).condition()
    text = print_expr(expr)
    if len(text.encode()) < 4_000:
        assert check(parse(text), env).expr == expr
        assert "\n" not in text


@QUICK
@given(source=RANDOMS)
def test_two_valued_forms_agree_with_the_three_values(source: random.Random, conditions: Any) -> None:
    """T holds exactly on TRUE, F exactly on FALSE, neither on an error."""
    make = conditions(source)
    expr = make.condition()
    true, false = true_form(expr), false_form(expr)
    for hostile in (True, True, True, False):
        context = make.context(hostile)
        truth = evaluate(expr, context)
        assert holds(true, context) == (truth is Truth.TRUE)
        assert holds(false, context) == (truth is Truth.FALSE)


@QUICK
@given(source=RANDOMS)
def test_the_normal_form_keeps_all_three_values(source: random.Random, conditions: Any, env: TypeEnv) -> None:
    """Errors included, the normal form says what the condition says, and is its own normal form."""
    make = conditions(source)
    expr = make.condition()
    normal = normal_form(expr)
    for hostile in (True, True, True, False):
        context = make.context(hostile)
        assert evaluate(normal, context) is evaluate(expr, context)
    assert normal_form(normal) == normal
    assert expr_id(normal_form(Not(Not(expr)))) == expr_id(Not(Not(expr)))


@QUICK
@given(source=RANDOMS)
def test_weakening_refuses_nothing_the_whole_allows(source: random.Random, conditions: Any) -> None:
    """Whatever the unseen attributes turn out to be, TRUE passes the weakened form, which does not look at them."""
    make = conditions(source)
    expr = make.condition()
    lowered = true_form(expr)
    unseen = frozenset(key for key in slots(lowered) if source.random() < 0.4)
    weak = weaken(lowered, unseen)
    assert not slots(weak) & unseen
    for hostile in (True, False):
        context = make.context(hostile)
        if evaluate(expr, context) is Truth.TRUE:
            assert holds(weak, context)
            without = {side: {n: v for n, v in context[side].items() if (side, n) not in unseen} for side in SIDES}
            assert holds(weak, without)


@QUICK
@given(source=RANDOMS)
def test_the_lowered_form_is_linear(source: random.Random, conditions: Any) -> None:
    """Every atom is lowered once; written-out lists count once an element."""
    expr = conditions(source).condition(4)
    nodes = sum(1 for _ in walk(expr))
    assert _size(true_form(expr)) <= 3 * nodes
    assert _size(false_form(expr)) <= 3 * nodes


def _size(lowered: Lowered) -> int:
    if isinstance(lowered, (And, Or)):
        return 1 + sum(_size(item) for item in lowered.items)
    return 1 + (_size(lowered.body) if isinstance(lowered, (AnyOf, AllOf)) else 0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(source=RANDOMS)
def test_cases_say_what_the_evaluator_says(source: random.Random, conditions: Any) -> None:
    """The expected outcome and the sign of the atom are those of the reference, and a deciding pair differs in both."""
    expr = conditions(source).condition(2)
    cases = mcdc_cases(expr)
    for case in cases.cases:
        context = context_of(dict(case.values))
        assert evaluate(expr, context) is case.expected
        assert evaluate(cases.atoms[case.atom], context) is case.sign


@settings(max_examples=400, deadline=None)
@given(text=st.one_of(st.text(max_size=60), st.lists(
    st.sampled_from(["principal", ".", "level", "(", ")", "&&", "||", "!", "==", "<", " ", "in", "[", "]", ",", '"', "'", "\\", "5",
                     "-", "+", "timestamp", "has", "exists", "r", "x", "\n", "//", "1.5e", "0x", "matches", "size", "u"]),
    max_size=40).map("".join)))
def test_any_text_is_a_condition_or_an_error_inside_it(text: str, env: TypeEnv) -> None:
    """No input gets past as anything but a checked tree or problems with offsets within the text."""
    problems: tuple[Problem, ...] = ()
    checked: Expr | None = None
    try:
        checked = check(parse(text), env).expr
    except ExprError as error:
        problems = error.problems
    assert bool(problems) is (checked is None)
    for problem in problems:
        assert 0 <= problem.start <= problem.end <= len(text)
        assert problem.message
        assert "\n" not in problem.message + problem.help
    if checked is not None:
        assert check(parse(print_expr(checked)), env).expr == checked


# ------------------------------------------------------------------------------------------- the printed Python
@pytest.fixture(scope="module")
def compile_functions() -> Callable[[str], Mapping[str, Any]]:
    """Runs emitted text the way an emitted package would."""

    def compiled(text: str) -> Mapping[str, Any]:
        module = ModuleType("emitted")
        exec(compile(support_source() + "\n" + text, "emitted", "exec", dont_inherit=True), module.__dict__)
        return module.__dict__

    return compiled


def test_printed_python_on_12000_hostile_evaluations(
    conditions: Any, compile_functions: Callable[[str], Mapping[str, Any]], record_property: Callable[[str, object], None],
) -> None:
    """400 random conditions, 30 contexts each: the printed T and F agree with the reference every time."""
    make = conditions(random.Random(20260105))
    exprs = [make.condition(3) for _ in range(400)]
    functions = compile_functions("\n\n".join(
        print_function(f"{form.__name__}_{at}", form(expr), print_expr(expr))
        for at, expr in enumerate(exprs) for form in (true_form, false_form)))
    outcomes: dict[Truth, int] = dict.fromkeys(Truth, 0)
    mismatches = []
    for at, expr in enumerate(exprs):
        for number in range(30):
            context: Context = make.context(hostile=number % 3 != 0)
            sides = [context[side] for side in SIDES]
            truth = evaluate(expr, context)
            outcomes[truth] += 1
            if (functions[f"true_form_{at}"](*sides), functions[f"false_form_{at}"](*sides)) != (
                    truth is Truth.TRUE, truth is Truth.FALSE):
                mismatches.append((print_expr(expr), context, truth))
    record_property("evaluations", sum(outcomes.values()))
    assert not mismatches[:3]
    assert sum(outcomes.values()) == 12_000
    assert min(outcomes.values()) > 1_200, outcomes  # each outcome at least in a tenth of them
