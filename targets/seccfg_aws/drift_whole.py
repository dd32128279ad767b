"""Stacks of HTTP APIs and Terraform as they are: resource by resource, under the names the spec's own output gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from seccfg.findings import InputError

__all__ = ["is_whole", "rebuilt", "whole"]

Json = Mapping[str, Any]
Tree = dict[str, dict[str, Any]]
_DEFAULTS: Final[Mapping[str, Json]] = {
    "AWS::ApiGatewayV2::Route": {"ApiKeyRequired": False, "AuthorizationType": "NONE"},
    "AWS::ApiGatewayV2::Integration": {"ConnectionType": "INTERNET", "TimeoutInMillis": 30_000},
    "AWS::ApiGatewayV2::Api": {"DisableExecuteApiEndpoint": False, "DisableSchemaValidation": False},
    "AWS::ApiGatewayV2::Stage": {"AutoDeploy": False},
    "AWS::Lambda::Function": {"PackageType": "Zip"},
}
"""What CloudFormation takes where a template says nothing (resource reference, 2026-01)."""
_UNSET: Final[tuple[object, ...]] = (None, "", [], {}, False, 0, "INTERNET", "Zip", "-1", -1)
_SET_BY_HAND: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_api_gateway_integration": (
        "tls_config",
        "credentials",
        "connection_type",
        "connection_id",
        "content_handling",
        "request_templates",
        "request_parameters",
    ),
    "aws_api_gateway_method": ("authorization_scopes", "request_models", "request_validator_id", "authorizer_id"),
    "aws_api_gateway_rest_api": ("policy", "binary_media_types"),
    "aws_api_gateway_domain_name": ("mutual_tls_authentication",),
    "aws_api_gateway_base_path_mapping": ("base_path",),
    "aws_api_gateway_authorizer": ("identity_source", "authorizer_credentials"),
    "aws_lambda_function": ("layers", "environment", "vpc_config", "code_signing_config_arn"),
}
"""Attributes somebody may set that the spec's file leaves out; the provider fills in all others by itself."""
_REFERENCE: Final = re.compile(r"\$\{((?:data\.)?[a-z0-9_]+\.[A-Za-z0-9_]+)\.([a-z0-9_]+)\}")
_VARIABLE: Final = re.compile(r"\$\{var\.([A-Za-z0-9_]+)\}")
_API_PARTS: Final = (
    "AWS::ApiGateway",
    "AWS::Lambda::Permission",
    "AWS::WAFv2::WebACLAssociation",
    "aws_api_gateway_",
    "aws_lambda_permission",
)


def is_whole(document: Json) -> bool:
    """Whether a template or Terraform file is one of these forms."""
    return "resource" in document or any(
        r.get("Type") == "AWS::ApiGatewayV2::Api" for r in document.get("Resources", {}).values() if isinstance(r, dict)
    )


def whole(document: Json, mine: Json) -> tuple[Tree, list[str]]:
    """
    `resources` and `parameters` of *document*, and what in it is not of *mine*, the spec's own output of the same form.

    Raises:
        InputError: it is of another form, or holds nothing of the spec's.
    """
    if "resource" in mine:
        found = (
            _shown(document, mine) if "values" in document or "planned_values" in document else _configured(document)
        )
    else:
        found = _stack(document)
    own = _configured(mine) if "resource" in mine else _stack(mine)
    ours = {
        name: said for name, said in found["resources"].items() if name in own["resources"] or _beside(name, said, own)
    }
    if not ours.keys() & own["resources"].keys():
        raise InputError("no resource of this spec is in the state: not the stack that serves it")
    foreign = [name for name in found["resources"] if name not in ours]
    parameters = {name: found["parameters"].get(name, said) for name, said in own["parameters"].items()}
    return {"resources": ours, "parameters": parameters}, foreign


def rebuilt(tree: Json, mine: Json) -> dict[str, Any]:
    """The template or Terraform file that has the resources of *tree*."""
    if "resource" not in mine:
        found = {name.partition(" ")[2]: said for name, said in tree["resources"].items()}
        parameters = {
            name: {**said, **_default(tree["parameters"].get(name))}
            for name, said in mine.get("Parameters", {}).items()
        }
        return {
            **{key: value for key, value in mine.items() if key != "Outputs"},
            "Resources": found,
            "Parameters": parameters,
        }
    resources: dict[str, dict[str, Any]] = {}
    for name, said in tree["resources"].items():
        kind, _, ident = name.partition(".")
        resources.setdefault(kind, {})[ident] = said
    variables = {
        name: {**said, **_default(tree["parameters"].get(name), "default")}
        for name, said in mine.get("variable", {}).items()
    }
    return {**mine, "resource": resources, "variable": variables}


def _default(value: object, key: str = "Default") -> dict[str, object]:
    return {} if value is None else {key: value}


# ------------------------------------------------------------------------------------------------------- CloudFormation
def _stack(template: Json) -> Tree:
    resources = template.get("Resources")
    if not isinstance(resources, Mapping):
        raise InputError("no template of CloudFormation is in the state, which this spec's stack is")
    found = {
        f"{str(said['Type']).rpartition('::')[2]} {ident}": {
            **said,
            "Properties": {**_DEFAULTS.get(said["Type"], {}), **said.get("Properties", {})},
        }
        for ident, said in resources.items()
    }
    return {
        "resources": found,
        "parameters": {name: said.get("Default") for name, said in template.get("Parameters", {}).items()},
    }


def _beside(name: str, said: Json, own: Tree) -> bool:
    """A part of an API that speaks of the spec's: a route somebody added to it is drift, a bucket in the same stack is not."""
    kind = str(said.get("Type", name))
    if not kind.startswith(_API_PARTS):
        return False
    text = json.dumps(said)
    parts = [other.rpartition(".")[2].rpartition(" ")[2] for other in own["resources"]]
    return "_beside" in said or any(f'"{ident}"' in text or f".{ident}." in text for ident in parts)


# ------------------------------------------------------------------------------------------------------------ Terraform
def _configured(document: Json) -> Tree:
    resources = document.get("resource")
    if not isinstance(resources, Mapping):
        raise InputError(
            "no Terraform is in the state, which this spec's output is: main.tf.json or `terraform show -json`"
        )
    found = {f"{kind}.{name}": said for kind, named in resources.items() for name, said in named.items()}
    return {
        "resources": found,
        "parameters": {name: said.get("default") for name, said in document.get("variable", {}).items()},
    }


def _shown(document: Json, mine: Json) -> Tree:
    """What `terraform show -json` says, told in the words of the configuration wherever both say the same."""
    root = (document.get("values") or document.get("planned_values") or {}).get("root_module", {})
    values = {
        f"{'data.' if one.get('mode') == 'data' else ''}{one['type']}.{one['name']}": one.get("values", {})
        for one in _resources(root)
    }
    own = _configured(mine)
    reader = _Reader(
        values, own["parameters"] | {name: said.get("value") for name, said in document.get("variables", {}).items()}
    )
    found: dict[str, Any] = {}
    for name, shown in values.items():
        if name in own["resources"]:
            found[name] = reader.overlaid(own["resources"][name], shown, name.partition(".")[0])
        elif not name.startswith("data."):
            found[name] = {**shown, **({"_beside": True} if reader.is_part(shown, own) else {})}
    return {"resources": found, "parameters": own["parameters"]}


def _resources(module: Json) -> Iterator[Json]:
    yield from module.get("resources", ())
    for below in module.get("child_modules", ()):
        yield from _resources(below)


class _Reader:
    def __init__(self, values: Json, variables: Json) -> None:
        self._values = values
        self._variables = {name: value for name, value in variables.items() if value is not None}

    def is_part(self, shown: Json, own: Tree) -> bool:
        """Of the spec's own API."""
        apis = {
            self._values.get(name, {}).get("id")
            for name in own["resources"]
            if name.startswith("aws_api_gateway_rest_api.")
        }
        return shown.get("rest_api_id") in apis - {None}

    def overlaid(self, said: Json, shown: Json, kind: str) -> dict[str, Any]:
        """*said* where *shown* says the same, with what somebody set besides."""
        found = {
            key: value if key in ("lifecycle", "depends_on") else self._one(value, shown.get(key))
            for key, value in said.items()
        }
        for key in _SET_BY_HAND.get(kind, ()):
            if key not in said and shown.get(key) not in _UNSET:
                found[key] = shown[key]
        return {key: value for key, value in found.items() if value is not None}

    def _one(self, said: object, shown: object) -> object:
        if isinstance(said, Mapping) and isinstance(shown, list) and len(shown) == 1 and isinstance(shown[0], Mapping):
            return {key: self._one(value, shown[0].get(key)) for key, value in said.items()}
        if isinstance(said, Mapping) and isinstance(shown, Mapping):
            members = {key: self._one(value, shown.get(key)) for key, value in said.items()}
            return {
                **{key: value for key, value in members.items() if value is not None},
                **{k: v for k, v in shown.items() if k not in said},
            }
        if isinstance(said, list) and isinstance(shown, list):
            if len(said) == len(shown):
                return [self._one(one, other) for one, other in zip(said, shown, strict=True)]
            return shown
        if said in _UNSET and shown in _UNSET:
            return said
        told = self._resolved(said) if isinstance(said, str) else said
        return said if told is None or _text(told) == _text(shown) else shown

    def _resolved(self, text: str) -> str | None:
        """An expression as the state has its references; None: it cannot be told."""
        text = _VARIABLE.sub(lambda found: _text(self._variables.get(found[1], found[0])), text)
        text = _REFERENCE.sub(lambda found: _text(self._values.get(found[1], {}).get(found[2], found[0])), text)
        return None if "${" in text or "%{" in text else text


def _text(value: object) -> str:
    if isinstance(value, str):
        try:  # documents of IAM and the like are texts of JSON, in whatever order
            return json.dumps(json.loads(value), sort_keys=True) if value[:1] in "{[" else value
        except ValueError:
            return value
    return json.dumps(value, sort_keys=True)
