"""The API as one OpenAPI document, for specs whose paths and methods are too many for a stack.

Importing has rules of its own: security of the root is ignored, so each operation has its own; alternatives of one operation
are all required; parameters are checked for presence only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from seccfg_aws import function, responses
from seccfg_aws.integrations import integration, mock_integration, preflight_integration
from seccfg_aws.names import Names
from seccfg_aws.plan import AwsPlan, MethodPlan

__all__ = ["document"]

Json = dict[str, Any]
_DECISION, _PASS_KEY, _VALIDATOR = "decision", "passKey", "body"


def document(plan: AwsPlan) -> Json:
    """The document, with `Fn::Sub` where the stack has to say which function and which upstream."""
    names = Names()
    models: dict[str, str] = {}
    paths: dict[str, Json] = {}
    for method in plan.methods:
        if method.model and method.model not in models:
            models[method.model] = names.take("Body", f"{method.verb} {'/'.join(method.path)}")
        place = paths.setdefault(_path(method.path), {})
        place[method.verb.lower()] = _operation(plan, method, models.get(method.model, ""))
    for path in plan.preflights:
        paths.setdefault(_path(path), {})["options"] = {
            "security": [],
            "parameters": _parameters([part.strip("{}+") for part in path if part.startswith("{")]),
            "responses": {},
            "x-amazon-apigateway-integration": _camel(preflight_integration()),
        }
    for path, headers in plan.mocks:
        answer = mock_integration(headers)
        shown = {name: {"schema": {"type": "string"}} for name, _ in headers}
        paths.setdefault(_path(path), {})["options"] = {
            "security": [],
            "parameters": _parameters([part.strip("{}+") for part in path if part.startswith("{")]),
            "responses": {"204": {"description": "what may be asked for", "headers": shown}},
            "x-amazon-apigateway-integration": _camel(answer),
        }
    made: Json = {
        "openapi": "3.0.1",
        "info": {"title": plan.name, "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": _schemes(plan)},
        "x-amazon-apigateway-gateway-responses": {
            kind: {
                "statusCode": int(properties["StatusCode"]), "responseParameters": properties["ResponseParameters"],
                "responseTemplates": properties["ResponseTemplates"],
            }
            for kind, properties in responses.gateway_responses(plan).items()
        },
    }  # fmt: skip
    if models:
        made["components"]["schemas"] = {name: json.loads(schema) for schema, name in models.items()}
        made["x-amazon-apigateway-request-validators"] = {
            _VALIDATOR: {"validateRequestBody": True, "validateRequestParameters": False},
        }
    if plan.keyed:
        made["x-amazon-apigateway-api-key-source"] = "AUTHORIZER"
    return made


def _path(path: tuple[str, ...]) -> str:
    return "/" + "/".join(path)


def _schemes(plan: AwsPlan) -> Json:
    schemes: Json = {
        _DECISION: {
            "type": "apiKey", "name": "Unused", "in": "header", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "request", "authorizerUri": function.invocation("Function"), "authorizerResultTtlInSeconds": 0,
            },
        },
    }  # fmt: skip
    if plan.keyed:
        schemes[_PASS_KEY] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    return schemes


def _operation(plan: AwsPlan, method: MethodPlan, model: str) -> Json:
    made: Json = {
        "security": [{_DECISION: []}, *([{_PASS_KEY: []}] if plan.keyed else [])],
        "parameters": _parameters([name for name, _ in method.names]),
        "responses": {},
        "x-amazon-apigateway-integration": _camel(integration(plan, method)),
    }
    if model:
        schema = {"schema": {"$ref": f"#/components/schemas/{model}"}}
        made["requestBody"] = {"required": True, "content": dict.fromkeys(("$default", *method.content_types), schema)}
        made["x-amazon-apigateway-request-validator"] = _VALIDATOR
    return made


def _parameters(names: list[str]) -> list[Json]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


_SPELT = {
    "Type": "type", "IntegrationHttpMethod": "httpMethod", "Uri": "uri", "TimeoutInMillis": "timeoutInMillis",
    "PassthroughBehavior": "passthroughBehavior", "RequestParameters": "requestParameters",
    "RequestTemplates": "requestTemplates",
}  # fmt: skip
_WORDS = frozenset({"Type", "PassthroughBehavior"})


def _camel(properties: Mapping[str, Any]) -> Json:
    """An integration as the extension writes it."""
    rest = {key: value for key, value in properties.items() if key != "IntegrationResponses"}
    made: Json = {_SPELT[key]: value.lower() if key in _WORDS else value for key, value in rest.items()}
    if "IntegrationResponses" in properties:
        (answer,) = properties["IntegrationResponses"]
        made["responses"] = {
            "default": {"statusCode": answer["StatusCode"], "responseParameters": answer["ResponseParameters"]},
        }
    return made
