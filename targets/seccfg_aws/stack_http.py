"""Reads of a CloudFormation template what an HTTP API would be told. It answers refusals itself, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seccfg_aws.stack_api import Api, Method, ResponseShape

__all__ = ["read_http_api"]

Resources = Mapping[str, Mapping[str, Any]]
_VERSION: Final = "AWS::ApiGatewayV2::"
_PASS_KEY: Final = "a-value-of-more-than-twenty-characters"  # noqa: S105 - made up, of no account
_OWN: Final = {
    "MISSING_AUTHENTICATION_TOKEN": (404, "Not Found"), "UNAUTHORIZED": (401, "Unauthorized"),
    "ACCESS_DENIED": (403, "Forbidden"), "AUTHORIZER_FAILURE": (500, "Internal Server Error"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "Internal Server Error"),
}  # fmt: skip
"""What it says, by the name a REST API has for the case."""


def read_http_api(template: Mapping[str, Any], environment: Mapping[str, str]) -> Api:
    """The API that the template's only stage serves. KeyError or ValueError when there is none."""
    return _Reader(template["Resources"]).api(environment)


class _Reader:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def api(self, environment: Mapping[str, str]) -> Api:
        ((stage_id, stage),) = self._of("Stage").items()
        if stage.get("AutoDeploy", False):
            live = dict(self._resources)
        else:
            listed = self._resources[_ref(stage["DeploymentId"])].get("DependsOn", ())
            live = {ident: self._resources[ident] for ident in listed}
        api_id = _ref(stage["ApiId"])
        api = self._resources[api_id]["Properties"]
        if api["ProtocolType"] != "HTTP" or stage["StageName"] != "$default":
            raise ValueError("no HTTP API with its default stage: of another one the path would begin with the stage's name")
        methods = {}
        for resource in live.values():
            if resource["Type"] == f"{_VERSION}Route":
                method = self._method(resource["Properties"], live)
                methods[(method.path, method.verb)] = method
        authorizers = [r["Properties"] for r in live.values() if r["Type"] == f"{_VERSION}Authorizer"]
        authorizer: Mapping[str, Any] = authorizers[0] if authorizers else {}
        return Api(
            stage["StageName"],
            frozenset(path for path, _ in methods),
            methods,
            {
                kind: ResponseShape(code, {"Content-Type": "'application/json'"}, f'{{"message":"{text}"}}')
                for kind, (code, text) in _OWN.items()
            },
            self._domains(api_id, stage_id),
            not api.get("DisableExecuteApiEndpoint", False),
            False,
            frozenset(),
            int(authorizer.get("AuthorizerResultTtlInSeconds", 0)),
            self._environment(str(authorizer.get("AuthorizerUri", "")), environment),
            tuple(s.removeprefix("$").replace("request.", "method.request.") for s in authorizer.get("IdentitySource", ())),
        )

    def _of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        return {ident: r["Properties"] for ident, r in self._resources.items() if r["Type"] == f"{_VERSION}{kind}"}

    def _method(self, route: Mapping[str, Any], live: Resources) -> Method:
        verb, _, path = route["RouteKey"].partition(" ")
        segments = tuple(path.strip("/").split("/")) if path.strip("/") else ()
        target = route["Target"]["Fn::Sub"].removeprefix("integrations/${").removesuffix("}")
        integration = live[target]["Properties"]
        authorization = route.get("AuthorizationType", "NONE")
        uri = ""
        if authorization == "CUSTOM":
            authorizer = live[_ref(route["AuthorizerId"])]["Properties"]
            if authorizer.get("AuthorizerPayloadFormatVersion") != "1.0" or authorizer.get("EnableSimpleResponses", False):
                raise ValueError("no model of payload format 2.0")
            uri = str(authorizer["AuthorizerUri"])
        elif integration["IntegrationType"] == "AWS_PROXY":
            uri = str(integration["IntegrationUri"])
        return Method(
            segments, verb, authorization, False, self._permitted(uri, authorization), False, {},
            integration["IntegrationType"], str(integration["IntegrationUri"]), _mapped(integration.get("RequestParameters", {})),
        )  # fmt: skip

    def _permitted(self, uri: str, authorization: str) -> bool:
        wanted = "/authorizers/" if authorization == "CUSTOM" else "/OPTIONS/"
        permissions = [r["Properties"] for r in self._resources.values() if r["Type"] == "AWS::Lambda::Permission"]
        return any(
            f"${{{_ref(p['FunctionName'])}.Arn}}" in uri
            and p["Principal"] == "apigateway.amazonaws.com"
            and p["Action"] == "lambda:InvokeFunction"
            and wanted in str(p["SourceArn"])
            for p in permissions
        )

    def _domains(self, api_id: str, stage_id: str) -> dict[str, bool]:
        names = self._of("DomainName")
        found: dict[str, bool] = {}
        for mapping in self._of("ApiMapping").values():
            if _ref(mapping["ApiId"]) == api_id and _ref(mapping["Stage"]) == stage_id:
                domain = names[_ref(mapping["DomainName"])]
                found[domain["DomainName"]] = "MutualTlsAuthentication" in domain
        return found

    def _environment(self, uri: str, given: Mapping[str, str]) -> dict[str, str]:
        for ident, resource in self._resources.items():
            if resource["Type"] == "AWS::Lambda::Function" and f"${{{ident}.Arn}}" in uri:
                variables = resource["Properties"].get("Environment", {}).get("Variables", {})
                return {
                    name: given.get(name, f"{_PASS_KEY}-{_ref(value)}" if isinstance(value, Mapping) else str(value))
                    for name, value in variables.items()
                }
        raise ValueError("the authorizer's function is not in the template")


def _ref(value: Mapping[str, Any]) -> str:
    return str(value["Ref"])


def _mapped(parameters: Mapping[str, str]) -> dict[str, str]:
    """Headers of the integration as a REST API would write them: `append:` adds to what the client sent, which is refused."""
    found: dict[str, str] = {}
    for name, source in parameters.items():
        action, _, place = name.partition(":")
        if not place.startswith("header."):
            continue
        if action == "remove":
            found[place.removeprefix("header.")] = "''"
        elif action == "overwrite":
            found[place.removeprefix("header.")] = source.removeprefix("$") if source.startswith("$") else f"'{source}'"
        else:
            raise ValueError(f"no model of {name}")
    return found
