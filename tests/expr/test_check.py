"""Types: what fits, what is widened, what is refused, and what is only doubtful."""

from __future__ import annotations

import pytest

from seccfg.expr.ast import Attribute, Compare, Double, In, ListLiteral
from seccfg.expr.check import check
from seccfg.expr.errors import ExprError, closest
from seccfg.expr.parser import parse
from seccfg.expr.types import TypeEnv


@pytest.mark.parametrize("text, kind", [
    ("principal.level", "integer"), ("size(resource.tags)", "integer"), ("request.time - resource.created", "duration"),
    ("request.time + duration('1s')", "timestamp"), ("duration('1s') + request.time", "timestamp"),
    ("duration('1s') - duration('2s')", "duration"), ("resource.tags", "list<string>"), ("[1, 2.5]", "list<number>"),
    ("resource.lifetime.getHours()", "integer"), ("has(principal.mfa)", "boolean"), ("resource.tags.all(t, t != '')", "boolean"),
    ("principal.client", "string"), ("request.host", "string"), ("principal.scopes", "list<string>"),
])
def test_types(text: str, kind: str, env: TypeEnv) -> None:
    """Each operand has one type, known before any request."""
    assert check(parse(text), env, expected=None).type == kind


@pytest.mark.parametrize("text", [
    "principal.mfa", "principal.mfa == resource.open", "resource.score < resource.ratio", "1 == 1",
    "principal.level in resource.grades", "resource.grades.exists(g, g > principal.level)",
    "['a', 'b'].exists(r, r in principal.roles)", "'ab'.startsWith(principal.department)", "resource.open == false",
    "resource.tags.exists(t, resource.grades.size() > 1 && t == 'a')",
])
def test_fits(text: str, env: TypeEnv) -> None:
    """Well-typed conditions."""
    assert check(parse(text), env).type == "boolean"


@pytest.mark.parametrize("text, message", [
    ("principal.level == '3'", "an integer is never compared with text"),
    ("principal.level == 3.0", "an integer is never compared with a number"),
    ("1 == 1.0", "an integer is never compared with a number"),
    ("principal.level == resource.score", "an integer is never compared with a number"),
    ("principal.mfa == 1", "a boolean is never compared with an integer"),
    ("principal.mfa == 'true'", "a boolean is never compared with text"),
    ("request.time == 0", "a timestamp is never compared with an integer"),
    ("request.time == duration('1s')", "a timestamp is never compared with a duration"),
    ("principal.department < 'm'", "`<` has no meaning for text"),
    ("principal.mfa < true", "`<` has no meaning for a boolean"),
    ("resource.tags == ['a']", "lists are not compared"),
    ("resource.tags == 'a'", "a list of strings is never compared with text"),
    ("(1 == 1) == true", "the outcome of a comparison is not compared again"),
    ("principal.mfa == !resource.open", "the outcome of a comparison is not compared again"),
    ("'a' in principal.department", "`in` needs a list, this is text"),
    ("1 in principal.roles", "an integer is never in a list of strings"),
    ("'a' in [1]", "text is never in a list of integers"),
    ("principal.level in [1.5]", "an integer is never in a list of numbers"),
    ("principal.level in []", "an empty list holds nothing to compare with"),
    ("[].exists(x, x == 1)", "an empty list holds nothing to compare with"),
    ("principal.level in [1, 'a']", "text in a list that starts with an integer"),
    ("principal.level.startsWith('a')", "`startsWith` works on text, not on an integer"),
    ("principal.roles.contains('a')", "`contains` works on text, not on a list of strings"),
    ("principal.roles.matches('a')", "`matches` works on text, not on a list of strings"),
    ("size(principal.level) > 1", "`size` counts a list or a text, not an integer"),
    ("principal.department.exists(x, true)", "`exists` and `all` look at a list, this is text"),
    ("principal.roles.exists(r, r)", "this is text, the part after `r,` is true or false"),
    ("principal.level + 1 == 2", "`+` has no meaning for an integer and an integer"),
    ("principal.department + 'x' == 'ax'", "`+` has no meaning for text and text"),
    ("request.time + 60 > request.time", "`+` has no meaning for a timestamp and an integer"),
    ("request.time + request.time > request.time", "`+` has no meaning for a timestamp and a timestamp"),
    ("resource.lifetime.getDayOfWeek() == 1", "a duration has no `getDayOfWeek`"),
    ("principal.level.getHours() == 1", "`getHours` works on a timestamp, not on an integer"),
    ("principal.level", "this is an integer, a condition is true or false"),
    ("principal.level && true", "`&&` joins conditions, this is an integer"),
    ("!principal.level", "`!` joins conditions, this is an integer"),
    ("principal.levle == 3", "unknown attribute `principal.levle`"),
    ("has(principal.tags)", "unknown attribute `principal.tags`"),
    ("request.body == 'x'", "unknown attribute `request.body`"),
    ("principal.department.matches('.*')", "pattern, character 1: `.` means something else on each host"),
    ("principal.department.matches('^(a+)+$')",
     "pattern: one repetition inside another lets the same text match in very many ways"),
])
def test_does_not_fit(text: str, message: str, env: TypeEnv) -> None:
    """A type error is said in the user's words."""
    with pytest.raises(ExprError) as caught:
        check(parse(text), env)
    assert message in [p.message for p in caught.value.problems]


def test_all_errors_at_once(env: TypeEnv) -> None:
    """Each operand is checked whatever is wrong with the others, and no error makes another."""
    text = "principal.levle == 3 && principal.level == 'x' && !principal.level && resource.created > 1"
    with pytest.raises(ExprError) as caught:
        check(parse(text), env)
    assert [text[p.start:p.end] for p in caught.value.problems] == [
        "principal.levle", "principal.level == 'x'", "principal.level", "resource.created > 1"]


@pytest.mark.parametrize("text, help", [
    ("principal.levle == 3", "did you mean `principal.level`?"),
    ("principal.tags.size() > 1", "did you mean `resource.tags`?"),
    ("principal.shoe == 'a'", "declare it under `attributes.principal`"),
    ("request.time > 5", 'a timestamp is written `timestamp("2026-01-05T12:00:00Z")`'),
    ("'a' in request.host", "`text.contains(part)` looks into text"),
])
def test_help(text: str, help: str, env: TypeEnv) -> None:
    """Errors say what to write instead."""
    with pytest.raises(ExprError) as caught:
        check(parse(text), env)
    assert caught.value.problems[0].help == help


def test_whole_numbers_are_widened_beside_a_number(env: TypeEnv) -> None:
    """`5` means `5.0` where a number is compared, on either side and in lists."""
    score = Attribute("resource", "score", "number")
    assert check(parse("resource.score > 5"), env).expr == Compare(">", score, Double(5.0))
    assert check(parse("5 < resource.score"), env).expr == Compare("<", Double(5.0), score)
    assert check(parse("resource.score in [1, 2.5]"), env).expr == In(score, ListLiteral((Double(1.0), Double(2.5))))
    assert check(parse("resource.score in [1, 2]"), env).expr == In(score, ListLiteral((Double(1.0), Double(2.0))))


@pytest.mark.parametrize("text, codes", [
    ("principal.department == 'a'", ["optional-without-has"]),
    ("has(principal.department) && principal.department == 'a'", []),
    ("principal.level == 3", []),
    ("resource.score == 3", ["number-equality"]),
    ("true && principal.level == 3", ["constant"]),
    ("1 == 1", ["constant"]),
    ("request.path.startsWith('')", ["empty-text"]),
    ("resource.tags.exists(t, principal.level == 3)", ["constant"]),
    ("request.host == 'e\\u0301'", ["not-nfc"]),
    (f"principal.level in [{', '.join(map(str, range(33)))}]", ["portability"]),
])
def test_warnings(text: str, codes: list[str], env: TypeEnv) -> None:
    """What is allowed but doubtful is listed, with a place."""
    result = check(parse(text), env)
    assert [w.code for w in result.warnings] == codes
    assert all(w.start < w.end for w in result.warnings)


def test_built_in_attributes_cannot_be_redeclared() -> None:
    """A declaration of `principal.roles` does not change what it is."""
    from seccfg.expr.types import AttributeType

    env = TypeEnv({("principal", "roles"): AttributeType("string")})
    assert check(parse("'admin' in principal.roles"), env).type == "boolean"


def test_closest() -> None:
    """Suggestions are near, or none."""
    assert closest("admni", ["viewer", "admin"]) == "admin"
    assert closest("dep", ["department"]) == "department"
    assert closest("x", ["viewer", "admin"]) == ""
