"""Which conditions are the same one, and which are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.expr.ast import Attribute, Compare, Expr, Int, String
from seccfg.expr.canonical import expr_id, normal_form, print_expr
from seccfg.expr.substitute import substitute

Condition = Callable[[str], Expr]


@pytest.mark.parametrize("left, right", [
    ("principal.mfa && resource.open", "resource.open && principal.mfa"),
    ("principal.mfa || resource.open", "(resource.open || principal.mfa) || principal.mfa"),
    ("principal.level > 3", "3 < principal.level"),
    ("principal.level >= 3", "!(principal.level < 3)"),
    ("principal.department == resource.department", "resource.department == principal.department"),
    ("!(principal.department == 'a')", "principal.department != 'a'"),
    ("!(principal.mfa && !resource.open)", "resource.open || !principal.mfa"),
    ("!!principal.mfa", "principal.mfa"),
    ("principal.mfa == true", "principal.mfa"),
    ("principal.mfa != true", "!principal.mfa"),
    ("principal.mfa && 1 == 1", "principal.mfa"),
    ("principal.mfa && false", "false"),
    ("principal.mfa || true", "true"),
    ("principal.level in [2, 1, 2]", "principal.level in [1, 2]"),
    ("principal.level in [1]", "principal.level == 1"),
    ("principal.roles.exists(r, r == 'a')", "principal.roles.exists(role, 'a' == role)"),
    ("!principal.roles.exists(r, r == 'a')", "principal.roles.all(x, x != 'a')"),
    ("['a', 'b'].exists(r, r in principal.roles)", "'b' in principal.roles || 'a' in principal.roles"),
    ("['a', 'b'].all(r, r in principal.roles)", "'b' in principal.roles && 'a' in principal.roles"),
    ("principal.level == 0x10", "principal.level == 16"),
    ("request.time > timestamp('2026-01-05T13:00:00+01:00')", "request.time > timestamp('2026-01-05T12:00:00Z')"),
])
def test_the_same(left: str, right: str, condition: Condition) -> None:
    """Ways to write one condition share an id."""
    assert expr_id(condition(left)) == expr_id(condition(right))


@pytest.mark.parametrize("left, right", [
    ("principal.mfa || !principal.mfa", "true"),
    ("principal.mfa && !principal.mfa", "false"),
    ("principal.mfa && (resource.open || !resource.open)", "principal.mfa"),
    ("has(principal.mfa) && principal.mfa", "principal.mfa"),
    ("principal.department == principal.department", "true"),
    ("principal.level < 3", "principal.level <= 2"),
    ("principal.level < 3", "resource.required < 3"),
    ("resource.tags.all(t, t == 'a')", "resource.tags.exists(t, t == 'a')"),
])
def test_not_the_same(left: str, right: str, condition: Condition) -> None:
    """Laws that fail where a value is missing are not used."""
    assert expr_id(condition(left)) != expr_id(condition(right))


def test_the_type_is_part_of_the_identity() -> None:
    """The same text over an attribute of another type is another condition."""
    trees = [Compare("==", Attribute("principal", "x", kind), String("a")) for kind in ("string", "timestamp")]
    assert expr_id(trees[0]) != expr_id(trees[1])


def test_ids_are_stable(condition: Condition) -> None:
    """The id is a function of the condition alone: it is written into built files."""
    assert expr_id(condition("principal.level >= 3")) == "f4cceb1bcde5c5969fb4631414f2b616"


def test_folding_route_constants(condition: Condition) -> None:
    """A constant in place of an attribute gives the condition as if it had been written there."""
    folded = substitute(condition("principal.level >= resource.required"), {("resource", "required"): Int(2)})
    assert expr_id(folded) == expr_id(condition("principal.level >= 2"))
    assert print_expr(folded) == "principal.level >= 2"
    score = substitute(condition("resource.score > resource.ratio"), {("resource", "ratio"): Int(2)})
    assert expr_id(score) == expr_id(condition("resource.score > 2"))
    guarded = condition("has(resource.required) && principal.level >= resource.required")
    seen = substitute(guarded, {("resource", "required"): Int(2)})
    assert expr_id(seen) == expr_id(condition("principal.level >= 2"))
    time = substitute(condition("request.time > resource.created"), {("resource", "created"): String("2026-01-05T12:00:00Z")})
    assert expr_id(time) == expr_id(condition("request.time > timestamp('2026-01-05T12:00:00Z')"))
    with pytest.raises(TypeError):
        substitute(condition("principal.level >= resource.required"), {("resource", "required"): String("2")})


def test_printing_keeps_what_was_written(condition: Condition) -> None:
    """Order and grouping stay; text is escaped so that one line holds it and nothing invisible hides in it."""
    text = 'principal.level >= 3 && ("a\\n\\u202e\\"b" in principal.roles || !has(principal.mfa))'
    assert print_expr(condition(text)) == text


def test_normal_form_is_readable(condition: Condition) -> None:
    """It is itself a condition."""
    assert print_expr(normal_form(condition("!(principal.level >= 3 && principal.mfa)"))) == "!principal.mfa || principal.level < 3"
