"""What an ARM template deploys, as the gateway would hold it: the API, its operations, policies and fragments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from seccfg.record import Record
from seccfg.targetapi.observe import EngineFailed

__all__ = ["Deployed", "Operation", "read_template"]

_SERVICE = "Microsoft.ApiManagement/service/"


class Operation(Record):
    """One operation; `segments` of its URL template."""

    id: str
    method: str
    template: str
    segments: tuple[str, ...]
    title: str = ""


class Deployed(Record):
    """One API on a gateway."""

    api: str
    path: str
    protocols: tuple[str, ...]
    operations: tuple[Operation, ...]
    policy: Element
    fragments: Mapping[str, Element]
    named: Mapping[str, str]
    """Named values by display name."""
    loggers: frozenset[str] = frozenset()


def read_template(texts: Sequence[bytes], environment: Mapping[str, str]) -> Deployed:
    """The API some templates hold, deployed one after the other; EngineFailed when a gateway would not take it."""
    documents = [json.loads(text) for text in texts]
    parameters = _parameters(documents[0], environment)
    if any(len(document["resources"]) > 800 for document in documents):
        raise EngineFailed("a deployment takes 800 resources")
    operations: list[Operation] = []
    fragments: dict[str, Element] = {}
    named: dict[str, str] = {}
    loggers: set[str] = set()
    api: Mapping[str, Any] = {}
    policy: Element | None = None
    ident = ""
    for resource in (resource for document in documents for resource in document["resources"]):
        kind, names = str(resource["type"]).removeprefix(_SERVICE), _names(resource["name"])
        properties = resource.get("properties", {})
        if kind == "apis":
            api, ident = properties, names[0]
        elif kind == "apis/policies":
            policy = _document(properties)
        elif kind == "policyFragments":
            fragments[names[0]] = _document(properties)
        elif kind == "loggers":
            loggers.add(names[0])
        elif kind == "namedValues":
            named[properties["displayName"]] = _value(properties["value"], parameters)
        elif kind == "apis/operations":
            template = str(properties["urlTemplate"])
            operations.append(Operation(names[1], properties["method"], template, tuple(template.split("/")[1:]), properties.get("displayName", "")))
    if policy is None or not api:
        raise EngineFailed("the template deploys no API with a policy")
    return Deployed(ident, api["path"], tuple(api["protocols"]), tuple(operations), policy, fragments, named, frozenset(loggers))


def _names(name: str) -> list[str]:
    found = re.fullmatch(r"\[concat\(parameters\('service'\), '/(.*)'\)\]", name)
    if found is None:
        raise EngineFailed(f"a resource called {name}")
    return found[1].split("/")


def _document(properties: Mapping[str, Any]) -> Element:
    if properties["format"] != "xml":
        raise EngineFailed("a policy in another format than xml")
    try:
        return fromstring(properties["value"])  # noqa: S314 - what this project emitted
    except ParseError as error:
        raise EngineFailed(f"a policy is no XML: {error}") from error


def _parameters(document: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Values of parameters: what `metadata.environment` names, in the coding `metadata.coding` says, else the default."""
    import base64

    found: dict[str, str] = {}
    for name, parameter in document["parameters"].items():
        metadata = parameter.get("metadata", {})
        variable = metadata.get("environment", "")
        if variable in environment:
            text = environment[variable]
            found[name] = base64.b64encode(text.encode()).decode() if metadata.get("coding") == "base64" else text
        else:
            found[name] = str(parameter.get("defaultValue", ""))
    return found


def _value(text: str, parameters: Mapping[str, str]) -> str:
    found = re.fullmatch(r"\[parameters\('([^']*)'\)\]", text)
    if found is not None:
        return parameters[found[1]]
    return text[1:] if text.startswith("[[") else text
