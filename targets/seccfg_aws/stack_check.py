"""What CloudFormation and the services refuse of a template before anything of it answers a request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from seccfg.targetapi.observe import EngineFailed

__all__ = ["check_template"]

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::ApiGateway::ApiKey": (),
    "AWS::ApiGateway::Authorizer": ("RestApiId", "Name", "Type", "AuthorizerUri"),
    "AWS::ApiGateway::BasePathMapping": ("DomainName", "RestApiId", "Stage"),
    "AWS::ApiGateway::Deployment": ("RestApiId",),
    "AWS::ApiGateway::DomainName": ("DomainName", "RegionalCertificateArn", "EndpointConfiguration.Types"),
    "AWS::ApiGateway::GatewayResponse": ("RestApiId", "ResponseType"),
    "AWS::ApiGateway::Method": (
        "RestApiId", "ResourceId", "HttpMethod", "AuthorizationType", "Integration.Type",
    ),
    "AWS::ApiGateway::Model": ("RestApiId", "ContentType", "Schema"),
    "AWS::ApiGateway::RequestValidator": ("RestApiId",),
    "AWS::ApiGateway::Resource": ("RestApiId", "ParentId", "PathPart"),
    "AWS::ApiGateway::RestApi": ("Name", "EndpointConfiguration.Types"),
    "AWS::ApiGateway::Stage": (
        "RestApiId", "DeploymentId", "StageName", "AccessLogSetting.DestinationArn", "AccessLogSetting.Format",
        "MethodSettings.*.ResourcePath", "MethodSettings.*.HttpMethod",
    ),
    "AWS::ApiGateway::UsagePlan": ("ApiStages.*.ApiId", "ApiStages.*.Stage"),
    "AWS::ApiGateway::UsagePlanKey": ("KeyId", "KeyType", "UsagePlanId"),
    "AWS::ApiGatewayV2::Api": ("Name", "ProtocolType"),
    "AWS::ApiGatewayV2::ApiMapping": ("ApiId", "DomainName", "Stage"),
    "AWS::ApiGatewayV2::Authorizer": ("ApiId", "Name", "AuthorizerType", "AuthorizerUri"),
    "AWS::ApiGatewayV2::Deployment": ("ApiId",),
    "AWS::ApiGatewayV2::DomainName": ("DomainName", "DomainNameConfigurations.*.CertificateArn"),
    "AWS::ApiGatewayV2::Integration": ("ApiId", "IntegrationType", "IntegrationMethod", "IntegrationUri"),
    "AWS::ApiGatewayV2::Route": ("ApiId", "RouteKey", "Target"),
    "AWS::ApiGatewayV2::Stage": ("ApiId", "StageName"),
    "AWS::CloudWatch::Alarm": (
        "EvaluationPeriods", "ComparisonOperator", "MetricName", "Namespace", "Period", "Statistic", "Threshold",
    ),
    "AWS::DynamoDB::Table": (
        "KeySchema.*.AttributeName", "KeySchema.*.KeyType", "AttributeDefinitions.*.AttributeName",
        "AttributeDefinitions.*.AttributeType", "BillingMode",
    ),
    "AWS::IAM::Role": (
        "AssumeRolePolicyDocument.Version", "AssumeRolePolicyDocument.Statement.*.Effect",
        "AssumeRolePolicyDocument.Statement.*.Principal", "AssumeRolePolicyDocument.Statement.*.Action",
        "Policies.*.PolicyName", "Policies.*.PolicyDocument.Version", "Policies.*.PolicyDocument.Statement.*.Effect",
        "Policies.*.PolicyDocument.Statement.*.Action", "Policies.*.PolicyDocument.Statement.*.Resource",
    ),
    "AWS::KMS::Key": (
        "KeyPolicy.Version", "KeyPolicy.Statement.*.Effect", "KeyPolicy.Statement.*.Principal", "KeyPolicy.Statement.*.Action",
        "KeyPolicy.Statement.*.Resource",
    ),
    "AWS::Lambda::Function": ("Code.S3Bucket", "Code.S3Key", "Role", "Runtime", "Handler"),
    "AWS::Lambda::Permission": ("Action", "FunctionName", "Principal"),
    "AWS::Logs::LogGroup": (),
    "AWS::Logs::MetricFilter": (
        "FilterPattern", "LogGroupName", "MetricTransformations.*.MetricName", "MetricTransformations.*.MetricNamespace",
        "MetricTransformations.*.MetricValue",
    ),
    "AWS::WAFv2::WebACL": (
        "Scope", "DefaultAction", "VisibilityConfig.MetricName", "VisibilityConfig.SampledRequestsEnabled",
        "VisibilityConfig.CloudWatchMetricsEnabled", "Rules.*.Name", "Rules.*.Priority", "Rules.*.Statement",
        "Rules.*.VisibilityConfig.MetricName", "Rules.*.VisibilityConfig.SampledRequestsEnabled",
        "Rules.*.VisibilityConfig.CloudWatchMetricsEnabled",
    ),
    "AWS::WAFv2::IPSet": ("Scope", "IPAddressVersion", "Addresses"),
    "AWS::WAFv2::WebACLAssociation": ("ResourceArn", "WebACLArn"),
}  # fmt: skip
"""What a resource of each type cannot be made without."""
_CALLED: Final = ("Integration.Uri", "Integration.IntegrationHttpMethod")
"""Of a method that sends requests on."""
_DEPLOYMENT: Final = "AWS::ApiGateway::Deployment"
_SNAPSHOT: Final = frozenset(
    f"AWS::ApiGateway::{kind}" for kind in ("Authorizer", "GatewayResponse", "Method", "Model", "RequestValidator")
)
_DAYS: Final = frozenset(
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)
_EMPTY: Final = frozenset({"Allow", "Count", "None", "responses"})
"""Members whose value says nothing more."""
_DATA: Final = frozenset({"Schema", "Body", "security"})
"""Documents with empty parts of their own."""
_CALLS: Final = {"Fn::GetAtt": 2, "Fn::If": 3, "Fn::Equals": 2, "Fn::Not": 1}
"""Arguments of each function."""


def check_template(template: Mapping[str, Any]) -> None:
    """EngineFailed for a template that no stack can be made of."""
    for problem in _problems(template):
        raise EngineFailed(f"CloudFormation refuses the template: {problem}")


def _problems(template: Mapping[str, Any]) -> Iterator[str]:
    resources = template["Resources"]
    for name, parameter in template.get("Parameters", {}).items():
        if "Type" not in parameter:
            yield f"parameter {name} has no type"
    for name, output in template.get("Outputs", {}).items():
        if not output.get("Value"):
            yield f"output {name} has no value"
    known = {*resources, *template.get("Parameters", {})}
    yield from _references(template, known, frozenset(template.get("Conditions", {})))
    listed = {name for r in resources.values() if r.get("Type") == _DEPLOYMENT for name in r.get("DependsOn", ())}
    for name, resource in resources.items():
        kind, properties = resource.get("Type"), resource.get("Properties")
        if kind in _SNAPSHOT and name not in listed:
            yield f"{name} may be made after the deployment, and is not live then"
        if kind not in _NEEDED or not isinstance(properties, Mapping):
            yield f"{name} is of an unknown type, or has no properties"
            continue
        for dependency in resource.get("DependsOn", ()):
            if dependency not in resources:
                yield f"{name} depends on {dependency}, which is not there"
        for path in _NEEDED[kind]:
            if not _has(properties, path.split(".")):
                yield f"{name} has no {path}"
        yield from _values(properties, name)
        if kind == "AWS::ApiGateway::Method":
            yield from _path_variables(properties, name)
        if kind == "AWS::ApiGateway::Method" and properties.get("Integration", {}).get("Type") != "MOCK":
            yield from (f"{name} has no {p}" for p in _CALLED if not _has(properties, p.split(".")))
        if kind == "AWS::WAFv2::WebACL":
            yield from _web_acl_rules(properties, name)
            order = [rule.get("Priority") for rule in properties.get("Rules", ())]
            if len(set(order)) != len(order):
                yield f"{name} has two rules of one priority"


def _web_acl_rules(acl: Mapping[str, Any], place: str) -> Iterator[str]:
    """A managed group is overridden, a rule of one's own acts; either has what its statement needs."""
    for rule in acl.get("Rules", ()):
        group = rule.get("Statement", {}).get("ManagedRuleGroupStatement")
        if ("OverrideAction" in rule) == ("Action" in rule) or ("OverrideAction" in rule) != (group is not None):
            yield f"{place} has a rule without the action of its kind"
        if group is not None and not (group.get("Name") and group.get("VendorName")):
            yield f"{place} names no managed group"


def _path_variables(method: Mapping[str, Any], place: str) -> Iterator[str]:
    """What stands in braces in the upstream's path is taken from a parameter of the method."""
    integration = method.get("Integration", {})
    declared, mapped = method.get("RequestParameters", {}), integration.get("RequestParameters", {})
    for source in mapped.values():
        if source.startswith("method.request.") and source not in declared:
            yield f"{place} maps {source}, which it does not declare"
    uri = integration.get("Uri", "")
    text = uri.get("Fn::Sub", "") if isinstance(uri, Mapping) else uri
    for variable in re.findall(r"(?<!\$)\{([A-Za-z0-9_]+)\}", str(text)):
        if f"integration.request.path.{variable}" not in mapped:
            yield f"{place} puts nothing into {{{variable}}} of its upstream's path"


def _has(value: Any, path: list[str]) -> bool:
    """Something stands at the end of *path*; `*` is every item of a list that is not empty."""
    if not path:
        return value is not None and value not in ({}, [], "")
    if path[0] == "*":
        return isinstance(value, list) and bool(value) and all(_has(item, path[1:]) for item in value)
    return isinstance(value, Mapping) and path[0] in value and _has(value[path[0]], path[1:])


def _values(value: Any, place: str, key: str = "") -> Iterator[str]:
    """Nothing is empty that has to say something."""
    if key in _DATA:
        return
    if key == "RetentionInDays" and value not in _DAYS:
        yield f"{place} is no number of days that logs are kept"
    if value in ({}, []) and not isinstance(value, bool) and key not in _EMPTY:
        yield f"{place} is empty"
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _values(inner, f"{place}.{name}", name)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, place)


def _references(value: Any, known: set[str], conditions: frozenset[str]) -> Iterator[str]:
    """Every function has its arguments, and names what is there."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item, known, conditions)
    if not isinstance(value, Mapping):
        return
    for name, said in value.items():
        if name in _CALLS and (not isinstance(said, list) or len(said) != _CALLS[name]):
            yield f"{name} with another number of arguments"
        elif name == "Ref" and said not in known and not str(said).startswith("AWS::"):
            yield f"nothing is called {said}"
        elif name == "Fn::GetAtt" and (said[0] not in known or not str(said[1])[:1].isupper() or said[1] in known):
            yield f"{said[0]} has no {said[1]}"
        elif name == "Fn::If" and said[0] not in conditions:
            yield f"no condition is called {said[0]}"
        else:
            yield from _references(said, known, conditions)
