"""Stock plugins that decide: key-auth, acl, ip-restriction, request-size-limiting, bot-detection, request-termination,
redirect and rate-limiting with the local policy."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any, Final
from urllib.parse import unquote_plus

from seccfg_kong.kongnode.config import Configuration, Consumer, Plugin
from seccfg_kong.kongnode.flow import Answer, Flow, KongError

__all__ = ["RateLimiting", "acl", "bot_detection", "ip_restriction", "key_auth", "request_termination", "size_limiting"]

_UNITS: Final = {"bytes": 1, "kilobytes": 1024, "megabytes": 1024 * 1024}
_PERIODS: Final = ("second", "minute", "hour", "day", "month", "year")
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_BOTS: Final = re.compile(
    r"(?i)(pingdom|bot[/ ;)]|bot$|crawl|spider|slurp|facebookexternalhit|googlebot|okhttp|go-http-client|python-urllib|axios|"
    r"apache-httpclient|slackbot|bingbot|scrapy|libwww|mechanize)"
)


# --------------------------------------------------------------------------------------------------------- key-auth
def _arguments(flow: Flow) -> list[tuple[str, str]]:
    pieces = (piece.partition("=") for piece in (flow.query or "").split("&") if piece)
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pieces]


def _presented(config: Mapping[str, Any], flow: Flow) -> list[str]:
    """Values of the first place that holds one, in the order Kong looks."""
    names: list[str] = ["apikey"] if config.get("key_names") is None else config["key_names"]
    for name in names:
        found: list[str] = []
        if config.get("key_in_header", True) is not False:
            found = flow.values(name)
        if not found and config.get("key_in_query", True) is not False:
            found = [value for key, value in _arguments(flow) if key == name]
        if not found and config.get("key_in_body") is True:
            found = _in_body(flow, name)
        if found:
            if config.get("hide_credentials") is True:
                flow.clear_header(name)
                kept = [p for p in (flow.query or "").split("&") if unquote_plus(p.partition("=")[0]) != name]
                flow.query = None if flow.query is None else ("&".join(kept) or None)
            return found
    return []


def _in_body(flow: Flow, name: str) -> list[str]:
    kind = (flow.header("content-type") or "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        pieces = (piece.partition("=") for piece in flow.request.body.decode("latin-1").split("&"))
        return [unquote_plus(value) for key, _, value in pieces if unquote_plus(key) == name]
    if kind == "application/json":
        try:
            document = json.loads(flow.request.body)
        except ValueError:
            return []
        value = document.get(name) if isinstance(document, dict) else None
        return [str(v) for v in value] + [""] if isinstance(value, list) else [value] if isinstance(value, str) else []
    return []


def key_auth(plugin: Plugin, flow: Flow, configuration: Configuration) -> None:
    """401 without a known key, or the anonymous consumer."""
    config = plugin.config
    if config.get("run_on_preflight", True) is False and flow.request.method == "OPTIONS":
        return
    if config.get("anonymous") and flow.credential is not None:
        return
    keys = _presented(config, flow)
    problem = ""
    consumer: Consumer | None = None
    row: Mapping[str, Any] = {}
    if not keys or (len(keys) == 1 and keys[0] == ""):
        problem = "No API key found in request"
    elif len(keys) > 1:
        problem = "Duplicate API key found"
    else:
        for candidate in configuration.consumers:
            for known in candidate.keys:
                if known["key"] == keys[0]:
                    consumer, row = candidate, known
        problem = "" if consumer is not None else "Unauthorized"
    if problem:
        if not config.get("anonymous"):
            realm = f' realm="{config["realm"]}"' if config.get("realm") else ""
            raise KongError(401, problem, (("WWW-Authenticate", f"Key{realm}"),))
        anonymous = configuration.consumer(str(config["anonymous"]))
        if anonymous is None:
            raise RuntimeError("anonymous consumer not found")
        flow.authenticate(anonymous, None)
        return
    flow.authenticate(consumer, {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, keys[0])), **row}, "id")


# -------------------------------------------------------------------------------------------------------------- acl
def acl(plugin: Plugin, flow: Flow) -> None:
    """Groups of the consumer, or those somebody else authenticated."""
    config = plugin.config
    allow, deny = config.get("allow"), config.get("deny")
    groups: tuple[str, ...] | None = None
    if flow.consumer is not None:
        groups = flow.consumer.groups
        if not groups and flow.credential is None and not deny:
            groups = None
    if groups is None:
        groups = flow.groups
    if groups is None:
        raise KongError(401, "Unauthorized")
    refused = bool(set(groups) & set(deny)) if deny else not set(groups) & set(allow or ())
    if refused:
        raise KongError(403, "You cannot consume this service")
    if config.get("hide_groups_header") is True:
        flow.clear_header("X-Consumer-Groups")
    else:
        flow.set_header("X-Consumer-Groups", ", ".join(groups))


def ip_restriction(plugin: Plugin, flow: Flow) -> None:
    """deny first, then allow; the address after the real-ip module."""
    config = plugin.config
    address = ip_address(flow.client)

    def within(blocks: Any) -> bool:
        networks = (ip_network(block, strict=False) for block in blocks)
        return any(address in network for network in networks if network.version == address.version)

    if (config.get("deny") and within(config["deny"])) or (config.get("allow") and not within(config["allow"])):
        message = config.get("message") or f"IP address not allowed: {flow.client}"
        raise KongError(int(config.get("status") or 403), message)


def size_limiting(plugin: Plugin, flow: Flow) -> None:
    """The declared length, or the body read into memory."""
    config = plugin.config
    size = config.get("allowed_payload_size")
    allowed = (128 if size is None else size) * _UNITS[config.get("size_unit") or "megabytes"]
    declared = flow.request.values("content-length")
    if declared:
        if int(declared[0]) > allowed:
            if (flow.header("expect") or "").lower() == "100-continue":
                raise KongError(417, "Request size limit exceeded")
            raise KongError(413, "Request size limit exceeded")
        return
    if config.get("require_content_length") is True and not flow.request.chunked:
        raise KongError(411, "A valid Content-Length header is required")
    if len(flow.request.body) > allowed:
        raise KongError(413, "Request size limit exceeded")


def bot_detection(plugin: Plugin, flow: Flow) -> None:
    """Own lists, then the built-in one."""
    agents = flow.values("user-agent")
    if not agents:
        return
    if len(agents) > 1:
        raise KongError(400, "Only one User-Agent header allowed")
    config = plugin.config
    if any(re.search(pattern, agents[0]) for pattern in config.get("allow") or ()):
        return
    if any(re.search(pattern, agents[0]) for pattern in config.get("deny") or ()) or _BOTS.search(agents[0]):
        raise KongError(403, "Forbidden")


_DEFAULT_MESSAGES: Final = {
    401: "Unauthorized", 404: "Not found", 405: "Method not allowed", 500: "An unexpected error occurred", 502: "Bad gateway",
    503: "Service unavailable",
}  # fmt: skip


def request_termination(plugin: Plugin, flow: Flow) -> None:
    """A fixed answer, perhaps only where a trigger is present."""
    config = plugin.config
    trigger = config.get("trigger")
    if trigger and flow.header(trigger) is None and trigger not in {name for name, _ in _arguments(flow)}:
        return
    status = int(config.get("status_code") or 503)
    if config.get("echo") is True:
        raise Answer(status, {"message": config.get("message") or _DEFAULT_MESSAGES.get(status, ""), "echo": True})
    if status == 204:
        raise Answer(204, b"")
    if config.get("body") is not None:
        kind = config.get("content_type")
        raise Answer(status, str(config["body"]).encode(), (("Content-Type", kind),) if kind else ())
    message = config.get("message") or _DEFAULT_MESSAGES.get(status)
    raise Answer(status, {"message": message} if message else b"")


# ---------------------------------------------------------------------------------------------------- rate-limiting
def _window(period: str, now: float) -> tuple[int, int]:
    """First second of the period *now* is in, and of the next one."""
    seconds = _SECONDS.get(period)
    if seconds is not None:
        first = int(now) // seconds * seconds
        return first, first + seconds
    moment = datetime.fromtimestamp(int(now), UTC)
    if period == "month":
        first_day = moment.replace(day=1, hour=0, minute=0, second=0)
        next_day = first_day.replace(year=moment.year + moment.month // 12, month=moment.month % 12 + 1)
    else:
        first_day = moment.replace(month=1, day=1, hour=0, minute=0, second=0)
        next_day = first_day.replace(year=moment.year + 1)
    return int(first_day.timestamp()), int(next_day.timestamp())


class RateLimiting:
    """Policy local: fixed windows of UTC, requests that are refused are not counted."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str, str, int], int] = {}

    def forget(self) -> None:
        self._counts.clear()

    def access(self, plugin: Plugin, flow: Flow) -> None:
        config, now = plugin.config, flow.request.now
        identifier = self._identifier(config, flow)
        usage: list[tuple[str, float, float, int, tuple[str, str, str, str, int]]] = []
        for period in _PERIODS:
            limit = config.get(period)
            if limit is not None:
                first, following = _window(period, now)
                key = (plugin.route, plugin.service, identifier, period, first)
                usage.append((period, limit, limit - self._counts.get(key, 0), following - int(now), key))
        stopped = next((u for u in usage if u[2] <= 0), None)
        taken = 0 if stopped else 1
        if config.get("hide_client_headers") is not True:
            tightest: tuple[str, float, float, int, Any] | None = None
            for entry in usage:
                left = max(0, entry[2] - taken)
                flow.set_response(f"X-RateLimit-Limit-{entry[0].capitalize()}", _number(entry[1]))
                flow.set_response(f"X-RateLimit-Remaining-{entry[0].capitalize()}", _number(left))
                if tightest is None or left < max(0, tightest[2] - taken) or (
                    left == max(0, tightest[2] - taken) and entry[1] > tightest[1]
                ):
                    tightest = entry
            if tightest is not None:
                flow.set_response("RateLimit-Limit", _number(tightest[1]))
                flow.set_response("RateLimit-Remaining", _number(max(0, tightest[2] - taken)))
                flow.set_response("RateLimit-Reset", str(max(1, tightest[3])))
                reset = tightest[3]
        if stopped is not None:
            headers = () if config.get("hide_client_headers") is True else (("Retry-After", str(max(1, reset))),)
            raise KongError(int(config.get("error_code") or 429), config.get("error_message") or "API rate limit exceeded", headers)
        for entry in usage:
            self._counts[entry[4]] = self._counts.get(entry[4], 0) + 1

    def _identifier(self, config: Mapping[str, Any], flow: Flow) -> str:
        by = config.get("limit_by") or "consumer"
        found: str | None = None
        if by == "consumer":
            found = flow.consumer.id if flow.consumer else None
        elif by == "credential":
            found = str(flow.credential.get("id") or flow.credential.get("key")) if flow.credential else None
        elif by == "service":
            found = flow.service.id if flow.service else None
        elif by == "header":
            found = _header_like_kong(flow, str(config.get("header_name")))
        elif by == "path" and flow.path.decode("latin-1") == config.get("path"):
            found = str(config["path"])
        return flow.client if found is None else found


def _header_like_kong(flow: Flow, name: str) -> str | None:
    """`kong.request.get_header`: a header spelt with `_` counts as well."""
    wanted = name.lower().replace("_", "-")
    exact = next((v for n, v in flow.headers if n.lower() == wanted), None)
    if exact is not None:
        return exact
    return next((v for n, v in flow.headers if n.lower().replace("_", "-") == wanted and ", " not in v), None)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.14g}"
