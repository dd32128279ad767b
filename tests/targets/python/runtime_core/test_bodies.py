"""Step 8: declared length, media type, real length."""

from __future__ import annotations

from typing import Any

import pytest

from seccfg_runtime.runtime.bodies import BodyError, parse_json
from seccfg_runtime.runtime.model import BodyLimit

LIMIT = BodyLimit(10, ("application/json", "text/plain"))


def world(kit: Any, **changes: Any) -> Any:
    return kit.world(kit.policy(kit.public("POST", body=LIMIT, **changes), kit.public(body=LIMIT), kit.route("PUT", body=LIMIT)))


def test_the_declared_length_is_judged_before_anything_is_read(kit: Any) -> None:
    """413 above the limit, whatever the type; the limit itself passes."""
    made = world(kit)
    assert made.refused(method="POST", body=b"[1,2,3,44]") == "pass"
    assert made.refused("/notes", ("Content-Type", "x/y"), method="POST", body=b"[1,2,3,456]") == "413 body_too_large"
    assert made.server.reads == [10]


@pytest.mark.parametrize(
    "sent, expected",
    [
        ("application/json", "pass"),
        ("Application/JSON; charset=utf-8", "pass"),
        ("text/plain", "pass"),
        ("text/html", "415 media_type"),
        ("", "415 media_type"),
        ("application/jsonx", "415 media_type"),
        ("application/json, text/html", "415 media_type"),
    ],
)
def test_media_types_are_compared_without_case_and_parameters(kit: Any, sent: str, expected: str) -> None:
    """What is not listed, or missing, is 415."""
    assert world(kit).refused("/notes", ("Content-Type", sent), method="POST", body=b"1") == expected


def test_two_types_are_none(kit: Any) -> None:
    """Several Content-Type lines name no type."""
    twice = [("Content-Type", "application/json")] * 2
    assert world(kit).refused("/notes", *twice, method="POST", body=b"1") == "415 media_type"


def test_an_empty_body_has_no_type(kit: Any) -> None:
    """Length 0 and no length at all are no body, on any method."""
    made = world(kit)
    assert made.refused("/notes", ("content-length", "0"), method="POST") == "pass"
    assert made.refused(method="POST") == "pass"
    assert made.refused() == "pass"


def chunked(made: Any, body: bytes, *headers: tuple[str, str], method: str = "POST", **head: Any) -> str:
    sent = headers or (("content-type", "application/json"),)
    made.server.body = body
    found: str = made.refused("/notes", ("transfer-encoding", "chunked"), *sent, method=method, **head)
    return found


def test_a_body_without_length_is_read_up_to_the_limit(kit: Any) -> None:
    """One byte more is 413; what was read goes on."""
    made = world(kit)
    assert chunked(made, b"[1,2,3,44]") == "pass"
    assert chunked(made, b"[1,2,3,456]") == "413 body_too_large"
    assert chunked(made, b"1", ("content-type", "x/y")) == "415 media_type"
    made.server.body = b'"read"'
    sent = (("transfer-encoding", "chunked"), ("content-type", "application/json"))
    assert made.passed("/notes", *sent, method="POST").body == b'"read"'


def test_http2_need_not_say_that_there_is_no_body(kit: Any) -> None:
    """An empty one passes without a type, another needs one."""
    made = world(kit)
    none = ("accept", "*/*")
    assert chunked(made, b"", none, method="GET", http_version="2") == "pass"
    assert chunked(made, b"1", none, method="GET", http_version="2") == "415 media_type"
    assert chunked(made, b"1", http_version="2") == "pass"


def test_bodies_of_strangers_are_not_read(kit: Any) -> None:
    """A body with a declared length is read after authentication only."""
    made = world(kit)
    assert made.refused(method="PUT", body=b"{}") == "401 no_credential"
    assert made.server.reads == []
    assert made.refused(method="PUT", body=b"{}", bearer=kit.token()) == "pass"
    assert made.server.reads == [2]


def test_a_body_of_another_length_than_declared_is_refused(kit: Any) -> None:
    """Shorter, as far as this server can tell."""
    made = world(kit)
    made.server.body = b"1"
    sent = (("content-length", "3"), ("content-type", "application/json"))
    assert made.refused("/notes", *sent, method="POST") == "400 malformed"


def test_a_streamed_body_is_bounded(kit: Any) -> None:
    """What is not JSON is not read here; the server is told how much may pass and how to refuse more."""
    made = world(kit)
    outcome = made.passed("/notes", ("content-type", "text/plain"), method="POST", body=b"abc")
    assert (outcome.body, outcome.max_body_bytes) == (None, 10)
    assert outcome.too_large().status == 413
    assert made.log.events() == ["input.rejected/body_too_large"]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b"NaN",
        b"[Infinity]",
        b"1e999",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b"[[[]]]",
        b'{"a":[[]]}',
        b"{} {}",
        b"'a'",
        b"[1,]",
        b"1" * 5000,
    ],
)
def test_what_is_no_json_is_an_error(text: bytes) -> None:
    """Duplicate members, numbers beyond a double, lone surrogates and deep nesting included."""
    with pytest.raises(BodyError):
        parse_json(text, 2)


def test_depth_counts_containers_only() -> None:
    """A scalar has depth 0, brackets in texts count for nothing."""
    assert parse_json(b' "[[[[" ', 0) == "[[[["
    assert parse_json(b'{"a": ["\\"[[["]}', 2) == {"a": ['"[[[']}
    with pytest.raises(BodyError):
        parse_json(b"[" * 100_000, 10**9)
