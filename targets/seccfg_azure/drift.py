"""An API Management service beside the template the spec makes: management API documents, an APIOps extract, a template."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from seccfg.findings import InputError
from seccfg.targetapi.base import Engine
from seccfg.targetapi.drift import Normal, Tree

__all__ = ["DRIFT"]

_TYPE: Final = "microsoft.apimanagement/service"
_DEFAULTS: Final[dict[str, Any]] = {
    "type": "http", "isCurrent": True, "apiRevision": "1", "subscriptionRequired": True, "protocols": ["https"],
    "subscriptionKeyParameterNames": {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"},
}  # fmt: skip
"""What the service fills in of an API (management API 2024-05-01)."""
_KEPT: Final[dict[str, frozenset[str]]] = {
    "apis": frozenset({"path", "protocols", "subscriptionRequired", "subscriptionKeyParameterNames", "type", "isCurrent"}),
    "operations": frozenset({"method", "urlTemplate"}),
}
"""Members that decide where requests go; titles, revisions, provisioning states and the like decide nothing."""
_NAME: Final = re.compile(r"'/([^']*)'\)\]$")


class _Service:
    """Reads what the management API answers to GET, alone or in lists, and what APIOps extracts."""

    forms = "JSON documents of the management API, an APIOps extract, or an ARM template"

    def normal(self, state: Mapping[str, bytes], owned: Mapping[str, bytes]) -> Normal:
        """`{policies: {where: [line]}, apis: {…}, operations: {…}}`; expressions are compared line by line."""
        mine = _tree(_resources({"azuredeploy.json": owned["azuredeploy.json"]}))
        found = _tree(_resources(state))
        if not any(name in found["policies"] for name in mine["policies"]):
            raise InputError("no policy of this spec's API is in the state: not the service that runs it")
        apis = tuple(mine["apis"])
        tree: dict[str, dict[str, Any]] = {kind: {} for kind in found}
        foreign: list[str] = []
        for kind, entities in found.items():
            for name, entity in entities.items():
                ours = name in mine[kind] or any(name.startswith((f"{api}/", f"api {api}/")) for api in apis)
                if ours:
                    tree[kind][name] = entity
                else:
                    foreign.append(f"{kind} {name}")
        if not found["apis"] and not found["operations"]:  # an extract of policies alone says nothing of the others
            tree.update({kind: dict(mine[kind]) for kind in ("apis", "operations")})
        return Normal(tree, tuple(sorted(foreign)))

    def emitted(self, tree: Tree, beside: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Not asked for: there is no engine for what was not emitted."""
        del tree
        return beside

    def engine(self) -> Engine | None:
        """None: a service hands policies back in a form of its own, which nothing here can run."""
        return None


DRIFT = _Service()


def _resources(state: Mapping[str, bytes]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(kind, name below the service, properties) of every resource."""
    seen = False
    for path, content in sorted(state.items()):
        at = path.removeprefix("apiops/") if "/apiops/" not in path else path.partition("/apiops/")[2]
        if path.endswith(".xml") and (at.startswith(("apis/", "policy fragments/"))):
            seen = True
            parts = at.split("/")
            kind = "apis/policies" if parts[0] == "apis" else "policyFragments"
            name = "/".join([*parts[1:-1], "policy"]) if kind == "apis/policies" else parts[1]
            yield kind, name.replace("/operations/", "/"), {"value": content.decode("utf-8", "replace")}
        elif path.endswith(".json"):
            for found in _documents(path, content):
                seen = True
                yield found
    if not seen:
        raise InputError("no resources of API Management are in the state")


def _documents(path: str, content: bytes) -> Iterator[tuple[str, str, dict[str, Any]]]:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise InputError(f"{path} is no JSON") from error
    listed = value.get("resources", value.get("value", [value])) if isinstance(value, dict) else value
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and str(one.get("type", "")).lower().startswith(f"{_TYPE}/") and isinstance(one.get("properties"), dict):
            yield str(one["type"])[len(_TYPE) + 1 :], _named(one), one["properties"]


def _named(resource: Mapping[str, Any]) -> str:
    """The name below the service: out of the id of a document, or out of a template's expression."""
    ident = str(resource.get("id", ""))
    if ident:
        return "/".join(ident.split("/service/", 1)[-1].split("/")[1:][1::2])
    name = str(resource.get("name", ""))
    found = _NAME.search(name)
    return found[1] if found else name


def _tree(resources: Iterable[tuple[str, str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    tree: dict[str, dict[str, Any]] = {"policies": {}, "apis": {}, "operations": {}}
    for kind, name, properties in resources:
        match kind.lower():
            case "policyfragments":
                tree["policies"][f"fragment {name}"] = _lines(properties)
            case "apis/policies" | "apis/operations/policies":
                tree["policies"][f"api {name}"] = _lines(properties)
            case "apis":
                whole = {**_DEFAULTS, **{key: value for key, value in properties.items() if value is not None}}
                tree["apis"][name] = _kept("apis", whole)
            case "apis/operations":
                tree["operations"][name] = _kept("operations", properties)
            case _:
                pass
    return tree


def _kept(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: sorted(v) if isinstance(v, list) else v for key, v in sorted(properties.items()) if key in _KEPT[kind]}


def _lines(properties: Mapping[str, Any]) -> list[str]:
    """A policy without indentation; `xml` and `rawxml` escape expressions differently and mean the same."""
    text = html.unescape(str(properties.get("value", ""))).replace("\r\n", "\n")
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
