"""Condition text: what it means to the parser, and what it says about what it refuses."""

from __future__ import annotations

import pytest

from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
    Double,
    Duration,
    Exists,
    Has,
    In,
    Int,
    ListLiteral,
    Matches,
    Not,
    Or,
    Size,
    String,
    TextTest,
    TimePart,
    Timestamp,
    TimeSum,
    Variable,
    walk,
)
from seccfg.expr.errors import ExprError, Problem
from seccfg.expr.parser import parse

LEVEL = Attribute("principal", "level")


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ExprError) as caught:
        parse(text)
    return caught.value.problems


@pytest.mark.parametrize("text, tree", [
    ("true", Bool(True)),
    ("principal.level >= 3", Compare(">=", LEVEL, Int(3))),
    ("principal.level == -3", Compare("==", LEVEL, Int(-3))),
    ("principal.level == 0x1F", Compare("==", LEVEL, Int(31))),
    ("principal.level < 1.5e2", Compare("<", LEVEL, Double(150.0))),
    ("principal.level < .5", Compare("<", LEVEL, Double(0.5))),
    ("!principal.level", Not(LEVEL)),
    ("true && false || true", Or((And((Bool(True), Bool(False))), Bool(True)))),
    ("true && (false || true)", And((Bool(True), Or((Bool(False), Bool(True)))))),
    ("true || false || true", Or((Bool(True), Bool(False), Bool(True)))),
    ("(true || false) || true", Or((Or((Bool(True), Bool(False))), Bool(True)))),
    ('"a" in principal.roles', In(String("a"), Attribute("principal", "roles"))),
    ("principal.level in [1, 2,]", In(LEVEL, ListLiteral((Int(1), Int(2))))),
    ("has(resource.tag)", Has(Attribute("resource", "tag"))),
    ('resource["some-tag"].startsWith("a")', TextTest("startsWith", Attribute("resource", "some-tag"), String("a"))),
    ("principal.roles.size() > 1", Compare(">", Size(Attribute("principal", "roles")), Int(1))),
    ("size(principal.roles) > 1", Compare(">", Size(Attribute("principal", "roles")), Int(1))),
    ('request.path.matches(r"^/\\d+$")', Matches(Attribute("request", "path"), r"^/\d+$")),
    ("principal.roles.exists(r, r == 'x')",
     Exists(Attribute("principal", "roles"), "r", Compare("==", Variable("r"), String("x")))),
    ('request.time - duration("1h30m") >= timestamp("1970-01-02T00:00:00+01:00")',
     Compare(">=", TimeSum("-", Attribute("request", "time"), Duration(5400)), Timestamp(82_800))),
    ('request.time.getHours("UTC") == 7', Compare("==", TimePart("getHours", Attribute("request", "time")), Int(7))),
    ("true // because", Bool(True)),
    ("true\n  && true", And((Bool(True), Bool(True)))),
])
def test_trees(text: str, tree: object) -> None:
    """Precedence, grouping, literals and calls are those of CEL."""
    assert parse(text) == tree


@pytest.mark.parametrize("text, value", [
    (r"'a\nb'", "a\nb"), (r'"\x41\u00e9\U0001F600\101"', "Aé\U0001F600A"), (r"r'\n'", r"\n"), ('"""a"b"""', 'a"b'),
    ("'''a\nb'''", "a\nb"), ("'''a\r\nb'''", "a\nb"), (r"'\a\b\f\r\t\v\\\?\"\'\`'", "\a\b\f\r\t\v\\?\"'`"), ("''", ""),
    ("R'\\'", "\\"),
])
def test_string_literals(text: str, value: str) -> None:
    """All escapes, raw strings and triple quotes of CEL."""
    assert parse(f"{text} == 'x'") == Compare("==", String(value), String("x"))


def test_positions() -> None:
    """Every node knows the part of the text it was read from; equality does not look at it."""
    text = "true && principal.level >= 3"
    tree = parse(text)
    assert [text[n.pos[0]:n.pos[1]] for n in walk(tree)] == [
        text, "true", "principal.level >= 3", "principal.level", "3"]
    assert parse(" " + text) == tree


@pytest.mark.parametrize("text, part, message", [
    ("", "", "the condition is empty"),
    ("true &&", "", "the condition stops too early"),
    ("&& true", "&&", "nothing to compare before `&&`"),
    ("true & false", "&", "single `&`"),
    ("principal.level = 3", "=", "single `=`"),
    ("principal.level == 3 == true", "==", "comparisons cannot be chained"),
    ("1 < principal.level < 3", "<", "comparisons cannot be chained"),
    ("principal.level / 2 == 1", "/", "`/` is not supported"),
    ("principal.level % 2 == 1", "%", "`%` is not supported"),
    ("principal.level * 2 == 1", "*", "`*` is not supported"),
    ("principal.level == 1u", "1u", "unsigned integers are not supported"),
    ("principal.level == 12ab", "12ab", "`12ab` is not a number"),
    ("principal.level == 007", "007", "`007` starts with 0"),
    ("principal.level == 9007199254740992", "9007199254740992", "`9007199254740992` is outside +-(2^53 - 1)"),
    ("principal.level == 1e300", "1e300", "`1e300` is outside +-(2^53 - 1)"),
    ("principal.tag == b'x'", "b'x'", "bytes are not supported"),
    ("principal.tag == null", "null", "`null` is not supported"),
    ("principal.tag == 'x", "'x", "the text is not closed"),
    (r"principal.tag == '\q'", r"\q", "unknown escape `\\q`"),
    (r"principal.tag == '\ud800'", r"'\ud800'", "the text holds a lone surrogate"),
    (r"principal.tag == '\x00'", r"'\x00'", "the text holds NUL"),
    (r"principal.tag == '\uFFFD'", r"'\uFFFD'", "the text holds U+FFFD"),
    (r"principal.tag == '\U00110000'", r"\U00110000", "there is no such Unicode character"),
    ("true ? true : false", "?", "the conditional `? :` is not supported"),
    ("{'a': 1} == 1", "{", "maps and messages are not supported"),
    ("principal.roles[0] == 'a'", "[", "lists have no index here"),
    ("principal.a.b == 'a'", "b", "unexpected `.b`"),
    ("principal == 'a'", "principal", "`principal` is no value by itself"),
    ("principal.data == 'a'", "principal.data", "`data` is a reserved word and cannot name an attribute"),
    ('resource["__proto__"] == "a"', 'resource["__proto__"]', "`__proto__` is a reserved word and cannot name an attribute"),
    ("user.name == 'a'", "user", "unknown name `user`"),
    ("principal.tag.lower() == 'a'", "lower", "unknown method `lower`"),
    ("principal.roles.map(r, r) == 1", "map", "`map` is not supported"),
    ("principal.roles.exists_one(r, true)", "exists_one", "`exists_one` is not supported"),
    ("int(principal.tag) == 1", "int", "`int(...)` is not supported"),
    ("principal.tag.matches(resource.pattern)", "resource", "`matches` takes a pattern written out as text"),
    ("principal.roles.exists(r, principal.scopes.exists(s, s == r))", "exists", "`exists` inside another `exists` or `all`"),
    ("principal.roles.exists(in, true)", "in", "`in` cannot be the name of an element"),
    ("[principal.a] == [1]", "principal.a", "a written-out list holds constants only"),
    ("timestamp(1) == request.time", "1", "`timestamp` takes a text written out"),
    ("timestamp('2026-02-30T00:00:00Z') == request.time", "'2026-02-30T00:00:00Z'", "not a timestamp in whole seconds"),
    ("duration('1d') == duration('1h')", "'1d'", "not a duration in whole seconds"),
    ("request.time.getHours('Europe/Berlin') == 1", "'Europe/Berlin'", "time zones are not supported"),
    ("-principal.level == 1", "-", "`-` goes before a number only"),
    ("principal.a == 'x' and true", "and", "unexpected `and`"),
    ("has('x')", "'x'", "`has` takes an attribute"),
    ("(true", "", "expected `)` to close `(` at the end"),
    ("true)", ")", "unexpected `)`"),
    ("principal.a == 'x' # why", "#", "unexpected character `#`"),
    ("tru\u0435", "\u0435", "unexpected character `\u0435`"),
])
def test_refusals(text: str, part: str, message: str) -> None:
    """What is refused is named, at its place."""
    found = problems(text)
    assert (message, part) in [(p.message, text[p.start:p.end]) for p in found]


def test_several_problems_at_once() -> None:
    """Everything that can be told without guessing is told together."""
    found = problems("user.name == 'a' && principal.tag == null && resource.import == 007")
    assert [p.message.split("`")[1] for p in found] == ["user", "null", "import", "007"]


def test_limits() -> None:
    """Text, nesting, comparisons and lists are bounded; at the bound all is well."""
    parse("(" * 32 + "true" + ")" * 32)
    assert problems("(" * 33 + "true" + ")" * 33)[0].message == "nested more than 32 levels deep"
    assert problems("!" * 33 + "true")[0].message == "nested more than 32 levels deep"
    parse(" && ".join(["true"] * 64))
    assert "at most 64 times" in problems(" && ".join(["true"] * 65))[0].message
    items = ", ".join(["1"] * 256)
    parse(f"principal.level in [{items}]")
    assert "at most 256 elements" in problems(f"principal.level in [{items}, 1]")[0].message
    assert "at most 64 times" in problems(f"[{items}].all(i, i == principal.level)")[0].message
    parse("true" + " " * 4_092)
    assert "at most 4096 bytes" in problems("true" + " " * 4_093)[0].message


def test_deep_input_does_not_exhaust_the_stack() -> None:
    """The nesting limit comes before Python's own."""
    for text in ("(" * 4_000, "!" * 4_000, "[" * 4_000, "size(" * 800, "a.b(" * 1_000, "-" * 4_000):
        assert problems(text)


def test_did_you_mean() -> None:
    """A slip gets its likely meaning."""
    assert problems("princpal.level == 1")[0].help == "did you mean `principal`?"
    assert problems("principal.tag.startWith('a')")[0].help == "did you mean `startsWith`?"
    assert problems("matches(principal.tag, 'a')")[0].help == 'write `x.matches("pattern")`'
