"""CloudFormation's properties held against the service model of AWS's own client: names, enums, ranges, lengths, patterns.

A resource is made by one call of its service or by several; each property is looked for in the calls of its type, in order.
CloudFormation writes names with a capital where the service may not; what it calls otherwise stands in `_RENAMED`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

__all__ = ["CALLS", "problems"]

CALLS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "AWS::ApiGateway::ApiKey": (("apigateway", "CreateApiKey"),),
    "AWS::ApiGateway::Authorizer": (("apigateway", "CreateAuthorizer"),),
    "AWS::ApiGateway::BasePathMapping": (("apigateway", "CreateBasePathMapping"),),
    "AWS::ApiGateway::Deployment": (("apigateway", "CreateDeployment"),),
    "AWS::ApiGateway::DomainName": (("apigateway", "CreateDomainName"),),
    "AWS::ApiGateway::GatewayResponse": (("apigateway", "PutGatewayResponse"),),
    "AWS::ApiGateway::Method": (("apigateway", "PutMethod"), ("apigateway", "PutMethod>")),
    "AWS::ApiGateway::Model": (("apigateway", "CreateModel"),),
    "AWS::ApiGateway::RequestValidator": (("apigateway", "CreateRequestValidator"),),
    "AWS::ApiGateway::Resource": (("apigateway", "CreateResource"),),
    "AWS::ApiGateway::RestApi": (("apigateway", "CreateRestApi"), ("apigateway", "PutRestApi")),
    "AWS::ApiGateway::Stage": (("apigateway", "CreateStage"), ("apigateway", "UpdateStage>")),
    "AWS::ApiGateway::UsagePlan": (("apigateway", "CreateUsagePlan"),),
    "AWS::ApiGateway::UsagePlanKey": (("apigateway", "CreateUsagePlanKey"),),
    **{
        f"AWS::ApiGatewayV2::{name}": (("apigatewayv2", f"Create{name}"),)
        for name in ("Api", "ApiMapping", "Authorizer", "Deployment", "DomainName", "Integration", "Route", "Stage")
    },
    "AWS::CloudWatch::Alarm": (("cloudwatch", "PutMetricAlarm"),),
    "AWS::DynamoDB::Table": (
        ("dynamodb", "CreateTable"), ("dynamodb", "UpdateTimeToLive"), ("dynamodb", "UpdateContinuousBackups"),
    ),
    "AWS::IAM::Role": (("iam", "CreateRole"), ("iam", "AttachRolePolicy"), ("iam", "PutRolePolicy")),
    "AWS::KMS::Key": (("kms", "CreateKey"),),
    "AWS::Lambda::Function": (("lambda", "CreateFunction"),),
    "AWS::Lambda::Permission": (("lambda", "AddPermission"),),
    "AWS::Logs::LogGroup": (("logs", "CreateLogGroup"), ("logs", "PutRetentionPolicy")),
    "AWS::Logs::MetricFilter": (("logs", "PutMetricFilter"),),
    "AWS::WAFv2::IPSet": (("wafv2", "CreateIPSet"),),
    "AWS::WAFv2::WebACL": (("wafv2", "CreateWebACL"),),
    "AWS::WAFv2::WebACLAssociation": (("wafv2", "AssociateWebACL"),),
}  # fmt: skip
"""Type of a resource -> (service, operation); `>`: the operation's answer, for what is set by patches only."""
_RENAMED: Final[Mapping[str, str]] = {
    "RestApi.ApiKeySourceType": "apiKeySource",
    "RestApi.Body": "body",
    "Method.Integration": "methodIntegration",
    "Integration.IntegrationHttpMethod": "httpMethod",
    "Stage.AccessLogSetting": "accessLogSettings",
    "Stage.TracingEnabled": "tracingEnabled",
    "UsagePlan.UsagePlanName": "name",
    "UsagePlan.ApiStages.Stage": "stage",
    "Table.SSESpecification.SSEEnabled": "Enabled",
    "Role.ManagedPolicyArns": "PolicyArn",
    "Key.KeyPolicy": "Policy",
    "Function.KmsKeyArn": "KMSKeyArn",
    "Resource.ParentId": "parentId",
}
_ELSEWHERE: Final = frozenset({
    "Stage.MethodSettings.ResourcePath", "Stage.MethodSettings.HttpMethod", "Key.EnableKeyRotation", "Role.Policies",
    "Function.Code.S3ObjectVersion",
})  # fmt: skip
"""CloudFormation's own: part of a patch's path, or of a call without a shape for it."""
_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "Stage.MethodSettings.LoggingLevel": frozenset({"OFF", "ERROR", "INFO"}),
    "Method.AuthorizationType": frozenset({"NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS", "JWT"}),
    "Method.HttpMethod": frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"}),
    "Method.Integration.PassthroughBehavior": frozenset({"WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"}),
    "UsagePlanKey.KeyType": frozenset({"API_KEY"}),
}
"""What the documentation says of members that the model has as any text."""
_BY_STATUS: Final = frozenset({"Method.MethodResponses", "Method.Integration.IntegrationResponses"})
"""Lists that are maps of the status to the service."""
_DOCUMENTS: Final = frozenset({"AssumeRolePolicyDocument", "KeyPolicy", "Schema", "Body"})
"""JSON that the service takes as text."""


@functools.cache
def _shape(service: str, operation: str) -> StructureShape:
    model = botocore.session.get_session().get_service_model(service)
    found = model.operation_model(operation.removesuffix(">"))
    shape = found.output_shape if operation.endswith(">") else found.input_shape
    assert isinstance(shape, StructureShape)
    return shape


def problems(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """What the service would refuse of a resource of type *kind*, a sentence each."""
    name = kind.rpartition("::")[2]
    for key, value in properties.items():
        path = f"{name}.{key}"
        if path in _ELSEWHERE:
            continue
        shapes = [found for call in CALLS[kind] if (found := _member(_shape(*call), path, key)) is not None]
        if kind == "AWS::ApiGateway::Stage" and key == "MethodSettings":
            shapes = [_shape("apigateway", "UpdateStage>").members["methodSettings"]]
            value = {f"{s['ResourcePath']}/{s['HttpMethod']}": s for s in value}  # the keys of a patch's path
        if not shapes:
            yield f"{path}: no such member"
        elif key == "ManagedPolicyArns":
            for item in value:  # one call each
                yield from _value(shapes[0], item, path)
        elif not (key in _DOCUMENTS and isinstance(value, dict)):
            yield from _value(shapes[0], value, path)


def _member(shape: StructureShape, path: str, key: str) -> Shape | None:
    wanted = _RENAMED.get(path) or _RENAMED.get(".".join(path.split(".")[-2:])) or key
    for name, member in shape.members.items():
        if name in (wanted, wanted[:1].lower() + wanted[1:]) or name.lower() == wanted.lower():
            return member
    return None


def _value(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
        return  # known when the stack is made
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            value = [value]
        yield from _range(shape, len(value), path, "entries")
        for item in value:
            yield from _value(shape.member, item, path)
    elif isinstance(shape, MapShape):
        if path in _BY_STATUS:
            value = {response["StatusCode"]: response for response in value}
        if not isinstance(value, dict):
            yield f"{path}: no map"
            return
        yield from _range(shape, len(value), path, "entries")
        for key, item in value.items():
            yield from _value(shape.key, key, f"{path}[]")
            yield from _value(shape.value, item, path)
    else:
        yield from _scalar(shape, value, path)


def _structure(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: no structure"
        return
    known: set[str] = set()
    for key, item in value.items():
        inner = f"{path}.{key}"
        if inner in _ELSEWHERE:
            continue
        member = _member(shape, inner, key)
        if member is None:
            yield f"{inner}: no such member"
            continue
        known |= {name for name, held in shape.members.items() if held is member}
        yield from _value(member, item, inner)
    missing = set(shape.required_members) - known
    if missing:
        yield f"{path}: {', '.join(sorted(missing))} missing"


def _range(shape: Shape, size: float, path: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        yield f"{path}: {size} {what}, not {least} to {most}"


def _scalar(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "boolean":
        if not isinstance(value, bool):
            yield f"{path}: {value!r} is no boolean"
    elif kind in ("integer", "long", "double", "float"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{path}: {value!r} is no number"
        else:
            yield from _range(shape, value, path, "as a number")
    elif isinstance(value, str):
        yield from _range(shape, len(value), path, "characters")
        choices = getattr(shape, "enum", ()) or _WORDS.get(path, ())
        if choices and value not in choices:
            yield f"{path}: {value!r} is none of {', '.join(sorted(choices))}"
        pattern = shape.metadata.get("pattern")
        if pattern and not re.search(rf"\A(?:{_portable(pattern)})\Z", value, re.DOTALL):
            yield f"{path}: {value!r} does not match {pattern}"
    elif kind == "string" and not isinstance(value, (int, float)):
        yield f"{path}: {value!r} is no text"


def _portable(pattern: str) -> str:
    """Of Java's syntax, what Python writes otherwise."""
    return re.sub(r"\\p\{[A-Za-z]+\}", r"\\w", pattern)
