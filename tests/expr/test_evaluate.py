"""What conditions mean, value by value."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.expr.ast import Expr
from seccfg.expr.evaluate import UNUSABLE, Truth, evaluate, typed_value
from seccfg.expr.holds import holds
from seccfg.expr.lower import false_form, true_form
from seccfg.expr.to_python import print_function, support_source
from seccfg.expr.types import DURATION_LIMIT, INTEGER_LIMIT, TIMESTAMP_MAX, TIMESTAMP_MIN

T, F, E = Truth.TRUE, Truth.FALSE, Truth.ERR
Condition = Callable[[str], Expr]
BIG = INTEGER_LIMIT


def outcome(expr: Expr, principal: dict[str, object], resource: dict[str, object] | None = None,
            request: dict[str, object] | None = None) -> Truth:
    """The reference's outcome, after the lowered forms and the printed Python have been seen to agree with it."""
    sides = (principal, resource or {}, request or {})
    context = {"principal": sides[0], "resource": sides[1], "request": sides[2]}
    truth = evaluate(expr, context)  # type: ignore[arg-type]
    namespace: dict[str, Callable[..., bool]] = {}
    exec(support_source() + "\n" + print_function("t", true_form(expr)) + print_function("f", false_form(expr)), namespace)
    for form, wanted in ((true_form(expr), T), (false_form(expr), F)):
        assert holds(form, context) is (truth is wanted)  # type: ignore[arg-type]
    assert (namespace["t"](*sides), namespace["f"](*sides)) == (truth is T, truth is F)
    return truth


@pytest.mark.parametrize("value, expected", [
    (3, T), (2, F), (3.0, T), (3.5, E), (True, E), (False, E), ("3", E), (None, E), (UNUSABLE, E), ([3], E), ({}, E),
    (BIG, F), (BIG + 1, E), (-BIG, F), (-BIG - 1, E), (float(2**53), E), (float("nan"), E), (float("inf"), E), (-0.0, F),
    (10**400, E), (b"3", E),
])
def test_integers(condition: Condition, value: object, expected: Truth) -> None:
    """`5.0` is 5, a boolean is no number, text is no number, and beyond 2^53 - 1 nothing is."""
    assert outcome(condition("principal.level == 3"), {"level": value}) is expected


def test_true_is_not_one(condition: Condition) -> None:
    """The host's `True == 1` decides nothing."""
    assert outcome(condition("principal.level == 1"), {"level": True}) is E
    assert outcome(condition("principal.mfa == true"), {"mfa": 1}) is E
    assert outcome(condition("principal.level in [1, 2]"), {"level": True}) is E
    assert outcome(condition("1 in resource.grades"), {}, {"grades": [True]}) is E


@pytest.mark.parametrize("value, expected", [
    (True, T), (False, F), ("true", E), ("", E), (1, E), (0, E), (None, E), (UNUSABLE, E), ([], E),
])
def test_booleans(condition: Condition, value: object, expected: Truth) -> None:
    """Nothing is truthy."""
    assert outcome(condition("principal.mfa"), {"mfa": value}) is expected
    assert outcome(condition("!principal.mfa"), {"mfa": value}) is ~expected
    assert outcome(condition("principal.mfa != false"), {"mfa": value}) is expected
    assert outcome(condition("principal.mfa == false"), {"mfa": value}) is ~expected


@pytest.mark.parametrize("value, expected", [
    ("sales", T), ("Sales", F), ("sales ", F), ("", F), (1, E), (None, E), ("sales\0", E), ("\ufffd", E), (chr(0xD800), E),
    (["sales"], E), ("sale\u017f", F),
])
def test_text(condition: Condition, value: object, expected: Truth) -> None:
    """Compared code point by code point; text no host can hold is an error."""
    assert outcome(condition("resource.department == 'sales'"), {}, {"department": value}) is expected


def test_both_absent_is_an_error(condition: Condition) -> None:
    """Two missing values are not equal, and not different either."""
    for text in ("principal.department == resource.department", "principal.department != resource.department"):
        assert outcome(condition(text), {}, {}) is E
        assert outcome(condition(text), {"department": None}, {"department": None}) is E
        assert outcome(condition("!(" + text + ")"), {}, {}) is E


def test_equality_of_attributes(condition: Condition) -> None:
    """Equal, different, one absent."""
    expr = condition("principal.department == resource.department")
    assert outcome(expr, {"department": "a"}, {"department": "a"}) is T
    assert outcome(expr, {"department": "a"}, {"department": "b"}) is F
    assert outcome(expr, {"department": "a"}, {}) is E
    assert outcome(expr, {"department": "e\u0301"}, {"department": "\u00e9"}) is F


@pytest.mark.parametrize("value, expected", [
    ("a", T), ("", T), (0, T), (False, T), ([], T), (UNUSABLE, T), ({}, T), (None, F),
])
def test_has(condition: Condition, value: object, expected: Truth) -> None:
    """Present is whatever is not null, usable or not; absent is FALSE, never an error."""
    assert outcome(condition("has(principal.department)"), {"department": value}) is expected
    assert outcome(condition("has(principal.department)"), {}) is F


def test_a_broken_value_does_not_slip_past_a_forbid(condition: Condition) -> None:
    """`has(x) && x == bad` with an unusable x is ERR, so a forbid, which needs FALSE, refuses."""
    expr = condition("has(principal.department) && principal.department == 'suspended'")
    assert outcome(expr, {}) is F
    assert outcome(expr, {"department": "suspended"}) is T
    assert outcome(expr, {"department": UNUSABLE}) is E
    assert outcome(expr, {"department": ["suspended"]}) is E


@pytest.mark.parametrize("left", [T, F, E])
@pytest.mark.parametrize("right", [T, F, E])
def test_logic(condition: Condition, left: Truth, right: Truth) -> None:
    """FALSE decides `&&` and TRUE decides `||` beside any error, in either order."""
    value: dict[Truth, object] = {T: True, F: False, E: None}
    sides = ({"mfa": value[left]}, {"open": value[right]})
    conjunction = F if F in (left, right) else E if E in (left, right) else T
    disjunction = T if T in (left, right) else E if E in (left, right) else F
    assert outcome(condition("principal.mfa && resource.open"), *sides) is conjunction
    assert outcome(condition("resource.open && principal.mfa"), *sides) is conjunction
    assert outcome(condition("principal.mfa || resource.open"), *sides) is disjunction
    assert outcome(condition("!(principal.mfa && resource.open)"), *sides) is ~conjunction
    assert outcome(condition("!(principal.mfa || resource.open)"), *sides) is ~disjunction


@pytest.mark.parametrize("roles, expected", [
    (["admin"], T), (["a", "admin"], T), ([], F), (["Admin"], F), ("admin", E), (["admin", 1], E), (["admin", None], E), (None, E),
    ({"admin": 1}, E), (["admin", "\0"], E), (("admin",), T),
])
def test_membership(condition: Condition, roles: object, expected: Truth) -> None:
    """A list with one element of another type is no list; text is no list of characters."""
    assert outcome(condition("'admin' in principal.roles"), {"roles": roles}) is expected
    assert outcome(condition("principal.roles.exists(r, r == 'admin')"), {"roles": roles}) is expected
    assert outcome(condition("principal.roles.all(r, r != 'admin')"), {"roles": roles}) is ~expected


def test_quantifiers(condition: Condition) -> None:
    """Empty lists, missing lists, and errors inside the body."""
    some, every = condition("resource.tags.exists(t, t == principal.department)"), condition(
        "resource.tags.all(t, t == principal.department)")
    assert outcome(some, {}, {"tags": []}) is F
    assert outcome(every, {}, {"tags": []}) is T
    assert outcome(some, {}, {}) is E
    assert outcome(every, {}, {}) is E
    assert outcome(some, {}, {"tags": ["a"]}) is E
    assert outcome(some, {"department": "a"}, {"tags": ["b", "a"]}) is T
    assert outcome(every, {"department": "a"}, {"tags": ["a", "b"]}) is F
    mixed = condition("resource.tags.exists(t, t == 'a' || t == principal.department)")
    assert outcome(mixed, {}, {"tags": ["b", "a"]}) is T
    assert outcome(mixed, {}, {"tags": ["b"]}) is E


@pytest.mark.parametrize("value, expected", [
    (1.5, T), (1, F), (2, T), (True, E), ("1.5", E), (float("nan"), E), (float("inf"), E), (2**53, E), (-(2**53), E), (1e300, E),
])
def test_numbers(condition: Condition, value: object, expected: Truth) -> None:
    """Whole and other numbers compare by value; what some host would round is an error."""
    assert outcome(condition("resource.score > 1"), {}, {"score": value}) is expected


NOON = 1_767_614_400


def test_times(condition: Condition) -> None:
    """Timestamps are whole seconds; sums out of range are errors."""
    newer = condition("request.time - resource.created < duration('1h')")
    assert outcome(newer, {}, {"created": NOON - 3_599}, {"time": NOON}) is T
    assert outcome(newer, {}, {"created": NOON - 3_600}, {"time": NOON}) is F
    assert outcome(newer, {}, {"created": NOON - 0.5}, {"time": NOON}) is E
    assert outcome(newer, {}, {"created": TIMESTAMP_MIN}, {"time": TIMESTAMP_MAX}) is E
    assert outcome(newer, {}, {"created": TIMESTAMP_MIN - 1}, {"time": NOON}) is E
    later = condition("resource.created + resource.lifetime > request.time")
    assert outcome(later, {}, {"created": NOON, "lifetime": 1}, {"time": NOON}) is T
    assert outcome(later, {}, {"created": TIMESTAMP_MAX, "lifetime": 1}, {"time": NOON}) is E
    assert outcome(later, {}, {"created": NOON, "lifetime": DURATION_LIMIT + 1}, {"time": NOON}) is E
    assert outcome(condition("request.time == timestamp('2026-01-05T13:00:00+01:00')"), {}, {}, {"time": NOON}) is T


@pytest.mark.parametrize("part, expected", [
    ("getFullYear", 2026), ("getMonth", 0), ("getDate", 5), ("getDayOfMonth", 4), ("getDayOfYear", 4), ("getDayOfWeek", 1),
    ("getHours", 12), ("getMinutes", 0), ("getSeconds", 0),
])
def test_calendar(condition: Condition, part: str, expected: int) -> None:
    """Fields of 2026-01-05T12:00:00Z, a Monday, counted as CEL counts them."""
    assert outcome(condition(f"request.time.{part}() == {expected}"), {}, {}, {"time": NOON}) is T


def test_parts_of_durations(condition: Condition) -> None:
    """Whole units, towards zero."""
    assert outcome(condition("resource.lifetime.getHours() == -1"), {}, {"lifetime": -7_199}) is T
    assert outcome(condition("resource.lifetime.getMinutes() == 119"), {}, {"lifetime": 7_199}) is T


@pytest.mark.parametrize("subject, expected", [
    ("abc", T), ("abc\n", F), ("ABC", F), ("", F), ("a\u0663", E), ("\u00e9", E), ("a" * 1_024, T), ("a" * 1_025, E),
    (1, E), (None, E),
])
def test_patterns(condition: Condition, subject: object, expected: Truth) -> None:
    """`$` is the very end; what is not ASCII or too long is an error."""
    assert outcome(condition("principal.subject.matches('^[a-z]+$')"), {"subject": subject}) is expected
    assert outcome(condition("!principal.subject.matches('^[a-z]+$')"), {"subject": subject}) is ~expected


def test_text_tests(condition: Condition) -> None:
    """Ordinal: no case, no locale, nothing ignored."""
    starts = condition("resource.department.startsWith('ab')")
    assert outcome(starts, {}, {"department": "abc"}) is T
    assert outcome(starts, {}, {"department": "\u200dabc"}) is F
    assert outcome(starts, {}, {"department": "Abc"}) is F
    assert outcome(condition("resource.department.contains('')"), {}, {"department": ""}) is T
    assert outcome(condition("resource.department.endsWith('\u00e9')"), {}, {"department": "e\u0301"}) is F


def test_sizes(condition: Condition) -> None:
    """Lists by elements; text by characters where hosts agree what those are."""
    assert outcome(condition("size(resource.tags) == 2"), {}, {"tags": ["a", "b"]}) is T
    assert outcome(condition("size(resource.tags) == 0"), {}, {}) is E
    assert outcome(condition("size(resource.department) == 2"), {}, {"department": "ab"}) is T
    assert outcome(condition("size(resource.department) == 1"), {}, {"department": "\U0001F600"}) is E


def test_constants_decide_by_themselves(condition: Condition) -> None:
    """A condition without attributes has its outcome before any request; an overflow among constants is ERR."""
    assert true_form(condition("1 == 1")) == true_form(condition("true"))
    assert outcome(condition("1 == 1 && 'a' in ['a', 'b']"), {}) is T
    assert outcome(condition("timestamp('9999-12-31T23:59:59Z') + duration('1s') > timestamp('2026-01-05T12:00:00Z')"), {}) is E


def test_typed_values() -> None:
    """Values come out as one Python type for each type of the language."""
    assert repr(typed_value(5.0, "integer")) == "5"
    assert typed_value([1, 2.0], "list<integer>") == (1, 2)
    assert typed_value((), "list<string>") == ()
    assert typed_value([[]], "list<string>") is None
