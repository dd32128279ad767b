"""`api: http`: the API of the lite form. It has no keys, validators, gateway responses or web ACL, and words refusals itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from seccfg_aws import function
from seccfg_aws.integrations import mutual_tls, spellings, sub, word
from seccfg_aws.logs import access_log
from seccfg_aws.names import Names
from seccfg_aws.plan import AwsPlan, MethodPlan

__all__ = ["RESERVED", "STAGE", "http_domain", "http_live", "http_snapshot"]

Resource = dict[str, Any]
STAGE: Final = "$default"
"""Of any other stage the function would see the name as the beginning of the path."""
RESERVED: Final = re.compile(
    r"(access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|"
    r"keep-alive|origin|proxy-.*|te|trailers?|transfer-encoding|upgrade|x-amz.*|x-forwarded-.*|host|via)"
)
"""Headers no mapping may change."""


def http_snapshot(plan: AwsPlan) -> Resource:
    """What a deployment takes a snapshot of."""
    api: Resource = {
        "RestApi": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {"Name": plan.name, "ProtocolType": "HTTP", "DisableExecuteApiEndpoint": True},
        },
        "Authorizer": {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {
                "ApiId": {"Ref": "RestApi"}, "Name": "decision", "AuthorizerType": "REQUEST",
                "AuthorizerPayloadFormatVersion": "1.0", "EnableSimpleResponses": False, "AuthorizerResultTtlInSeconds": 0,
                "AuthorizerUri": function.invocation("Function"),
            },
        },
    }  # fmt: skip
    names = Names()
    for method in plan.methods:
        ident = names.take(method.verb.capitalize(), "/".join(method.path))
        api[f"To{ident}"] = {"Type": "AWS::ApiGatewayV2::Integration", "Properties": _integration(plan, method)}
        api[ident] = _route(method.verb, method.path, f"To{ident}", asked=True)
    if plan.preflights:
        api["ToPreflight"] = {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "RestApi"}, "IntegrationType": "AWS_PROXY", "IntegrationMethod": "POST",
                "IntegrationUri": function.invocation("PreflightFunction"), "PayloadFormatVersion": "1.0",
            },
        }  # fmt: skip
    for path in plan.preflights:
        api[names.take("Preflight", "/".join(path))] = _route("OPTIONS", path, "ToPreflight", asked=False)
    return api


def _route(verb: str, path: tuple[str, ...], target: str, *, asked: bool) -> Resource:
    properties: Resource = {
        "ApiId": {"Ref": "RestApi"}, "RouteKey": f"{verb} /{'/'.join(path)}", "Target": sub(f"integrations/${{{target}}}"),
        "AuthorizationType": "CUSTOM" if asked else "NONE",
    }  # fmt: skip
    if asked:
        properties["AuthorizerId"] = {"Ref": "Authorizer"}
    return {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}


def _integration(plan: AwsPlan, method: MethodPlan) -> Resource:
    mapped: Resource = {}
    for header in method.strip:
        for spelling in spellings(header):
            if not RESERVED.fullmatch(header):
                mapped[f"remove:header.{spelling}"] = "''"
    for name in method.strip_query:
        mapped[f"remove:querystring.{name}"] = "''"
    for header, key in method.identity:
        for spelling in spellings(header):
            mapped[f"remove:header.{spelling}"] = "''"
        del mapped[f"remove:header.{header}"]
        mapped[f"overwrite:header.{header}"] = f"$context.authorizer.{key}"
    if plan.sends_open:
        mapped["overwrite:header.X-Authz-Open"] = "$context.authorizer.open"
    base = urlsplit(method.upstream.url).path.rstrip("/")
    mapped["overwrite:path"] = f"{base}$request.path" if not base else f"{base}${{request.path}}"
    return {
        "ApiId": {"Ref": "RestApi"},
        "IntegrationType": "HTTP_PROXY",
        "IntegrationMethod": method.verb,
        "IntegrationUri": {"Ref": f"Upstream{word(method.upstream.name)}"},
        "PayloadFormatVersion": "1.0",
        "TimeoutInMillis": method.upstream.timeout_ms,
        "RequestParameters": mapped,
    }


def http_live(plan: AwsPlan, deployment: str, parts: Sequence[str]) -> Resource:
    """The snapshot, and the stage that serves it."""
    return {
        deployment: {
            "Type": "AWS::ApiGatewayV2::Deployment",
            "DependsOn": [part for part in parts if part != "RestApi"],
            "Properties": {"ApiId": {"Ref": "RestApi"}},
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {
                "ApiId": {"Ref": "RestApi"}, "DeploymentId": {"Ref": deployment}, "StageName": STAGE, "AutoDeploy": False,
                "AccessLogSettings": {"DestinationArn": {"Fn::GetAtt": ["AccessLog", "Arn"]}, "Format": access_log(plan)},
                "DefaultRouteSettings": {
                    "DetailedMetricsEnabled": True, "ThrottlingRateLimit": {"Ref": "StageRateLimit"},
                    "ThrottlingBurstLimit": {"Ref": "StageBurstLimit"},
                },
            },
        },
    }  # fmt: skip


def http_domain(plan: AwsPlan, number: int) -> Resource:
    """A domain name and what it leads to."""
    domain = plan.domains[number - 1]
    properties: Resource = {
        "DomainName": domain.host,
        "DomainNameConfigurations": [{
            "CertificateArn": {"Ref": f"CertificateArn{number}"}, "EndpointType": "REGIONAL",
            "SecurityPolicy": plan.tls_policy,
        }],
    }  # fmt: skip
    if domain.mutual:
        properties["MutualTlsAuthentication"] = mutual_tls()
    return {
        f"Domain{number}": {"Type": "AWS::ApiGatewayV2::DomainName", "Properties": properties},
        f"Mapping{number}": {
            "Type": "AWS::ApiGatewayV2::ApiMapping",
            "Properties": {
                "ApiId": {"Ref": "RestApi"}, "DomainName": {"Ref": f"Domain{number}"}, "Stage": {"Ref": "Stage"},
            },
        },
    }  # fmt: skip
