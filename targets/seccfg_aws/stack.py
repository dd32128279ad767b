"""Reads of a CloudFormation template what API Gateway would be told: methods, authorizer, keys, domain names, responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seccfg.record import Record

__all__ = ["Api", "Method", "ResponseShape", "read_api"]

Resources = Mapping[str, Mapping[str, Any]]
_PASS_KEY: Final = "a-value-of-more-than-twenty-characters"  # noqa: S105 - made up, of no account


class Method(Record):
    """One method of one resource."""

    path: tuple[str, ...]
    verb: str
    authorization: str
    key_required: bool
    invocable: bool
    """API Gateway is permitted to call the function this method needs."""
    validates_body: bool
    models: Mapping[str, Any]
    kind: str
    """Type of the integration."""
    upstream: str
    request_headers: Mapping[str, str]


class ResponseShape(Record):
    """A gateway response."""

    status: int
    headers: Mapping[str, str]
    body: str


class Api(Record):
    """One stage of one REST API, and what stands around it."""

    stage: str
    paths: frozenset[tuple[str, ...]]
    methods: Mapping[tuple[tuple[str, ...], str], Method]
    responses: Mapping[str, ResponseShape]
    domains: Mapping[str, bool]
    """Domain name -> whether it asks for client certificates."""
    default_endpoint: bool
    keys_from_authorizer: bool
    usage_keys: frozenset[str]
    """Values of enabled keys in a usage plan of this stage."""
    authorizer_ttl_s: int
    environment: Mapping[str, str]
    """Of the function."""


def read_api(template: Mapping[str, Any], environment: Mapping[str, str]) -> Api:
    """
    The API that the template's only stage serves. KeyError or ValueError when there is none.

    A deployment takes a snapshot of what exists when it is made: what it does not depend on is not part of it.
    """
    resources: Resources = template["Resources"]
    stage_id, stage = _only(resources, "AWS::ApiGateway::Stage")
    deployment = resources[_ref(stage["DeploymentId"])]
    api_id = _ref(stage["RestApiId"])
    live = {ident: resources[ident] for ident in deployment["DependsOn"] if ident in resources}
    rest_api = resources[api_id]["Properties"]
    authorizers = _of(live, "AWS::ApiGateway::Authorizer")
    paths = {ident: _path(live, ident) for ident in _of(live, "AWS::ApiGateway::Resource")}
    methods: dict[tuple[tuple[str, ...], str], Method] = {}
    for properties in _of(live, "AWS::ApiGateway::Method").values():
        method = _method(template, live, properties, paths)
        methods[(method.path, method.verb)] = method
    function = next((f for f in authorizers.values()), {})
    return Api(
        stage["StageName"],
        frozenset(path for path, _ in methods),
        methods,
        {p["ResponseType"]: _response(p) for p in _of(live, "AWS::ApiGateway::GatewayResponse").values()},
        _domains(resources, api_id, stage_id),
        not rest_api.get("DisableExecuteApiEndpoint", False),
        rest_api.get("ApiKeySourceType", "HEADER") == "AUTHORIZER",
        _usage_keys(resources, api_id, stage_id),
        int(function.get("AuthorizerResultTtlInSeconds", 300)),
        _environment(resources, environment),
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


def _environment(resources: Resources, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of the function that decides; secrets by the name of their variable."""
    _, authorizer = _only(resources, "AWS::ApiGateway::Authorizer")
    uri = str(authorizer["AuthorizerUri"])
    for ident, properties in _of(resources, "AWS::Lambda::Function").items():
        if f"${{{ident}.Arn}}" in uri:
            variables = properties.get("Environment", {}).get("Variables", {})
            return {name: given.get(name, _value(value)) for name, value in variables.items()}
    raise ValueError("the authorizer's function is not in the template")
