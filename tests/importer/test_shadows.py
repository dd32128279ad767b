"""A denied operation is refused by any path, a looser template's included."""

from __future__ import annotations

KEY = {"security": [{"key": []}]}
STRICT = {"security": [{"basic": []}]}


def test_a_denied_path_is_not_answered_by_a_looser_one(ask, describe):
    """`/users/me` is denied: `/users/{id}` does not answer for it."""
    found = ask(describe({"/users/me": {"get": STRICT}, "/users/{id}": {"get": KEY}}))
    assert found.decide("get", "/users/7", {"key": ()}).allowed
    assert found.decide("get", "/users/me", {"key": ()}).reason == "address"
    assert found.decide("get", "/users/me").reason == "address"


def test_other_methods_of_a_denied_path_are_refused_too(ask, describe):
    """The wall is a route: what it does not declare is 405."""
    found = ask(describe({"/users/me": {"get": STRICT, "delete": STRICT}, "/users/{id}": {"get": KEY, "delete": KEY}}))
    assert found.decide("delete", "/users/me", {"key": ()}).status == 405
    assert found.decide("delete", "/users/7", {"key": ()}).allowed


def test_no_wall_where_a_live_method_stands(read, describe):
    """The path is in the spec already: a method it lacks is refused."""
    found = read(describe({"/users/me": {"get": STRICT, "post": KEY}, "/users/{id}": {"get": KEY}}))
    assert "network" not in found.spec


def test_no_wall_where_nothing_looser_stands(read, describe):
    """A denied path that nothing else matches is only a comment."""
    found = read(describe({"/users/me": {"get": STRICT}, "/orders/{id}": {"get": KEY}}))
    assert "network" not in found.spec


def test_a_path_that_cannot_be_written_takes_the_looser_one_with_it(ask, describe):
    """`/files/{name}.json` asks for something else than `/files/{name}`, which would answer it: both are denied."""
    paths = {
        "/files/{name}.json": {"get": {"security": [{"oauth": ["a"]}]}},
        "/files/{name}": {"get": KEY},
        "/y": {"get": KEY},
    }
    found = ask(describe(paths))
    assert {d.template for d in found.imported.denied} == {"/files/{name}.json", "/files/{name}"}
    assert not found.decide("get", "/files/a.json", {"key": ()}).allowed


def test_a_looser_path_that_asks_for_as_much_stays(ask, describe):
    """Nobody gets to the unwritable path with less than it asks for."""
    paths = {
        "/files/{name}.json": {"get": {"security": [{"oauth": ["a"]}, {"key": []}]}},
        "/files/{name}": {"get": {"security": [{"key": []}]}},
        "/files/{name}.txt": {"get": {}},
    }
    found = ask(describe(paths))
    assert found.imported.carried == 1
    assert found.decide("get", "/files/a.json", {"key": ()}).allowed


def test_a_template_taken_before_the_denied_one_is_denied_with_it(ask, describe):
    """`/a/me/{y}` would answer `/a/me/c`, which is a request for the denied `/a/{x}/c` as well."""
    paths = {"/a/{x}/c": {"get": STRICT}, "/a/me/{y}": {"get": KEY}, "/z": {"get": KEY}}
    found = ask(describe(paths))
    assert not found.decide("get", "/a/me/c", {"key": ()}).allowed


def test_a_path_of_its_own_within_a_denied_one_stays(ask, describe):
    """`/users/me` is not `/users/{id}`."""
    found = ask(describe({"/users/{id}": {"get": STRICT}, "/users/me": {"get": KEY}}))
    assert found.decide("get", "/users/me", {"key": ()}).allowed
    assert found.decide("get", "/users/7", {"key": ()}).status == 404


def test_an_unreadable_path_item_counts_with_every_method(ask, describe):
    """Nobody can tell what `/users/me` asks for: it is walled off."""
    found = ask(describe({"/users/me": {"$ref": "other.yaml#/me"}, "/users/{id}": {"get": KEY, "put": KEY}}))
    assert not found.decide("get", "/users/me", {"key": ()}).allowed
    assert not found.decide("put", "/users/me", {"key": ()}).allowed
    assert found.decide("put", "/users/7", {"key": ()}).allowed


def test_the_same_path_twice_is_denied_the_second_time(ask, describe):
    """Names of parameters make no other path; where the two ask for different things both are denied."""
    paths = {
        "/a/{x}": {"get": KEY},
        "/a/{y}": {"get": {"security": [{"other": []}]}, "put": KEY},
        "/b": {"get": KEY},
    }
    found = ask(describe(paths))
    assert {(d.method, d.template) for d in found.imported.denied} == {
        ("get", "/a/{x}"),
        ("get", "/a/{y}"),
        ("put", "/a/{y}"),
    }
