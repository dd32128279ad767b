"""pre-function and post-function: chunks on real LuaJIT, the request's state handed to and fro."""

from __future__ import annotations

from typing import Any, Final

from seccfg.record import Record
from seccfg_kong.kongnode.config import Plugin
from seccfg_kong.kongnode.custom import CustomPlugins
from seccfg_kong.kongnode.flow import Answer, Flow
from seccfg_kong.kongnode.http_server import host_of, local_target
from seccfg_kong.kongnode.lua_host import LuaHost
from seccfg_kong.kongnode.paths import escaped

__all__ = ["ConnectionClosed", "Functions", "LuaSettings"]

_BUFFER: Final = 8192


class LuaSettings(Record):
    """Settings of kong.conf that functions depend on."""

    untrusted_lua: str = "sandbox"
    requires: tuple[str, ...] = ()
    body_buffer: int = _BUFFER


class ConnectionClosed(Exception):
    """An error after the access phase: the client gets no answer."""


class Functions:
    """Runs the function plugins of one node."""

    def __init__(self, settings: LuaSettings, host: LuaHost, custom: CustomPlugins | None = None) -> None:
        self._settings = settings
        self.host = host
        self._custom = custom

    def begin(self, flow: Flow) -> None:
        """The request as Lua sees it; made when the first function runs."""
        request = flow.request
        flow.lua = self.host.begin(
            {
                b"method": _raw(request.method),
                b"line": _raw(f"{request.method} {request.target} HTTP/{request.http_version:.1f}"),
                b"uri": _raw(local_target(request.target)), b"path": escaped(flow.path), b"query": _maybe(flow.query),
                b"scheme": _raw(request.scheme), b"http_version": request.http_version, b"peer": _raw(request.peer),
                b"client": _raw(flow.client), b"now": request.now,
                b"certificate": request.certificate.encode() or None, b"ident": b"0123456789abcdef0123456789abcdef",
                b"host": _raw(host_of(request)), b"request_body": request.body, b"buffer": self._settings.body_buffer,
                b"headers": self.host.pairs([]), b"variables": self.host.table({}),
                b"forwarded_scheme": _raw(flow.forwarded.get("proto", request.scheme)),
                b"forwarded_host": _raw(flow.forwarded.get("host", "")),
            },
            _raw(flow.header("accept") or ""),
        )  # fmt: skip

    def access(self, plugin: Plugin, flow: Flow, phase: str = "access") -> None:
        """`Answer` when a chunk ends the request; RuntimeError for an error inside one."""
        chunks = plugin.config.get(phase) or ()
        if self._settings.untrusted_lua == "off":
            raise ConnectionClosed
        if not chunks:
            return
        self._give(flow)
        for number, chunk in enumerate(chunks):
            outcome, problem = self._run(chunk, plugin, number, phase)
            self._take(flow)
            if outcome == "error":
                raise RuntimeError(problem)
            if outcome == "exit":
                lua = flow.lua
                body = lua[b"body"]
                raise Answer(int(lua[b"status"]), body)

    def later(self, plugin: Plugin, flow: Flow, phase: str, status: int, source: str, body: bytes) -> tuple[int, bytes]:
        """A response phase: what the chunks make of status and body. Errors close the connection."""
        chunks = plugin.config.get(phase) or ()
        if not chunks:
            return status, body
        if self._settings.untrusted_lua == "off":
            raise ConnectionClosed
        self._give(flow)
        self.host.set_answer(status, source.encode(), body)
        for number, chunk in enumerate(chunks):
            outcome, problem = self._run(chunk, plugin, number, phase)
            if outcome == "error":
                raise ConnectionClosed(problem)
        self._take(flow)
        lua = flow.lua
        changed = lua[b"body"]
        return int(lua[b"status"]), body if changed is None else changed

    def custom_access(self, plugin: Plugin, flow: Flow) -> None:
        """As `access`, for a plugin of the operator's own."""
        outcome, problem = self._perform(plugin, flow, "access")
        self._take(flow)
        if outcome == "error":
            raise RuntimeError(problem)
        if outcome == "exit":
            raise Answer(int(flow.lua[b"status"]), flow.lua[b"body"])

    def custom_later(
        self, plugin: Plugin, flow: Flow, phase: str, status: int, source: str, body: bytes
    ) -> tuple[int, bytes]:
        """As `later`, for a plugin of the operator's own."""
        outcome, problem = self._perform(plugin, flow, phase, (status, source.encode(), body))
        if outcome == "error":
            raise ConnectionClosed(problem)
        self._take(flow)
        changed = flow.lua[b"body"]
        return int(flow.lua[b"status"]), body if changed is None else changed

    def _perform(
        self, plugin: Plugin, flow: Flow, phase: str, answer: tuple[int, bytes, bytes] | None = None
    ) -> tuple[str, str]:
        if self._custom is None:
            raise RuntimeError(f"no plugin {plugin.name}")
        self._give(flow)
        if answer is not None:
            self.host.set_answer(*answer)
        work = self._custom.work(plugin.name, plugin.place, plugin.config, phase)
        return ("done", "") if work is None else self.host.perform(work, phase.encode(), plugin.name.encode())

    def _run(self, chunk: str, plugin: Plugin, number: int, phase: str) -> tuple[str, str]:
        settings = self._settings
        place = plugin.place * 1000 + number
        return self.host.run(
            chunk, place, phase.encode(), plugin.name.encode(), settings.untrusted_lua, settings.requires
        )

    def _give(self, flow: Flow) -> None:
        if flow.lua is None:
            self.begin(flow)
        lua, host, given = flow.lua, self.host, flow.given
        # what Lua holds already is not made again: most functions of a request see the same
        if given.get("headers") != flow.headers:
            lua[b"headers"] = host.pairs([(_raw(n), _raw(v)) for n, v in flow.headers])
            given["headers"] = list(flow.headers)
        lua[b"changed"] = False
        if given.get("out") != flow.response_headers:
            lua[b"out"] = host.pairs([(_raw(n), _raw(v)) for n, v in flow.response_headers])
            given["out"] = list(flow.response_headers)
        if flow.route is not None and given.get("route") is not flow.route:
            lua[b"route"] = host.table({b"name": _raw(flow.route.name), b"id": _raw(flow.route.id)})
            given["route"] = flow.route
        if flow.service is not None and given.get("service") is not flow.service:
            service = {b"name": flow.service.name, b"id": flow.service.id, b"host": flow.service.host}
            lua[b"service"] = host.table({key: _raw(value) for key, value in service.items()})
            given["service"] = flow.service
        if flow.consumer is not None and given.get("consumer") is not flow.consumer:
            known = {b"id": flow.consumer.id, b"username": flow.consumer.username, b"custom_id": flow.consumer.custom_id}
            lua[b"consumer"] = host.table({key: _raw(value) for key, value in known.items() if value})
            given["consumer"] = flow.consumer
        if flow.credential is not None and given.get("credential") is not flow.credential:
            known_texts = {k: v for k, v in flow.credential.items() if isinstance(v, str)}
            lua[b"credential"] = host.table({k.encode(): _raw(v) for k, v in known_texts.items()})
            given["credential"] = flow.credential
        if flow.token is not None:
            lua[b"shared"][b"authenticated_jwt_token"] = _raw(flow.token)
        if given.get("captures") is not flow.captures:
            named, unnamed = flow.captures
            lua[b"captures"] = host.table({
                b"named": host.table({k.encode(): v for k, v in named.items()}), b"unnamed": host.table(list(unnamed)),
            })  # fmt: skip
            given["captures"] = flow.captures

    def _take(self, flow: Flow) -> None:
        lua = flow.lua
        if lua[b"changed"]:
            flow.headers = _pairs(lua[b"headers"])
            flow.given["headers"] = list(flow.headers)
            for name in ("for", "proto", "host"):
                value = lua[b"variables"][f"upstream_x_forwarded_{name}".encode()]
                if value is not None:
                    flow.forwarded[name] = _text(value)
        if lua[b"upstream_query"] is not None:
            flow.query = _text(lua[b"upstream_query"])
        flow.response_headers = _pairs(lua[b"out"])
        flow.given["out"] = list(flow.response_headers)
        flow.notes["log"] = lua[b"log"]


def _pairs(table: Any) -> list[tuple[str, str]]:
    return [(_text(pair[1]), _text(pair[2])) for pair in table.values()]


def _raw(text: str) -> bytes:
    return text.encode("latin-1") if text.isascii() or max(map(ord, text)) < 256 else text.encode()


def _maybe(text: str | None) -> bytes | None:
    return None if text is None else _raw(text)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
