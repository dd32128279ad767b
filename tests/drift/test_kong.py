"""A Kong node beside the spec: what was built, as a node hands it back, is no drift; every tampering is told."""

from __future__ import annotations

import copy
import json
import os
import random
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from seccfg import api
from seccfg.drift.compare import compare_state
from seccfg.drift.trees import changes
from seccfg.findings import InputError
from seccfg.targetapi.drift import load_drift
from seccfg.targetapi.registry import load_target
from seccfg_kong.drift_defaults import filled, plugin_defaults
from seccfg_kong.engine import engines
from seccfg_kong.plugin_files import _REDIS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/seccfg.yaml"))
Files = dict[str, bytes]
LISTS = ("services", "routes", "plugins", "consumers", "jwt_secrets")
FILLED: dict[str, dict[str, Any]] = {
    "services": {"retries": 5, "port": 80, "path": None, "tls_verify": None, "ca_certificates": None, "enabled": True},
    "routes": {"hosts": None, "headers": None, "preserve_host": False, "https_redirect_status_code": 426, "path_handling": "v0",
               "request_buffering": True, "response_buffering": True, "snis": None, "sources": None, "destinations": None},
    "plugins": {"enabled": True, "protocols": ["https", "http", "grpcs", "grpc"], "consumer": None, "instance_name": None},
    "consumers": {"custom_id": None},
    "jwt_secrets": {"tags": None},
}  # fmt: skip
CONFIG: dict[str, dict[str, Any]] = {
    "jwt": {"claims_to_verify": None, "realm": None, "secret_is_base64": False, "maximum_expiration": 0},
    "pre-function": {"certificate": [], "rewrite": [], "log": []}, "post-function": {"certificate": [], "rewrite": [], "log": []},
    "file-log": {"reopen": False, "custom_fields_by_lua": None},
    "prometheus": {"per_consumer": False, "bandwidth_metrics": False, "upstream_health_metrics": False, "ai_metrics": False},
    "http-log": {"timeout": 10000, "keepalive": 60000, "retry_count": None},
}  # fmt: skip


def built(example: str) -> tuple[api.Loaded, Files]:
    loaded = api.load(str(ROOT / "examples" / example / "seccfg.yaml"))
    output = load_target("kong").compile(api.policy(loaded), api.options_of(loaded.spec, "kong"))
    return loaded, {file.path: file.content for file in output.files}


def handed_back(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """As the Admin API lists it: flat, with ids, times and defaults, references by id, in another order."""
    lists: dict[str, list[dict[str, Any]]] = {kind: [] for kind in LISTS}

    def add(kind: str, entity: dict[str, Any], **references: str) -> None:
        own = {key: value for key, value in entity.items() if key not in LISTS}
        called = own.get("name", own.get("username", own.get("key")))
        ident = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}{sorted(references.items())}{called}"))
        if kind == "services" and "url" in own:
            scheme, _, rest = own.pop("url").partition("://")
            host, _, path = rest.partition("/")
            name, _, port = host.partition(":")
            own |= {"protocol": scheme, "host": name, "port": int(port or (443 if scheme == "https" else 80))}
            own |= {"path": f"/{path}"} if path else {}
        if kind == "plugins":
            own["config"] = {**CONFIG.get(own["name"], {}), **own.get("config", {})}
        made = {"id": own.get("id", ident), "created_at": 1_767_614_400, "updated_at": 1_767_614_401}
        whole = {**FILLED[kind], **own, **made, **{key: {"id": value} for key, value in references.items()}}
        lists[kind].insert(0, dict(reversed(whole.items())))
        for below in LISTS:
            for one in entity.get(below) or ():
                add(below, one, **{kind[:-1]: made["id"]})

    for kind in LISTS:
        for entity in document.get(kind) or ():
            add(kind, entity)
    return lists


def admin_files(lists: dict[str, list[dict[str, Any]]]) -> Files:
    return {f"{kind}.json": json.dumps({"data": entities, "next": None}).encode() for kind, entities in lists.items()}


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_was_built_is_no_drift(example: str) -> None:
    """As emitted, as the Admin API lists it, and as one flat dump."""
    loaded, files = built(example)
    lists = handed_back(yaml.load(files["kong.yaml"], yaml.CSafeLoader))
    dump = {"kong-dump.yaml": yaml.safe_dump({"_format_version": "3.0", **lists}).encode()}
    reader = load_drift("kong")
    owned = reader.normal(files, files)
    for state in (files, admin_files(lists), dump):
        assert list(changes(owned.tree, reader.normal(state, files).tree)) == []
    options = api.options_of(loaded.spec, "kong")
    assert compare_state(api.policy(loaded), "kong", options, reader, admin_files(lists)).verdict == "SAME"


def test_what_a_node_fills_in_of_every_plugin_is_no_drift() -> None:
    """A log over HTTP, and the program as a plugin with its store: queues and connections as a node lists them."""
    queue = {"max_batch_size": 1, "max_coalescing_delay": 1.0, "max_entries": 10000, "max_bytes": None, "max_retry_time": 60,
             "initial_retry_delay": 0.01, "max_retry_delay": 60, "concurrency_limit": 1}  # fmt: skip
    for name, said, listed in (
        ("http-log", {"http_endpoint": "https://logs.example.com"},
         {"http_endpoint": "https://logs.example.com", "method": "POST", "content_type": "application/json", "timeout": 10000,
          "keepalive": 60000, "headers": None, "queue": queue, "retry_count": None}),
        ("seccfg-notes", {"route": "x", "redis": {"host": "redis", "prefix": "p"}},
         {"route": "x", "redis": {"host": "redis", "prefix": "p", "port": 6379, "database": 0, "username": None, "ssl": False,
                                  "ssl_verify": True, "server_name": None, "timeout": 1000}}),
        ("rate-limiting", {"minute": 5},
         {"minute": 5, "hour": None, "limit_by": "consumer", "policy": "local", "fault_tolerant": True, "error_code": 429.0,
          "hide_client_headers": False, "error_message": "API rate limit exceeded", "sync_rate": -1, "path": None,
          "redis": {"host": None, "port": 6379, "timeout": 2000, "database": 0, "ssl": False, "ssl_verify": False}}),
        ("response-transformer", {"add": {"headers": ["a:b"]}},
         {"add": {"headers": ["a:b"], "json": [], "json_types": []}, "remove": {"headers": [], "json": []},
          "rename": {"headers": [], "json": []}, "replace": {"headers": [], "json": [], "json_types": []},
          "append": {"headers": [], "json": [], "json_types": []}}),
    ):  # fmt: skip
        defaults = plugin_defaults(name)
        assert filled(defaults, said) == filled(defaults, listed), name
        assert filled(defaults, said) != filled(defaults, {**listed, "tampered": 1})
    own = {key: field["default"] for key, field in _REDIS if "default" in field}
    assert plugin_defaults("seccfg-orders") == {"redis": own}


def test_what_opens_or_closes_is_told_as_access() -> None:
    """The program's step switched off on one route: its plugin is there and does nothing."""
    if all(info.missing for info in engines()) and not os.environ.get("SECCFG_REQUIRE_ENGINES"):
        pytest.skip("no model of a node can run here")
    loaded, files = built("minimal")
    lists = handed_back(yaml.load(files["kong.yaml"], yaml.CSafeLoader))
    for plugin in lists["plugins"]:
        if plugin["name"] in ("pre-function", "post-function"):
            plugin["enabled"] = False
    found = compare_state(api.policy(loaded), "kong", {}, load_drift("kong"), admin_files(lists))
    assert (found.verdict, found.unread) == ("WIDENS", "")


def test_what_the_spec_does_not_own_is_listed() -> None:
    """Others' services, routes and consumers, and a global plugin of theirs."""
    loaded, files = built("guide")
    lists = handed_back(yaml.load(files["kong.yaml"], yaml.CSafeLoader))
    lists["services"].append({"id": "1", "name": "others", "host": "others.internal"})
    lists["plugins"].append({"id": "2", "name": "prometheus", "config": {}})
    lists["upstreams"] = [{"id": "3", "name": "pool"}]
    found = compare_state(api.policy(loaded), "kong", {}, load_drift("kong"), admin_files(lists))
    assert (found.verdict, found.foreign) == ("SAME", ("plugins everywhere / prometheus", "services others", "upstreams pool"))


def tampered(lists: dict[str, list[dict[str, Any]]], seed: int) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """One setting of one entity changed, one entity gone, or a plugin switched off."""
    r = random.Random(seed)
    changed = copy.deepcopy(lists)
    kind = r.choice([kind for kind in LISTS if changed[kind] and (kind != "consumers" or seed % 3)])
    at = r.randrange(len(changed[kind]))
    entity = changed[kind][at]
    if seed % 5 == 0 and kind in ("plugins", "jwt_secrets"):
        del changed[kind][at]
        return f"{kind} {at} gone", changed
    keys = {
        "services": ["host", "port", "read_timeout"], "routes": ["methods", "paths", "strip_path", "protocols"],
        "plugins": ["enabled", "config"], "consumers": ["tags"], "jwt_secrets": ["algorithm", "rsa_public_key"],
    }[kind]  # fmt: skip
    key = r.choice([key for key in keys if key in entity])
    value = entity[key]
    if isinstance(value, bool):
        entity[key] = not value
    elif isinstance(value, int):
        entity[key] = value + 1
    elif isinstance(value, list):
        entity[key] = [*value, "http" if "http" not in value else "extra"]
    elif isinstance(value, dict):
        name = r.choice([name for name, below in value.items() if below not in (None, [])])
        below = value[name]
        value[name] = not below if isinstance(below, bool) else below + 1 if isinstance(below, int) else (
            [f"{below[0]}\n-- x\nlocal x = 1", *below[1:]] if isinstance(below, list) else f"{below}x"
        )  # fmt: skip
    else:
        entity[key] = f"{value}x"
    return f"{kind} {at} {key}", changed


def test_every_tampering_is_told() -> None:
    """Twenty at random of the whole language's example."""
    _, files = built("orders")
    reader = load_drift("kong")
    owned = reader.normal(files, files)
    lists = handed_back(yaml.load(files["kong.yaml"], yaml.CSafeLoader))
    for seed in range(20):
        what, state = tampered(lists, seed)
        assert list(changes(owned.tree, reader.normal(admin_files(state), files).tree)), what


def test_what_is_no_state_of_kong() -> None:
    """Said, never taken for an empty node."""
    loaded, _ = built("guide")
    for state in ({"x.yaml": b"a: 1"}, {"x.json": b"{"}, {"services.json": b'{"data": []}'}):
        with pytest.raises(InputError):
            compare_state(api.policy(loaded), "kong", {}, load_drift("kong"), state)
