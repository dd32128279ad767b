"""What else a description says: servers, paths, parameters, bodies, references; and what is no description."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seccfg.findings import InputError, SeccfgError
from seccfg.importer.openapi import import_openapi
from seccfg.source.yaml import load
from seccfg.spec import loader

KEY = {"security": [{"key": []}]}
HELD = {"key": ()}


def with_(**more: object) -> dict[str, object]:
    return {**KEY, **more}


def route(found, path: str, method: str = "get"):
    return getattr(found.spec.routes[path], method)


# ------------------------------------------------------------- the document


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("swagger: '2.0'", "Swagger 2.0"),
        ("openapi: 2.0.0", "OpenAPI 3.0 and 3.1"),
        ("openapi: 3.2.0", "OpenAPI 3.0 and 3.1"),
        ("openapi: [3]", "OpenAPI 3.0 and 3.1"),
        ("a: b", "no `openapi:`"),
        ("openapi: 3.1.0\npaths: []", "`paths` is no map"),
        ("- x", "a map"),
        ("a: {", "never closed"),
        ("", "empty"),
    ],
)
def test_what_is_no_description_is_said_in_one_line(text, said):
    """With its place where there is one."""
    with pytest.raises(SeccfgError) as error:
        import_openapi(text.encode(), "openapi.yaml")
    assert said in str(error.value)


@pytest.mark.parametrize("name", ["api.json", "api"])
def test_json_is_read_as_json(name, describe):
    """By its name, or by its first byte where the name does not tell."""
    imported = import_openapi(json.dumps(describe({"/x": {"get": KEY}})).encode(), name)
    assert imported.carried == 1
    assert import_openapi(json.dumps(describe({"/x": {"get": {}}})).encode(), name).denied[0].source == f"{name}:1"


def test_numbers_as_keys_and_old_booleans_are_texts(read, describe):
    """Descriptions are written so: `200:`, `NO`, times; only a spec is held to stricter rules."""
    text = yaml.safe_dump(describe({"/x": {"get": KEY}}))
    text += "x-odd: {200: a, NO: off, 12:30: 0o17}\n"
    assert read(text).carried == 1


def test_versions_3_0_and_3_1_are_read(read, describe):
    """`3.0` too, which YAML takes for a number."""
    for version in ("3.0.3", "3.1.1", 3.0):
        assert read({**describe({"/x": {"get": KEY}}), "openapi": version}).carried == 1


def test_a_description_without_operations_gives_a_spec_that_does_not_load(read, describe):
    """Its routes are the user's to write."""
    imported = read(describe({}))
    assert [edit.kind for edit in imported.edits][-1] == "routes"
    with pytest.raises(SeccfgError, match="`routes` is empty"):
        loader.load(load(imported.spec.encode(), "seccfg.yaml"))


# ------------------------------------------------------------- servers


def test_servers_give_hosts_base_path_and_upstream(ask, describe):
    """Servers of another base path are left out and said."""
    servers = [
        {"url": "https://{region}.example.com:8443/v1/", "variables": {"region": {"default": "eu"}}},
        {"url": "https://us.example.com/v1"},
        {"url": "https://old.example.com/v0"},
        {"url": "ftp://x.example.com"},
    ]
    found = ask(describe({"/x": {"get": KEY}}, servers=servers))
    assert found.spec.service.hosts == ("eu.example.com", "us.example.com")
    assert found.spec.service.base_path == "/v1"
    assert found.spec.upstreams["main"].url == "https://eu.example.com:8443"
    assert found.decide("get", "/x", HELD).allowed
    assert found.note("`/v0`")
    assert found.note("`ftp://x.example.com`")


@pytest.mark.parametrize("servers", [None, [], [{"url": "/v1"}], [{"url": "{host}"}], "x"])
def test_without_a_host_the_spec_names_none_that_exists(read, describe, servers):
    """A host in `.invalid` answers nobody, and the summary asks for the real one."""
    imported = read({**describe({"/x": {"get": KEY}}), "servers": servers})
    assert "hosts: [api.invalid]" in imported.spec
    assert any(edit.value == "api.invalid" for edit in imported.edits)


@pytest.mark.parametrize("level", ["path", "operation"])
def test_servers_of_its_own_deny_an_operation(read, describe, level):
    """It is not reached where the others are."""
    own = {"servers": [{"url": "https://files.example.com"}]}
    item = {"get": with_(**own)} if level == "operation" else {**own, "get": KEY}
    (denied,) = read(describe({"/x": item, "/y": {"get": KEY}})).denied
    assert denied.reason == "it has servers of its own"


# ------------------------------------------------------------- paths


@pytest.mark.parametrize(
    "path", ["/a/{x}.json", "/a/{x}-{y}", "/a/b/", "/a?b=c", "/a/*", "/a/%20", "a", "/a/{}", "/a;b", "/a/{x}{y}"]
)
def test_paths_no_spec_can_write_are_denied(ask, describe, path):
    """Nothing is approximated."""
    found = ask(describe({path: {"get": KEY}, "/y": {"get": KEY}}))
    assert [denied.template for denied in found.imported.denied] == [path]
    assert list(found.spec.routes) == ["/y"]


def test_parameters_get_names_a_spec_can_write(ask, describe):
    """The name counts in the spec only: requests stay as they are."""
    parameters = [{"in": "path", "name": "user-id", "required": True, "schema": {"type": "integer"}}]
    found = ask(describe({"/u/{user-id}": {"get": with_(parameters=parameters)}}))
    assert route(found, "/u/{user_id}").params["user_id"].type == "integer"
    assert found.decide("get", "/u/7", HELD).allowed
    assert found.decide("get", "/u/x", HELD).status == 400


def test_trace_is_denied(read, describe):
    """It is refused everywhere."""
    (denied,) = read(describe({"/x": {"trace": KEY, "get": KEY}})).denied
    assert (denied.method, denied.reason) == ("trace", "TRACE is refused everywhere")


# ------------------------------------------------------------- parameters


def test_parameters_are_checked_as_described(ask, describe):
    """Types, bounds, lengths, patterns, enums; those of the operation before those of the path."""
    item = {
        "parameters": [
            {"in": "query", "name": "limit", "schema": {"type": "string"}},
            {"in": "header", "name": "X-Mode", "required": True, "schema": {"enum": ["a", "b"]}},
        ],
        "get": with_(
            parameters=[
                {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "exclusiveMaximum": 10}},
                {"in": "query", "name": "code", "schema": {"type": ["string", "null"], "pattern": "[A-Z]{3}"}},
                {"in": "query", "name": "id", "schema": {"$ref": "#/components/schemas/Id"}},
            ]
        ),
    }
    schemas = {"Id": {"allOf": [{"type": "string"}, {"format": "uuid"}]}}
    found = ask(describe({"/x": item}, components={"schemas": schemas}))
    mode = (("X-Mode", "a"),)
    for query, status in [
        ("?limit=1", None), ("?limit=9", None), ("?limit=0", 400), ("?limit=10", 400), ("?limit=x", 400),
        ("?code=xABCx", None), ("?code=AB", 400), ("?id=1", 400), ("?other=1", 400),
        ("?id=5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d", None),
    ]:  # fmt: skip
        decision = found.decide("get", f"/x{query}", HELD, headers=mode)
        assert (None if decision.allowed else decision.status) == status, query
    assert found.decide("get", "/x", HELD).status == 400
    assert found.decide("get", "/x", HELD, headers=(("X-Mode", "c"),)).status == 400


def test_bounds_of_3_0_are_exclusive_by_a_flag(ask, describe):
    """`exclusiveMinimum: true` beside `minimum`."""
    schema = {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "nullable": True}
    made = {**describe({"/x": {"get": with_(parameters=[{"in": "query", "name": "n", "schema": schema}])}}), "openapi": "3.0.3"}
    found = ask(made)
    assert found.decide("get", "/x?n=2", HELD).allowed
    assert found.decide("get", "/x?n=1", HELD).status == 400


def test_lists_and_objects_in_the_query(ask, describe):
    """One item of a list, members of an object by their names; what that leaves out is said."""
    parameters = [
        {"in": "query", "name": "tag", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}},
        {"in": "query", "name": "ids", "explode": False, "schema": {"type": "array", "items": {"type": "integer"}}},
        {
            "in": "query", "name": "filter", "style": "deepObject",
            "schema": {"type": "object", "properties": {"size": {"type": "integer"}}},
        },
    ]  # fmt: skip
    found = ask(describe({"/x": {"get": with_(parameters=parameters)}}))
    assert found.decide("get", "/x?tag=a&ids=1,2&filter[size]=3", HELD).allowed
    for query in ("tag=c", "tag=a&tag=b", "filter[size]=x", "filter[other]=1"):
        assert found.decide("get", f"/x?{query}", HELD).status == 400, query
    assert found.note("may have one item")
    assert found.note("one query parameter are not checked")
    assert found.note("does not declare are refused")


def test_parts_of_a_parameter_that_cannot_be_checked_are_said(ask, describe):
    """The rest is checked; nothing is guessed."""
    schema = {"type": "string", "pattern": "^(?=x)x", "format": "int64", "maxLength": 5}
    parameters = [
        {"in": "query", "name": "q", "schema": schema},
        {"in": "query", "name": "big", "schema": {"type": "integer", "maximum": 9223372036854775807}},
        {"in": "cookie", "name": "c", "schema": {}},
        {"in": "header", "name": "bad_name", "schema": {}},
        {"in": "query", "name": "either", "schema": {"oneOf": [{"type": "string"}, {"type": "integer"}]}},
    ]
    found = ask(describe({"/x": {"get": with_(parameters=parameters)}}))
    assert found.decide("get", "/x?q=abcdef", HELD).status == 400
    assert found.decide("get", "/x?q=abc&big=5&either=1", HELD).allowed
    for part in ("patterns", "`int64`", "no reader keeps exactly", "cookie parameter", "`bad_name`", "`oneOf`"):
        assert found.note(part)


# ------------------------------------------------------------- bodies


def body_of(schema: object, media: str = "application/json", **more: object) -> dict[str, object]:
    return with_(requestBody={"required": True, "content": {media: {"schema": schema}}, **more})


def post(found, value: object, path: str = "/x"):
    headers = (("Content-Type", "application/json"),)
    return found.decide("post", path, HELD, body=json.dumps(value).encode(), headers=headers)


TREE = {
    "type": "object",
    "required": ["name", "id"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "minLength": 1, "example": "x", "description": "y" * 300},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_bodies_keep_their_schemas_and_cycles(ask, describe, version):
    """References become `$defs` of a file; a property only answers have is not required."""
    made = {
        **describe(
            {"/x": {"post": body_of({"$ref": "#/components/schemas/Tree"})}}, components={"schemas": {"Tree": TREE}}
        ),
        "openapi": version,
    }
    found = ask(made)
    ((path, content),) = found.imported.files
    assert path == "schemas/Tree.json"
    assert json.loads(content)["$ref"] == "#/$defs/Tree"
    assert b"yyy" not in content
    assert post(found, {"name": "a", "children": [{"name": "b", "children": []}]}).allowed
    for wrong in ({}, {"name": ""}, {"name": "a", "children": [{"name": 1}]}, {"name": "a", "x": 1}, []):
        assert post(found, wrong).status == 400, wrong


def test_small_schemas_stand_in_the_spec_and_equal_ones_are_one_file(ask, describe):
    """A file for two operations with the same body."""
    large = {"$ref": "#/components/schemas/Tree"}
    paths = {
        "/x": {"post": body_of({"type": "array", "maxItems": 2})},
        "/y": {"post": body_of(large)},
        "/z": {"post": body_of(large)},
    }
    found = ask(describe(paths, components={"schemas": {"Tree": TREE}}))
    assert [path for path, _ in found.imported.files] == ["schemas/Tree.json"]
    assert route(found, "/y", "post").body.schema_ == route(found, "/z", "post").body.schema_ == "schemas/Tree.json"
    assert post(found, [1, 2]).allowed
    assert post(found, [1, 2, 3]).status == 400


def test_null_in_3_0_and_3_1(ask, describe):
    """`nullable`, and a list of types."""
    for version, schema in (("3.0.3", {"type": "string", "nullable": True}), ("3.1.0", {"type": ["string", "null"]})):
        made = describe({"/x": {"post": body_of({"type": "object", "properties": {"a": schema}})}})
        found = ask({**made, "openapi": version})
        assert post(found, {"a": None}).allowed
        assert post(found, {"a": 1}).status == 400


def test_keywords_no_engine_judges_alike_are_said(ask, describe):
    """They are dropped; everything else of the schema holds."""
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "pattern": r"\p{L}+", "maxLength": 3},
            "b": {"type": "string", "format": "password"},
            "d": {"type": "string", "pattern": "^.{2}$"},
        },
        "unevaluatedProperties": False,
    }
    found = ask(describe({"/x": {"post": body_of(schema)}}))
    assert post(found, {"a": "12", "d": "xy"}).allowed
    assert post(found, {"a": "1234"}).status == 400
    assert post(found, {"d": "x"}).status == 400
    for part in ("patterns", "`password`", "`unevaluatedProperties`"):
        assert found.note(part)


def test_media_types_are_listed(ask, describe):
    """A body that is not JSON is not looked into, and one of a range of types is refused."""
    content = {"application/xml": {}, "application/json; charset=utf-8": {"schema": {"type": "object"}}, "text/*": {}}
    found = ask(describe({"/x": {"post": with_(requestBody={"content": content})}}))
    assert route(found, "/x", "post").body.content_types == ("application/xml", "application/json")
    assert found.decide("post", "/x", HELD, body=b"<a/>", headers=(("Content-Type", "application/xml"),)).allowed
    assert found.decide("post", "/x", HELD, body=b"a", headers=(("Content-Type", "text/plain"),)).status == 415
    assert found.note("`text/*`")
    assert found.note("not JSON")


# ------------------------------------------------------------- references


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (with_(parameters=[{"$ref": "common.yaml#/p"}]), "another document"),
        (body_of({"$ref": "https://example.com/s.json"}), "another document"),
        (body_of({"properties": {"a": {"$ref": "#/components/schemas/None"}}}), "names nothing"),
        (with_(requestBody={"$ref": "#/components/requestBodies/Round"}), "in a circle"),
        (body_of("x"), "is no map"),
        (with_(parameters={}), "are no list"),
        (with_(parameters=[{"in": "query"}]), "no `name` and `in`"),
        ("x", "it is no map"),
    ],
)
def test_what_a_request_needs_and_nobody_can_read_denies_it(read, describe, operation, reason):
    """The other operations are carried over."""
    bodies = {"Round": {"$ref": "#/components/requestBodies/Round"}}
    imported = read(describe({"/x": {"post": operation}, "/y": {"get": KEY}}, components={"requestBodies": bodies}))
    assert imported.carried == 1
    (denied,) = imported.denied
    assert reason in denied.reason


def test_path_items_may_be_referred_to(ask, describe):
    """Within the document."""
    made = describe({"/x": {"$ref": "#/components/pathItems/X"}}, components={"pathItems": {"X": {"get": KEY}}})
    assert ask(made).decide("get", "/x", HELD).allowed


def test_what_only_answers_refer_to_does_not_matter(read, describe):
    """An answer decides nothing."""
    assert read(describe({"/x": {"get": with_(responses={"200": {"$ref": "elsewhere.yaml"}})}})).carried == 1


# ------------------------------------------------------------- hostile and broken descriptions


TEXTS = ["#", ": x", "- a", "{", "\u202e", "a\nb", "*/", "'", '"', "`", "%YAML", "\\", "@", "!tag", "&a", "~", "yes", "é" * 90]


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_texts_change_nothing_but_texts(describe, read, text):
    """In titles, names of everything, paths and scopes: the same routes, the same methods."""
    scheme = {"type": "apiKey", "in": "header", "name": "X-Key"}
    oauth = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.example.com/t", "scopes": {text: text}}}}
    made = describe(
        {
            "/ok": {"get": {"operationId": text, "security": [{text: []}], "parameters": [{"in": "query", "name": text}]}},
            f"/{text}/{{{text}}}": {"get": {"security": [{"o": [text]}]}},
            text: {"get": {"security": [{text: [text]}]}},
        },
        info={"title": text, "version": text},
        servers=[{"url": f"https://a.example.com/{text}"}, {"url": text}, {"url": "https://a.example.com"}],
        components={"securitySchemes": {text: scheme, "o": oauth}},
    )
    imported = read(made)
    spec = loader.load(load(imported.spec.encode(), "seccfg.yaml"))
    assert "/ok" in spec.routes
    assert len(spec.auth) <= 2
    assert imported.operations == imported.carried + len(imported.denied) == 3


def leaves(value: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    if isinstance(value, dict):
        return [at, *(path for key, inner in value.items() for path in leaves(inner, (*at, key)))]
    if isinstance(value, list):
        return [at, *(path for key, inner in enumerate(value) for path in leaves(inner, (*at, key)))]
    return [at]


def changed(value, path: tuple[object, ...], new: object):
    """*value* with what stands at *path* replaced; `...` takes it away."""
    if not path:
        return new if new is not ... else {}
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and new is ...:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


junk = st.one_of(
    st.sampled_from([..., None, True, 0, -1, 2**60, 1.5, "", "x", [], {}, [[]], {"$ref": "#"}, {"$ref": "#/paths"}]),
    st.text(max_size=8),
    st.sampled_from(TEXTS),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(draws=st.data())
def test_broken_descriptions_are_imported_or_refused_in_one_line(draws, published, ask):
    """Whatever is replaced by whatever: a spec that resolves or has no route, or an error a user can read."""
    description = draws.draw(st.sampled_from(published))
    for _ in range(draws.draw(st.integers(1, 4))):
        places = leaves(description)
        description = changed(description, draws.draw(st.sampled_from(places)), draws.draw(junk))
        if not isinstance(description, dict):
            return
    try:
        imported = import_openapi(json.dumps(description).encode(), "x.json")
    except SeccfgError as refused:
        said = str(refused)
    else:
        said = ""
    if said:
        assert said.startswith("x.json:")
        return
    load(imported.spec.encode(), "seccfg.yaml")
    if imported.carried:
        ask(imported)
    assert imported.operations == imported.carried + len(imported.denied)
    for entry in imported.denied:
        assert "denied: " in imported.spec.splitlines()[entry.line - 1]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200), st.integers(0, 6000), st.integers(0, 300))
def test_broken_bytes_are_no_traceback(published_text, junk, at, length):
    """Bytes in place of a piece of the file."""
    broken = published_text[:at] + junk + published_text[at + length :]
    said = "openapi.yaml: nothing"
    try:
        import_openapi(broken, "openapi.yaml")
    except SeccfgError as refused:
        said = str(refused)
    assert said.startswith("openapi.yaml:")


@pytest.fixture(scope="module")
def published_text() -> bytes:
    from pathlib import Path

    return (Path(__file__).parent / "data" / "tictactoe.yaml").read_bytes()


@pytest.fixture(scope="module")
def published(published_text) -> list[object]:
    tictactoe = yaml.safe_load(published_text)
    tictactoe["components"]["schemas"]["status"]["properties"]["next"] = {"$ref": "#/components/schemas/status"}
    full = {
        "openapi": "3.0.3",
        "info": {"title": "Full"},
        "servers": [{"url": "https://{r}.example.com/v1", "variables": {"r": {"default": "eu"}}}],
        "security": [{"k": []}, {"o": ["a"], "k": []}],
        "paths": {
            "/a/{id}": {
                "parameters": [{"in": "path", "name": "id", "schema": {"type": "integer", "minimum": 1}}],
                "get": {
                    "parameters": [
                        {"in": "query", "name": "q", "schema": {"type": "array", "items": {"type": "string"}}},
                        {"in": "query", "name": "f", "style": "deepObject", "schema": {"properties": {"x": {"enum": ["y"]}}}},
                        {"in": "header", "name": "X-H", "schema": {"allOf": [{"type": "string"}, {"pattern": "^a"}]}},
                    ]
                },
                "put": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/T"}}}}},
            },
            "/a/me": {"get": {"security": []}, "put": {"security": [{"b": []}]}},
            "/a/{id}.json": {"get": {"security": [{"o": []}]}},
        },
        "components": {
            "schemas": {"T": {"type": "object", "required": ["t"], "properties": {"t": {"$ref": "#/components/schemas/T"}}}},
            "securitySchemes": {
                "k": {"type": "apiKey", "in": "header", "name": "X-K"},
                "b": {"type": "http", "scheme": "basic"},
                "o": {
                    "type": "oauth2",
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": "https://id.example.com/a",
                            "tokenUrl": "https://id.example.com/t",
                            "scopes": {"a": "A"},
                        }
                    },
                },
            },
        },
    }
    return [tictactoe, full]


def test_an_error_names_the_file():
    """The first thing a user asks."""
    with pytest.raises(InputError, match=r"\Aapi\.yaml: "):
        import_openapi(b"a: b", "api.yaml")
