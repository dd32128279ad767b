"""What the parts of a stack enforce, and the lines of the function that decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from seccfg.targetapi.attribution import Attribution, Code, Meaning, Place, Section
from seccfg.targetapi.meanings import (
    ANSWERS,
    AUDIT,
    EVERYTHING,
    FORWARD,
    HEADERS,
    IDENTITY,
    LIMIT,
    MEMBERS,
    METHOD,
    PASSED_ON,
    ROUTES,
    STEPS,
    UPSTREAM,
)

__all__ = ["ATTRIBUTION", "CACHED", "KEYLESS", "NOT_ASKED", "OTHER_FUNCTION", "STORE", "TLS_FLOOR", "WEB_ACL"]

NOT_ASKED: Final = Meaning("every control", "the function that decides is not asked", "any")
CACHED: Final = Meaning("every control", "an answer for one caller is used for the next", "more")
OTHER_FUNCTION: Final = Meaning("every control", "another function decides", "any")
KEYLESS: Final = Meaning("every control", "a refusal of the function is not carried out", "false")
TLS_FLOOR: Final = Meaning("Transport", "older versions of TLS are taken", "less")
STORE: Final = Meaning("RateLimit", "counters and revocations are kept otherwise")
WEB_ACL: Final = Meaning("RequestTarget", "known bad requests are not seen by the firewall", "less")
_CERTIFICATES: Final = Meaning("Authenticate", "client certificates are not asked for", "false")
_CALLED: Final = Meaning("every control", "the function that decides cannot be called", "less")
_OPEN_HOST: Final = Meaning("Host", "the API is reached under the name of the service itself", "true")
_THROTTLE: Final = Meaning("RateLimit", "more requests of all callers together are let through", "more")
_ALARM: Final = Meaning("Audit", "nobody is told of many refusals", "less")
_LOG: Final = Meaning("Audit", "events are not written", "less")
_KEY: Final = Meaning("Audit", "logs and counters are encrypted otherwise")
_ROLE: Final = Meaning("every control", "the function may do something else")
_CONTROLS: Final[Mapping[str, Meaning]] = {
    "Access-Control-*": STEPS["preflight"],
    "access-control-*": STEPS["preflight"],
}

STAGE: Final[Mapping[str, Meaning]] = {
    "throttlingBurstLimit": _THROTTLE,
    "throttlingRateLimit": _THROTTLE,
    "cachingEnabled": CACHED,
    "cacheClusterEnabled": CACHED,
    "dataTraceEnabled": Meaning("Audit", "bodies and credentials are written to the log", "true"),
    "loggingLevel": AUDIT,
    "tracingEnabled": Meaning("Audit", "requests cannot be traced", "false"),
    "variables": UPSTREAM,
}


def header_places(at: str, before: str) -> Iterator[Place]:
    """Headers of an answer, by name."""
    for name, means in HEADERS.items():
        yield Place(f"{at} {before}{name}*", means)
    yield Place(f"{at} {before}cache-control", Meaning("ResponseHeaders", "answers may be kept by caches", "less"))
    yield Place(f"{at} {before}content-type", MEMBERS["content_type"])
    yield Place(f"{at} {before}x-request-id", MEMBERS["correlation"])
    yield Place(f"{at} **", Meaning("ResponseHeaders", "answers lack a security header", "less"))


def _places() -> Iterator[Place]:
    yield Place("api defaultEndpoint", _OPEN_HOST)
    yield Place("api keySource", Meaning("every control", "callers choose the key that passes", "any"))
    yield Place("authorizers * ttl", CACHED)
    yield Place(
        "authorizers * identitySource **",
        Meaning("every control", "an answer for one caller is used for the next", "unknown"),
    )
    yield Place("authorizers * *", OTHER_FUNCTION)
    yield Place("authorizers *", Meaning("every control", "the function that decides is not asked", "less"))
    yield Place("methods * authorization", NOT_ASKED)
    yield Place("methods * authorizer", NOT_ASKED)
    yield Place("methods * keyRequired", KEYLESS)
    yield Place("methods * validatesBody", Meaning("Validate", "bodies are not checked", "false"))
    yield Place("methods * models **", Meaning("Validate", "bodies of another shape are taken"))
    at = "methods * integration"
    yield Place(f"{at} uri", UPSTREAM)
    yield Place(f"{at} type", UPSTREAM)
    yield Place(f"{at} connection*", UPSTREAM)
    yield Place(f"{at} method", Meaning("Forward", "the upstream is asked with another method", "any"))
    yield Place(f"{at} timeoutInMillis", MEMBERS["timeout_s"])
    yield Place(f"{at} passthrough", Meaning("BodyLimit", "bodies of other types are taken", "any"))
    yield Place(f"{at} tlsConfig **", Meaning("Forward", "the upstream's certificate is not checked", "any"))
    for name in ("authorization", "cookie", "x-api-key", "x_api_key"):
        yield Place(
            f"{at} parameters integration.request.header.{name}", Meaning(PASSED_ON.control, PASSED_ON.says, "any")
        )
    yield Place(
        f"{at} parameters integration.request.header.x[-_]authz[-_]open",
        Meaning("Authorize", "callers say which conditions are open", "any"),
    )
    yield Place(f"{at} parameters integration.request.header.*", Meaning(IDENTITY.control, IDENTITY.says, "any"))
    yield Place(
        f"{at} parameters integration.request.path.*",
        Meaning("Forward", "the upstream is asked for another path", "any"),
    )
    yield Place(f"{at} parameters **", FORWARD)
    yield Place(f"{at} **", FORWARD)
    yield Place("methods *", Meaning("Route", "another method is served", "more"))
    yield from header_places("responses * headers", "gatewayresponse.header.")
    yield Place("responses **", Meaning("Errors", "refusals are told otherwise"))
    yield Place("domains * securityPolicy", TLS_FLOOR)
    yield Place("domains * mutualTls", _CERTIFICATES)
    yield Place("domains * basePath", ROUTES)
    yield Place("domains *", MEMBERS["hosts"])
    yield Place("stage name", None, "the name of the stage, which no request says")
    for key, means in STAGE.items():
        yield Place(f"stage {key} **", means)
    yield Place("usage **", Meaning("every control", "what the function refuses may pass, or nothing does", "more"))
    yield Place("permissions **", _CALLED)
    yield Place("undeployed **", Meaning("Route", "the working copy is not what is served", "any"))
    yield Place("code **", Meaning("every control", "other code decides", "any"))
    yield from _stack("stack")


FUNCTION: Final[Mapping[str, Meaning]] = {
    "Environment Variables AUTHORIZER_TABLE": STORE,
    "Environment Variables AUTHORIZER_PASS_KEY": KEYLESS,
    "Environment Variables AUDIT_HASH_KEY": Meaning("Audit", "principals are told in the log otherwise"),
    "Environment **": Meaning("every control", "the function that decides is told something else"),
    "Code **": OTHER_FUNCTION,
    "Handler": OTHER_FUNCTION,
    "Layers **": OTHER_FUNCTION,
    "Runtime": EVERYTHING,
    "Role **": _ROLE,
    "Timeout": EVERYTHING,
    "MemorySize": EVERYTHING,
    "Architectures **": EVERYTHING,
    "ReservedConcurrentExecutions": _CALLED,
    "KmsKeyArn **": Meaning("Authenticate", "secrets of the function are kept otherwise"),
    "LoggingConfig **": _LOG,
    "TracingConfig **": Meaning("Audit", "requests cannot be traced"),
}


def _stack(at: str) -> Iterator[Place]:
    """Resources beside the API, by the names they have in the stack."""
    for name in ("Metadata", "DeletionPolicy", "UpdateReplacePolicy", "DependsOn", "Condition"):
        yield Place(
            f"{at} * {name} **", None, "what CloudFormation does with the resource, not what it does with requests"
        )
    for name in ("Tags", "Description", "AlarmDescription"):
        yield Place(f"{at} * Properties {name} **", None, "words for people")
    for key, means in FUNCTION.items():
        yield Place(f"{at} *Function Properties {key}", means)
    yield Place(f"{at} *Function **", OTHER_FUNCTION)
    yield Place(
        f"{at} WebAcl Properties DefaultAction **",
        Meaning("RequestTarget", "the firewall lets through or stops what no rule is for"),
    )
    yield Place(f"{at} WebAcl **", WEB_ACL)
    yield Place(f"{at} WebAclAssociation **", WEB_ACL)
    yield Place(f"{at} Table Properties TimeToLiveSpecification **", STORE)
    yield Place(f"{at} Table **", STORE)
    yield Place(f"{at} Role **", _ROLE)
    yield Place(f"{at} Key **", _KEY)
    yield Place(f"{at} *Alarm **", _ALARM)
    yield Place(f"{at} *Filter **", _ALARM)
    yield Place(f"{at} *Log **", _LOG)
    yield Place(f"{at} **", EVERYTHING)


# ------------------------------------------------------------------------------------------------------- the other forms
_HTTP: Final[Mapping[str, Meaning]] = {
    "Authorizer?* Properties AuthorizerResultTtlInSeconds": CACHED,
    "Authorizer?* Properties IdentitySource **": CACHED,
    "Authorizer?* **": OTHER_FUNCTION,
    "Route?* Properties AuthorizationType": NOT_ASKED,
    "Route?* Properties AuthorizerId **": NOT_ASKED,
    "Route?* Properties RouteKey": ROUTES,
    "Route?* Properties Target **": UPSTREAM,
    "Route?* **": Meaning("Route", "another method is served", "more"),
    "Integration?* Properties IntegrationUri **": UPSTREAM,
    "Integration?* Properties ConnectionType": UPSTREAM,
    "Integration?* Properties ConnectionId": UPSTREAM,
    "Integration?* Properties TlsConfig **": Meaning("Forward", "the upstream's certificate is not checked", "any"),
    "Integration?* Properties TimeoutInMillis": MEMBERS["timeout_s"],
    "Integration?* Properties IntegrationMethod": Meaning(
        "Forward", "the upstream is asked with another method", "any"
    ),
    "Integration?* Properties RequestParameters remove:header.authorization": Meaning(
        PASSED_ON.control, PASSED_ON.says, "any"
    ),
    "Integration?* Properties RequestParameters remove:header.cookie": Meaning(
        PASSED_ON.control, PASSED_ON.says, "any"
    ),
    "Integration?* Properties RequestParameters overwrite:path": Meaning(
        "Forward", "the upstream is asked for another path", "any"
    ),
    "Integration?* Properties RequestParameters *": Meaning(IDENTITY.control, IDENTITY.says, "any"),
    "Integration?* Properties ResponseParameters **": ANSWERS,
    "Integration?* **": FORWARD,
    "Api?* Properties DisableExecuteApiEndpoint": Meaning("Host", _OPEN_HOST.says, "false"),
    "Api?* Properties CorsConfiguration **": Meaning("Cors", "browsers are answered by the gateway itself", "more"),
    "Api?* **": ROUTES,
    "DomainName?* Properties DomainNameConfigurations * SecurityPolicy": TLS_FLOOR,
    "DomainName?* Properties MutualTlsAuthentication **": Meaning(
        "Authenticate", "client certificates are not asked for", "less"
    ),
    "DomainName?* **": MEMBERS["hosts"],
    "ApiMapping?* **": MEMBERS["hosts"],
    "Permission?* **": _CALLED,
    "Stage?* Properties AccessLogSettings **": _LOG,
    "Stage?* Properties DefaultRouteSettings Throttling*": _THROTTLE,
    "Stage?* Properties DefaultRouteSettings **": AUDIT,
    "Stage?* **": ROUTES,
    "Deployment?* **": ROUTES,
    "WebACL?* **": WEB_ACL,
    "WebACLAssociation?* **": WEB_ACL,
    "Table?* **": STORE,
    "Role?* **": _ROLE,
    "Key?* **": _KEY,
    "Alarm?* **": _ALARM,
    "MetricFilter?* **": _ALARM,
    "LogGroup?* **": _LOG,
}
_TERRAFORM: Final[Mapping[str, Meaning]] = {
    "aws_api_gateway_authorizer.* authorizer_result_ttl_in_seconds": CACHED,
    "aws_api_gateway_authorizer.* identity_source": CACHED,
    "aws_api_gateway_authorizer.* **": OTHER_FUNCTION,
    "aws_api_gateway_method.* authorization": NOT_ASKED,
    "aws_api_gateway_method.* authorizer_id": NOT_ASKED,
    "aws_api_gateway_method.* api_key_required": KEYLESS,
    "aws_api_gateway_method.* request_validator_id": Meaning("Validate", "bodies are not checked", "less"),
    "aws_api_gateway_method.* request_models **": Meaning("Validate", "bodies of another shape are taken"),
    "aws_api_gateway_method.* http_method": ROUTES,
    "aws_api_gateway_method.* **": Meaning("Route", "another method is served", "more"),
    "aws_api_gateway_integration.* uri": UPSTREAM,
    "aws_api_gateway_integration.* type": UPSTREAM,
    "aws_api_gateway_integration.* connection*": UPSTREAM,
    "aws_api_gateway_integration.* timeout_milliseconds": MEMBERS["timeout_s"],
    "aws_api_gateway_integration.* passthrough_behavior": Meaning(
        "BodyLimit", "bodies of other types are taken", "any"
    ),
    "aws_api_gateway_integration.* request_parameters integration.request.header.authorization": Meaning(
        PASSED_ON.control, PASSED_ON.says, "any"
    ),
    "aws_api_gateway_integration.* request_parameters integration.request.header.cookie": Meaning(
        PASSED_ON.control, PASSED_ON.says, "any"
    ),
    "aws_api_gateway_integration.* request_parameters integration.request.header.*": Meaning(
        IDENTITY.control, IDENTITY.says, "any"
    ),
    "aws_api_gateway_integration.* **": FORWARD,
    "aws_api_gateway_rest_api.* disable_execute_api_endpoint": Meaning("Host", _OPEN_HOST.says, "false"),
    "aws_api_gateway_rest_api.* api_key_source": Meaning("every control", "callers choose the key that passes", "any"),
    "aws_api_gateway_rest_api.* security_policy": TLS_FLOOR,
    "aws_api_gateway_rest_api.* **": ROUTES,
    "aws_api_gateway_rest_api_policy.* **": ROUTES,
    "aws_api_gateway_domain_name.* security_policy": TLS_FLOOR,
    "aws_api_gateway_domain_name.* mutual_tls_authentication **": Meaning(
        "Authenticate", "client certificates are not asked for", "less"
    ),
    "aws_api_gateway_domain_name.* **": MEMBERS["hosts"],
    "aws_api_gateway_base_path_mapping.* **": MEMBERS["hosts"],
    "aws_api_gateway_gateway_response.* **": Meaning("Errors", "refusals are told otherwise"),
    "aws_api_gateway_model.* **": Meaning("Validate", "bodies of another shape are taken"),
    "aws_api_gateway_request_validator.* **": Meaning("Validate", "bodies are not checked"),
    "aws_api_gateway_method_settings.* settings throttling_*": _THROTTLE,
    "aws_api_gateway_method_settings.* settings caching_enabled": Meaning(CACHED.control, CACHED.says, "true"),
    "aws_api_gateway_method_settings.* settings data_trace_enabled": STAGE["dataTraceEnabled"],
    "aws_api_gateway_method_settings.* **": AUDIT,
    "aws_api_gateway_stage.* access_log_settings **": _LOG,
    "aws_api_gateway_stage.* cache_cluster_enabled": Meaning(CACHED.control, CACHED.says, "true"),
    "aws_api_gateway_stage.* xray_tracing_enabled": STAGE["tracingEnabled"],
    "aws_api_gateway_stage.* **": ROUTES,
    "aws_api_gateway_usage_plan*.* **": KEYLESS,
    "aws_api_gateway_api_key.* **": KEYLESS,
    "aws_api_gateway_resource.* **": ROUTES,
    "aws_api_gateway_deployment.* **": ROUTES,
    "aws_lambda_permission.* **": _CALLED,
    "aws_lambda_function.* environment **": FUNCTION["Environment **"],
    "aws_lambda_function.* **": OTHER_FUNCTION,
    "aws_wafv2_*.* **": WEB_ACL,
    "aws_dynamodb_table.* **": STORE,
    "aws_iam_*.* **": _ROLE,
    "aws_kms_*.* **": _KEY,
    "aws_cloudwatch_metric_alarm.* **": _ALARM,
    "aws_cloudwatch_log_metric_filter.* **": _ALARM,
    "aws_cloudwatch_log_group.* **": _LOG,
}


def _others() -> Iterator[Place]:
    for name in (
        "Metadata",
        "DeletionPolicy",
        "UpdateReplacePolicy",
        "DependsOn",
        "Condition",
        "lifecycle",
        "depends_on",
    ):
        yield Place(f"resources * {name} **", None, "what is done with the resource, not what it does with requests")
    for name in (
        "tags",
        "description",
        "alarm_description",
        "name",
        "Properties Description",
        "Properties AlarmDescription",
        "Properties Name",
    ):
        yield Place(f"resources * {name} **", None, "words for people")
    for key, means in FUNCTION.items():
        yield Place(f"resources Function?* Properties {key}", means)
    yield Place("resources Function?* **", OTHER_FUNCTION)
    for key, means in {**_HTTP, **_TERRAFORM}.items():
        yield Place(f"resources {key}", means)
    yield Place("resources **", EVERYTHING)
    yield Place("parameters Upstream* **", UPSTREAM)
    yield Place("parameters **", EVERYTHING)


# ---------------------------------------------------------------------------------------------------------- the function
_CALLS: Final[Mapping[str, Meaning]] = {
    "JwtVerifier|KeyVerifier|CertVerifier|IntrospectVerifier|Authenticate": METHOD,
    "RateLimit": LIMIT,
    "AddressRule": STEPS["address"],
    "Cors": STEPS["preflight"],
    "BodyLimit": STEPS["body"],
    "Revocation": STEPS["revocation"],
    "Forward": FORWARD,
    "ResponseHeaders": Meaning("ResponseHeaders", "answers lack a security header", "less"),
    "Errors": Meaning("Errors", "refusals are told otherwise"),
    "Audit": AUDIT,
    "Condition|Authorize": STEPS["authorize"],
    "Validate|Param": STEPS["validate"],
    "Policy": EVERYTHING,
}
_MEMBERS: Final[Mapping[str, Meaning]] = {
    **MEMBERS,
    "expires_s": MEMBERS["expires"],
    "not_before_s": MEMBERS["not_before"],
    "ca_pem": MEMBERS["ca"],
    "roles_claim": Meaning("Authorize", "roles are read from another claim"),
    "scopes_claim": Meaning("Authorize", "scopes are read from another claim"),
    "count": LIMIT,
    "side": MEMBERS["by"],
    "network": Meaning("ClientAddress", "other addresses of clients are let in", "less"),
    "ClientAddress.allow": Meaning("ClientAddress", "other addresses of clients are let in", "more"),
    "ClientAddress.deny": Meaning("ClientAddress", "other addresses of clients are let in", "less"),
    "Cors.methods": Meaning("Cors", "scripts may send more methods", "more"),
    "Cors.headers": Meaning("Cors", "scripts may send more headers", "more"),
    "Cors.credentials": MEMBERS["allow_credentials"],
    "Cors.max_age_s": Meaning("Cors", "browsers ask again later", "more"),
    "scheme": MEMBERS["origins"],
    "host": MEMBERS["origins"],
    "port": MEMBERS["origins"],
    "one_label": Meaning("Cors", "scripts of other origins may read answers", "true"),
    "deny_claim": Meaning("Revocation", "revoked tokens are taken", "less"),
    "version_claim": Meaning("Revocation", "tokens of an older version are taken", "less"),
    "Revocation.not_before": Meaning("Revocation", "tokens from before a time are taken", "false"),
    "staleness_s": Meaning("Revocation", "revoked tokens are taken longer", "more"),
    "Forward.identity": MEMBERS["identity"],
    "ResponseHeaders.max_age_s": MEMBERS["hsts"],
    "include_subdomains": Meaning("ResponseHeaders", "browsers may come back over plain http", "false"),
    "preload": Meaning("ResponseHeaders", "browsers may come back over plain http", "false"),
    "cors": Meaning("Cors", "browsers are answered by another profile", "less"),
    "authenticate": Meaning("Authenticate", "no credential is asked for", "less"),
    "authorize": Meaning("Authorize", "others are allowed", "less"),
    "revocation": Meaning("Revocation", "revoked tokens are taken", "less"),
    "validate": Meaning("Validate", "input is not checked", "less"),
    "params": Meaning("Validate", "parameters are not checked", "less"),
    "schema": STEPS["validate"],
    "required": Meaning("Validate", "parameters may be missing", "false"),
    "body_schema": Meaning("Validate", "bodies of another shape are taken"),
    "unknown_query": STEPS["validate"],
    "body": STEPS["body"],
    "headers": ANSWERS,
    "errors": Meaning("Errors", "refusals are told otherwise"),
    "audit": AUDIT,
    "method": ROUTES,
    "template": ROUTES,
    "path": ROUTES,
    "routes": ROUTES,
    "if_all": MEMBERS["conditions"],
    "holds": STEPS["authorize"],
    "fails": STEPS["authorize"],
    "reads": STEPS["authorize"],
    "trust": Meaning("Authorize", "callers choose the value of an attribute", "any"),
    "source": MEMBERS["attributes"],
    "verifiers": METHOD,
    "edge": EVERYTHING,
    "public": Meaning("Authenticate", "no credential is asked for", "more"),
}
_MODULES: Final[Mapping[str, Meaning]] = {
    "addresses": STEPS["address"],
    "answers": MEMBERS["status"],
    "arrival": STEPS["request_target"],
    "attributes": MEMBERS["attributes"],
    "audit": AUDIT,
    "authenticate": METHOD,
    "authorize": STEPS["authorize"],
    "bodies": STEPS["validate"],
    "certificates": METHOD,
    "cors": STEPS["preflight"],
    "credentials": METHOD,
    "dynamodb": STORE,
    "formats": STEPS["validate"],
    "forward": FORWARD,
    "headers": ANSWERS,
    "ids": MEMBERS["correlation"],
    "jwks": MEMBERS["keys"],
    "keys": MEMBERS["records"],
    "keyset": MEMBERS["keys"],
    "limits": LIMIT,
    "openness": MEMBERS["always_open"],
    "paths": STEPS["request_target"],
    "places": METHOD,
    "records": MEMBERS["records"],
    "revocation": STEPS["revocation"],
    "router": ROUTES,
    "schemas": STEPS["validate"],
    "screens": MEMBERS["screens"],
    "signatures": METHOD,
    "stores": STORE,
    "times": STEPS["authorize"],
    "tokens": METHOD,
    "validate": STEPS["validate"],
    "values": STEPS["authorize"],
}


def _codes() -> Iterator[Code]:
    silent = ((r"^\s*#", "a comment"),)
    sections = (
        Section(r"^    Route\(", ROUTES, members=True),
        *(Section(rf"^[A-Z][A-Z0-9_]* = (?:{call})\(", means, members=True) for call, means in _CALLS.items()),
        Section(r"^def \w+_(?:holds|fails)\(", STEPS["authorize"]),
        Section(r"^def \w+", STEPS["validate"]),
        Section(r"^_?SCHEMA\w* = |^\w+: Final", STEPS["validate"]),
        Section(r'^(?:from |import |ROUTES = |"""|#)', EVERYTHING),
    )
    yield Code(
        "code */policy.py",
        sections,
        _MEMBERS,
        head=((r"^([A-Z][A-Z0-9_]*) = ", "{}"), (r"^def (\w+)\(", "{}")),
        refers=(
            (
                r"\b((?:AUTHENTICATE|AUDIT|BODY|CONDITION|CORS|ERRORS|HEADERS|LIMIT|NETWORK|REVOCATION|UPSTREAM)[A-Z0-9_]*)\b",
                "{}",
            ),
            (r"(?:holds|fails)=(\w+)", "{}"),
        ),
        route=r'    method="([A-Z]+)",\n        template="([^"]+)"',
        silent=silent,
    )
    for name, means in _MODULES.items():
        yield Code(f"code */runtime/{name}.py", (Section(r"^", means),), {}, silent=silent)
    yield Code("code */condition_values.py", (Section(r"^", STEPS["authorize"]),), {}, silent=silent)
    yield Code("code *", (Section(r"^", EVERYTHING),), {}, silent=silent)


ATTRIBUTION: Final = Attribution((*_places(), *_others()), tuple(_codes()))
