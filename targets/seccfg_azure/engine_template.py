"""What an ARM template deploys, as the gateway would hold it: the API, its operations, policies and fragments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from seccfg.record import Record
from seccfg.targetapi.observe import EngineFailed
from seccfg_azure.arm_shapes import check_resource
from seccfg_azure.engine_expressions import code_of
from seccfg_azure.reference import Node, refused

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
    wants_subscription: bool = False
    """Nobody is served without a subscription key: the API wants one, and is in no open product."""


def read_template(texts: Sequence[bytes], environment: Mapping[str, str], *, running: bool = False) -> Deployed:
    """
    The API some templates hold, deployed one after the other; EngineFailed when the service would not take it.

    Args:
        running: It is deployed already: whatever is in it was taken.
    """
    try:
        documents = [json.loads(text) for text in texts]
        known: set[str] = set()
        for document in () if running else documents:
            _deployable(document, known)
        return _deployed(documents, environment)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EngineFailed(f"the template cannot be read: {error!r}") from error


def _deployable(document: Mapping[str, Any], known: set[str]) -> None:
    """As the resource manager checks it: resources of known shape, each one after what it waits for; *known* are there."""
    if not str(document["$schema"]).endswith("/deploymentTemplate.json#") or not document["contentVersion"]:
        raise EngineFailed("no deployment template")
    for parameter in document["parameters"].values():
        if parameter["type"] not in ("string", "securestring", "int", "bool", "object", "array"):
            raise EngineFailed(f"a parameter of type {parameter['type']}")
    waits: dict[str, set[str]] = {}
    for resource in document["resources"]:
        wrong = [*check_resource(resource)]
        if resource.get("properties", {}).get("format") == "xml":
            wrong += refused(_node(_document(resource["properties"])))
        if wrong:
            raise EngineFailed(f"the management API refuses {'; '.join(wrong[:3])}")
        below = str(resource["type"]).removeprefix(_SERVICE)
        waits[_ident(below, _names(resource["name"]))] = {_waited(need) for need in resource.get("dependsOn", [])}
    for ident, needs in waits.items():
        if not needs <= waits.keys():
            raise EngineFailed(f"{ident} waits for something that is not there")
    for resource in document["resources"]:
        ident = _ident(str(resource["type"]).removeprefix(_SERVICE), _names(resource["name"]))
        first = _all_before(ident, waits)
        for need in _mentioned(resource):
            if need not in first and (need in waits or need not in known):
                raise EngineFailed(f"{ident} may be deployed before {need}, which it mentions")
    known |= waits.keys()


def _ident(below: str, names: Sequence[str]) -> str:
    return f"{below} {'/'.join(names)}"


def _waited(need: str) -> str:
    found = re.fullmatch(r"\[resourceId\('Microsoft\.ApiManagement/service/([^']*)', parameters\('service'\), (.*)\)\]", need)
    if found is None:
        raise EngineFailed(f"waits for {need}")
    return _ident(found[1], [part.strip("'") for part in found[2].split(", ")])


def _all_before(ident: str, waits: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    open_ones = [ident]
    while open_ones:
        for need in waits[open_ones.pop()] - found:
            found.add(need)
            open_ones.append(need)
    return found


def _mentioned(resource: Mapping[str, Any]) -> set[str]:
    """What has to be there before the resource: its parent, and what its text names."""
    below, names = str(resource["type"]).removeprefix(_SERVICE), _names(resource["name"])
    found = {_ident(below.rpartition("/")[0], names[:-1])} if "/" in below else set()
    if below == "products/apis":
        found.add(_ident("apis", names[1:]))
    if below == "subscriptions":
        found.add(_ident("products", [str(resource["properties"]["scope"]).removeprefix("/products/")]))
    if below.endswith("diagnostics"):
        found.add(_ident("loggers", [str(resource["properties"]["loggerId"]).removeprefix("/loggers/")]))
    properties = resource.get("properties", {})
    texts = [str(properties.get("value", "")), *(str(text) for text in properties.get("credentials", {}).values())]
    for text in texts:
        found |= {_ident("namedValues", [name]) for name in re.findall(r"\{\{([A-Za-z0-9._-]+)\}\}", text)}
        found |= {_ident("policyFragments", [name]) for name in re.findall(r'fragment-id="([^"]*)"', text)}
        found |= {_ident("loggers", [name]) for name in re.findall(r'logger-id="([^"]*)"', text)}
    return found


def _deployed(documents: Sequence[Mapping[str, Any]], environment: Mapping[str, str]) -> Deployed:
    parameters = _parameters(documents[0], environment)
    if any(len(document["resources"]) > 800 for document in documents):
        raise EngineFailed("a deployment takes 800 resources")
    operations: list[Operation] = []
    fragments: dict[str, Element] = {}
    named: dict[str, str] = {}
    loggers: set[str] = set()
    products: dict[str, bool] = {}
    is_open = False
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
        elif kind == "products":
            products[names[0]] = bool(properties.get("subscriptionRequired", True))
        elif kind == "products/apis" and not products[names[0]]:
            is_open = True
        elif kind == "loggers":
            loggers.add(names[0])
        elif kind == "namedValues":
            named[properties["displayName"]] = _value(properties["value"], parameters)
        elif kind == "apis/operations":
            template = str(properties["urlTemplate"])
            operations.append(Operation(names[1], properties["method"], template, tuple(template.split("/")[1:]), properties.get("displayName", "")))
    if policy is None or not api:
        raise EngineFailed("the template deploys no API with a policy")
    wanted = bool(api.get("subscriptionRequired", True)) and not is_open
    return Deployed(ident, api["path"], tuple(api["protocols"]), tuple(operations), policy, fragments, named, frozenset(loggers), wanted)


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


def _node(element: Element) -> Node:
    attributes = tuple((name, value, code_of(value) is not None) for name, value in element.attrib.items())
    text = (element.text or "").strip()
    said = (text, code_of(text) is not None) if text else None
    return Node(element.tag, attributes, tuple(_node(child) for child in element), said)


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
