"""The model of a node against what Kong 3.9.3's own code did with the same files and requests (`recorded/README.md`)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from seccfg_kong.kongnode.config import read_configuration
from seccfg_kong.kongnode.flow import Exchange, UpstreamRequest
from seccfg_kong.kongnode.functions import LuaSettings
from seccfg_kong.kongnode.gateway import Node, NodeOptions, UpstreamAnswer
from seccfg_kong.kongnode.http_server import RawRequest
from seccfg_kong.kongnode.lua_host import LuaHost
from seccfg_kong.kongnode.router import Flavor
from seccfg_kong.kongnode.validation import validate

RECORDED = Path(__file__).with_name("recorded")
TOPICS = sorted(path.stem for path in RECORDED.glob("*.json") if path.stem != "validation")
FLAVORS: tuple[Flavor, ...] = ("traditional_compatible", "traditional")
_NOT_COMPARED = {"date", "server", "connection", "content-length", "transfer-encoding"}
_NOT_SENT_ON = {"connection", "via", "te", "upgrade", "content-length", "x-forwarded-port"}
_PLACEHOLDER = re.compile(r"<[a-z_]+>")
Json = dict[str, Any]


@pytest.mark.parametrize("flavor", FLAVORS)
@pytest.mark.parametrize("topic", TOPICS)
def test_the_model_does_what_kong_did(topic: str, flavor: Flavor, need_engine: Callable[[str, str], None]) -> None:
    """Status, route, consumer, plugins, headers, body, and what the upstream got, of every recorded request."""
    need_engine("kong", "kong-model")
    data = json.loads((RECORDED / f"{topic}.json").read_text())
    asked = 0
    for case in data["cases"]:
        if flavor == "traditional" and not any("expect_other_flavor" in request for request in case["requests"]):
            continue
        for request, expected, exchange in _replayed(case, flavor, data["clock"]):
            asked += 1
            assert _wrong(expected, exchange) == {}, f"{case['name']}: {request['name']}"
    assert asked > 0 or flavor == "traditional"


def _replayed(case: Json, flavor: Flavor, clock: float) -> Iterator[tuple[Json, Json, Exchange]]:
    answer: dict[str, UpstreamAnswer] = {}
    node = Node(read_configuration(case["config"]), _options(case.get("gateway") or {}, flavor), lambda _: answer["is"], LuaHost())
    for request in case["requests"]:
        answer["is"] = _upstream(request)
        other = request.get("expect_other_flavor", {}).get("traditional", {}) if flavor == "traditional" else {}
        yield request, {**request["expect"], **other}, node.handle(_raw(request, clock))


def _options(gateway: Json, flavor: Flavor) -> NodeOptions:
    return NodeOptions(
        trusted_ips=tuple(gateway.get("trusted_ips") or ()),
        real_ip_header=gateway.get("real_ip_header", "X-Real-IP"),
        real_ip_recursive=gateway.get("real_ip_recursive") in (True, "on"),
        lua=LuaSettings(gateway.get("untrusted_lua", "sandbox"), tuple(gateway.get("untrusted_lua_sandbox_requires") or ())),
        flavor=flavor,
    )


def _latin(text: str) -> str:
    return text.encode().decode("latin-1")


def _utf8(text: str) -> str:
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def _raw(request: Json, clock: float) -> RawRequest:
    given = request.get("body")
    body = given["repeat"] * given["count"] if isinstance(given, dict) else given or ""
    headers = [(_latin(name), _latin(value)) for name, value in request["headers"]] + [("Connection", "close")]
    if request.get("chunked"):
        headers.append(("Transfer-Encoding", "chunked"))
    elif given is not None:
        headers.append(("Content-Length", str(len(body.encode()))))
    return RawRequest(
        request["method"], _latin(request["target"]), tuple(headers), body.encode(), bool(request.get("chunked")),
        float(request.get("http_version", 1.1)), request.get("client_ip", "127.0.0.1"), "http", float(request.get("now", clock)),
    )  # fmt: skip


def _upstream(request: Json) -> UpstreamAnswer:
    """The stand-in upstream, steered by request headers."""
    said = [(name.lower(), value) for name, value in request["headers"] if name.lower().startswith("x-up-")]
    first = dict(reversed(said))
    status = int(first.get("x-up-status", 200))
    headers = [] if status in (204, 304) else [("Content-Type", first.get("x-up-type", "application/json"))]
    for name, value in said:
        if name == "x-up-header":
            key, _, text = value.partition(":")
            headers.append((key.strip(), text.strip()))
    return UpstreamAnswer(status, tuple(headers), first.get("x-up-body", '{"upstream":"ok"}').encode())


def _wrong(expected: Json, got: Exchange) -> Json:
    """What differs, by name: (recorded, model)."""
    pairs: Json = {
        "status": (expected["status"], got.status),
        "route": (expected["route"], got.route),
        "service": (expected["service"], got.service),
        "consumer": (expected["consumer"], got.consumer),
        "answered_by": (expected["answered_by"], got.answered_by),
        "plugins_ran": (expected["plugins_ran"], list(got.plugins_ran)),
        "headers": _tamed(expected["headers"], got.headers, _NOT_COMPARED),
        "upstream reached": (expected["upstream"] is not None, got.upstream is not None),
    }
    if expected["body"] != "<volatile>":
        pairs["body"] = (_value(expected["body"] or ""), _value(_shown(got.body)))
    if expected["upstream"] is not None and got.upstream is not None:
        pairs |= _sent_on(expected["upstream"], got.upstream)
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _sent_on(expected: Json, got: UpstreamRequest) -> Json:
    steering = {name.lower() for name, _ in got.headers if name.lower().startswith("x-up-")}
    body = expected["body"]
    return {
        "upstream method": (expected["method"], got.method),
        "upstream target": (expected["target"], _utf8(got.target)),
        "upstream headers": _tamed(expected["headers"], got.headers, _NOT_SENT_ON | steering),
        "upstream body": _bodies(body, got.body),
    }


def _bodies(expected: Any, got: bytes) -> tuple[object, object]:
    if isinstance(expected, dict):
        return expected["length"], len(got)
    return _value(expected or ""), _value(_shown(got))


def _tamed(expected: Any, got: Any, left_out: set[str]) -> tuple[Any, Any]:
    """Both as sorted pairs; values that differ from run to run as `*`."""
    known = sorted(((n, v) for n, v in map(tuple, expected) if n.lower() not in left_out), key=_order)
    volatile = {name.lower() for name, value in known if _PLACEHOLDER.search(value)}
    mine = sorted(((n, _utf8(v)) for n, v in got if n.lower() not in left_out), key=_order)
    return tuple([(n, "*" if n.lower() in volatile else v) for n, v in side] for side in (known, mine))  # type: ignore[return-value]


def _order(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[0].lower(), pair[1]


def _shown(body: bytes) -> str:
    try:
        return body.decode().strip()[:3000]
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(body).decode()


def _value(text: str) -> object:
    """JSON compared as data: the order of members is not stable."""
    try:
        found: object = json.loads(text)
    except ValueError:
        return text
    return found


def test_the_recording_is_complete() -> None:
    """Nobody has trimmed it."""
    counts: Mapping[str, int] = {
        topic: sum(len(case["requests"]) for case in json.loads((RECORDED / f"{topic}.json").read_text())["cases"])
        for topic in TOPICS
    }
    assert len(counts) == 17
    assert sum(counts.values()) == 1033


VALIDATED = json.loads((RECORDED / "validation.json").read_text())["cases"]


@pytest.mark.parametrize("case", VALIDATED, ids=lambda case: case["name"].partition("/")[2])
def test_a_file_loads_or_not_as_kong_says(case: Json, need_engine: Callable[[str, str], None]) -> None:
    """The verdict, and the path of everything wrong."""
    need_engine("kong", "kong-model")
    expected = case["expect"]
    found = sorted({path for path, _ in validate(case["config"])})
    assert found == ([] if expected["valid"] else sorted({path for path, _ in expected["errors"]}))
