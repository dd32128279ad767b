"""Reads an OpenAPI document as API Gateway's import does, its habits included.

Security of the root is ignored: an operation without its own is open to anybody. Alternatives of one operation are all
required. A scheme that is not defined, or defined without the extension, adds nothing. Parameters count for nothing but
their presence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from seccfg.record import Record
from seccfg_aws.stack_api import Method, MockAnswer, ResponseShape, mock_answer

__all__ = ["Document", "read_document"]

Json = Mapping[str, Any]
_ANY: Final = "x-amazon-apigateway-any-method"
_VERBS: Final = {name: name.upper() for name in ("get", "head", "post", "put", "patch", "delete", "options")} | {_ANY: "ANY"}
_AUTHORIZER: Final = "x-amazon-apigateway-authorizer"
_VALIDATOR: Final = "x-amazon-apigateway-request-validator"
_DEFAULT_TTL_S: Final = 300


class Document(Record):
    """What a document says of an API."""

    methods: Mapping[tuple[tuple[str, ...], str], Method]
    responses: Mapping[str, ResponseShape]
    key_source: str
    """Empty: not said."""
    authorizer_uri: str
    authorizer_ttl_s: int
    identity_sources: tuple[str, ...]


def read_document(body: Json, permitted: Callable[[str, str], bool]) -> Document:
    """
    The API that *body* imports.

    Args:
        permitted: Whether API Gateway may call the function of a URI, for methods of that `AuthorizationType`.
    """
    reader = _Reader(body, permitted)
    methods: dict[tuple[tuple[str, ...], str], Method] = {}
    for path, item in body["paths"].items():
        segments = tuple(path.strip("/").split("/")) if path != "/" else ()
        for name, operation in item.items():
            if name in _VERBS:
                methods[(segments, _VERBS[name])] = reader.method(segments, _VERBS[name], operation)
    responses = {
        kind: ResponseShape(
            int(said["statusCode"]),
            {name.removeprefix("gatewayresponse.header."): v for name, v in said["responseParameters"].items()},
            said["responseTemplates"]["application/json"],
        )
        for kind, said in body.get("x-amazon-apigateway-gateway-responses", {}).items()
    }
    authorizer: Json = next(iter(reader.authorizers.values()), {})
    return Document(
        methods, responses, body.get("x-amazon-apigateway-api-key-source", ""), str(authorizer.get("authorizerUri", "")),
        int(authorizer.get("authorizerResultTtlInSeconds", _DEFAULT_TTL_S)),
        tuple(part.strip() for part in str(authorizer.get("identitySource", "")).split(",") if part.strip()),
    )  # fmt: skip


def _mock(operation: Json, integration: Json) -> MockAnswer:
    """The same of a document as of a stack: its one response, whose headers the operation declares."""
    status = str(json.loads(integration["requestTemplates"]["application/json"])["statusCode"])
    answer = integration["responses"]["default"]
    return mock_answer(
        status, {str(answer["statusCode"]): answer.get("responseParameters", {})},
        {
            code: {f"method.response.header.{name}" for name in said.get("headers", {})}
            for code, said in operation["responses"].items()
        },
    )  # fmt: skip


class _Reader:
    def __init__(self, body: Json, permitted: Callable[[str, str], bool]) -> None:
        self._body = body
        self._permitted = permitted
        components = body.get("components", {})
        schemes = components.get("securitySchemes", {})
        self.authorizers: dict[str, Json] = {name: scheme[_AUTHORIZER] for name, scheme in schemes.items() if _AUTHORIZER in scheme}
        self._keys = {
            name
            for name, scheme in schemes.items()
            if _AUTHORIZER not in scheme and scheme["type"] == "apiKey" and scheme["name"].lower() == "x-api-key"
        }
        self._schemas = components.get("schemas", {})

    def method(self, path: tuple[str, ...], verb: str, operation: Json) -> Method:
        required = [name for alternative in operation.get("security", ()) for name in alternative]
        authorizer: Json | None = next((self.authorizers[name] for name in required if name in self.authorizers), None)
        integration = operation["x-amazon-apigateway-integration"]
        kind = integration["type"].upper()
        authorization = "NONE" if authorizer is None else "CUSTOM"
        uri = "" if authorizer is None else str(authorizer["authorizerUri"])
        if authorizer is None and kind == "AWS_PROXY":
            uri = str(integration["uri"])
        prefix = "integration.request.header."
        mapped = integration.get("requestParameters", {})
        return Method(
            path, verb, authorization, any(name in self._keys for name in required), self._permitted(uri, authorization),
            self._validates(operation), self._models(operation), kind, str(integration.get("uri")),
            {name.removeprefix(prefix): source for name, source in mapped.items() if name.startswith(prefix)},
            _mock(operation, integration) if kind == "MOCK" else None,
        )  # fmt: skip

    def _validates(self, operation: Json) -> bool:
        name = operation.get(_VALIDATOR, self._body.get(_VALIDATOR, ""))
        validator = self._body.get("x-amazon-apigateway-request-validators", {}).get(name, {})
        return bool(validator.get("validateRequestBody", False))

    def _models(self, operation: Json) -> dict[str, Any]:
        content = operation.get("requestBody", {}).get("content", {})
        return {kind: self._schema(said["schema"]) for kind, said in content.items()}

    def _schema(self, schema: Json) -> Json:
        parts: Sequence[str] = str(schema.get("$ref", "")).split("/")
        found: Json = self._schemas[parts[-1]] if parts[-1] else schema
        return found
