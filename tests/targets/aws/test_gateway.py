"""The model of API Gateway on its own: what AWS's documentation says of it, habits that open doors included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from seccfg.ir.request import Request
from seccfg_aws.gateway import Exchange, Gateway, NotAsked

ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/live"
HOST = (("Host", "api.example.com"),)


def template(method: Mapping[str, Any], *, ttl: int = 0, responses: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One resource `/orders/{id}` with GET and DELETE as *method* says."""
    live = {
        "Orders": {"Type": "AWS::ApiGateway::Resource", "Properties": {
            "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "PathPart": "orders"}},
        "Order": {"Type": "AWS::ApiGateway::Resource", "Properties": {"ParentId": {"Ref": "Orders"}, "PathPart": "{id}"}},
        "Model": {"Type": "AWS::ApiGateway::Model", "Properties": {"Schema": {"type": "object", "required": ["a"]}}},
        "Validator": {"Type": "AWS::ApiGateway::RequestValidator", "Properties": {"ValidateRequestBody": True}},
        "Authorizer": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {
            "AuthorizerUri": "arn/${Function.Arn}/invocations", "AuthorizerResultTtlInSeconds": ttl}},
        **{verb: {"Type": "AWS::ApiGateway::Method", "Properties": {
            "ResourceId": {"Ref": "Order"}, "HttpMethod": verb.upper(), "AuthorizationType": "CUSTOM",
            "AuthorizerId": {"Ref": "Authorizer"}, "Integration": {"Type": "HTTP_PROXY", "Uri": "u"}, **method,
        }} for verb in ("Get", "Delete")},
        **{f"R{kind}": {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {"ResponseType": kind, **shape}}
           for kind, shape in (responses or {}).items()},
    }  # fmt: skip
    return {"Resources": {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {
            "ApiKeySourceType": "AUTHORIZER", "DisableExecuteApiEndpoint": True}},
        "Live": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": list(live), "Properties": {}},
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {
            "DeploymentId": {"Ref": "Live"}, "RestApiId": {"Ref": "Api"}, "StageName": "live"}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {}},
        "Permission": {"Type": "AWS::Lambda::Permission", "Properties": {
            "FunctionName": {"Ref": "Function"}, "Principal": "apigateway.amazonaws.com",
            "Action": "lambda:InvokeFunction", "SourceArn": "arn/authorizers/x"}},
        "Domain": {"Type": "AWS::ApiGateway::DomainName", "Properties": {"DomainName": "api.example.com"}},
        "Mapping": {"Type": "AWS::ApiGateway::BasePathMapping", "Properties": {
            "DomainName": {"Ref": "Domain"}, "RestApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}},
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True, "Value": "good"}},
        "Off": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": False, "Value": "off"}},
        "Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {
            "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}]}},
        **{f"In{key}": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {
            "KeyId": {"Ref": key}, "UsagePlanId": {"Ref": "Plan"}}} for key in ("Key", "Off")},
        **live,
    }}  # fmt: skip


def says(effect: str, resource: str = f"{ARN}/GET/*", **more: Any) -> Callable[[Mapping[str, object]], Mapping[str, Any]]:
    statements = [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}] if effect else []
    return lambda event: {"principalId": "p", "policyDocument": {"Statement": statements}, **more}


def raises(text: str) -> Callable[[Mapping[str, object]], Mapping[str, Any]]:
    def authorizer(event: Mapping[str, object]) -> Mapping[str, Any]:
        raise RuntimeError(text)

    return authorizer


def ask(gateway: Gateway, authorizer: Any, method: str = "GET", target: str = "/orders/7", **more: Any) -> Exchange:
    return gateway.handle(Request(method, target, more.pop("headers", HOST), **more), authorizer, raises("no preflight"))


@pytest.mark.parametrize(
    ("authorizer", "status"),
    [
        (raises("Unauthorized"), 401), (raises("unauthorized"), 500), (raises("Unauthorized."), 500), (says("Deny"), 403),
        (says(""), 403), (says("Allow", f"{ARN}/DELETE/*"), 403), (says("Allow", context={"a": ["list"]}), 500),
    ],
)  # fmt: skip
def test_what_an_authorizer_says(authorizer: Any, status: int) -> None:
    """The exact text alone is 401; Deny and no statement are 403; anything else an error."""
    found = ask(Gateway(template({}), b"", {}), authorizer)
    assert (found.response.status, found.received) == (status, None)


def test_an_allow_reaches_the_upstream_and_stars_cross_segments() -> None:
    """`*` matches any characters, slashes included."""
    assert ask(Gateway(template({}), b"", {}), says("Allow", f"{ARN}/*")).received is not None


@pytest.mark.parametrize("target", ["/", "/orders", "/orders/7/x", "/orders/", "/nowhere"])
def test_an_unknown_path_or_method_is_403(target: str) -> None:
    """As if a token were missing, not 404 and not 405; HEAD is no GET."""
    gateway = Gateway(template({}), b"", {})
    assert ask(gateway, says("Allow"), target=target).response.status == 403
    assert ask(gateway, says("Allow"), "HEAD").response.status == 403


@pytest.mark.parametrize(("key", "status"), [("good", 200), ("off", 403), ("other", 403), ("", 403)])
def test_usage_keys_come_from_the_authorizer_alone(key: str, status: int) -> None:
    """What the client sends as a key is not looked at; a disabled or unknown one is refused."""
    gateway = Gateway(template({"ApiKeyRequired": True}), b"", {})
    headers = (*HOST, ("x-api-key", "good"))
    assert ask(gateway, says("Allow", usageIdentifierKey=key), headers=headers).response.status == status


def test_what_was_said_is_kept_and_judged_by_each_method() -> None:
    """A kept policy that names one method denies another; one with a star opens every route until it ends."""
    gateway = Gateway(template({}, ttl=300), b"", {})
    assert ask(gateway, says("Allow")).received is not None
    assert ask(gateway, says("Allow", f"{ARN}/DELETE/*"), "DELETE").response.status == 403
    gateway.forget()
    assert ask(gateway, says("Allow", f"{ARN}/*")).received is not None
    assert ask(gateway, says("Deny", f"{ARN}/*"), "DELETE").received is not None


@pytest.mark.parametrize(
    ("models", "kind", "body", "passes"),
    [
        ({"application/json": {"Ref": "Model"}}, "application/json", b"{}", False),
        ({"application/json": {"Ref": "Model"}}, "application/json", b'{"a": 1}', True),
        ({"application/json": {"Ref": "Model"}}, "text/plain", b"{}", True),
        ({"$default": {"Ref": "Model"}}, "text/plain", b"{}", False),
        ({"$default": {"Ref": "Model"}}, "application/json", b'{"a": 1, "a": 2}', True),
        ({"$default": {"Ref": "Model"}}, "application/json", b"", False),
    ],
)
def test_bodies_are_judged_by_media_type(models: Any, kind: str, body: bytes, passes: bool) -> None:
    """A type without model is not looked at, unless there is one for `$default`; members given twice are no matter."""
    gateway = Gateway(template({"RequestValidatorId": {"Ref": "Validator"}, "RequestModels": models}), b"", {})
    found = ask(gateway, says("Allow"), headers=(*HOST, ("Content-Type", kind)), body=body)
    assert (found.received is not None) is passes
    assert found.response.status == (200 if passes else 400)


def test_a_response_carries_what_it_says_itself_and_context() -> None:
    """Static texts in quotes of their own, variables of the authorizer; no type takes anything from another."""
    shape = {
        "StatusCode": "418", "ResponseTemplates": {"application/json": '{"r": "$context.authorizer.reason"}'},
        "ResponseParameters": {
            "gatewayresponse.header.A": "'b'", "gatewayresponse.header.C": "context.authorizer.reason",
            "gatewayresponse.header.D": "context.authorizer.none",
        },
    }  # fmt: skip
    gateway = Gateway(template({}, responses={"ACCESS_DENIED": shape}), b"", {})
    found = ask(gateway, says("Deny", context={"reason": "because"})).response
    assert (found.status, found.headers, found.body) == (418, (("A", "b"), ("C", "because")), b'{"r": "because"}')
    assert ask(gateway, raises("Unauthorized")).response.headers == ()


def test_what_a_deployment_does_not_depend_on_is_not_live() -> None:
    """A method that is there and was never deployed answers as an unknown one."""
    stack = template({})
    stack["Resources"]["Live"]["DependsOn"].remove("Delete")
    gateway = Gateway(stack, b"", {})
    assert ask(gateway, says("Allow", f"{ARN}/*"), "DELETE").response.status == 403
    assert ask(gateway, says("Allow", f"{ARN}/*")).received is not None


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (Request("GET", "/orders/7", HOST, scheme="http"), 403),
        (Request("GET", "/orders/7", (("Host", "elsewhere.example.net"),)), 403),
        (Request("GET", "/orders/7", ()), 403),
        (Request("GET", f"/orders/{'x' * 1600}", HOST), 414),
        (Request("GET", "/orders/7?a=%zz", HOST), 400),
    ],
)
def test_some_requests_reach_no_method(request_: Request, status: int) -> None:
    """Plain http, another domain name, too long an ARN, a query that cannot be decoded."""
    with pytest.raises(NotAsked) as ended:
        Gateway(template({}), b"", {}).handle(request_, says("Allow"), says("Allow"))
    assert ended.value.decision.status == status


def test_a_method_without_authorization_lets_everybody_in() -> None:
    """API Gateway asks nobody where the template says NONE."""
    assert ask(Gateway(template({"AuthorizationType": "NONE"}), b"", {}), raises("not asked")).received is not None


def test_a_function_api_gateway_may_not_call_refuses() -> None:
    """Without a permission with the authorizer as source."""
    stack = template({})
    del stack["Resources"]["Permission"]
    assert ask(Gateway(stack, b"", {}), says("Allow")).response.status == 500
