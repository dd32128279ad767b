"""Reads of Terraform JSON what the AWS provider would tell API Gateway, the provider's defaults included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from seccfg.targetapi.observe import EngineFailed
from seccfg_aws.stack_api import Api, Method, ResponseShape
from seccfg_aws.stack_openapi import read_document

__all__ = ["read_terraform"]

Json = Mapping[str, Any]
_REFERENCE: Final = re.compile(r"\$\{([a-z0-9_]+)\.([A-Za-z0-9_-]+)(?:\.([a-z_]+))?\}")
_DEFAULT_TTL_S: Final = 300
_DEFAULT_IDENTITY: Final = "method.request.header.Authorization"
_PASS_KEY: Final = "a-value-of-more-than-twenty-characters"  # noqa: S105 - made up, of no account


def read_terraform(document: Json, environment: Mapping[str, str]) -> Api:
    """The API that the document's only stage serves. KeyError or ValueError when there is none."""
    return _Reader(document["resource"]).api(environment)


class _Reader:
    def __init__(self, resources: Json) -> None:
        self._all = resources

    def api(self, environment: Mapping[str, str]) -> Api:
        ((stage_id, stage),) = self._of("stage").items()
        deployment = self._of("deployment")[_named(stage["deployment_id"])]
        self._live = frozenset(deployment.get("depends_on", ()))
        rest_api = self._of("rest_api")[_named(stage["rest_api_id"])]
        keys = self._usage_keys(stage_id)
        if "body" in rest_api:
            return self._imported(rest_api, stage, keys, environment)
        methods = {(m.path, m.verb): m for m in self._methods()}
        authorizer: Json = next(iter(self._snapshot("authorizer").values()), {})
        source = _plain(authorizer.get("identity_source", _DEFAULT_IDENTITY))
        return Api(
            _plain(stage["stage_name"]),
            frozenset(path for path, _ in methods),
            methods,
            {r["response_type"]: _response(r) for r in self._snapshot("gateway_response").values()},
            self._domains(stage_id),
            not rest_api.get("disable_execute_api_endpoint", False),
            rest_api.get("api_key_source", "HEADER") == "AUTHORIZER",
            keys,
            int(authorizer.get("authorizer_result_ttl_in_seconds", _DEFAULT_TTL_S)),
            self._environment(str(authorizer.get("authorizer_uri", "")), environment),
            tuple(part.strip() for part in source.split(",") if part.strip()),
        )

    def _imported(self, rest_api: Json, stage: Json, keys: frozenset[str], environment: Mapping[str, str]) -> Api:
        for kind in ("resource", "method", "authorizer", "model", "gateway_response"):
            if self._of(kind):
                raise EngineFailed("an API in two forms at once: a document, and resources of their own")
        document = read_document(_plain_tree(json.loads(rest_api["body"])), self._permitted)
        return Api(
            _plain(stage["stage_name"]),
            frozenset(path for path, _ in document.methods),
            document.methods,
            document.responses,
            self._domains("Stage"),
            not rest_api.get("disable_execute_api_endpoint", False),
            (document.key_source or rest_api.get("api_key_source", "HEADER")) == "AUTHORIZER",
            keys,
            document.authorizer_ttl_s,
            self._environment(document.authorizer_uri, environment),
            document.identity_sources,
        )

    # ------------------------------------------------------------------------------------------------------ resources
    def _of(self, kind: str) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self._all.get(f"aws_api_gateway_{kind}", {})
        return found

    def _snapshot(self, kind: str) -> dict[str, Json]:
        """What the deployment waits for: anything else may come after it was made."""
        return {name: r for name, r in self._of(kind).items() if f"aws_api_gateway_{kind}.{name}" in self._live}

    def _path(self, name: str) -> tuple[str, ...]:
        resource = self._of("resource")[name]
        parent = _REFERENCE.fullmatch(resource["parent_id"])
        above = self._path(parent[2]) if parent and parent[1] == "aws_api_gateway_resource" else ()
        return (*above, _plain(resource["path_part"]))

    def _methods(self) -> Iterator[Method]:
        integrations = {_named(i["http_method"]): i for i in self._snapshot("integration").values()}
        for name, method in self._snapshot("method").items():
            integration = integrations[name]
            place = _REFERENCE.fullmatch(method["resource_id"])
            path = self._path(place[2]) if place and place[1] == "aws_api_gateway_resource" else ()
            authorization = method["authorization"]
            uri = str(integration.get("uri", ""))
            asked = uri if integration["type"] == "AWS_PROXY" else ""
            if authorization == "CUSTOM":
                asked = str(self._snapshot("authorizer")[_named(method["authorizer_id"])]["authorizer_uri"])
            prefix = "integration.request.header."
            yield Method(
                path, method["http_method"], authorization, method.get("api_key_required", False),
                self._permitted(asked, authorization), self._validates(method), self._models(method), integration["type"], uri,
                {
                    n.removeprefix(prefix): _plain(source)
                    for n, source in integration.get("request_parameters", {}).items()
                    if n.startswith(prefix)
                },
            )  # fmt: skip

    def _validates(self, method: Json) -> bool:
        if "request_validator_id" not in method:
            return False
        validator = self._snapshot("request_validator")[_named(method["request_validator_id"])]
        return bool(validator.get("validate_request_body", False))

    def _models(self, method: Json) -> dict[str, Any]:
        models = self._snapshot("model")
        given = method.get("request_models", {}).items()
        return {kind: _plain_tree(json.loads(models[_named(model)]["schema"])) for kind, model in given}

    def _permitted(self, uri: str, authorization: str) -> bool:
        wanted = "/authorizers/" if authorization == "CUSTOM" else "/OPTIONS/"
        return any(
            f"${{aws_lambda_function.{_named(p['function_name'])}.arn}}" in uri
            and p["principal"] == "apigateway.amazonaws.com"
            and p["action"] == "lambda:InvokeFunction"
            and wanted in p["source_arn"]
            for p in self._all.get("aws_lambda_permission", {}).values()
        )

    def _domains(self, stage_id: str) -> dict[str, bool]:
        names = self._of("domain_name")
        found: dict[str, bool] = {}
        for mapping in self._of("base_path_mapping").values():
            if _named(mapping["stage_name"]) == stage_id:
                domain = names[_named(mapping["domain_name"])]
                found[_plain(domain["domain_name"])] = "mutual_tls_authentication" in domain
        return found

    def _usage_keys(self, stage_id: str) -> frozenset[str]:
        plans = {
            name
            for name, plan in self._of("usage_plan").items()
            if any(_named(stage["stage"]) == stage_id for stage in plan["api_stages"])
        }
        entries = self._of("usage_plan_key").values()
        held = {_named(entry["key_id"]) for entry in entries if _named(entry["usage_plan_id"]) in plans}
        keys = self._of("api_key")
        return frozenset(_value(keys[name]["value"]) for name in held if keys[name].get("enabled", True))

    def _environment(self, uri: str, given: Mapping[str, str]) -> dict[str, str]:
        for name, function in self._all.get("aws_lambda_function", {}).items():
            if f"${{aws_lambda_function.{name}.arn}}" in uri:
                variables = function.get("environment", {}).get("variables", {})
                return {key: given.get(key, _value(value)) for key, value in variables.items()}
        raise ValueError("the authorizer's function is not in the document")


def _response(said: Json) -> ResponseShape:
    prefix = "gatewayresponse.header."
    return ResponseShape(
        int(said["status_code"]),
        {name.removeprefix(prefix): _plain(source) for name, source in said["response_parameters"].items()},
        _plain(said["response_templates"]["application/json"]),
    )


def _named(reference: str) -> str:
    """Name of the resource or variable that *reference* is to."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"no reference: {reference}")
    return match[2]


def _value(text: str) -> str:
    """A variable's value: made up, the same wherever it is named."""
    match = _REFERENCE.fullmatch(text)
    return f"{_PASS_KEY}-{match[2]}" if match else _plain(text)


def _plain(text: str) -> str:
    """A text without references, as Terraform reads it."""
    if re.search(r"(?<!\$)\$\{|(?<!%)%\{", text):
        raise ValueError(f"a reference where a text is expected: {text}")
    return text.replace("$${", "${").replace("%%{", "%{")


def _plain_tree(value: Any) -> Any:
    """Texts inside a document as Terraform reads them; those with references stay as they are."""
    if isinstance(value, dict):
        return {key: _plain_tree(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain_tree(inner) for inner in value]
    if isinstance(value, str) and not re.search(r"(?<!\$)\$\{|(?<!%)%\{", value):
        return _plain(value)
    return value
