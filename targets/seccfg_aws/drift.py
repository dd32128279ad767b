"""An API Gateway REST API beside the stack the spec makes: a template, an OpenAPI export, or what the service itself answers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from seccfg.findings import InputError
from seccfg.targetapi.base import Engine
from seccfg.targetapi.drift import Normal, Tree
from seccfg_aws.drift_attribution import ATTRIBUTION
from seccfg_aws.drift_beside import beside
from seccfg_aws.drift_forms import PARTS, Sections, of_export, of_live, of_template
from seccfg_aws.drift_whole import is_whole, rebuilt, whole
from seccfg_aws.engine import ModelEngine

__all__ = ["DRIFT"]

_CODE: Final = "authorizer/"
_MAX_BYTES: Final = 64 << 20
_OF_SECTIONS: Final = PARTS | {
    "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::ApiGateway::DomainName", "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::UsagePlan", "AWS::ApiGateway::UsagePlanKey", "AWS::ApiGateway::ApiKey", "AWS::Lambda::Permission",
}  # fmt: skip
_FUNCTION_URI: Final = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${%s.Arn}/invocations"
)


class _Stack:
    """Reads any of the forms; what a form does not speak of is taken to be as emitted."""

    forms = (
        "template.json or what get-template answers (main.tf.json or `terraform show -json` where the spec asks for Terraform); "
        "an export (oas30, extensions=apigateway,authorizers); a folder of either "
        "with the function's code in `authorizer/` or as a zip; or `live:API-ID[/STAGE]`, which asks the account with get calls"
    )

    attribution = ATTRIBUTION

    def routes(self, path: tuple[str | int, ...], tree: Tree) -> tuple[str, ...]:
        """The method, where the place is one's."""
        if path[0] == "methods" and len(path) > 1:
            return (str(path[1]),)
        resources: Any = tree.get("resources", {})
        said = resources.get(path[1], {}) if path[0] == "resources" and len(path) > 1 else {}
        key = said.get("Properties", {}).get("RouteKey") if isinstance(said, Mapping) else None
        return (str(key),) if key else ()

    def normal(self, state: Mapping[str, bytes], owned: Mapping[str, bytes]) -> Normal:
        """Sections as in `drift_forms`, `code` line by line, and for templates all else of the stack as `stack`."""
        template = _mine(owned)
        if is_whole(template):
            return _whole(state, owned, template)
        mine: Sections = {**of_template(template), "code": _code(owned), "stack": _rest(template), "undeployed": {}}
        found, foreign = _read(state, mine)
        if not found["methods"].keys() & mine["methods"].keys():
            raise InputError("no method of this spec is in the state: not the API that serves it")
        return Normal({**mine, **found}, tuple(sorted(foreign)))

    def emitted(self, tree: Tree, beside: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """A template of the sections, and the function's code; the rest of the stack as it is in *tree*."""
        sections: Sections = json.loads(json.dumps(tree))
        template = _mine(beside)
        code = {f"{_CODE}{path}": ("\n".join(lines) + "\n").encode() for path, lines in sections["code"].items()}
        kept = {path: content for path, content in beside.items() if not path.startswith(_CODE)}
        if is_whole(template):
            name = "main.tf.json" if "resource" in template else "template.json"
            return {**kept, **code, name: json.dumps(rebuilt(sections, template)).encode()}
        emitted = template["Resources"]
        template["Resources"] = {**sections["stack"], **_resources(sections, emitted)}
        template.pop("Outputs", None)  # they speak of resources under other names
        return {**kept, **code, "template.json": json.dumps(template).encode()}

    def engine(self) -> Engine | None:
        """The model of API Gateway, with the function run in it."""
        return ModelEngine(checks=False)

    def fetch(self, where: str) -> Mapping[str, bytes]:
        """The state of `API-ID` or `API-ID/STAGE`, with get calls only."""
        from seccfg_aws.drift_live import fetch

        return fetch(where)


DRIFT = _Stack()


# -------------------------------------------------------------------------------------------------------------- reading
def _read(state: Mapping[str, bytes], mine: Sections) -> tuple[Sections, list[str]]:
    """The sections the state speaks of, and resources of the stack that are not the spec's."""
    found: Sections = {}
    foreign: list[str] = []
    exported: Sections | None = None
    for path, content in sorted(state.items()):
        if not path.endswith(".json") or f"/{path}".rfind(f"/{_CODE}") >= 0:
            continue
        value = _json(path, content)
        try:
            if "Resources" in value:
                found.update(of_template(value))
                rest = _rest(value)
                ours = {ident: resource for ident, resource in rest.items() if ident in mine["stack"]}
                foreign += [f"{r['Type']} {ident}" for ident, r in rest.items() if ident not in ours]
                found["stack"] = ours
            elif "restApi" in value:
                found.update(of_live(value))
                found["stack"] = beside(value, mine["stack"])
            elif "openapi" in value:
                exported = of_export(value)
            elif "swagger" in value:
                raise InputError(f"{path}: export it as oas30, with extensions=apigateway,authorizers")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} is no template and no export of API Gateway: {type(error).__name__} {error}"
            ) from error
    if exported is not None:
        found["undeployed"] = _undeployed(found, exported)
        found.update({**exported, "api": {**mine["api"], **found.get("api", {}), **exported.get("api", {})}})
    if "methods" not in found:
        raise InputError("neither a template of a REST API nor an export of one is in the state")
    code = _code(state)
    return ({**found, "code": code} if code else found), foreign


def _mine(files: Mapping[str, bytes]) -> Any:
    """The stack among the emitted files, of whichever form."""
    return json.loads(files["template.json"] if "template.json" in files else files["main.tf.json"])


def _whole(state: Mapping[str, bytes], owned: Mapping[str, bytes], template: Mapping[str, Any]) -> Normal:
    """A stack of an HTTP API or of Terraform, resource by resource, and the function's code."""
    documents = [
        _json(path, content) for path, content in sorted(state.items())
        if path.endswith((".json", ".tfstate")) and f"/{path}".rfind(f"/{_CODE}") < 0
    ]  # fmt: skip
    told = [one for one in documents if {"Resources", "resource", "values", "planned_values"} & one.keys()]
    if len(told) != 1:
        raise InputError(
            "main.tf.json or what `terraform show -json` says is asked for, and nothing else" if "resource" in template
            else "the template of the stack, or what get-template answers, is asked for, and nothing else"
        )  # fmt: skip
    try:
        found, foreign = whole(told[0], template)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(f"the state is none of the stack's: {type(error).__name__} {error}") from error
    return Normal({**found, "code": _code(state) or _code(owned)}, tuple(sorted(foreign)))


def _undeployed(live: Sections, exported: Sections) -> dict[str, Any]:
    """Methods whose working copy is not what the stage serves: they change with the next deployment, whoever makes it."""
    if "methods" not in live:
        return {}
    now, served = live["methods"], exported["methods"]
    return {
        name: "changed, not deployed"
        for name in sorted(now.keys() | served.keys())
        if now.get(name) != served.get(name)
    }


def _json(path: str, content: bytes) -> Any:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise InputError(f"{path} is no JSON") from error
    if not isinstance(value, dict):
        return {}
    body = value.get("TemplateBody", value)  # what get-template answers
    return json.loads(body) if isinstance(body, str) else body


def _rest(template: Mapping[str, Any]) -> dict[str, Any]:
    return {ident: r for ident, r in template["Resources"].items() if r["Type"] not in _OF_SECTIONS}


def _code(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """The function's files by their path in the package, as lines."""
    found: dict[str, bytes] = {}
    for path, content in files.items():
        at = f"/{path}".rfind(f"/{_CODE}")
        if at >= 0 and path.endswith(".py"):
            found[path[at + len(_CODE) :]] = content
        elif path.endswith(".zip"):
            found.update(_unpacked(path, content))
    return {path: content.decode("utf-8", "replace").splitlines() for path, content in sorted(found.items())}


def _unpacked(path: str, content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MAX_BYTES:
                raise InputError(f"{path} is larger than any package this spec makes")
            return {m.filename: archive.read(m) for m in archive.infolist() if m.filename.endswith(".py")}
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise InputError(f"{path} is no zip, so no package of a function") from error


# -------------------------------------------------------------------------------------------------------------- writing
def _resources(tree: Sections, emitted: Mapping[str, Any]) -> dict[str, Any]:
    """The resources of a stack that say what the sections say."""
    api = {"Ref": "RestApi"}
    made: dict[str, Any] = {
        "RestApi": _typed("RestApi", ApiKeySourceType=tree["api"]["keySource"],
                          DisableExecuteApiEndpoint=not tree["api"]["defaultEndpoint"]),
    }  # fmt: skip
    live: dict[str, Any] = {}
    order = sorted(
        tree["authorizers"].items(), key=lambda item: (-item[1]["ttl"], item[0])
    )  # the weakest is the one read
    for number, (_, said) in enumerate(order):
        live[f"Authorizer{number}"] = _typed(
            "Authorizer", RestApiId=api, Type=said["type"], AuthorizerUri=_function_uri(said["function"]),
            AuthorizerResultTtlInSeconds=said["ttl"],
        )  # fmt: skip
    authorizers = {name: f"Authorizer{number}" for number, (name, _) in enumerate(order)}
    live["Validator"] = _typed("RequestValidator", RestApiId=api, ValidateRequestBody=True)
    nodes = _nodes(tree["methods"], live)
    for number, (name, said) in enumerate(tree["methods"].items()):
        verb, _, path = name.partition(" ")
        models = {kind: f"Model{number}x{at}" for at, kind in enumerate(said["models"])}
        live.update(
            {models[kind]: _typed("Model", RestApiId=api, Schema=schema) for kind, schema in said["models"].items()}
        )
        integration = said["integration"]
        live[f"Method{number}"] = _typed(
            "Method", RestApiId=api, ResourceId=nodes[path], HttpMethod=verb, AuthorizationType=said["authorization"],
            ApiKeyRequired=said["keyRequired"], RequestModels={kind: {"Ref": ident} for kind, ident in models.items()},
            Integration={"Type": integration["type"], "Uri": _function_uri(integration["uri"]),
                         "RequestParameters": integration["parameters"]},
            **({"AuthorizerId": {"Ref": authorizers[said["authorizer"]]}} if said["authorizer"] in authorizers else {}),
            **({"RequestValidatorId": {"Ref": "Validator"}} if said["validatesBody"] else {}),
        )  # fmt: skip
    for kind, said in tree["responses"].items():
        live[f"Response{kind}"] = _typed(
            "GatewayResponse", RestApiId=api, ResponseType=kind, StatusCode=said["status"] or "500",
            ResponseParameters=said["headers"], ResponseTemplates={"application/json": "", **said["bodies"]},
        )  # fmt: skip
    made["Deployment"] = {**_typed("Deployment", RestApiId=api), "DependsOn": sorted(live)}
    made["Stage"] = _typed("Stage", RestApiId=api, DeploymentId={"Ref": "Deployment"}, StageName=tree["stage"]["name"])
    return {**made, **live, **_around(tree, emitted)}


def _nodes(methods: Mapping[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """A resource for each path of *methods* and those above it; what refers to each path's own."""
    found: dict[str, Any] = {"/": {"Fn::GetAtt": ["RestApi", "RootResourceId"]}}
    for name in methods:
        parts = name.partition(" ")[2].strip("/").split("/")
        above = "/"
        for at, part in enumerate(parts, 1):
            here = "/" + "/".join(parts[:at])
            if part and here not in found:
                ident = f"Path{len(found)}"
                live[ident] = _typed("Resource", RestApiId={"Ref": "RestApi"}, ParentId=found[above], PathPart=part)
                found[here] = {"Ref": ident}
            above = here
    return found


def _around(tree: Sections, emitted: Mapping[str, Any]) -> dict[str, Any]:
    """Domain names, permissions and usage keys. A key of a plan keeps the value that the function is given."""
    made: dict[str, Any] = {}
    for number, (host, said) in enumerate(tree["domains"].items()):
        mutual: dict[str, Any] = {"MutualTlsAuthentication": {}} if said["mutualTls"] else {}
        made[f"Domain{number}"] = _typed("DomainName", DomainName=host, **mutual)
        made[f"Mapping{number}"] = _typed(
            "BasePathMapping",
            DomainName={"Ref": f"Domain{number}"},
            RestApiId={"Ref": "RestApi"},
            Stage={"Ref": "Stage"},
        )
    paths = {"decisions": "/authorizers/", "preflights": "/OPTIONS/", "anything": "/authorizers/ /OPTIONS/"}
    for number, (name, kinds) in enumerate(tree["permissions"].items()):
        for kind in kinds:
            made[f"Permission{number}{kind}" if kind in paths else f"Permission{number}x"] = {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "FunctionName": {"Ref": name},
                    "Principal": "apigateway.amazonaws.com",
                    "Action": "lambda:InvokeFunction",
                    "SourceArn": paths.get(kind, kind),
                },
            }
    values = {
        r["Properties"]["Name"]: r["Properties"]["Value"]
        for r in emitted.values()
        if r["Type"] == "AWS::ApiGateway::ApiKey"
    }
    for number, names in enumerate(tree["usage"].values()):
        stages = [{"ApiId": {"Ref": "RestApi"}, "Stage": {"Ref": "Stage"}}]
        made[f"Plan{number}"] = _typed("UsagePlan", ApiStages=stages)
        for at, name in enumerate(names):
            key = f"Key{number}x{at}"
            made[key] = _typed("ApiKey", Name=name, Enabled=True, Value=values.get(name, f"unknown {name}"))
            made[f"{key}InPlan"] = _typed("UsagePlanKey", KeyId={"Ref": key}, UsagePlanId={"Ref": f"Plan{number}"})
    return made


def _typed(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::ApiGateway::{kind}", "Properties": properties}


def _function_uri(said: str) -> object:
    return {"Fn::Sub": _FUNCTION_URI % said.removeprefix("function ")} if said.startswith("function ") else said
