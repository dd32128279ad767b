"""`api: http`: what an HTTP API cannot do is a gap, everything else is decided as in a REST API; and the model of it alone."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from seccfg import api
from seccfg.findings import InputError
from seccfg.ir.policy import Policy
from seccfg.ir.request import Request
from seccfg.verify.run import verify_policy
from seccfg_aws import TARGET
from seccfg_aws.gateway import Gateway, NotAsked
from seccfg_aws.http_api import RESERVED
from seccfg_aws.stack import read_api
from tests.targets.aws.service_shapes import problems
from tests.targets.aws.test_gateway import raises, says
from tests.targets.aws.test_template import EXAMPLES

HTTP = {"api": '"http"'}
ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/$default"


def policy(case: str) -> Policy:
    return api.policy(api.load(str(EXAMPLES / case / "seccfg.yaml")))


@pytest.fixture(scope="module")
def orders() -> dict[str, Any]:
    files = TARGET.compile(policy("orders"), HTTP).files
    found: dict[str, Any] = json.loads(next(f.content for f in files if f.path == "template.json"))
    return found


@pytest.fixture
def template(orders: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(orders)


def gateway(template: dict[str, Any]) -> Gateway:
    return Gateway(template, b"", {})


def get(target: str = "/v1/orders", **more: Any) -> Request:
    return Request("GET", target, (("Host", "api.example.com"), *more.pop("headers", ())), **more)


def test_decides_as_the_reference() -> None:
    """Every boundary request of the smallest example."""
    report = verify_policy(policy("minimal"), {"aws": HTTP}, "2026-01-05")
    (engine,) = report.targets[0].engines
    assert not engine.failure
    assert engine.requests > 800
    assert engine.differences == ()


def test_what_it_cannot_do_stops_the_build() -> None:
    """Each key that is written and not enforced, and the token that reaches the upstream."""
    gaps = {gap.id: gap for gap in TARGET.compile(policy("orders"), HTTP).gaps}
    for name in ("headers-on-refusals", "hsts-on-refusals", "cors-on-refusals"):
        assert gaps[name].kind == "unsupported"
    assert gaps["credentials-kept"].widens
    assert gaps["body-schema"].widens
    assert gaps["limit-status"].status_only


def test_no_route_lets_anybody_in(template: dict[str, Any]) -> None:
    """Each asks the function, but OPTIONS, which the function answers; nothing is kept; no other door."""
    routes = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::ApiGatewayV2::Route"]
    assert len(routes) > 10
    for route in routes:
        assert (route["AuthorizationType"] == "CUSTOM") is not route["RouteKey"].startswith("OPTIONS ")
    read = read_api(template, {})
    assert (read.authorizer_ttl_s, read.identity_sources, read.default_endpoint, read.stage) == (0, (), False, "$default")
    mapped = [r["Properties"].get("RequestParameters", {}) for r in template["Resources"].values()]
    names = {name.partition(":header.")[2].lower() for row in mapped for name in row if ":header." in name}
    assert names
    assert not [name for name in names if RESERVED.fullmatch(name)]


def test_the_services_would_take_it(template: dict[str, Any]) -> None:
    """Enums, ranges and names of the service model."""
    assert [text for r in template["Resources"].values() for text in problems(r["Type"], r["Properties"])] == []


def test_refusals_are_its_own(template: dict[str, Any]) -> None:
    """Fixed texts, nothing of ours; an unknown path and an unknown method are one."""
    model = gateway(template)
    nowhere = model.handle(get("/nowhere"), says("Allow"), raises("no preflight"))
    method = model.handle(Request("DELETE", "/v1/orders", (("Host", "api.example.com"),)), says("Allow"), raises("x"))
    assert {(e.response.status, e.response.body) for e in (nowhere, method)} == {(404, b'{"message":"Not Found"}')}
    denied = model.handle(get(), says("Deny", context={"reason": "forbidden"}), raises("x"))
    assert (denied.response.status, denied.response.body) == (403, b'{"message":"Forbidden"}')
    assert [name.lower() for name, _ in denied.response.headers] == ["content-type"]
    broken = model.handle(get(), raises("table"), raises("x"))
    assert (broken.response.status, broken.received) == (500, None)
    passed = model.handle(get(), says("Allow", f"{ARN}/GET/*"), raises("x"))
    assert passed.received is not None
    with pytest.raises(NotAsked):
        model.handle(Request("GET", "/v1/orders", (("Host", "abc.execute-api.amazonaws.com"),)), says("Allow"), raises("x"))


def test_forms_that_would_be_read_otherwise_are_refused(template: dict[str, Any]) -> None:
    """A stage whose name begins the path, answers that allow everything at once, headers added to the client's own."""
    for kind, key, value in (
        ("Stage", "StageName", "live"), ("Authorizer", "AuthorizerPayloadFormatVersion", "2.0"),
        ("Authorizer", "EnableSimpleResponses", True), ("Api", "ProtocolType", "WEBSOCKET"),
        ("Integration", "RequestParameters", {"append:header.x-user": "$context.authorizer.x"}),
    ):  # fmt: skip
        other = copy.deepcopy(template)
        for resource in other["Resources"].values():
            if resource["Type"] == f"AWS::ApiGatewayV2::{kind}":
                resource["Properties"][key] = value
        with pytest.raises(ValueError):
            read_api(other, {})


def test_an_identity_source_is_asked_for_first(template: dict[str, Any]) -> None:
    """Who does not show it is 401 before the function is asked."""
    template["Resources"]["Authorizer"]["Properties"]["IdentitySource"] = ["$request.header.Authorization"]
    model = gateway(template)
    assert model.handle(get(), says("Allow", f"{ARN}/GET/*"), raises("x")).response.status == 401
    shown = get(headers=(("authorization", "Bearer x"),))
    assert model.handle(shown, says("Allow", f"{ARN}/GET/*"), raises("x")).received is not None


def test_it_is_cloudformation_only() -> None:
    """Said, not written half."""
    with pytest.raises(InputError, match="cloudformation with `api: http`"):
        TARGET.compile(policy("minimal"), {**HTTP, "format": '"terraform"'})
