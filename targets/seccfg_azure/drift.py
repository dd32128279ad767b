"""An API Management service beside the template the spec makes: management API documents, an APIOps extract, a template."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import ParseError, fromstring

from seccfg.findings import InputError
from seccfg.targetapi.base import Engine
from seccfg.targetapi.drift import Normal, Tree
from seccfg_azure.drift_attribution import ATTRIBUTION
from seccfg_azure.engine import PolicyEngine, engines

__all__ = ["DRIFT"]

_TYPE: Final = "microsoft.apimanagement/service"
_DEFAULTS: Final[dict[str, Any]] = {
    "type": "http", "isCurrent": True, "apiRevision": "1", "subscriptionRequired": True, "protocols": ["https"],
    "subscriptionKeyParameterNames": {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"},
}  # fmt: skip
"""What the service fills in of an API (management API 2024-05-01)."""
_REBUILT: Final = frozenset({"policyfragments", "apis", "apis/policies", "apis/operations", "apis/operations/policies"})
_KEPT: Final[dict[str, frozenset[str]]] = {
    "apis": frozenset({"path", "protocols", "subscriptionRequired", "subscriptionKeyParameterNames", "type", "isCurrent"}),
    "operations": frozenset({"method", "urlTemplate"}),
}
"""Members that decide where requests go; titles, revisions, provisioning states and the like decide nothing."""
_BRANCH: Final = re.compile(r"&quot;(\d+) ([\w-]+) (?:\d+|\*)&quot;")
"""The number of a branch and its operation, as the API's policy compares them."""
_NAME: Final = re.compile(r"'/([^']*)'\)\]$")
_EXPRESSION: Final = re.compile(r"@[({]")
_IN_XML: Final = re.compile(r"""(="|>\s*)(@[({](?:(?<=="@.)[^"]*|[^<"]*(?:"[^<]*)?))""")
_TOKEN: Final = re.compile(
    r"""@"(?:[^"]|"")*"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])+'|//[^\n]*|/\*.*?\*/|[(){}\[\]]|[^"'@/(){}\[\]]+|.""", re.DOTALL
)
"""C#, as far as it takes to find where an expression ends."""


class _Service:
    """Reads what the management API answers to GET, alone or in lists, and what APIOps extracts."""

    forms = "JSON documents of the management API, an APIOps extract, or an ARM template"

    attribution = ATTRIBUTION

    def routes(self, path: tuple[str | int, ...], tree: Tree) -> tuple[str, ...]:
        """An operation's own, and those of the branches of the program, which the API's policy names with their operations."""
        kinds: dict[str, Any] = dict(tree)
        if path[0] == "operations" and len(path) > 1:
            said = kinds["operations"].get(path[1], {})
            return (f"{said['method']} {said['urlTemplate']}",) if said else ()
        if path[0] != "policies" or len(path) < 3 or not str(path[-1]).isdigit():
            return ()
        lines = [line for name, policy in kinds["policies"].items() if name.startswith("api ") for line in policy]
        named = (found for line in lines for found in _BRANCH.finditer(line) if found[1] == path[-1])
        said = {name.partition("/")[2]: one for name, one in kinds["operations"].items()}
        return tuple(f"{one['method']} {one['urlTemplate']}" for one in (said.get(found[2]) for found in named) if one)

    def normal(self, state: Mapping[str, bytes], owned: Mapping[str, bytes]) -> Normal:
        """`{policies: {where: [line]}, apis: {…}, operations: {…}}`; expressions are compared line by line."""
        mine = _tree(_resources({p: c for p, c in owned.items() if p == "azuredeploy.json" or _is_more(p)}))
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
        """A template of *tree*; parameters and named values, whose secrets no service hands out, are the emitted ones."""
        kinds: dict[str, dict[str, Any]] = json.loads(json.dumps(tree))
        template = json.loads(beside["azuredeploy.json"])
        known: dict[str, str] = {}
        kept = []
        templates = [template, *(json.loads(beside[path]) for path in sorted(beside) if _is_more(path))]
        for resource in (resource for document in templates for resource in document["resources"]):
            if "value" in resource.get("properties", {}) and not resource["type"].lower().endswith("namedvalues"):
                known.update({" ".join(line.split()): line for line in _written(resource["properties"])})
            if resource["type"].lower().removeprefix(f"{_TYPE}/") not in _REBUILT:
                kept.append(resource)
        made = [_api(name, said) for name, said in kinds["apis"].items()]
        made += [_operation(name, said) for name, said in kinds["operations"].items()]
        for name, lines in kinds["policies"].items():
            kind, _, at = name.partition(" ")
            below = "policyFragments" if kind == "fragment" else "apis/operations/policies" if at.count("/") > 1 else "apis/policies"
            value = "\n".join(known.get(line, line) for line in lines)
            made.append(_resource(below, at, {"format": "xml", "value": value}))
        template["resources"] = [*kept, *made]
        files = {path: content for path, content in beside.items() if not _is_more(path)}
        return {**files, "azuredeploy.json": json.dumps(template).encode()}

    def engine(self) -> Engine | None:
        """The interpreter of policies, where Mono is found."""
        return next((PolicyEngine(running=True) for info in engines() if not info.missing), None)


DRIFT = _Service()


def _is_more(path: str) -> bool:
    """A template of further operations."""
    return path.startswith("azuredeploy.operations-")


def _resource(kind: str, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": f"Microsoft.ApiManagement/service/{kind}", "name": f"[concat(parameters('service'), '/{name}')]", "properties": properties}


def _api(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return _resource("apis", name, {"path": "", **said})


def _operation(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return _resource("apis/operations", name, said)


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
            yield str(one["type"])[len(_TYPE) + 1 :], _named(one), one.get("properties", {})


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
    """A policy's lines without indentation, well-formed whichever of `xml` and `rawxml` it came as."""
    return [" ".join(line.split()) for line in _written(properties) if line.strip()]


def _written(properties: Mapping[str, Any]) -> list[str]:
    """A policy's lines as they were written, comments aside, all expressions escaped in one way."""
    text = str(properties.get("value", "")).replace("\r\n", "\n")
    if properties.get("format") == "rawxml" or not _is_xml(text):
        text = "".join(_escaped(text))
    else:
        text = _IN_XML.sub(lambda found: found[1] + html.escape(html.unescape(found[2]), quote=True), text)
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).splitlines()


def _is_xml(text: str) -> bool:
    """Raw policies hold C# as it is, with quotes and signs that end an attribute or begin an element."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError("a policy declares a document type, which no policy needs")
    try:
        fromstring(text)  # noqa: S314 - no document type, so no entities of its own
    except ParseError:
        return False
    return True


def _escaped(text: str) -> Iterator[str]:
    """A raw policy with its expressions escaped: `@(…)` and `@{…}` end where the brackets do, strings and comments aside."""
    at = 0
    for begin in _EXPRESSION.finditer(text):
        if begin.start() < at:
            continue  # inside another
        yield text[at : begin.start()]
        depth, end = 0, begin.start() + 1
        for token in _TOKEN.finditer(text, end):
            depth += 1 if token[0] in "({[" else -1 if token[0] in ")}]" else 0
            end = token.end()
            if depth == 0 and token[0] in ")}]":
                break
        yield html.escape(text[begin.start() : end], quote=True)
        at = end
    yield text[at:]
