"""The node: phases in Kong's order, plugins by scope and priority, one upstream behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Final

from seccfg.record import Record
from seccfg_kong.kongnode.config import Configuration, Plugin
from seccfg_kong.kongnode.custom import CustomPlugins
from seccfg_kong.kongnode.errors import MESSAGES, error_body, server_page
from seccfg_kong.kongnode.flow import Answer, Exchange, Flow, KongError, UpstreamRequest
from seccfg_kong.kongnode.functions import ConnectionClosed, Functions, LuaSettings
from seccfg_kong.kongnode.http_server import DEFAULT_BUFFERS, RawRequest, host_of, local_target, refusal
from seccfg_kong.kongnode.lua_host import LuaHost
from seccfg_kong.kongnode.paths import escaped, normalised
from seccfg_kong.kongnode.router import Flavor, Match, Router
from seccfg_kong.kongnode.stock import WITHOUT_ACCESS, StockPlugins

__all__ = ["PRIORITIES", "Node", "NodeOptions", "Upstream", "UpstreamAnswer"]

PRIORITIES: Final[Mapping[str, int]] = {
    "pre-function": 1000000, "correlation-id": 100001, "bot-detection": 2500, "cors": 2000, "mtls-auth": 1600, "jwt": 1450,
    "oauth2": 1400,
    "key-auth": 1250, "ip-restriction": 990, "request-size-limiting": 951, "acl": 950, "rate-limiting": 910,
    "request-transformer": 801, "response-transformer": 800, "redirect": 779, "proxy-cache": 100, "opentelemetry": 14,
    "prometheus": 13, "http-log": 12, "datadog": 10, "file-log": 9, "tcp-log": 7, "request-termination": 2,
    "post-function": -1000,
}  # fmt: skip
_HOP_BY_HOP: Final = frozenset({
    "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "content-length",
})  # fmt: skip


class UpstreamAnswer(Record):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Upstream = Callable[[UpstreamRequest], UpstreamAnswer]


class NodeOptions(Record):
    """Settings of kong.conf the model knows; absent ones are Kong's defaults."""

    trusted_ips: tuple[str, ...] = ()
    real_ip_header: str = "X-Real-IP"
    real_ip_recursive: bool = False
    lua: LuaSettings = LuaSettings()
    body_limit: int = 0
    header_buffers: tuple[int, int] = DEFAULT_BUFFERS
    flavor: Flavor = "traditional_compatible"
    hides_headers: bool = True


class Node:
    """A running node with one configuration."""

    def __init__(
        self, configuration: Configuration, options: NodeOptions, upstream: Upstream, lua: LuaHost | None = None,
        custom: CustomPlugins | None = None,
    ) -> None:  # fmt: skip
        self._configuration = configuration
        self._options = options
        self._upstream = upstream
        self._router = Router(configuration, options.flavor)
        host = LuaHost() if lua is None else lua
        host.forget()
        self.lua = host
        self._functions = Functions(options.lua, host, custom)
        self._stock = StockPlugins(configuration)
        self._trusted = tuple(ip_network(block, strict=False) for block in options.trusted_ips)
        self._by_name: dict[str, list[Plugin]] = {}
        for plugin in configuration.plugins:
            self._by_name.setdefault(plugin.name, []).append(plugin)
        self._own: Mapping[str, int] = custom.priorities if custom is not None else {}
        priorities = {**PRIORITIES, **self._own}
        self._ordered = sorted(self._by_name, key=lambda name: -priorities[name])

    def reset(self, *, counters: bool = True) -> None:
        """Counters and shared memory as at start."""
        self.lua.forget(counters=counters)
        self._stock.forget()

    # --------------------------------------------------------------------------------------------------------- request
    def handle(self, request: RawRequest) -> Exchange:
        """What becomes of one request."""
        ran: list[str] = []
        refused = refusal(request, self._options.header_buffers)
        client = self._client(request)
        flow = Flow(request, client, normalised(_path(request.target)))
        if refused:
            problem = KongError(400 if refused == 494 else refused, MESSAGES.get(refused), (), "error")
            return self._finish(flow, problem, "http-server", ran, only_global=True)
        try:
            return self._routed(flow, ran)
        except ConnectionClosed:
            return Exchange(None, (), b"", None, None, None, "connection-closed", (), None, {})

    def _routed(self, flow: Flow, ran: list[str]) -> Exchange:
        for name in self._ordered:
            plugin = self._scoped(name, flow, only_global=True)
            if plugin is not None and name in ("pre-function", "post-function"):
                stopped = self._step(plugin, flow, ran, "rewrite")
                if stopped is not None:
                    return self._finish(flow, stopped[0], f"rewrite:{stopped[1]}", ran, only_global=True)
        host = (flow.values("host") or [""])[0]  # the header itself, also beside an absolute target
        headers: dict[str, list[str]] = {}
        for name, value in flow.headers:
            headers.setdefault(name.lower(), []).append(value)
        match = self._router.choose(flow.request.method, host, flow.path, headers)
        if match is None:
            answer = KongError(404, "no Route matched with those values")
            return self._finish(flow, answer, "router", ran, only_global=True)
        redirect = self._redirect(flow, match)
        if redirect is not None:
            return self._finish(flow, redirect, "router", ran, only_global=True)
        flow.route = match.route
        flow.service = self._configuration.services.get(match.route.service)
        flow.captures = (dict(match.named), match.unnamed)
        flow.forwarded = self._forwarded(flow, match)
        if self._options.body_limit and len(flow.request.body) > self._options.body_limit:
            return self._finish(flow, KongError(413, MESSAGES[413], (), "error"), "http-server", ran)
        for name in self._ordered:
            plugin = self._scoped(name, flow)
            if plugin is None or name in WITHOUT_ACCESS:
                continue
            stopped = self._step(plugin, flow, ran, "access")
            if stopped is not None:
                return self._finish(flow, stopped[0], stopped[1], ran)
        if flow.service is None:
            return self._finish(flow, KongError(503, "no Service found with those values"), "gateway-no-service", ran)
        return self._proxied(flow, match, ran)

    def _step(self, plugin: Plugin, flow: Flow, ran: list[str], phase: str) -> tuple[Answer, str] | None:
        """Runs one plugin; its answer and who gave it when the request ends there."""
        ran.append(plugin.name if phase == "access" else f"rewrite:{plugin.name}")
        try:
            if plugin.name in ("pre-function", "post-function"):
                self._functions.access(plugin, flow, phase)
            elif plugin.name in self._own:
                self._functions.custom_access(plugin, flow)
            else:
                self._stock.access(plugin, flow)
        except Answer as answer:
            return answer, plugin.name
        except RuntimeError:
            return KongError(500, MESSAGES[500], (), "error"), f"{plugin.name}!error"
        return None

    def _redirect(self, flow: Flow, match: Match) -> Answer | None:
        route = match.route
        if "http" in route.protocols or flow.request.scheme == "https":
            return None
        if self._is_trusted(flow.request.peer) and (flow.header("x-forwarded-proto") or "").lower() == "https":
            return None
        if route.redirect_status == 426:
            headers = (("Connection", "Upgrade"), ("Upgrade", "TLS/1.2, HTTP/1.1"))
            return KongError(426, "Please use HTTPS protocol", headers)
        location = f"https://{host_of(flow.request)}{local_target(flow.request.target)}"
        return Answer(route.redirect_status, None, (("Location", location),))

    # ------------------------------------------------------------------------------------------------------- addresses
    def _is_trusted(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in block for block in self._trusted if block.version == found.version)

    def _client(self, request: RawRequest) -> str:
        """nginx's real-ip module."""
        if not self._is_trusted(request.peer):
            return request.peer
        values = request.values(self._options.real_ip_header.lower())
        if self._options.real_ip_header.lower() != "x-forwarded-for":
            values = values[:1]
        elements = [part.strip() for value in values for part in value.split(",")]
        current = request.peer
        while elements:
            reached = elements.pop()
            try:
                ip_address(reached)
            except ValueError:
                return current
            current = reached
            if not self._options.real_ip_recursive or not self._is_trusted(reached):
                break
        return current

    def _forwarded(self, flow: Flow, match: Match) -> dict[str, str]:
        trusted = self._is_trusted(flow.request.peer)
        host = host_of(flow.request)
        path = local_target(flow.request.target).partition("?")[0]
        found = {"for": flow.client, "proto": flow.request.scheme, "host": host, "path": path, "real": flow.client}
        earlier = flow.values("x-forwarded-for")
        if earlier:
            found["for"] = f"{', '.join(earlier)}, {flow.request.peer}"
        if trusted:
            for name in ("proto", "host", "path"):
                found[name] = flow.header(f"x-forwarded-{name}") or found[name]
        if match.route.strip_path and match.prefix not in (b"", b"/"):
            found["prefix"] = match.prefix.decode("latin-1")
        return found

    # --------------------------------------------------------------------------------------------------------- plugins
    def _scoped(self, name: str, flow: Flow, *, only_global: bool = False) -> Plugin | None:
        """The one configuration of *name* that applies: the most specific scope."""
        found = self._by_name.get(name, ())
        route = flow.route.name if flow.route is not None and not only_global else ""
        service = flow.service.name if flow.service is not None and not only_global else ""
        consumers = {c for c in ((flow.consumer.username, flow.consumer.id) if flow.consumer else ()) if c}
        best, weight = None, -1
        for plugin in found:
            if (plugin.route and plugin.route != route) or (plugin.service and plugin.service != service):
                continue
            if plugin.consumer and plugin.consumer not in consumers:
                continue
            rank = _SCOPES[bool(plugin.route), bool(plugin.service), bool(plugin.consumer)]
            if rank >= weight:
                best, weight = plugin, rank
        return best

    # ---------------------------------------------------------------------------------------------------------- answers
    def _proxied(self, flow: Flow, match: Match, ran: list[str]) -> Exchange:
        assert flow.service is not None
        sent = UpstreamRequest(
            str(flow.notes.get("method", flow.request.method)), self._target(flow, match), tuple(self._sent_headers(flow, match)),
            flow.notes.get("body", flow.request.body), flow.service.name,
        )  # fmt: skip
        answer = self._upstream(sent)
        flow.response_headers = [*flow.response_headers, *answer.headers]
        return self._respond(flow, answer.status, "service", answer.body, "upstream", ran, upstream=sent)

    def _target(self, flow: Flow, match: Match) -> str:
        assert flow.service is not None
        base = flow.service.path
        path = flow.path
        if match.route.strip_path:
            path = path[len(match.prefix) :]
        whole = _joined(base, path.decode("latin-1"), match.prefix.endswith(b"/"), stripped=match.route.strip_path)
        target = escaped(whole.encode("latin-1")).decode("ascii")
        if "uri" in flow.notes:
            target = str(flow.notes["uri"])
        return target if flow.query is None else f"{target}?{flow.query}"

    def _sent_headers(self, flow: Flow, match: Match) -> list[tuple[str, str]]:
        assert flow.service is not None
        named = {part.strip().lower() for value in flow.values("connection") for part in value.split(",")}
        dropped = _HOP_BY_HOP | named | {"host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-path",
                                         "x-forwarded-prefix", "x-forwarded-port", "x-real-ip"}  # fmt: skip
        kept = [pair for pair in flow.headers if pair[0].lower() not in dropped]
        port = flow.service.port
        host = flow.service.host if port in (80, 443) else f"{flow.service.host}:{port}"
        if match.route.preserve_host:
            host = flow.header("host") or host
        kept.append(("Host", str(flow.notes.get("host", host))))
        labels = {"for": "X-Forwarded-For", "proto": "X-Forwarded-Proto", "host": "X-Forwarded-Host", "path": "X-Forwarded-Path",
                  "prefix": "X-Forwarded-Prefix", "real": "X-Real-IP"}  # fmt: skip
        kept += ((label, flow.forwarded[key]) for key, label in labels.items() if key in flow.forwarded)
        return kept

    def _finish(self, flow: Flow, answer: Answer, by: str, ran: list[str], *, only_global: bool = False) -> Exchange:
        body = answer.body
        if isinstance(answer, KongError):
            raw, kind = error_body(answer.status, answer.message, (flow.header("accept") or "").encode("latin-1"))
            if by == "http-server" and flow.header("accept") is None:
                raw, kind = error_body(answer.status, answer.message, b"text/plain")
            flow.set_response("Content-Type", kind)
            body = raw
        elif isinstance(body, Mapping):
            flow.set_response("Content-Type", "application/json; charset=utf-8")
            body = json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()
        elif body is None and answer.status >= 300:
            flow.set_response("Content-Type", "text/html")
            body = server_page(answer.status)
        for name, value in answer.headers:
            flow.set_response(name, value)
        return self._respond(flow, answer.status, answer.source, body or b"", by, ran, only_global=only_global)

    def _respond(
        self, flow: Flow, status: int, source: str, body: bytes, by: str, ran: list[str], *, only_global: bool = False,
        upstream: UpstreamRequest | None = None,
    ) -> Exchange:  # fmt: skip
        plugins = [p for name in self._ordered if (p := self._scoped(name, flow, only_global=only_global)) is not None]
        try:
            for plugin in plugins:
                if plugin.name in ("pre-function", "post-function"):
                    status, body = self._functions.later(plugin, flow, "header_filter", status, source, body)
                elif plugin.name in self._own:
                    status, body = self._functions.custom_later(plugin, flow, "header_filter", status, source, body)
                else:
                    self._stock.header_filter(plugin, flow)
            for plugin in plugins:
                if plugin.name in ("pre-function", "post-function"):
                    status, body = self._functions.later(plugin, flow, "body_filter", status, source, body)
                elif plugin.name in self._own:
                    status, body = self._functions.custom_later(plugin, flow, "body_filter", status, source, body)
        except ConnectionClosed:
            return Exchange(None, (), b"", None, None, None, "connection-closed", (), upstream, {})
        content = body
        if flow.request.method == "HEAD" or status in (204, 304):
            body = b""
        return Exchange(
            status, tuple(flow.response_headers), body, flow.route.name if flow.route else None,
            flow.service.name if flow.service else None,
            (flow.consumer.username or flow.consumer.custom_id) if flow.consumer else None, by, tuple(ran), upstream,
            _log(flow), content,
        )  # fmt: skip


_SCOPES: Final[Mapping[tuple[bool, bool, bool], int]] = {
    (True, True, True): 7, (True, False, True): 6, (False, True, True): 5, (True, True, False): 4, (False, False, True): 3,
    (True, False, False): 2, (False, True, False): 1, (False, False, False): 0,
}  # fmt: skip
"""(route, service, consumer) -> rank."""


def _log(flow: Flow) -> Mapping[str, Any]:
    found = flow.notes.get("log")
    if found is None:
        return {}
    return {key.decode(): value for key, value in found.items()}


def _path(target: str) -> bytes:
    return local_target(target).partition("?")[0].partition("#")[0].encode("latin-1", "replace")


def _joined(base: str, path: str, slash: bool, *, stripped: bool) -> str:
    """Service path and request path, as `path_handling` v0 joins them."""
    if stripped and path and not path.startswith("/"):
        path = f"/{path}"
    if base in ("", "/"):
        return path if path.startswith("/") else f"/{path}"
    if not stripped:
        return base.rstrip("/") + path
    if path == "":
        return base.rstrip("/") + ("/" if slash else "")
    if path.startswith("/") or base.endswith("/"):
        return base.rstrip("/") + "/" + path.lstrip("/")
    return base + path
