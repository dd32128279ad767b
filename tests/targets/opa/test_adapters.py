"""Adapters: what each PEP sends becomes the canonical input, and the answer takes the PEP's own shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from seccfg.ir.request import Request, Surroundings
from seccfg.targetapi.base import Output
from seccfg_opa.engine import ServerEngine, canonical_input

Serve = Callable[[Mapping[str, bytes]], ServerEngine]


@pytest.fixture
def ask(build: Callable[..., Output], serve: Serve) -> Callable[[str, object], Any]:
    """`ask(document, input)` over OPA's own HTTP API."""
    engine = serve({file.path: file.content for file in build("guide").files})

    def question(document: str, value: object) -> Any:
        status, content = engine.ask("POST", f"/v1/data/guide/authz/{document}", json.dumps({"input": value}).encode())
        assert status == 200, content
        return json.loads(content).get("result")

    return question


def envoy(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    http = {"method": method, "path": path, "host": "api.example.com", "scheme": "https", "headers": headers, "id": "1"}
    return {
        "attributes": {
            "request": {"http": http},
            "source": {"address": {"socketAddress": {"address": "198.51.100.7", "portValue": 40000}}},
        },
        "parsed_path": ["users"],
        "version": {"ext_authz": "v3"},
    }


def kong(path: str, **headers: str) -> dict[str, Any]:
    http = {
        "host": "api.example.com", "port": 443, "tls": {}, "method": "GET", "scheme": "https", "path": path,
        "querystring": {}, "headers": {"host": "api.example.com", **headers},
    }  # fmt: skip
    return {"request": {"http": http}, "client_ip": "198.51.100.7"}


def test_envoy_is_told_the_status_and_the_headers(ask: Callable[[str, object], Any]) -> None:
    """A refusal has a status, headers and a body Envoy sends as they are."""
    answer = ask("adapters/envoy/result", envoy("/users"))
    assert (answer["allowed"], answer["http_status"]) == (False, 401)
    assert answer["headers"]["www-authenticate"].startswith("Bearer realm=")
    assert json.loads(answer["body"])["reason"] == "no_credential"


def test_envoy_preflights_are_answered(ask: Callable[[str, object], Any]) -> None:
    """OPTIONS of a page that may ask is a 204 with the CORS headers."""
    headers = {"origin": "https://app.example.com", "access-control-request-method": "GET"}
    answer = ask("adapters/envoy/result", envoy("/users", "OPTIONS", **headers))
    assert (answer["allowed"], answer["http_status"]) == (False, 204)
    assert answer["headers"]["access-control-allow-origin"] == "https://app.example.com"


def test_a_body_envoy_cut_off_is_too_large(ask: Callable[[str, object], Any]) -> None:
    """Nothing is decided about half a body."""
    question = {**envoy("/users"), "truncated_body": True}
    assert ask("adapters/envoy/result", question)["http_status"] == 413


def test_what_is_no_envoy_input_is_refused(ask: Callable[[str, object], Any]) -> None:
    """An input of another shape is 500 for every adapter."""
    for wrong in ({}, {"attributes": {}}, {"attributes": {"request": {"http": {"method": 5}}}}, [], "x", None):
        assert ask("adapters/envoy/result", wrong)["allowed"] is False
        assert ask("adapters/kong/result", wrong)["allow"] is False
        assert ask("adapters/authzen/result", wrong)["decision"] is False
        assert ask("result", wrong)["allow"] is False


def test_kong_is_told_the_status(ask: Callable[[str, object], Any]) -> None:
    """A refusal has `allow`, `status` and `message`."""
    answer = ask("adapters/kong/result", kong("/users"))
    assert (answer["allow"], answer["status"], answer["message"]["reason"]) == (False, 401, "no_credential")
    assert ask("adapters/kong/result", kong("/nowhere"))["status"] == 404


def test_authzen_decides_by_roles_and_attributes(ask: Callable[[str, object], Any]) -> None:
    """Authorization alone, about a subject somebody else authenticated."""

    def decided(path: str, method: str, roles: list[str], kind: str = "users", **properties: object) -> bool:
        subject = {"type": kind, "id": "alice", "properties": {"roles": roles, **properties}}
        question = {"subject": subject, "action": {"name": method}, "resource": {"type": "route", "id": path}}
        found = ask("adapters/authzen/result", question)["decision"]
        assert isinstance(found, bool)
        return found

    document = "/departments/sales/documents/7"
    assert decided("/users", "GET", ["viewer"])
    assert decided("/users/42", "DELETE", ["admin"])
    assert not decided("/users/42", "DELETE", ["viewer"])
    assert not decided("/users", "POST", ["admin"])
    assert not decided("/nowhere", "GET", ["admin"])
    assert not decided("/users", "GET", ["viewer"], kind="nobody")
    assert not decided("/users/../users", "GET", ["viewer"])
    assert decided(document, "GET", ["viewer"], department="sales", clearance_level=3)
    assert not decided(document, "GET", ["viewer"], department="sales", clearance_level=2)
    assert not decided(document, "GET", ["viewer"], department="sales", clearance_level="3")
    assert not decided(document, "GET", ["viewer"], clearance_level=3)


def test_a_request_of_another_shape_is_internal(ask: Callable[[str, object], Any]) -> None:
    """Header names in capitals, lines that are no texts, a body without a length: 500, whatever else is in it."""
    good = canonical_input(Request("GET", "/users", (("Host", "api.example.com"),)), Surroundings())
    assert ask("result", good)["status"] == 401
    for key, value in (
        ("headers", {"Host": ["api.example.com"]}), ("headers", {"host": "api.example.com"}), ("headers", {"host": [5]}),
        ("body", {}), ("body", {"length": 0, "chunked": False, "text": "x", "utf8": True}), ("scheme", "gopher"),
        ("peer", 7), ("method", None), ("target", ["/users"]), ("certificate", 1),
    ):  # fmt: skip
        answer = ask("result", {**good, key: value})
        assert (answer["allow"], answer["status"], answer["reason"]) == (False, 500, "internal"), key
