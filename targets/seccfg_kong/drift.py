"""A node's configuration beside the one the spec makes: decK dumps, Admin API lists, or the declarative file itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from seccfg.findings import InputError
from seccfg.targetapi.base import Engine
from seccfg.targetapi.drift import Normal, Tree
from seccfg_kong.drift_attribution import ATTRIBUTION
from seccfg_kong.drift_defaults import ENTITIES, filled, plugin_defaults
from seccfg_kong.engine import engines, make

__all__ = ["DRIFT"]

_MADE: Final = frozenset({"id", "created_at", "updated_at", "ws_id", "custom_id", "cert_digest", "instance_name"})
_SETS: Final = frozenset({"protocols", "methods", "hosts", "paths", "tags", "snis"})
_CALLED: Final = re.compile(r'rest\(\\"((?:[A-Z]+ /[^"\\]*)?)\\"\)')
_KINDS: Final = ("services", "routes", "plugins", "consumers", "jwt_secrets", "ca_certificates")
_PLURAL: Final = {"service": "services", "route": "routes", "consumer": "consumers"}


class _Node:
    """Reads declarative configuration, nested or flat, with names or ids as references."""

    forms = "kong.yaml, a decK dump (YAML or JSON), or a folder of Admin API lists (services.json, routes.json, plugins.json, …)"
    attribution = ATTRIBUTION

    def routes(self, path: tuple[str | int, ...], tree: Tree) -> tuple[str, ...]:
        """The route its function calls the program for."""
        kinds: dict[str, Any] = dict(tree)
        kind, _, name = (str(path[1]) if path[0] == "plugins" else f"{path[0]} {path[1]}").partition(" ")
        names = [name.partition(" / ")[0]]
        if kind == "services":
            names = [route for route, entity in kinds["routes"].items() if entity.get("service") == names[0]]
        elif kind != "routes":
            return ()
        called = (_CALLED.search(json.dumps(kinds["plugins"].get(f"routes {route} / post-function", {}))) for route in names)
        return tuple(sorted({found[1] or "any other path" for found in called if found}))

    def normal(self, state: Mapping[str, bytes], owned: Mapping[str, bytes]) -> Normal:
        """`{kind: {name: entity}}` with defaults filled in, ids and times left out, references by name."""
        document = _document(state)
        found = _tree(document)
        mine = _mine(owned["kong.yaml"])
        tree: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
        foreign: list[str] = []
        for kind in _KINDS:
            for name, entity in found[kind].items():
                if name in mine[kind] or _beside_ours(kind, name, mine):
                    tree[kind][name] = entity
                else:
                    foreign.append(f"{kind} {name}")
        foreign += (f"{kind} {_called(entity)}" for kind in sorted(document.keys() - {*_KINDS}) for entity in document[kind])
        if not tree["routes"]:
            raise InputError("none of the spec's routes is in the state: not a node that runs this spec")
        return Normal(tree, tuple(sorted(foreign)))

    def emitted(self, tree: Tree, beside: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """The declarative file of *tree*; the settings of the node are the emitted ones."""
        kinds: dict[str, dict[str, Any]] = json.loads(json.dumps(tree))
        plugins: dict[str, list[Any]] = {}
        for name, entity in kinds["plugins"].items():
            plugins.setdefault(name.rpartition(" / ")[0], []).append(entity)
        nested: dict[str, Any] = {"_format_version": "3.0", "services": [], "routes": [], "consumers": []}
        services = {}
        for name, entity in kinds["services"].items():
            services[name] = _with(entity, name=name, routes=[], plugins=plugins.get(f"services {name}"))
            nested["services"].append(services[name])
        for name, entity in kinds["routes"].items():
            service = entity.pop("service", None)
            route = _with(entity, name=name, plugins=plugins.get(f"routes {name}"))
            (services[service]["routes"] if service in services else nested["routes"]).append(route)
        for name, entity in kinds["consumers"].items():
            keys = [e for n, e in kinds["jwt_secrets"].items() if n.startswith(f"{name} / ")]
            nested["consumers"].append(_with(entity, username=name, jwt_secrets=keys, plugins=plugins.get(f"consumers {name}")))
        nested["ca_certificates"] = [{"id": name, **entity} for name, entity in kinds["ca_certificates"].items()]
        nested["plugins"] = plugins.get("everywhere", [])
        text = yaml.safe_dump({key: value for key, value in nested.items() if value}, sort_keys=False, allow_unicode=True)
        return {**beside, "kong.yaml": text.encode()}

    def engine(self) -> Engine | None:
        """The model of a node, where LuaJIT is found."""
        return next((make(info.name) for info in engines() if not info.missing), None)


DRIFT = _Node()


def _with(entity: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {**{key: value for key, value in more.items() if value}, **entity, **({"routes": []} if "routes" in more else {})}


def _beside_ours(kind: str, name: str, mine: Mapping[str, Mapping[str, Any]]) -> bool:
    """A plugin on one of the spec's routes, services or consumers, or a key of one of its consumers."""
    scope = name.rpartition(" / ")[0]
    if kind == "plugins":
        of, _, one = scope.partition(" ")
        return of in mine and one in mine[of]
    return kind == "jwt_secrets" and scope in mine["consumers"]


def _document(state: Mapping[str, bytes]) -> dict[str, Any]:
    """The state's entities as one declarative document."""
    whole: dict[str, Any] = {}
    for path, content in sorted(state.items()):
        name = path.rpartition("/")[2]
        stem, _, ending = name.rpartition(".")
        if ending not in ("yaml", "yml", "json"):
            continue
        try:
            value = json.loads(content) if ending == "json" else yaml.load(content, yaml.CSafeLoader)
        except (ValueError, yaml.YAMLError) as error:
            raise InputError(f"{path} is no document") from error
        if isinstance(value, dict) and isinstance(value.get("data"), list):  # a list of the Admin API
            whole.setdefault(stem, []).extend(value["data"])
        elif isinstance(value, dict):
            for key, below in value.items():
                if isinstance(below, list):
                    whole.setdefault(key, []).extend(below)
    if not any(kind in whole for kind in _KINDS):
        raise InputError("no entities of Kong are in the state")
    return whole


@lru_cache(maxsize=1)
def _mine(content: bytes) -> Mapping[str, Mapping[str, Any]]:
    return _tree(_document({"kong.yaml": content}))


def _tree(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every entity by kind and name."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    flat = list(_flat(document))
    names = {e["id"]: str(e.get("name") or e.get("username") or "") for _, e, _ in flat if e.get("id")}
    for kind, entity, parent in flat:
        scope = dict(parent)
        for key in ("service", "route", "consumer"):
            told = entity.get(key)
            if told:
                ident = told.get("name") or told.get("username") or told.get("id") if isinstance(told, dict) else told
                scope[key] = names.get(ident, ident)
        found[kind][_name(kind, entity, scope)] = _entity(kind, entity, scope)
    return found


def _flat(document: Mapping[str, Any], parent: tuple[tuple[str, str], ...] = ()) -> Iterator[tuple[str, dict[str, Any], Any]]:
    for kind in _KINDS:
        for entity in document.get(kind) or ():
            if isinstance(entity, dict):
                yield kind, entity, parent
                own = next((key for key, plural in _PLURAL.items() if plural == kind), "")
                if own:
                    yield from _flat(entity, ((own, str(entity.get("name") or entity.get("username") or "")),))


def _called(entity: object) -> str:
    """A word for an entity of a kind that no spec has."""
    told = entity if isinstance(entity, dict) else {}
    return str(next((told[key] for key in ("name", "username", "prefix", "id") if told.get(key)), "without a name"))


def _name(kind: str, entity: Mapping[str, Any], scope: Mapping[str, str]) -> str:
    if kind == "plugins":
        where = next((f"{_PLURAL[key]} {scope[key]}" for key in ("route", "service", "consumer") if key in scope), "everywhere")
        return f"{where} / {entity.get('name', '')}"
    if kind == "jwt_secrets":
        return f"{scope.get('consumer', '')} / {entity.get('key', '')}"
    return str(entity.get("name") or entity.get("username") or entity.get("id") or "")


def _entity(kind: str, entity: Mapping[str, Any], scope: Mapping[str, str]) -> dict[str, Any]:
    nested = {*_KINDS[:-1], "service", "route", "consumer", "username", *_MADE}
    own = {key: value for key, value in entity.items() if key not in nested and value is not None}
    if kind in ("services", "routes"):
        own.pop("name", None)
    if kind == "routes" and "service" in scope:
        own["service"] = scope["service"]
    if kind == "services" and "url" in own:
        url = urlsplit(str(own.pop("url")))
        port = url.port or (443 if url.scheme == "https" else 80)
        own = {"protocol": url.scheme, "host": url.hostname or "", "port": port, **({"path": url.path} if url.path else {}), **own}
    if kind == "plugins":
        own["config"] = filled(plugin_defaults(str(entity.get("name"))), own.get("config") or {})
    whole = {**ENTITIES[kind], **own}
    return {key: sorted(value) if key in _SETS and isinstance(value, list) else value for key, value in sorted(whole.items())}
