"""The template: what AWS's own model of its services takes, and what is never in it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seccfg import api
from seccfg.ir import policy as ir
from seccfg_aws import TARGET

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
CASES = sorted(path.parent.name for path in EXAMPLES.glob("*/seccfg.yaml"))
RESPONSE_TYPES = {
    "ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
}  # fmt: skip
"""Of botocore's service model of API Gateway."""
MOST_RESOURCES, MOST_BYTES = 500, 1_000_000


@functools.cache
def built(case: str, prefer: str = "exact") -> dict[str, Any]:
    policy = api.policy(api.load(str(EXAMPLES / case / "seccfg.yaml")))
    content = next(f.content for f in TARGET.compile(policy, {"prefer": json.dumps(prefer)}).files if f.path == "template.json")
    assert len(content) < MOST_BYTES
    found: dict[str, Any] = json.loads(content)
    return found


def of(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r["Properties"] for r in template["Resources"].values() if r["Type"] == kind]


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0]
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


@pytest.mark.parametrize("case", CASES)
def test_a_template_cloudformation_takes(case: str) -> None:
    """Every reference leads somewhere, ids are letters and digits, and the service's limits hold."""
    template = built(case)
    known = {*template["Resources"], *template["Parameters"]}
    used = {name for name in references(template) if not name.startswith("AWS::")}
    assert used <= known
    assert all(name.isalnum() for name in known)
    assert len(template["Resources"]) <= MOST_RESOURCES


@pytest.mark.parametrize("case", CASES)
def test_no_method_lets_anybody_in(case: str) -> None:
    """Every method asks the function, but for OPTIONS, which the function answers itself; nothing is kept."""
    template = built(case)
    for method in of(template, "AWS::ApiGateway::Method"):
        if method["AuthorizationType"] == "NONE":
            assert method["HttpMethod"] == "OPTIONS"
            assert method["Integration"]["Type"] == "AWS_PROXY"
        else:
            assert method["AuthorizationType"] == "CUSTOM"
            assert method["HttpMethod"] != "ANY"
    (authorizer,) = of(template, "AWS::ApiGateway::Authorizer")
    assert authorizer["AuthorizerResultTtlInSeconds"] == 0
    assert "IdentitySource" not in authorizer
    (rest_api,) = of(template, "AWS::ApiGateway::RestApi")
    assert rest_api["DisableExecuteApiEndpoint"] is True
    assert "Policy" not in rest_api
    assert all("SourceArn" in permission for permission in of(template, "AWS::Lambda::Permission"))


@pytest.mark.parametrize("case", CASES)
def test_refusals_are_worded_for_every_type(case: str) -> None:
    """No type is unknown to AWS, none rewrites all statuses, and each repeats the headers of every answer."""
    template = built(case)
    responses = of(template, "AWS::ApiGateway::GatewayResponse")
    kinds = {response["ResponseType"] for response in responses}
    assert kinds <= RESPONSE_TYPES - {"DEFAULT_4XX", "DEFAULT_5XX"}
    shared = set.intersection(*({*r["ResponseParameters"]} for r in responses))
    assert {"gatewayresponse.header.Content-Type", "gatewayresponse.header.Cache-Control"} <= shared
    assert all("validationErrorString" not in str(r) for r in responses)


STATUS = {
    "API_CONFIGURATION_ERROR": 500, "BAD_REQUEST_PARAMETERS": 400, "EXPIRED_TOKEN": 403, "INTEGRATION_FAILURE": 502,
    "INTEGRATION_TIMEOUT": 504, "INVALID_SIGNATURE": 403, "QUOTA_EXCEEDED": 429, "THROTTLED": 429,
    "UNSUPPORTED_MEDIA_TYPE": 415, "WAF_FILTERED": 403,
}  # fmt: skip
"""Of what API Gateway answers whatever the spec says."""


@pytest.mark.parametrize("prefer", ["exact", "native"])
@pytest.mark.parametrize("case", CASES)
def test_every_refusal_has_one_shape(case: str, prefer: str) -> None:
    """Whatever type it is of, reached by a request or not: its own status in its body, the id, and headers of every answer."""
    policy = api.policy(api.load(str(EXAMPLES / case / "seccfg.yaml")))
    every = {name: f"'{value}'" for name, value in policy.edge.headers.set}
    found = {response["ResponseType"]: response for response in of(built(case, prefer), "AWS::ApiGateway::GatewayResponse")}
    assert found.keys() == RESPONSE_TYPES - {"DEFAULT_4XX", "DEFAULT_5XX", "REQUEST_TOO_LARGE"}
    for kind, response in found.items():
        headers = {name.removeprefix("gatewayresponse.header."): v for name, v in response["ResponseParameters"].items()}
        body = json.loads(response["ResponseTemplates"]["application/json"].replace("$context.authorizer.reason", "x"))
        status = int(response["StatusCode"])
        assert (body["status"], body["id"]) == (status, "$context.requestId")
        assert 400 <= status < 600
        assert STATUS.get(kind, status) == status
        assert headers[policy.edge.errors.correlation_header] == "context.requestId"
        assert headers["Content-Type"] in ("'application/problem+json'", "'application/json'")
        assert every.items() <= headers.items()
        assert "Cache-Control" in headers
        if policy.edge.headers.hsts is not None:
            assert "Strict-Transport-Security" in headers
        assert ("Retry-After" in headers) is (kind in ("INVALID_API_KEY", "THROTTLED", "QUOTA_EXCEEDED"))


@pytest.mark.parametrize("prefer", ["exact", "native"])
@pytest.mark.parametrize("case", CASES)
def test_no_method_sends_on_what_is_to_be_stripped(case: str, prefer: str) -> None:
    """Credentials and identity headers, in either spelling; with a time limit, and nothing that is let through unmapped."""
    policy = api.policy(api.load(str(EXAMPLES / case / "seccfg.yaml")))
    methods = [m for m in of(built(case, prefer), "AWS::ApiGateway::Method") if m["Integration"]["Type"] == "HTTP_PROXY"]
    strips = [route.one(ir.Forward).strip for route in policy.routes]
    always = set.intersection(*(set(strip) for strip in strips))
    for method in methods:
        mapped = method["Integration"]["RequestParameters"]
        assert {name for name in always if mapped.get(f"integration.request.header.{name}") != "''"} <= identity_headers(policy)
        spelt = {name.replace("-", "_") for name in always}
        assert {name for name in spelt if f"integration.request.header.{name}" not in mapped} == set()
        assert 50 <= method["Integration"]["TimeoutInMillis"] <= 29_000
        assert method["Integration"]["PassthroughBehavior"] == "NEVER"
        declared = {f"method.request.path.{name}": True for name in path_names(method)}
        assert method.get("RequestParameters", {}) == declared


def identity_headers(policy: ir.Policy) -> set[str]:
    """What takes the place of a client's own header is mapped to something else than nothing."""
    named = {entry.header for route in policy.routes for entry in route.one(ir.Forward).set}
    return {*named, "x-authz-open"}


def path_names(method: dict[str, Any]) -> set[str]:
    prefix = "integration.request.path."
    mapped = method["Integration"]["RequestParameters"]
    return {name.removeprefix(prefix) for name in mapped if name.startswith(prefix)}


@pytest.mark.parametrize("prefer", ["exact", "native"])
def test_a_function_runs_as_it_is_meant_to(prefer: str) -> None:
    """Within the time a client waits, on what the package is made for; TLS and endpoint as the spec asks."""
    template = built("guide", prefer)
    for function in of(template, "AWS::Lambda::Function"):
        assert (function["Timeout"], function["MemorySize"], function["Runtime"]) == (5, 512, "python3.13")
        assert function["Architectures"] == ["arm64"]
    (rest_api,) = of(template, "AWS::ApiGateway::RestApi")
    (domain,) = of(template, "AWS::ApiGateway::DomainName")
    assert rest_api["SecurityPolicy"] == domain["SecurityPolicy"] == "TLS_1_2"
    assert rest_api["EndpointConfiguration"] == domain["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


@pytest.mark.parametrize("case", CASES)
def test_nothing_secret_is_logged_or_written_down(case: str) -> None:
    """No key, token or free text of the client in the access log; secrets are parameters that are not shown."""
    template = built(case)
    (stage,) = of(template, "AWS::ApiGateway::Stage")
    log = json.loads(stage["AccessLogSetting"]["Format"])
    assert "$context.requestId" in log.values()
    assert not any(word in str(log) for word in ("identity.apiKey", "userAgent", "$context.path", "header"))
    assert all(not s["DataTraceEnabled"] for s in stage["MethodSettings"])
    for name, parameter in template["Parameters"].items():
        assert parameter.get("NoEcho", False) is (name == "PassKeyValue" or name.startswith("Secret"))


def test_the_deployment_is_another_one_when_the_api_changes() -> None:
    """A deployment is a snapshot: under an old name a change would never go live."""

    def deployment(case: str) -> str:
        return next(n for n, r in built(case)["Resources"].items() if r["Type"] == "AWS::ApiGateway::Deployment")

    assert len({deployment(case) for case in CASES}) == len(CASES)
    for case in CASES:
        resources = built(case)["Resources"]
        listed = set(resources[deployment(case)]["DependsOn"])
        kinds = ("Method", "GatewayResponse", "Authorizer", "Model", "RequestValidator")
        assert {n for n, r in resources.items() if r["Type"].rpartition("::")[2] in kinds} <= listed
