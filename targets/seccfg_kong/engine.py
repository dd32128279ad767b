"""The emitted files on the model of a Kong node. Reads the emitted files alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from seccfg.ir.policy import Event
from seccfg.ir.request import Decision, Request, Surroundings
from seccfg.targetapi.base import Engine, EngineInfo
from seccfg.targetapi.observe import EngineFailed, Received, Response, observe
from seccfg_kong.kongnode.config import read_configuration
from seccfg_kong.kongnode.custom import CustomPlugins, modules_of
from seccfg_kong.kongnode.flow import Exchange, UpstreamRequest
from seccfg_kong.kongnode.functions import LuaSettings
from seccfg_kong.kongnode.gateway import Node, NodeOptions, UpstreamAnswer
from seccfg_kong.kongnode.http_server import RawRequest
from seccfg_kong.kongnode.lua_host import HOW_TO_GET, LuaHost, missing
from seccfg_kong.kongnode.schema_table import ENTERPRISE
from seccfg_kong.kongnode.validation import validate

__all__ = ["ModelEngine", "engines", "make"]

_NAME: Final = "kong-model"
_PACKAGE: Final = "plugin/"
"""What of the emitted files the operator puts on `lua_package_path`."""


def engines() -> tuple[EngineInfo, ...]:
    """The model, where LuaJIT is installed."""
    return (EngineInfo(_NAME, missing(), HOW_TO_GET),)


def make(name: str) -> Engine:
    """A fresh engine; KeyError for an unknown name."""
    return {_NAME: ModelEngine}[name]()


class ModelEngine:
    """`kong.yaml` with the settings of `kong.conf` on a model of one node; its functions and plugins run on LuaJIT."""

    name = _NAME

    def __init__(self) -> None:
        self._node: Node | None = None
        self._identity: frozenset[str] = frozenset()
        self._custom: CustomPlugins | None = None
        self._prefix = ""
        self._stale = False
        self._last: Exchange | None = None

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str]) -> None:
        """Load the configuration as a node would."""
        del environment
        document = _load(files["kong.yaml"])
        settings = _settings(files.get("kong.conf", b""))
        names = tuple(name for name in settings.get("plugins", "bundled").split(",") if name != "bundled")
        bought = {name: ENTERPRISE[name] for name in names if name in ENTERPRISE}
        names = tuple(name for name in names if name not in bought)
        host = LuaHost()
        self._custom = CustomPlugins(modules_of(files, _PACKAGE), names, host)
        problems = validate(document, {**self._custom.schemas, **bought})
        if problems:
            raise EngineFailed(f"kong.yaml does not load: {problems[0][0]}: {problems[0][1]}")
        self._identity = _identity_tags(document)
        self._prefix = _prefix(document)
        self._node = Node(read_configuration(document), _options(settings), _Upstream(), host, self._custom)

    def reset(self, surroundings: Surroundings) -> None:
        """Empty counters; with the store down, the dictionary they are kept in is gone."""
        self._running().reset(counters=surroundings.store == "up")
        if self._custom is not None:
            self._custom.forget(surroundings, self._prefix)
        self._stale = surroundings.keys == "stale"

    def answer(self, request: Request) -> Decision:
        """Send one request."""
        headers = request.headers
        if request.chunked:
            headers = (*headers, ("Transfer-Encoding", "chunked"))
        elif request.body and not request.header("content-length"):
            headers = (*headers, ("Content-Length", str(len(request.body))))
        if self._custom is not None and self._custom.priorities:
            # a node that started just now, or one whose issuers have not answered since 1970
            self._custom.start_worker(0.0 if self._stale else float(request.now_s))
        exchange = self._running().handle(RawRequest(
            request.method, request.target, headers, request.body, request.chunked, 1.1, request.peer, request.scheme,
            float(request.now_s), request.certificate,
        ))  # fmt: skip
        self._last = exchange
        return _decision(exchange, self._identity)

    def last_exchange(self) -> object:
        """All of the last answer: what client, upstream and log got. Headers of several plugins have no order."""
        last = self._last
        if last is None:
            return None
        sent = last.upstream
        upstream = None if sent is None else (sent.method, sent.target, sorted(sent.headers), sent.body, sent.service)
        return last.status, sorted(last.headers), last.content, upstream, _plain(last.log)

    def close(self) -> None:
        """Nothing outlives the object."""
        self._node = None

    def _running(self) -> Node:
        if self._node is None:
            raise EngineFailed("the engine was not started")
        return self._node


class _Upstream:
    """Answers everything."""

    def __call__(self, request: UpstreamRequest) -> UpstreamAnswer:
        del request
        return UpstreamAnswer(200, (("Content-Type", "application/json"),), b"{}")


def _load(content: bytes) -> dict[str, Any]:
    try:
        found = yaml.load(content, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise EngineFailed(f"kong.yaml is no YAML: {error}") from error
    if not isinstance(found, dict):
        raise EngineFailed("kong.yaml is no map")
    return found


def _settings(content: bytes) -> dict[str, str]:
    lines = (line.strip() for line in content.decode().splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().replace("\\#", "#") for name, value in pairs}


def _options(settings: Mapping[str, str]) -> NodeOptions:
    buffer = _bytes(settings.get("nginx_http_client_body_buffer_size", "8k"))
    number, size = settings.get("nginx_http_large_client_header_buffers", "4 8k").split()
    return NodeOptions(
        trusted_ips=tuple(filter(None, settings.get("trusted_ips", "").split(","))),
        real_ip_header=settings.get("real_ip_header", "X-Real-IP"),
        real_ip_recursive=settings.get("real_ip_recursive", "off") == "on",
        lua=LuaSettings(settings.get("untrusted_lua", "sandbox"), (), buffer),
        body_limit=_bytes(settings.get("nginx_http_client_max_body_size", "0")),
        header_buffers=(int(number), _bytes(size)),
    )


def _bytes(size: str) -> int:
    """A size of nginx: `8k`, `1m`, `65536`."""
    unit = {"k": 1024, "m": 1024 * 1024}.get(size[-1:].lower(), 1)
    return int(size.rstrip("kKmM")) * unit


def _decision(exchange: Exchange, identity: frozenset[str]) -> Decision:
    if exchange.status is None:
        raise EngineFailed("the connection is closed without an answer")
    # A HEAD has no body to read the reason from; the model knows what it would have been.
    content = exchange.body if exchange.status == 204 else exchange.content
    response = Response(exchange.status, exchange.headers, content)
    received = None
    if exchange.upstream is not None:
        sent = exchange.upstream
        received = Received(sent.method, sent.target, sent.headers, sent.body, sent.service)
    return observe(response, received, identity, events=_events(exchange))


def _events(exchange: Exchange) -> tuple[Event, ...]:
    """What the log entry says happened; empty when it says nothing."""
    entry = exchange.log.get("seccfg")
    if entry is None:
        return ()
    event: Event = entry[b"event"].decode()
    return (event, "key.used") if entry[b"key_used"] else (event,)


def _plain(value: Any) -> object:
    """Values of Lua without the state they live in."""
    if hasattr(value, "items"):
        return sorted((str(key), _plain(item)) for key, item in value.items())
    return value


def _prefix(document: Mapping[str, Any]) -> str:
    """What names in the store begin with, as a plugin's instance is told."""
    configs = (plugin.get("config") or {} for plugin in document.get("plugins") or ())
    stores = (config.get("redis") for config in configs)
    return next((str(store["prefix"]) for store in stores if isinstance(store, dict)), "")


def _identity_tags(document: Mapping[str, Any]) -> frozenset[str]:
    """Headers that may carry identity, whoever set them: tags of the global pre-function name them."""
    tags = (tag for plugin in document.get("plugins") or () for tag in plugin.get("tags") or ())
    return frozenset(tag.removeprefix("identity:") for tag in tags if tag.startswith("identity:"))

