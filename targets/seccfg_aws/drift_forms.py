"""What a template, an export and the service's own answers say of an API, in one form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from seccfg.findings import InputError

__all__ = ["PARTS", "Sections", "logical", "of_export", "of_live", "of_template"]

Json = Mapping[str, Any]
Sections = dict[str, dict[str, Any]]
"""
`api`, `authorizers` by name, `methods` by `GET /orders/{id}`, `responses` by type, `domains` by name, `stage`, `usage` (names of
enabled keys by plan), `permissions` (what API Gateway may call each function for). Each form has those it can say.
"""
PARTS: Final = frozenset(
    f"AWS::ApiGateway::{kind}"
    for kind in ("Authorizer", "Deployment", "GatewayResponse", "Method", "Model", "RequestValidator", "Resource")
)
"""Resources of a stack that the sections speak of, and nothing else of them matters."""
_VERBS: Final = {name: name.upper() for name in ("get", "head", "post", "put", "patch", "delete", "options")} | {
    "x-amazon-apigateway-any-method": "ANY"
}
_DEFAULT_TIMEOUT_MS: Final = 29_000
_DEFAULT_TTL_S: Final = 300
_FUNCTION: Final = re.compile(r"functions/(?:arn:[^/]*:function:|\$\{)([^/}]+?)(?:\.Arn\})?(?::[\w$-]+)?/invocations\Z")
_STACKED: Final = re.compile(r"(?:.*-)?(PreflightFunction|Function)-[A-Za-z0-9]+\Z")
"""Names CloudFormation gives: STACK-LOGICALID-RANDOM."""
_HEADER: Final = "integration.request.header."
_STAGE: Final[dict[str, Any]] = {
    "cachingEnabled": False, "dataTraceEnabled": False, "loggingLevel": "OFF", "throttlingBurstLimit": 5000.0,
    "throttlingRateLimit": 10000.0, "tracingEnabled": False, "cacheClusterEnabled": False,
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ templates
def of_template(template: Json) -> Sections:
    """All sections of a stack."""
    resources: Json = template["Resources"]
    values = {name: said["Default"] for name, said in template.get("Parameters", {}).items() if "Default" in said}
    api_id, api = _only(resources, "AWS::ApiGateway::RestApi")
    stage_id, stage = _only(resources, "AWS::ApiGateway::Stage")
    found: Sections = {
        "api": _api(api.get("ApiKeySourceType"), api.get("DisableExecuteApiEndpoint")),
        "domains": _stack_domains(resources, api_id, stage_id), "stage": _stack_stage(stage, values),
        "usage": _stack_usage(resources, api_id), "permissions": _stack_permissions(resources),
    }  # fmt: skip
    if "Body" in api:
        body = api["Body"]
        said = _document(body, values)
        if "x-amazon-apigateway-api-key-source" in body:
            found["api"] = _api(body["x-amazon-apigateway-api-key-source"], api.get("DisableExecuteApiEndpoint"))
        return {**found, **said}
    return {**found, **_stack_parts(resources, values)}


def _stack_parts(resources: Json, values: Mapping[str, object]) -> Sections:
    authorizers = {
        ident: (p["Name"], _authorizer(p["Type"], p.get("AuthorizerUri"), p.get("AuthorizerResultTtlInSeconds"),
                                       p.get("IdentitySource"), values))
        for ident, p in _of(resources, "AWS::ApiGateway::Authorizer").items()
    }  # fmt: skip
    validators = _of(resources, "AWS::ApiGateway::RequestValidator")
    models = _of(resources, "AWS::ApiGateway::Model")
    methods: dict[str, Any] = {}
    for p in _of(resources, "AWS::ApiGateway::Method").values():
        integration = p.get("Integration", {})
        validator = validators.get(_ref(p.get("RequestValidatorId")), {})
        methods[f"{p['HttpMethod']} {_path(resources, p['ResourceId'])}"] = {
            "authorization": p.get("AuthorizationType", "NONE"),
            "authorizer": authorizers[_ref(p["AuthorizerId"])][0] if "AuthorizerId" in p else "",
            "keyRequired": bool(p.get("ApiKeyRequired", False)),
            "validatesBody": bool(validator.get("ValidateRequestBody", False)),
            "models": {
                kind: _schema(models.get(_ref(named), {}).get("Schema", {}))
                for kind, named in p.get("RequestModels", {}).items()
            },
            "integration": _integration(
                {f"{key[0].lower()}{key[1:]}": value for key, value in integration.items()}, values
            ),
        }
    responses = {
        p["ResponseType"]: _response(p.get("StatusCode"), p.get("ResponseParameters"), p.get("ResponseTemplates"))
        for p in _of(resources, "AWS::ApiGateway::GatewayResponse").values()
    }
    return {"authorizers": dict(authorizers.values()), "methods": methods, "responses": responses}


def _stack_domains(resources: Json, api_id: str, stage_id: str) -> dict[str, Any]:
    names = _of(resources, "AWS::ApiGateway::DomainName")
    found = {}
    for mapping in _of(resources, "AWS::ApiGateway::BasePathMapping").values():
        if _ref(mapping["RestApiId"]) == api_id and _ref(mapping.get("Stage")) == stage_id:
            domain = names.get(_ref(mapping["DomainName"]), {})
            found[str(domain.get("DomainName", ""))] = _domain(
                _trusted(domain.get("MutualTlsAuthentication")), domain.get("SecurityPolicy"), mapping.get("BasePath")
            )
    return found


def _trusted(mutual: Json | None) -> object:
    """Whose certificates are taken: those of the parameter's file, which a template does not say, or others it does."""
    own = {"TruststoreUri": {"Ref": "TruststoreUri"}, "TruststoreVersion": {"Ref": "TruststoreVersion"}}
    return True if mutual == own else json.dumps(mutual, sort_keys=True) if mutual else False


def _stack_stage(stage: Json, values: Mapping[str, object]) -> dict[str, Any]:
    settings: Json = next((s for s in stage.get("MethodSettings", ()) if s.get("ResourcePath") == "/*"), {})
    told = {f"{key[0].lower()}{key[1:]}": _resolved(value, values) for key, value in {**stage, **settings}.items()}
    return _stage(str(stage.get("StageName", "")), told)


def _stack_usage(resources: Json, api_id: str) -> dict[str, Any]:
    keys = _of(resources, "AWS::ApiGateway::ApiKey")
    held: dict[str, list[str]] = {}
    for entry in _of(resources, "AWS::ApiGateway::UsagePlanKey").values():
        key = keys.get(_ref(entry["KeyId"]), {})
        if key.get("Enabled"):
            held.setdefault(_ref(entry["UsagePlanId"]), []).append(str(key.get("Name", "")))
    return {
        str(plan.get("UsagePlanName", ident)): sorted(held.get(ident, ()))
        for ident, plan in _of(resources, "AWS::ApiGateway::UsagePlan").items()
        if any(_ref(stage.get("ApiId")) == api_id for stage in plan.get("ApiStages", ()))
    }


def _stack_permissions(resources: Json) -> dict[str, Any]:
    found: dict[str, set[str]] = {}
    for p in _of(resources, "AWS::Lambda::Permission").values():
        if p["Principal"] == "apigateway.amazonaws.com" and p["Action"] == "lambda:InvokeFunction":
            name = _ref(p["FunctionName"]) or logical(str(next(iter(p["FunctionName"].values()))[0]))
            found.setdefault(name, set()).add(_called_for(json.dumps(p.get("SourceArn", ""))))
    return {name: sorted(kinds) for name, kinds in sorted(found.items())}


def _path(resources: Json, node: Json) -> str:
    parts: list[str] = []
    while "Ref" in node:
        properties = resources[node["Ref"]]["Properties"]
        parts.insert(0, properties["PathPart"])
        node = properties["ParentId"]
    return "/" + "/".join(parts)


# -------------------------------------------------------------------------------------------------------------- exports
def of_export(document: Json) -> Sections:
    """Authorizers and methods of an OpenAPI export with its extensions, and what else it says."""
    if "x-amazon-apigateway-integration" not in json.dumps(document):
        raise InputError("the export has no extensions: export it as oas30 with extensions=apigateway,authorizers")
    found = _document(document, {})
    if "x-amazon-apigateway-gateway-responses" not in document:
        del found["responses"]
    source = document.get("x-amazon-apigateway-api-key-source")
    return found if source is None else {**found, "api": _api(source, None)}


def _document(body: Json, values: Mapping[str, object]) -> Sections:
    components = body.get("components", {})
    schemes: Json = components.get("securitySchemes", {})
    said = {
        name: s["x-amazon-apigateway-authorizer"]
        for name, s in schemes.items()
        if "x-amazon-apigateway-authorizer" in s
    }
    authorizers = {
        name: _authorizer(
            s["type"], s.get("authorizerUri"), s.get("authorizerResultTtlInSeconds"), s.get("identitySource"), values
        )
        for name, s in said.items()
    }
    reader = _Operations(body, schemes, authorizers, values)
    methods = {
        f"{_VERBS[name]} {path}": reader.method(operation)
        for path, item in body.get("paths", {}).items() for name, operation in item.items() if name in _VERBS
    }  # fmt: skip
    responses = {
        kind: _response(r.get("statusCode"), r.get("responseParameters"), r.get("responseTemplates"))
        for kind, r in body.get("x-amazon-apigateway-gateway-responses", {}).items()
    }
    return {"authorizers": authorizers, "methods": methods, "responses": responses}


class _Operations:
    """Operations of one document; security of the root counts for none of them, as when API Gateway imports it."""

    def __init__(self, body: Json, schemes: Json, authorizers: Json, values: Mapping[str, object]) -> None:
        self._body = body
        self._schemes = schemes
        self._authorizers = authorizers
        self._values = values

    def method(self, operation: Json) -> dict[str, Any]:
        required = [name for alternative in operation.get("security", ()) for name in alternative]
        authorizer = next((name for name in required if name in self._authorizers), "")
        plain = [self._schemes[name] for name in required if name in self._schemes and name not in self._authorizers]
        kind = self._authorizers[authorizer]["type"] if authorizer else ""
        signed = any(scheme.get("x-amazon-apigateway-authtype") == "awsSigv4" for scheme in plain)
        signed = signed or str(operation.get("x-amazon-apigateway-auth", {}).get("type", "")).upper() == "AWS_IAM"
        name = operation.get(
            "x-amazon-apigateway-request-validator", self._body.get("x-amazon-apigateway-request-validator", "")
        )
        validator = self._body.get("x-amazon-apigateway-request-validators", {}).get(name, {})
        content = operation.get("requestBody", {}).get("content", {})
        return {
            "authorization": "AWS_IAM" if signed else "NONE" if not authorizer else
                             "COGNITO_USER_POOLS" if kind == "COGNITO_USER_POOLS" else "CUSTOM",
            "authorizer": authorizer,
            "keyRequired": any(s.get("type") == "apiKey" and str(s.get("name")).lower() == "x-api-key" for s in plain),
            "validatesBody": bool(validator.get("validateRequestBody", False)),
            "models": {kind: self._model(said.get("schema", {})) for kind, said in content.items()},
            "integration": _integration(operation.get("x-amazon-apigateway-integration", {}), self._values),
        }  # fmt: skip

    def _model(self, schema: Json) -> object:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        return _schema(self._body.get("components", {}).get("schemas", {}).get(name, {}) if name else schema)


# ----------------------------------------------------------------------------------------------------------------- live
def of_live(live: Json) -> Sections:
    """What the service answered to the calls of `drift_live`: the working copy of the API, and what stands around it."""
    api, stage = live["restApi"], live["stage"]
    named = {a["id"]: a["name"] for a in live["authorizers"]}
    validators = {v["id"]: bool(v.get("validateRequestBody", False)) for v in live["requestValidators"]}
    models = {m["name"]: json.loads(m.get("schema") or "{}") for m in live["models"]}
    methods: dict[str, Any] = {}
    for resource in live["resources"]:
        for verb, method in (resource.get("resourceMethods") or {}).items():
            methods[f"{verb} {resource['path']}"] = {
                "authorization": method.get("authorizationType", "NONE"), "authorizer": named.get(method.get("authorizerId"), ""),
                "keyRequired": bool(method.get("apiKeyRequired", False)),
                "validatesBody": validators.get(method.get("requestValidatorId"), False),
                "models": {kind: _schema(models.get(m, {})) for kind, m in (method.get("requestModels") or {}).items()},
                "integration": _integration(method.get("methodIntegration", {}), {}),
            }  # fmt: skip
    authorizers = {
        a["name"]: _authorizer(
            a["type"], a.get("authorizerUri"), a.get("authorizerResultTtlInSeconds"), a.get("identitySource"), {}
        )
        for a in live["authorizers"]
    }
    responses = {
        r["responseType"]: _response(r.get("statusCode"), r.get("responseParameters"), r.get("responseTemplates"))
        for r in live["gatewayResponses"] if not r.get("defaultResponse")
    }  # fmt: skip
    domains = {
        d["domainName"]: _domain(d.get("mutualTlsAuthentication"), d.get("securityPolicy"), mapping.get("basePath"))
        for d in live["domains"] for mapping in d["mappings"] if mapping.get("restApiId") == api["id"]
        and mapping.get("stage") in (None, "", stage["stageName"])
    }  # fmt: skip
    usage = {
        plan["name"]: sorted(key["name"] for key in plan["keys"])
        for plan in live["usagePlans"] if any(s.get("apiId") == api["id"] for s in plan.get("apiStages", ()))
    }  # fmt: skip
    told = {**stage, **(stage.get("methodSettings") or {}).get("*/*", {})}
    return {
        "api": _api(api.get("apiKeySource"), api.get("disableExecuteApiEndpoint")), "authorizers": authorizers,
        "methods": methods, "responses": responses, "domains": domains, "stage": _stage(stage["stageName"], told), "usage": usage,
        "permissions": _live_permissions(live["functions"]),
    }  # fmt: skip


def _live_permissions(functions: Json) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for name, policy in functions.items():
        kinds = set()
        for statement in policy.get("Statement", ()):
            by = statement.get("Principal")
            if (by.get("Service") if isinstance(by, dict) else by) == "apigateway.amazonaws.com":
                kinds.add(_called_for(json.dumps(statement.get("Condition", {}))))
        if kinds:
            found[logical(name)] = sorted(kinds)
    return dict(sorted(found.items()))


# ------------------------------------------------------------------------------------------------------------- one form
def _api(source: object, closed: object) -> dict[str, Any]:
    found: dict[str, Any] = {"keySource": str(source or "HEADER")}
    return found if closed is None and source is not None else {**found, "defaultEndpoint": not closed}


def _authorizer(kind: str, uri: object, ttl: object, source: object, values: Mapping[str, object]) -> dict[str, Any]:
    sources = sorted(part.strip() for part in str(source or "").split(",") if part.strip())
    return {
        "type": kind.upper(), "function": _uri(uri, values), "ttl": int(str(_DEFAULT_TTL_S if ttl is None else ttl)),
        "identitySource": sources,
    }  # fmt: skip


def _integration(said: Json, values: Mapping[str, object]) -> dict[str, Any]:
    """An integration with defaults filled in; header names are of no case."""
    mapped: dict[str, str] = {}
    for name, value in (said.get("requestParameters") or {}).items():
        name = name.lower() if name.startswith(_HEADER) else name
        if mapped.get(name, "''") == "''":
            mapped[name] = str(value)
    found: dict[str, Any] = {
        "type": str(said.get("type", "")).upper(), "method": said.get("integrationHttpMethod", said.get("httpMethod", "")),
        "uri": _uri(said.get("uri"), values), "passthrough": str(said.get("passthroughBehavior") or "WHEN_NO_MATCH").upper(),
        "timeoutInMillis": int(said.get("timeoutInMillis") or _DEFAULT_TIMEOUT_MS),
        "connection": said.get("connectionType") or "INTERNET", "parameters": dict(sorted(mapped.items())),
    }  # fmt: skip
    for key in ("credentials", "contentHandling", "requestTemplates", "tlsConfig", "connectionId"):
        if said.get(key):
            found[key] = said[key]
    return found


def _response(status: object, parameters: object, templates: object) -> dict[str, Any]:
    headers = (
        {name.lower(): value for name, value in (parameters or {}).items()} if isinstance(parameters, Mapping) else {}
    )
    bodies = dict(templates) if isinstance(templates, Mapping) else {}
    return {"status": str(status or ""), "headers": dict(sorted(headers.items())), "bodies": bodies}


def _domain(mutual: object, policy: object, base: object) -> dict[str, Any]:
    return {
        "mutualTls": mutual if isinstance(mutual, str) else bool(mutual), "securityPolicy": str(policy or "TLS_1_2"),
        "basePath": "" if base in (None, "(none)") else str(base),
    }  # fmt: skip


def _stage(name: str, said: Json) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "variables": dict(said.get("variables") or {})}
    for key, default in _STAGE.items():
        value = said.get(key)
        found[key] = default if value is None else type(default)(value)
    return found


def _schema(schema: object) -> object:
    return {key: value for key, value in schema.items() if key != "$schema"} if isinstance(schema, Mapping) else schema


def _called_for(arn: str) -> str:
    return (
        "decisions"
        if "/authorizers/" in arn
        else "preflights"
        if "/OPTIONS/" in arn
        else "anything"
        if arn in ('""', "{}")
        else arn
    )


def _uri(value: object, values: Mapping[str, object]) -> str:
    """Where requests go; of a function its name in the stack, as every account and region has it."""
    text = str(_resolved(value, values)) if value is not None else ""
    found = _FUNCTION.search(text)
    return f"function {logical(found[1])}" if found else text


def logical(name: str) -> str:
    """The name in the stack of a function that CloudFormation named."""
    found = _STACKED.fullmatch(name)
    return found[1] if found else name


def _resolved(value: object, values: Mapping[str, object]) -> object:
    """A value of a template with the parameters that have a default filled in."""
    if isinstance(value, Mapping) and value.keys() == {"Ref"}:
        return values.get(value["Ref"], value)
    if isinstance(value, Mapping) and value.keys() == {"Fn::Sub"}:
        text = value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
        return re.sub(r"\$\{([A-Za-z0-9]+)\}", lambda found: str(values.get(found[1], found[0])), text)
    return value


def _of(resources: Json, kind: str) -> dict[str, Json]:
    return {ident: r.get("Properties", {}) for ident, r in resources.items() if r["Type"] == kind}


def _only(resources: Json, kind: str) -> tuple[str, Json]:
    found: Iterable[tuple[str, Json]] = _of(resources, kind).items()
    every = list(found)
    if len(every) != 1:
        raise InputError(f"the template has {len(every)} resources {kind}, where the spec's has one")
    return every[0]


def _ref(value: object) -> str:
    return str(value.get("Ref", "")) if isinstance(value, Mapping) else ""
