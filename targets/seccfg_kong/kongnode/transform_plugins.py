"""Stock plugins that change headers: cors, correlation-id, request-transformer, response-transformer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final
from urllib.parse import quote, unquote_plus, urlsplit

from seccfg_kong.kongnode.config import Plugin
from seccfg_kong.kongnode.flow import Answer, Flow

__all__ = ["CorrelationId", "cors_access", "cors_headers", "request_transformer", "response_transformer"]

_METHODS: Final = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT")
_PLAIN: Final = re.compile(r"[A-Za-z0-9.:/-]*")
_PORTS: Final = {"http": 80, "https": 443}


# ------------------------------------------------------------------------------------------------------------- cors
def cors_access(plugin: Plugin, flow: Flow) -> None:
    """Answers preflights, whatever their origin."""
    config = plugin.config
    asked = flow.header("access-control-request-method")
    if flow.request.method != "OPTIONS" or flow.header("origin") is None or asked is None:
        return
    if config.get("preflight_continue") is True:
        flow.notes["cors"] = "left alone"
        return
    flow.notes["cors"] = "preflight"
    _allow_origin(config, flow)
    _allow_credentials(config, flow)
    names = config.get("headers")
    requested = flow.header("access-control-request-headers")
    if names:
        flow.set_response("Access-Control-Allow-Headers", ",".join(names))
    elif requested:
        flow.set_response("Access-Control-Allow-Headers", requested)
    flow.set_response("Access-Control-Allow-Methods", ",".join(config.get("methods") or _METHODS))
    if config.get("max_age") is not None:
        flow.set_response("Access-Control-Max-Age", _number(config["max_age"]))
    if config.get("private_network") is True and flow.header("access-control-request-private-network") == "true":
        flow.set_response("Access-Control-Allow-Private-Network", "true")
    raise Answer(200, b"")


def cors_headers(plugin: Plugin, flow: Flow) -> None:
    """What every other answer carries."""
    if flow.notes.get("cors"):
        return
    config = plugin.config
    _allow_origin(config, flow)
    _allow_credentials(config, flow)
    if config.get("exposed_headers"):
        flow.set_response("Access-Control-Expose-Headers", ",".join(config["exposed_headers"]))


def _allow_origin(config: Mapping[str, Any], flow: Flow) -> None:
    origins = config.get("origins")
    if not origins or (len(origins) == 1 and origins[0] == "*"):
        if config.get("credentials") is True:
            origin = flow.header("origin")
            if origin is not None:
                flow.set_response("Access-Control-Allow-Origin", origin)
                flow.response_headers.append(("vary", "Origin"))
            return
        flow.set_response("Access-Control-Allow-Origin", "*")
        return
    if len(origins) == 1 and _PLAIN.fullmatch(origins[0]):
        flow.set_response("Access-Control-Allow-Origin", origins[0])
        flow.response_headers.append(("vary", "Origin"))
        return
    origin = flow.header("origin")
    flow.response_headers.append(("vary", "Origin"))
    if origin is not None:
        allowed = _matching(origins, origin)
        if allowed is not None:
            flow.set_response("Access-Control-Allow-Origin", allowed)
            return
    flow.clear_response("Access-Control-Allow-Origin")


def _matching(origins: list[str], origin: str) -> str | None:
    if "*" in origins:
        return "*"
    if origin == "":
        raise RuntimeError("an empty Origin")
    parts = urlsplit(origin)
    normal = _normal(origin)
    for entry in origins:
        if _PLAIN.fullmatch(entry):
            if entry in (origin, normal) or _normal(entry) == normal:
                return origin if entry != normal else normal
            continue
        subject = normal if ":" in entry else (parts.hostname or "")
        if re.fullmatch(entry, subject) is not None:
            return origin
    return None


def _normal(origin: str) -> str:
    parts = urlsplit(origin)
    scheme, mark, rest = origin.partition("://")
    if mark and "?" in rest:
        return f"{scheme}://{rest.partition('/')[0]}"
    try:
        port = parts.port
    except ValueError:
        return origin
    if not parts.netloc or parts.path not in ("", "/"):
        return origin if not parts.netloc else f"{parts.scheme}://{parts.netloc}"
    shown = "" if port is None or _PORTS.get(parts.scheme) == port else f":{port}"
    return f"{parts.scheme}://{parts.netloc.rpartition(':')[0] if port is not None else parts.netloc}{shown}"


def _allow_credentials(config: Mapping[str, Any], flow: Flow) -> None:
    if config.get("credentials") is True:
        flow.set_response("Access-Control-Allow-Credentials", "true")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


# --------------------------------------------------------------------------------------------------- correlation-id
class CorrelationId:
    """Keeps what a client sent, whatever it is."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._start = str(uuid.uuid4())

    def access(self, plugin: Plugin, flow: Flow) -> None:
        name = plugin.config.get("header_name") or "Kong-Request-ID"
        found = flow.header(name)
        if not found:
            kind = plugin.config.get("generator") or "uuid#counter"
            found = str(uuid.uuid4()) if kind == "uuid" else f"{self._start}#{next(self._numbers)}"
            flow.set_header(name, found)
        if plugin.config.get("echo_downstream") is True:
            flow.notes["correlation"] = (name, found)

    def header_filter(self, plugin: Plugin, flow: Flow) -> None:
        if plugin.config.get("echo_downstream") is not True:
            return
        known = flow.notes.get("correlation")
        if known is None:
            name = plugin.config.get("header_name") or "Kong-Request-ID"
            known = (name, flow.header(name) or str(uuid.uuid4()))
        flow.set_response(*known)


# ------------------------------------------------------------------------------------------------------ transformers
def _entries(config: Mapping[str, Any], action: str, part: str) -> Iterator[tuple[str, str]]:
    for entry in (config.get(action) or {}).get(part) or ():
        name, _, value = str(entry).partition(":")
        yield name, value.strip()


def response_transformer(plugin: Plugin, flow: Flow) -> None:
    """remove, rename, replace, add, append, in this order; headers only."""
    config = plugin.config
    before = {name.lower() for name, _ in flow.response_headers}
    for name in (config.get("remove") or {}).get("headers") or ():
        flow.clear_response(name)
    for old, new in _entries(config, "rename", "headers"):
        values = [value for name, value in flow.response_headers if name.lower() == old.lower()]
        if values:
            flow.clear_response(old)
            flow.clear_response(new)
            flow.response_headers += ((new, value) for value in values)
    for name, value in _entries(config, "replace", "headers"):
        if flow.response(name) is not None:
            flow.set_response(name, value)
    for name, value in _entries(config, "add", "headers"):
        if name.lower() not in before:
            flow.set_response(name, value)
    for name, value in _entries(config, "append", "headers"):
        flow.response_headers.append((name, value))


def request_transformer(plugin: Plugin, flow: Flow) -> None:
    """Method, URI, headers and query of what the upstream receives."""
    config = plugin.config
    if config.get("http_method"):
        flow.notes["method"] = config["http_method"]
    fill = _Templates(flow)
    _transform_headers(config, flow, fill)
    _transform_query(config, flow, fill)
    uri = (config.get("replace") or {}).get("uri")
    if uri:
        flow.notes["uri"] = fill(uri)


def _transform_headers(config: Mapping[str, Any], flow: Flow, fill: _Templates) -> None:
    for name in (config.get("remove") or {}).get("headers") or ():
        flow.clear_header(name)
    for old, new in _entries(config, "rename", "headers"):
        value = flow.header(old)
        if value is not None:
            flow.clear_header(old)
            flow.set_header(new, value)
    for name, value in _entries(config, "replace", "headers"):
        if flow.header(name) is not None:
            flow.set_header(name, fill(value))
    for name, value in _entries(config, "add", "headers"):
        if flow.header(name) is None:
            flow.set_header(name, fill(value))
    for name, value in _entries(config, "append", "headers"):
        flow.set_values(name, [*flow.values(name), fill(value)])


def _transform_query(config: Mapping[str, Any], flow: Flow, fill: _Templates) -> None:
    removed = set((config.get("remove") or {}).get("querystring") or ())
    added = list(_entries(config, "add", "querystring"))
    if not removed and not added:
        return
    pieces = [p for p in (flow.query or "").split("&") if p and unquote_plus(p.partition("=")[0]) not in removed]
    names = {unquote_plus(piece.partition("=")[0]) for piece in pieces}
    pieces += (f"{quote(name)}={quote(fill(value))}" for name, value in added if name not in names)
    flow.query = "&".join(pieces) or None


class _Templates:
    """`$(headers.x)`, `$(query_params.x)`, `$(uri_captures.x)`."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def __call__(self, text: str) -> str:
        return re.sub(r"\$\(([a-z_]+)\.([A-Za-z0-9_-]+)\)", self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        kind, name = found.groups()
        flow = self._flow
        if kind == "uri_captures":
            return flow.captures[0].get(name, b"").decode("latin-1")
        if kind == "headers":
            return flow.header(name.replace("_", "-")) or flow.header(name) or ""
        pairs = (piece.partition("=") for piece in (flow.query or "").split("&"))
        return next((unquote_plus(value) for key, _, value in pairs if unquote_plus(key) == name), "")
