"""Step 14: parameters, query names, bodies, screens; schemas, formats and screens mean what the reference means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seccfg.expr.evaluate import UNUSABLE, typed_value
from seccfg.expr.types import list_of
from seccfg.semantics import formats as reference_formats
from seccfg.semantics import screens as reference_screens
from seccfg.semantics import values as reference_values
from seccfg_runtime.runtime import formats, screens, values
from seccfg_runtime.runtime.interface import PolicyError
from seccfg_runtime.runtime.model import BodyLimit, Param, Validate
from seccfg_runtime.runtime.schemas import compile_schema, portable, portable_pattern

INVALID = "400 invalid_input"


def world(kit: Any, template: str = "/notes", method: str = "POST", **control: Any) -> Any:
    body = BodyLimit(10_000, ("application/json", "text/plain", "application/merge-patch+json"))
    return kit.world(kit.policy(kit.public(method, template, validate=Validate(**control), body=body)))


def param(place: Any, kind: Any = "string", schema: Any = None, **more: Any) -> Param:
    return Param(place, "a" if place != "header" else "x-a", kind, json.dumps({} if schema is None else schema), **more)


@pytest.mark.parametrize(
    "query, expected",
    [
        ("", INVALID),
        ("a=5", "pass"),
        ("a=%35", "pass"),
        ("a=0", INVALID),
        ("a=101", INVALID),
        ("a=5.0", INVALID),
        ("a=05", INVALID),
        ("a=5&a=5", INVALID),
        ("a=", INVALID),
        ("a", INVALID),
        ("a=+5", INVALID),
        ("a=5&b=1", "pass"),
        ("%61=5", "pass"),
        ("a=%ff", INVALID),
    ],
)
def test_query_parameters(kit: Any, query: str, expected: str) -> None:
    """Typed exactly, judged by their schema, given once."""
    made = world(kit, params=(param("query", "integer", {"minimum": 1, "maximum": 100}, required=True),))
    assert made.refused(f"/notes?{query}", method="POST") == expected


def test_what_a_target_alone_passed_is_no_pass_for_headers_bodies_or_other_methods(kit: Any) -> None:
    """A target that was found good before is good for the same route and a request without body, no more."""
    by_header = world(kit, params=(param("query"), param("header", required=True)))
    assert by_header.refused("/notes?a=1", ("X-A", "1"), method="POST") == "pass"
    assert by_header.refused("/notes?a=1", method="POST") == INVALID
    schema = json.dumps({"type": "object"})
    by_body = world(kit, params=(param("query"),), body_schema=schema)
    assert by_body.refused("/notes?a=1", method="POST") == "pass"
    assert by_body.refused("/notes?a=1", method="POST", body=b"[]") == INVALID
    number = Validate((param("query", "integer"),))
    made = kit.world(kit.policy(kit.public(), kit.public("DELETE", validate=number)))
    assert made.refused("/notes?a=x") == "pass"
    assert made.refused("/notes?a=x", method="DELETE") == INVALID
    assert made.refused("/notes?a=x") == "pass"


def test_undeclared_query_names_are_refused_where_the_route_says_so(kit: Any) -> None:
    """A name that is no text included; empty pieces are no names."""
    made = world(kit, params=(param("query"),), closed_query=True)
    for query, expected in (
        ("a=1", "pass"),
        ("a=1&", "pass"),
        ("b=1", INVALID),
        ("a=1&A=1", INVALID),
        ("%ff=1", INVALID),
        ("", "pass"),
        ("&=1", INVALID),
    ):
        assert made.refused(f"/notes?{query}", method="POST") == expected


def test_path_parameters(kit: Any) -> None:
    """Formats assert: a UUID is one."""
    made = world(kit, "/notes/{a}", params=(param("path", "string", {"format": "uuid"}, required=True),))
    assert made.refused("/notes/5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d", method="POST") == "pass"
    assert made.refused("/notes/5b0c8e1e6a524a5c9d0e1f1c2a3b4c5d", method="POST") == INVALID


def test_header_parameters(kit: Any) -> None:
    """Given once, ASCII, no comma."""
    made = world(kit, params=(param("header", "string", {"maxLength": 3}),))
    for sent, expected in (
        (["abc"], "pass"),
        ([], "pass"),
        (["abcd"], INVALID),
        (["a", "b"], INVALID),
        (["a,b"], INVALID),
        (["\u00e9"], INVALID),
        ([""], "pass"),
    ):
        assert made.refused("/notes", *(("X-A", value) for value in sent), method="POST") == expected


@pytest.mark.parametrize(
    "kind, good, bad",
    [
        ("boolean", "true", "1"),
        ("number", "1.5", "1e5"),
        ("timestamp", "2026-01-05T12:00:00Z", "2026-01-05"),
        ("integer", "-1", "--1"),
        ("string", "x", "%00"),
    ],
)
def test_types(kit: Any, kind: str, good: str, bad: str) -> None:
    """A text that is no value of its type is refused."""
    made = world(kit, params=(param("query", kind),))
    assert made.refused(f"/notes?a={good}", method="POST") == "pass"
    assert made.refused(f"/notes?a={bad}", method="POST") == INVALID


def test_timestamps_are_judged_as_texts_by_the_rest_of_their_schema(kit: Any) -> None:
    """`pattern` on a timestamp looks at what was sent."""
    made = world(kit, params=(param("query", "timestamp", {"type": "integer", "pattern": "Z$"}),))
    assert made.refused("/notes?a=2026-01-05T12:00:00Z", method="POST") == "pass"
    assert made.refused("/notes?a=2026-01-05T12:00:00+00:00", method="POST") == INVALID


ORDER = {
    "type": "object",
    "required": ["n"],
    "additionalProperties": False,
    "properties": {
        "n": {"type": "integer", "minimum": 0},
        "t": {"type": "string", "pattern": "^[a-z]+$"},
        "e": {"format": "email", "type": "string"},
    },
}


@pytest.mark.parametrize(
    "body, expected",
    [
        (b'{"n": 1}', "pass"),
        (b'{"n": 1.0}', "pass"),
        (b'{"n": -1}', INVALID),
        (b'{"n": "1"}', INVALID),
        (b'{"n": true}', INVALID),
        (b"{}", INVALID),
        (b"[]", INVALID),
        (b'{"n": 1, "x": 1}', INVALID),
        (b'{"n": 1, "n": 1}', INVALID),
        (b'{"n": 1', INVALID),
        (b'{"n": 1, "t": "ab\\n"}', INVALID),
        (b'{"n": 1, "t": "ab"}', "pass"),
        (b'{"n": 1, "e": "a@b"}', "pass"),
        (b'{"n": 1, "e": "a@"}', INVALID),
        (None, INVALID),
        (b'{"n": 1e400}', INVALID),
        (b'{"n": 123456789012345678901234567890}', "pass"),
    ],
)
def test_bodies_fit_their_schema(kit: Any, body: bytes | None, expected: str) -> None:
    """A schema makes a body required; what is no JSON never fits."""
    made = world(kit, body_schema=json.dumps(ORDER), body_required=True)
    assert made.refused(method="POST", body=body) == expected
    assert made.refused("/notes", ("Content-Type", "text/plain"), method="POST", body=body or b"") == expected


def test_json_is_json_without_a_schema_too(kit: Any) -> None:
    """By media type; other types are not read."""
    made = world(kit, json_depth=2)
    for kind, expected in (("application/json", INVALID), ("application/merge-patch+json", INVALID), ("text/plain", "pass")):
        for body in (b"[[[1]]]", b'{"a":1,"a":1}', b"{"):
            assert made.refused("/notes", ("Content-Type", kind), method="POST", body=body) == expected
    assert made.refused(method="POST", body=b"[[1]]") == "pass"


@pytest.mark.parametrize(
    "schema", ['{"type": "nonsense"}', '{"$ref": "https://example.com/x"}', '{"$ref": "#/nowhere"}', "{", "5", '{"pattern": "("}']
)
def test_schemas_that_cannot_be_used_do_not_start(kit: Any, schema: str) -> None:
    """Nothing is fetched; the error names the place."""
    with pytest.raises(PolicyError, match="POST /notes"):
        world(kit, body_schema=schema)


@pytest.mark.parametrize(
    "schema, good, bad",
    [
        ({"pattern": "^\\s$"}, " ", "\u00a0"),
        ({"pattern": "^\\S$"}, "\u00a0", " "),
        ({"pattern": "^[\\s]$"}, "\t", "\u2003"),
        ({"pattern": "^\\d$"}, "5", "\u0665"),
        ({"pattern": "^\\w$"}, "a", "\u00e9"),
        ({"pattern": "a$"}, "a", "a\n"),
        ({"format": "date"}, "2024-02-29", "2023-02-29"),
        ({"format": "ipv4"}, "1.2.3.4", "01.2.3.4"),
        ({"not": {"pattern": "\\s"}}, "\u00a0", " "),
        ({"properties": {"pattern": {"type": "string"}}}, {"pattern": "\\s"}, {"pattern": 5}),
        ({"patternProperties": {"^\\s$": False}}, {"\u00a0": 1}, {" ": 1}),
        ({"const": {"format": "nope"}}, {"format": "nope"}, {}),
    ],
)
def test_schemas_mean_what_they_mean_everywhere(schema: Any, good: object, bad: object) -> None:
    """ASCII classes, `$` at the very end, the formats of the list."""
    judged = compile_schema(json.dumps(schema), "a test")
    assert judged.is_valid(good)
    assert not judged.is_valid(bad)


def test_other_formats_assert_nothing() -> None:
    """Wherever they stand."""
    for name in ("hostname", "uri-reference", "regex", "idn-email", "nonsense"):
        assert compile_schema(json.dumps({"items": {"format": name}}), "a test").is_valid(["( -"])
    assert portable({"format": "nonsense", "enum": [{"format": "nonsense"}]}) == {"enum": [{"format": "nonsense"}]}
    assert portable_pattern(r"[\s\]]\\s\S") == r"[\t\n\x0b\f\r \]]\\s[^\t\n\x0b\f\r ]"


def test_screens_and_formats_are_the_references(kit: Any) -> None:
    """The pattern data are equal, so is the form they are searched in."""
    assert dict(screens.SCREENS) == dict(reference_screens.SCREENS)
    assert dict(formats.FORMATS) == dict(reference_formats.FORMATS)
    for text in ("O'Brien", " \t\x00\u00e9\ufffdA\r\nb ", "", "\U0001f600"):
        assert screens.normal_form(text) == reference_screens.normal_form(text)


TEXTS = [
    "",
    "0",
    "-0",
    "5",
    "-5",
    "05",
    "1.5",
    "1.50",
    ".5",
    "5.",
    "1e5",
    "true",
    "false",
    "TRUE",
    "9007199254740991",
    "9007199254740992",
    "-9007199254740992",
    "\u0665",
    "2026-01-05T12:00:00Z",
    "2026-01-05T12:00:00.000+14:00",
    "2026-01-05T12:00:00.0Z",
    "2026-01-05T12:00:00.Z",
    "2024-02-29T23:59:59-23:59",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-01:00",
    "0000-01-01T00:00:00Z",
    "2026-01-05T24:00:00Z",
    "2026-01-05T12:00:00+24:00",
    "2026-01-05 12:00:00Z",
    "\u0662026-01-05T12:00:00Z",
    "a\x00",
    "\ufffd",
    "x" * 40,
]


@pytest.mark.parametrize("kind", ["string", "integer", "number", "boolean", "timestamp", "duration"])
def test_texts_become_the_values_of_the_reference(kind: Any) -> None:
    """Text by text, type by type."""
    for text in TEXTS:
        mine, theirs = values.from_text(text, kind), reference_values.from_text(text, kind)
        assert (mine is values.INVALID) == (theirs is UNUSABLE), text
        if mine is not values.INVALID:
            assert (mine, type(mine)) == (theirs, type(theirs))


@pytest.mark.parametrize("kind", ["string", "integer", "number", "boolean", "timestamp", "duration"])
@pytest.mark.parametrize("listed", [False, True])
def test_json_becomes_the_values_of_the_reference(kind: Any, listed: bool) -> None:
    """Value by value."""
    cases: list[object] = [
        "",
        "a",
        5,
        5.0,
        5.5,
        True,
        None,
        [],
        ["a"],
        ["a", 1],
        [1, 2.0],
        {},
        2**53,
        -(2**53) + 1,
        1e300,
        float(2**60),
        "\ud800",
        [None],
    ]
    for value in cases:
        mine, theirs = values.typed(value, kind, listed), typed_value(value, list_of(kind) if listed else kind)
        assert (mine is values.INVALID) == (theirs is None), value
        if mine is not values.INVALID:
            assert mine == (list(theirs) if isinstance(theirs, tuple) else theirs)


@pytest.mark.parametrize(
    "text", ["O'Brien", "select a seat", "drop me a line", "5 or 6", "<3", "a -- b", "union select committee", "x = 1", "1+1=2"]
)
def test_ordinary_texts_pass_the_screens(kit: Any, text: str) -> None:
    """Screens stand on the grammar of an attack, not on words."""
    made = world(kit, screens=("sql-injection", "xss"), params=(param("header"),))
    assert made.refused("/notes", ("X-A", text), method="POST", body=json.dumps({"text": [text]}).encode()) == "pass"


@pytest.mark.parametrize("attack", ["' or '1'='1", "x'; drop table users--", "<script>alert(1)</script>", "1 UNION  SELECT null,2"])
def test_attacks_are_refused_wherever_they_stand(kit: Any, attack: str) -> None:
    """Path, query names and values, declared headers, texts and names of a JSON body, other bodies whole."""
    from urllib.parse import quote

    made = world(kit, "/notes/{b}", screens=("sql-injection", "xss"), params=(param("header"),))
    assert made.refused(f"/notes/1?q={quote(attack, safe='')}", method="POST") == INVALID
    assert made.refused(f"/notes/1?{quote(attack, safe='')}=1", method="POST") == INVALID
    assert made.refused("/notes/1", method="POST", body=json.dumps({"a": [{"b": attack}]}).encode()) == INVALID
    assert made.refused("/notes/1", method="POST", body=json.dumps({attack: 1}).encode()) == INVALID
    assert made.refused("/notes/1", ("Content-Type", "text/plain"), method="POST", body=attack.encode()) == INVALID
    if "," not in attack:
        assert made.refused("/notes/1", ("X-A", attack), method="POST") == INVALID


def test_a_screen_that_is_none_does_not_start(kit: Any) -> None:
    """A name without patterns would screen nothing."""
    with pytest.raises(PolicyError, match="nonsense"):
        world(kit, screens=("nonsense",))
