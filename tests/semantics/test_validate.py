"""Step 14: parameters, body, screens."""

from __future__ import annotations

import json

import pytest

from seccfg.ir.policy import BodyLimit, Param, Validate
from seccfg.semantics import decide

INVALID = (400, "invalid_input")
JSON = ("Content-Type", "application/json")


def param(place, name, kind="string", required=False, **schema):
    return Param(place, name, kind, json.dumps({"type": kind, **schema}), required)


def control(*params, closed=False, schema=None, required=None, depth=8, screens=()):
    text = "" if schema is None else json.dumps(schema)
    return Validate(params, closed, text, bool(text) if required is None else required, depth, screens)


def policy(kit, method, validate, types=("application/json",)):
    return kit.policy(kit.route(method, "/r/{p}", validate=validate, body=BodyLimit(100_000, types)))


def get(kit, validate, target="/r/x", *headers):
    return kit.status(policy(kit, "GET", validate), kit.request("GET", target, kit.bearer(), *headers))


def post(kit, validate, body, types=("application/json",), media=JSON):
    request = kit.request("POST", "/r/x", kit.bearer(), media, body=body)
    return kit.status(policy(kit, "POST", validate, types), request)


PASS = (200, "pass")


# ------------------------------------------------------------------------------------------------------- parameters
@pytest.mark.parametrize("query, expected", [
    ("?n=1", PASS), ("?n=100", PASS), ("?n=0", INVALID), ("?n=101", INVALID), ("?n=x", INVALID), ("?n=", INVALID),
    ("?n", INVALID),
    ("?n=1.0", INVALID), ("?n=01", INVALID), ("?n=%31", PASS), ("?n=+1", INVALID), ("?n=1&n=1", INVALID),
    ("?n=1&%6E=2", INVALID),
    ("?n=%FF", INVALID), ("", PASS), ("?m=1", PASS),
])  # fmt: skip
def test_query_parameters(kit, query, expected):
    """A declared query parameter is decoded once, typed, judged by its schema, and given twice it is 400."""
    assert get(kit, control(param("query", "n", "integer", minimum=1, maximum=100)), "/r/x" + query) == expected


def test_required(kit):
    """Query and header parameters: not required, unless they say so."""
    assert get(kit, control(param("query", "n", required=True))) == INVALID
    assert get(kit, control(param("query", "n", required=True)), "/r/x?n=") == PASS
    assert get(kit, control(param("header", "x-a", required=True))) == INVALID
    assert get(kit, control(param("header", "x-a"))) == PASS


@pytest.mark.parametrize("query, expected", [("?a=1", PASS), ("?b=1", INVALID), ("?a=1&b", INVALID), ("?%61=1", PASS),
    ("?=1", INVALID),
                                             ("?%FF=1", INVALID), ("?&", PASS), ("", PASS)])  # fmt: skip
def test_a_declared_query_is_closed(kit, query, expected):
    """Where a route declares `query`, undeclared names are 400."""
    assert get(kit, control(param("query", "a"), closed=True), "/r/x" + query) == expected


def test_path_parameters(kit):
    """Path parameters are judged decoded."""
    uuid = control(param("path", "p", format="uuid"))
    assert get(kit, uuid, "/r/5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d") == PASS
    assert get(kit, uuid, "/r/5b0c8e1e") == INVALID
    assert get(kit, control(param("path", "p", maxLength=3)), "/r/a%20b") == PASS
    assert get(kit, control(param("path", "p", maxLength=1)), "/r/%F0%9F%98%80") == PASS  # code points


@pytest.mark.parametrize("lines, expected", [(("abc",), PASS), (("abcd",), INVALID), (("a", "b"), INVALID), (("a,b",), INVALID),
                                             (("\xe4",), INVALID), (("",), PASS)])  # fmt: skip
def test_header_parameters(kit, lines, expected):
    """A header parameter is one line of ASCII without comma, judged by its schema."""
    validate = control(param("header", "x-a", maxLength=3))
    assert get(kit, validate, "/r/x", *(("X-A", line) for line in lines)) == expected


@pytest.mark.parametrize("kind, text, schema, expected", [
    ("boolean", "true", {}, PASS), ("boolean", "1", {}, INVALID), ("number", "1.5", {"minimum": 1.5}, PASS),
    ("number", "1.4", {"minimum": 1.5}, INVALID), ("number", "1e3", {}, INVALID), ("string", "open",
    {"enum": ["open"]}, PASS),
    ("string", "Open", {"enum": ["open"]}, INVALID), ("integer", "3", {"enum": [1, 3]}, PASS),
    ("timestamp", "2026-01-05T12:00:00Z", {}, PASS), ("timestamp", "2026-01-05", {}, INVALID),
    ("timestamp", "2026-01-05T12:00:00Z", {"maxLength": 5}, INVALID), ("duration", "60", {}, INVALID),
    ("string", "ab", {"pattern": "^(?:[a-z]{2})$"}, PASS), ("string", "ab%0A", {"pattern": "^(?:[a-z]{2})$"}, INVALID),
    ("string", "a%00", {}, INVALID),
])  # fmt: skip
def test_types_and_schemas(kit, kind, text, schema, expected):
    """Text becomes a value of the type before the schema judges it."""
    assert get(kit, control(param("query", "n", kind, **schema)), f"/r/x?n={text}") == expected


# ------------------------------------------------------------------------------------------------------------- body
ORDER = {
    "type": "object", "required": ["n"], "additionalProperties": False,
    "properties": {"n": {"type": "integer", "minimum": 1}, "s": {"type": "string", "pattern": "^[a-z]+$"},
    "d": {"format": "date"}},
}  # fmt: skip


@pytest.mark.parametrize("body, expected", [
    (b'{"n": 1}', PASS), (b'{"n": 1.0}', PASS), (b'{"n": 1.5}', INVALID), (b'{"n": "1"}', INVALID), (b'{"n": true}',
    INVALID),
    (b'{"n": 0}', INVALID), (b'{}', INVALID), (b'{"n": 1, "x": 1}', INVALID), (b"[]", INVALID), (b"null", INVALID),
    (b'{"n": 1, "s": "ab"}', PASS), (b'{"n": 1, "s": "ab\\n"}', INVALID), (b'{"n": 1, "s": "A"}', INVALID),
    (b'{"n": 1, "d": "2026-02-28"}', PASS), (b'{"n": 1, "d": "2026-02-29"}', INVALID), (b'{"n": 1, "d": 5}', PASS),
    (b'{"n": 1', INVALID), (b"", INVALID), (b'{"n": 1} x', INVALID), (b'\xef\xbb\xbf{"n": 1}', INVALID),
    (b'{"n": 1,}', INVALID),
    (b"{'n': 1}", INVALID), (b'{"n": NaN}', INVALID), (b'{"n": 1, "s": "\\ud800"}', INVALID), (b'{"n": 1, "n": 1}',
    INVALID),
    ('{"n": 1}'.encode("utf-16"), INVALID),
])  # fmt: skip
def test_body_schema(kit, body, expected):
    """The body schema; `1.0` is an integer; a duplicate member in a body: 400."""
    assert post(kit, control(schema=ORDER), body) == expected


def test_a_schema_makes_a_body_required(kit):
    """A body schema makes a body required unless `body: {required: false}`."""
    assert post(kit, control(schema=ORDER), b"") == INVALID
    assert post(kit, control(schema=ORDER, required=False), b"") == PASS
    assert post(kit, control(required=True), b"") == INVALID
    assert post(kit, control(), b"") == PASS


@pytest.mark.parametrize("body, expected", [
    (b'{"a": [1, {"b": 2}]}', PASS), (b'{"a": [1, {"b": [2]}]}', INVALID), (b"[" * 5000 + b"]" * 5000, INVALID),
    (b'"[[[[[["', PASS),
    (b'{"[[[[": "\\"[[[["}', PASS), (b"1", PASS), (b"[[[]]]", PASS), (b"[[[[]]]]", INVALID), (b"[[[[", INVALID),
])  # fmt: skip
def test_depth(kit, body, expected):
    """`json_depth`: nested arrays and objects count, brackets in texts do not."""
    assert post(kit, control(depth=3), body) == expected


@pytest.mark.parametrize("body, expected", [(b'{"a": 1, "a": 1}', INVALID), (b"{", INVALID), (b'{"a": 1}', PASS), (b"[1, 1]", PASS),
                                            (b'{"a": {"b": 1, "b": 2}}', INVALID), (b'{"a": 1, "\\u0061": 2}',
                                            INVALID)])  # fmt: skip
def test_a_json_body_must_be_json_without_a_schema_too(kit, body, expected):
    """Where the media type says JSON, the body is; a member named twice, in any spelling, is 400."""
    assert post(kit, control(), body) == expected
    assert post(kit, control(), body, ("application/ld+json",), ("Content-Type", "application/ld+json")) == expected


def test_other_bodies_are_not_looked_at(kit):
    """A body that is no JSON and has no schema is any body."""
    assert post(kit, control(), b"{", ("text/plain",), ("Content-Type", "text/plain")) == PASS
    assert post(kit, control(schema={}), b"{", ("text/plain",), ("Content-Type", "text/plain")) == INVALID


def test_references_stay_inside_the_schema(kit):
    """`$ref` inside the schema works; one that leads outside judges nothing and so refuses."""
    local = {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
    assert post(kit, control(schema=local), b'{"a": 1}') == PASS
    assert post(kit, control(schema=local), b'{"a": "1"}') == INVALID
    assert post(kit, control(schema={"$ref": "https://example.com/schema.json"}), b"{}") == INVALID


def test_unknown_formats_assert_nothing(kit):
    """JSON Schema `format` asserts uuid, date, date-time, email, ipv4, ipv6, uri, nothing else."""
    assert post(kit, control(schema={"format": "hostname"}), b'"_"') == PASS
    assert post(kit, control(schema={"format": "email"}), b'"_"') == INVALID


def test_authorization_comes_first(kit):
    """Step 13 is before step 14: who may not call learns nothing of the input rules."""
    made = kit.policy(kit.route("GET", "/r/{p}", allow=(), validate=control(param("query", "n", required=True))))
    assert kit.status(made, kit.request("GET", "/r/x", kit.bearer())) == (403, "forbidden")


# ---------------------------------------------------------------------------------------------------------- screens
SCREENED = control(param("header", "x-a"), screens=("sql-injection", "xss"))
ATTACK = "' OR '1'='1"


@pytest.mark.parametrize("target", ["/r/%27%20OR%20%271%27=%271", "/r/x?q=%27%20or%20%271%27=%271", "/r/x?%27%20or%201%3D1=x"])
def test_screens_read_path_and_query(kit, target):
    """Path parameters, names and values of the query."""
    assert get(kit, SCREENED, target) == INVALID
    assert get(kit, control(), target) == PASS


def test_screens_read_declared_headers_only(kit):
    """Declared header parameters, not every header."""
    assert get(kit, SCREENED, "/r/x", ("X-A", ATTACK)) == INVALID
    assert get(kit, SCREENED, "/r/x", ("X-B", ATTACK)) == PASS


def test_screens_read_every_text_of_a_body(kit):
    """Values and member names, however deep; the whole of a body that is no JSON."""
    for body in ({"a": [{"b": ATTACK}]}, {ATTACK: 1}, ["<script>alert(1)</script>"]):
        assert post(kit, SCREENED, json.dumps(body).encode()) == INVALID
    assert post(kit, SCREENED, b'{"a": "O\'Brien"}') == PASS
    assert post(kit, SCREENED, b"x <script>", ("text/plain",), ("Content-Type", "text/plain")) == INVALID
    assert post(kit, SCREENED, b"O'Brien", ("text/plain",), ("Content-Type", "text/plain")) == PASS
    assert decide(policy(kit, "POST", SCREENED), kit.request("POST", "/r/x", kit.bearer())).allowed
