"""What an operation's `security` asks for is what its route asks for: AND and OR, scopes, and never less."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CARRIED = ("key", "other", "bearer", "oauth", "cert", "oidc")
BEARER = ("bearer", "oauth", "oidc")


def credentials() -> Iterator[dict[str, tuple[str, ...]]]:
    """What a request may carry: keys in two headers, and one kind of token with any scopes."""
    tokens: list[dict[str, tuple[str, ...]]] = [{}, {"bearer": ()}]
    tokens += [{"oauth": scopes} for scopes in ((), ("a",), ("b",), ("a", "b"))]
    for token in tokens:
        for count in range(3):
            for keys in itertools.combinations(("key", "other"), count):
                yield {**dict.fromkeys(keys, ()), **token}


def holds(alternative: dict[str, list[str]], held: dict[str, tuple[str, ...]]) -> bool:
    """Whether *held* has everything an alternative asks for."""
    return all(name in held and set(scopes) <= set(held[name]) for name, scopes in alternative.items())


def can_be_carried(alternative: dict[str, list[str]]) -> bool:
    return bool(alternative) and set(alternative) <= set(CARRIED) and len(set(alternative) & set(BEARER)) <= 1


scopes = st.lists(st.sampled_from(["a", "b"]), unique=True, max_size=2)
alternative = st.dictionaries(
    st.sampled_from(["key", "other", "bearer", "oauth", "oauth", "basic", "cookie", "implicit"]), st.just([]), max_size=3
).flatmap(lambda found: st.fixed_dictionaries({n: scopes if n == "oauth" else st.just([]) for n in found}))
security = st.one_of(st.none(), st.lists(alternative, max_size=4))
PATHS = {
    "/plain": "/plain",
    "/users/me": "/users/me",
    "/users/{id}": "/users/zz",
    "/users/{id}/x": "/users/zz/x",
    "/users/{id}/{part}": "/users/zz/yy",
    "/files/{name}": "/files/zz",
    "/files/{name}.json": "/files/zz.json",
    "/files/{other}": "/files/ww",
}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(sorted(PATHS)), security, min_size=1, max_size=6), security)
def test_nobody_comes_in_with_less_than_the_security_says(ask, read, describe, by_path, whole):
    """
    Whoever is let in holds all of some alternative; whoever holds exactly one alternative of a route is let in; nothing
    comes in without a credential.
    """
    paths = {path: {"get": {} if asked is None else {"security": asked}} for path, asked in by_path.items()}
    description = describe(paths, **({} if whole is None else {"security": whole}))
    made = read(description)
    if not made.carried:
        return  # a spec without a route does not load: it lets nobody in
    imported = ask(made)
    known = {verifier.name for verifier in imported.policy.verifiers}
    refused = {entry.template for entry in made.denied}
    for path, own in by_path.items():
        asked = own if own is not None else whole
        for held in credentials():
            if not set(held) <= known:
                continue
            allowed = imported.decide("get", PATHS[path], held).allowed
            if allowed:
                assert held, f"{path} is open"
                assert not asked or asked == [{}] or any(holds(one, held) for one in asked), (path, held)
                assert path not in refused or not is_writable(path, by_path), f"{path} is denied and {held} came in"
            elif path not in refused:
                exact = [one for one in asked or () if can_be_carried(one) and set(one) == set(held)]
                assert not any(holds(one, held) for one in exact), (path, held)


def is_writable(path: str, described: dict[str, object]) -> bool:
    """A spec can write the path beside the others, so that a denied operation on it is refused everybody."""
    twins = {"/files/{name}", "/files/{other}"}
    return path != "/files/{name}.json" and not (path in twins and twins <= described.keys())


def test_all_of_a_requirement_is_asked_for(ask, describe):
    """Two schemes in one requirement are needed together; neither does alone."""
    found = ask(describe({"/x": {"get": {"security": [{"key": [], "oauth": ["a"]}]}}}))
    assert found.decide("get", "/x", {"key": (), "oauth": ("a",)}).allowed
    assert found.decide("get", "/x", {"key": (), "oauth": ("b",)}).reason == "insufficient_scope"
    assert found.decide("get", "/x", {"key": ()}).status == 401
    assert found.decide("get", "/x", {"oauth": ("a",)}).status == 401


def test_any_requirement_will_do(ask, describe):
    """Each alternative alone lets in."""
    found = ask(describe({"/x": {"get": {"security": [{"key": []}, {"oauth": ["a", "b"]}]}}}))
    assert found.decide("get", "/x", {"key": ()}).allowed
    assert found.decide("get", "/x", {"oauth": ("b", "a")}).allowed
    assert not found.decide("get", "/x", {"oauth": ("a",)}).allowed
    assert found.decide("get", "/x").status == 401


def test_a_scheme_alone_and_beside_another_keep_their_own_scopes(ask, describe):
    """`oauth` with scope a, or `oauth` beside a key without it: the second opens nothing for the first."""
    found = ask(describe({"/x": {"get": {"security": [{"oauth": ["a"]}, {"oauth": [], "key": []}]}}}))
    assert found.decide("get", "/x", {"oauth": ("a",)}).allowed
    assert found.decide("get", "/x", {"oauth": (), "key": ()}).allowed
    assert not found.decide("get", "/x", {"oauth": ()}).allowed


def test_the_same_two_credentials_have_one_principal(ask, describe):
    """What would need the scopes now of one, now of the other credential of a pair is denied."""
    made = describe({
        "/x": {"get": {"security": [{"oauth": ["a"], "oidc": []}]}},
        "/y": {"get": {"security": [{"key": []}]}},
    })  # fmt: skip
    found = ask(made)
    assert [(d.template, "in one place" in d.reason) for d in found.imported.denied] == [("/x", True)]


def test_certificates_and_openid_are_methods(ask, describe):
    """`mutualTLS` is asked for beside a token; the issuer is the discovery URL without its path."""
    found = ask(describe({"/x": {"get": {"security": [{"oidc": ["a"], "cert": []}]}}}))
    assert found.spec.auth["oidc"].issuer == "https://id.example.com"
    assert found.decide("get", "/x", {"oidc": ("a",), "cert": ()}).allowed
    assert not found.decide("get", "/x", {"oidc": ("a",)}).allowed
    assert not found.decide("get", "/x", {"cert": ()}).allowed


def test_the_security_of_the_whole_description_holds_where_an_operation_has_none(ask, describe):
    """An operation's own replaces it."""
    paths = {"/x": {"get": {}}, "/y": {"get": {"security": [{"other": []}]}}}
    found = ask(describe(paths, security=[{"key": []}]))
    assert found.decide("get", "/x", {"key": ()}).allowed
    assert not found.decide("get", "/y", {"key": ()}).allowed
    assert found.decide("get", "/y", {"other": ()}).allowed


DENIED = [
    pytest.param([], "its security is empty", "public", id="empty"),
    pytest.param([{}], "its security is empty", "public", id="nobody needed"),
    pytest.param(None, "nothing says who may call it", "auth", id="nothing said"),
    pytest.param([{"basic": []}], "HTTP basic", "auth", id="basic"),
    pytest.param([{"implicit": ["a"]}], "`implicit`", "auth", id="implicit"),
    pytest.param([{"cookie": []}], "in a cookie", "auth", id="cookie"),
    pytest.param([{"query": []}], "in the query", "auth", id="query"),
    pytest.param([{"nowhere": []}], "is not declared", "auth", id="undeclared"),
    pytest.param([{"key": ["admin"]}], "the roles `admin`", "auth", id="roles"),
    pytest.param([{"oauth": ["two words"]}], "scope", "auth", id="no scope"),
    pytest.param([{"bearer": [], "oauth": ["a"]}], "two credentials in one place", "auth", id="one place"),
    pytest.param([{"key": []}, "x"], "no list of requirements", "auth", id="malformed"),
    pytest.param({"key": []}, "no list of requirements", "auth", id="no list"),
]


@pytest.mark.parametrize(("asked", "reason", "suggested"), DENIED)
def test_what_cannot_be_kept_is_a_comment_and_denied(ask, describe, asked, reason, suggested):
    """Its line in the spec says why, and holds the route to write."""
    operation = {} if asked is None else {"security": asked}
    found = ask(describe({"/x": {"get": operation, "post": {"security": [{"key": []}]}}}))
    (denied,) = found.imported.denied
    assert (denied.method, denied.template) == ("get", "/x")
    assert reason in denied.reason
    lines = found.imported.spec.splitlines()
    assert lines[denied.line - 1].startswith("    # denied: GET /x: ")
    below = next(line for line in lines[denied.line :] if line.startswith("    # get: "))
    assert ("public: true" in below) == (suggested == "public")
    assert denied.source.startswith("openapi.yaml:")
    for held in ({}, {"key": ()}):
        assert found.decide("get", "/x", held).status == 405


def test_an_alternative_that_cannot_be_kept_is_dropped_and_said(ask, describe):
    """The others still let in; nobody comes in by the dropped one."""
    found = ask(describe({"/x": {"get": {"security": [{"basic": []}, {"key": []}, {}]}}}))
    assert found.decide("get", "/x", {"key": ()}).allowed
    assert found.decide("get", "/x").status == 401
    assert found.decide("get", "/x", headers=(("Authorization", "Basic YTpi"),)).status == 401
    assert "HTTP basic" in found.note("basic")
    assert "everybody" in found.note("everybody")


def test_two_keys_in_one_header_are_not_guessed_apart(ask, describe):
    """The second is dropped: a request could not show which of the two it has."""
    schemes = {"one": {"type": "apiKey", "in": "header", "name": "X-K"}, "two": {"type": "apiKey", "in": "header", "name": "x-k"}}
    made = describe({"/x": {"get": {"security": [{"one": []}, {"two": []}]}}}, components={"securitySchemes": schemes})
    found = ask(made)
    assert list(found.spec.auth) == ["one"]
    assert "as `one` does" in found.note("`two`")


def test_clients_come_from_flows(ask, describe):
    """A client for each flow that keeps tokens from third parties; the others are said."""
    flows = {
        "authorizationCode": {
            "authorizationUrl": "https://id.example.com/authorize",
            "tokenUrl": "https://id.example.com/token",
            "scopes": {"a": "", "b": ""},
        },
        "clientCredentials": {"tokenUrl": "https://id.example.com/token", "scopes": {"a": ""}},
        "password": {"tokenUrl": "https://id.example.com/token", "scopes": {}},
    }
    schemes = {"oauth": {"type": "oauth2", "flows": flows}}
    made = describe({"/x": {"get": {"security": [{"oauth": ["a"]}]}}}, components={"securitySchemes": schemes})
    found = ask(made)
    web, service = found.spec.clients["oauth-web"], found.spec.clients["oauth-service"]
    assert (web.flow, web.pkce, web.scopes) == ("authorization_code", "S256", ("a", "b"))
    assert (service.flow, service.secret.env) == ("client_credentials", "OAUTH_SERVICE_SECRET")
    assert found.note("`password`")


def test_hints_in_texts_are_not_access(read, describe):
    """Roles that only a description mentions are not invented."""
    text = "Your credential needs the role Administrator."
    found = read(describe({"/x": {"get": {"description": text, "security": [{"key": []}]}}}))
    assert "Administrator" not in found.spec
    assert "roles:" not in found.spec
