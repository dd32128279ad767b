"""Reads of a CloudFormation template what API Gateway would be told: methods, authorizer, keys, domain names, responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from seccfg.record import Record
from seccfg.targetapi.observe import EngineFailed
from seccfg_aws.stack_acl import read_acl
from seccfg_aws.stack_api import Api, Method, MockAnswer, ResponseShape, mock_answer
from seccfg_aws.stack_http import read_http_api
from seccfg_aws.stack_openapi import read_document
from seccfg_aws.stack_terraform import read_terraform

__all__ = ["read_api"]

Resources = Mapping[str, Mapping[str, Any]]
_PASS_KEY: Final = "a-value-of-more-than-twenty-characters"  # noqa: S105 - made up, of no account


def read_api(template: Mapping[str, Any], environment: Mapping[str, str]) -> Api:
    """
    The API that the template's only stage serves, of CloudFormation or Terraform JSON. KeyError or ValueError for none.

    A deployment takes a snapshot of what exists when it is made: what it does not depend on is not part of it.
    """
    if "resource" in template:
        return read_terraform(template, environment)
    resources: Resources = template["Resources"]
    if any(resource["Type"] == "AWS::ApiGatewayV2::Api" for resource in resources.values()):
        return read_http_api(template, environment)
    stage_id, stage = _only(resources, "AWS::ApiGateway::Stage")
    deployment = resources[_ref(stage["DeploymentId"])]
    api_id = _ref(stage["RestApiId"])
    live = {ident: resources[ident] for ident in deployment.get("DependsOn", ()) if ident in resources}
    rest_api = resources[api_id]["Properties"]
    around = _Around(
        stage["StageName"], _domains(resources, api_id, stage_id), not rest_api.get("DisableExecuteApiEndpoint", False),
        _usage_keys(resources, api_id, stage_id),
    )  # fmt: skip
    if "Body" in rest_api:
        return _imported(resources, api_id, rest_api, around, environment)
    authorizers = _of(live, "AWS::ApiGateway::Authorizer")
    paths = {ident: _path(live, ident) for ident in _of(live, "AWS::ApiGateway::Resource")}
    methods: dict[tuple[tuple[str, ...], str], Method] = {}
    for properties in _of(live, "AWS::ApiGateway::Method").values():
        method = _method(template, live, properties, paths)
        methods[(method.path, method.verb)] = method
    function = next((f for f in authorizers.values()), {})
    return Api(
        around.stage,
        frozenset(path for path, _ in methods),
        methods,
        {p["ResponseType"]: _response(p) for p in _of(live, "AWS::ApiGateway::GatewayResponse").values()},
        around.domains,
        around.default_endpoint,
        rest_api.get("ApiKeySourceType", "HEADER") == "AUTHORIZER",
        around.usage_keys,
        int(function.get("AuthorizerResultTtlInSeconds", 300)),
        _environment(resources, str(function.get("AuthorizerUri", "")), environment),
        tuple(part.strip() for part in str(function.get("IdentitySource", "")).split(",") if part.strip()),
        read_acl(resources),
    )


class _Around(Record):
    stage: str
    domains: Mapping[str, bool]
    default_endpoint: bool
    usage_keys: frozenset[str]


def _imported(
    resources: Resources, api_id: str, rest_api: Mapping[str, Any], around: _Around, environment: Mapping[str, str]
) -> Api:
    """An API that is one document. Resources of the stack beside it belong to it as well, and would be lost by an import."""
    for kind in ("Resource", "Method", "Authorizer", "Model", "RequestValidator", "GatewayResponse"):
        if any(_ref(p["RestApiId"]) == api_id for p in _of(resources, f"AWS::ApiGateway::{kind}").values()):
            raise EngineFailed("an API in two forms at once: a document, and resources of the stack")
    document = read_document(rest_api["Body"], lambda uri, kind: _permitted(resources, uri, kind))
    source = document.key_source or rest_api.get("ApiKeySourceType", "HEADER")
    return Api(
        around.stage,
        frozenset(path for path, _ in document.methods),
        document.methods,
        document.responses,
        around.domains,
        around.default_endpoint,
        source == "AUTHORIZER",
        around.usage_keys,
        document.authorizer_ttl_s,
        _environment(resources, document.authorizer_uri, environment),
        document.identity_sources,
        read_acl(resources),
    )


def _of(resources: Resources, kind: str) -> dict[str, Mapping[str, Any]]:
    return {ident: r["Properties"] for ident, r in resources.items() if r["Type"] == kind}


def _only(resources: Resources, kind: str) -> tuple[str, Mapping[str, Any]]:
    ((ident, properties),) = _of(resources, kind).items()
    return ident, properties


def _ref(value: Mapping[str, Any]) -> str:
    return str(value["Ref"])


def _path(resources: Resources, ident: str) -> tuple[str, ...]:
    properties = resources[ident]["Properties"]
    parent = properties["ParentId"]
    above = _path(resources, _ref(parent)) if "Ref" in parent else ()
    return (*above, properties["PathPart"])


def _method(
    template: Mapping[str, Any], live: Resources, properties: Mapping[str, Any], paths: Mapping[str, tuple[str, ...]]
) -> Method:
    resource = properties["ResourceId"]
    integration = properties["Integration"]
    validator = properties.get("RequestValidatorId")
    validates = validator is not None and live[_ref(validator)]["Properties"].get("ValidateRequestBody", False)
    models = {
        kind: live[_ref(model)]["Properties"]["Schema"] for kind, model in properties.get("RequestModels", {}).items()
    }
    authorization = properties["AuthorizationType"]
    uri = ""
    if authorization == "CUSTOM":
        uri = str(live[_ref(properties["AuthorizerId"])]["Properties"]["AuthorizerUri"])
    elif integration["Type"] == "AWS_PROXY":
        uri = str(integration["Uri"])
    prefix = "integration.request.header."
    return Method(
        paths[_ref(resource)] if "Ref" in resource else (),
        properties["HttpMethod"],
        authorization,
        properties.get("ApiKeyRequired", False),
        _permitted(template["Resources"], uri, authorization),
        bool(validates),
        models,
        integration["Type"],
        str(integration.get("Uri")),
        {
            name.removeprefix(prefix): source
            for name, source in integration.get("RequestParameters", {}).items()
            if name.startswith(prefix)
        },
        _mock(properties) if integration["Type"] == "MOCK" else None,
    )


def _mock(properties: Mapping[str, Any]) -> MockAnswer:
    integration = properties["Integration"]
    status = str(json.loads(integration["RequestTemplates"]["application/json"])["statusCode"])
    return mock_answer(
        status,
        {r["StatusCode"]: r.get("ResponseParameters", {}) for r in integration["IntegrationResponses"]},
        {r["StatusCode"]: set(r.get("ResponseParameters", {})) for r in properties["MethodResponses"]},
    )


def _permitted(resources: Resources, uri: str, authorization: str) -> bool:
    """Some permission lets API Gateway call the function of *uri* for what it is needed for."""
    wanted = "/authorizers/" if authorization == "CUSTOM" else "/OPTIONS/"
    return any(
        f"${{{_ref(p['FunctionName'])}.Arn}}" in uri
        and p["Principal"] == "apigateway.amazonaws.com"
        and p["Action"] == "lambda:InvokeFunction"
        and wanted in str(p["SourceArn"])
        for p in _of(resources, "AWS::Lambda::Permission").values()
    )


def _response(properties: Mapping[str, Any]) -> ResponseShape:
    prefix = "gatewayresponse.header."
    return ResponseShape(
        int(properties["StatusCode"]),
        {name.removeprefix(prefix): source for name, source in properties["ResponseParameters"].items()},
        properties["ResponseTemplates"]["application/json"],
    )


def _domains(resources: Resources, api_id: str, stage_id: str) -> dict[str, bool]:
    """Names that lead to the stage."""
    names = _of(resources, "AWS::ApiGateway::DomainName")
    found: dict[str, bool] = {}
    for mapping in _of(resources, "AWS::ApiGateway::BasePathMapping").values():
        if _ref(mapping["RestApiId"]) == api_id and _ref(mapping["Stage"]) == stage_id:
            domain = names[_ref(mapping["DomainName"])]
            found[domain["DomainName"]] = "MutualTlsAuthentication" in domain
    return found


def _usage_keys(resources: Resources, api_id: str, stage_id: str) -> frozenset[str]:
    plans = {
        ident
        for ident, plan in _of(resources, "AWS::ApiGateway::UsagePlan").items()
        if any(_ref(s["ApiId"]) == api_id and _ref(s["Stage"]) == stage_id for s in plan["ApiStages"])
    }
    keys = _of(resources, "AWS::ApiGateway::ApiKey")
    held = {
        _ref(entry["KeyId"])
        for entry in _of(resources, "AWS::ApiGateway::UsagePlanKey").values()
        if _ref(entry["UsagePlanId"]) in plans
    }
    return frozenset(_value(keys[ident]["Value"]) for ident in held if keys[ident].get("Enabled"))


def _value(value: object) -> str:
    """A parameter's value: made up, the same wherever it is named."""
    return f"{_PASS_KEY}-{_ref(value)}" if isinstance(value, Mapping) else str(value)


def _environment(resources: Resources, uri: str, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of the function that decides; secrets by the name of their variable."""
    for ident, properties in _of(resources, "AWS::Lambda::Function").items():
        if f"${{{ident}.Arn}}" in uri:
            variables = properties.get("Environment", {}).get("Variables", {})
            return {name: given.get(name, _value(value)) for name, value in variables.items()}
    raise ValueError("the authorizer's function is not in the template")
