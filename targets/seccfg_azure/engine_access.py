"""`cors` and `ip-filter` as the vendor documents them: bad habits included."""

from __future__ import annotations

import ipaddress
from xml.etree.ElementTree import Element

__all__ = ["filtered", "preflight_headers", "requested_method", "response_headers"]

Headers = list[tuple[str, str]]


def requested_method(method: str, headers: Headers) -> str:
    """The method a preflight asks about; empty: the request is none."""
    asked = _lines(headers, "access-control-request-method")
    return asked[0] if method == "OPTIONS" and len(_lines(headers, "origin")) == 1 and len(asked) == 1 else ""


def preflight_headers(node: Element, headers: Headers, asked: str) -> Headers:
    """Headers of the answer to a preflight: none at all where something asked for is not allowed."""
    origin = _allowed(node, headers)
    methods, names = _texts(node, "allowed-methods/method"), _texts(node, "allowed-headers/header")
    wanted = [part.strip().lower() for line in _lines(headers, "access-control-request-headers") for part in line.split(",")]
    known = {name.lower() for name in names}
    if not origin or not {asked, "*"} & set(methods or ["GET", "POST"]):
        return []
    if "*" not in known and any(name not in known for name in wanted if name):
        return []
    answer = [
        ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Methods", ", ".join(methods)),
        ("Access-Control-Allow-Headers", ", ".join(names)), *_credentials(node),
    ]  # fmt: skip
    methods_node = node.find("allowed-methods")
    age = None if methods_node is None else methods_node.get("preflight-result-max-age")
    return answer if age is None else [*answer, ("Access-Control-Max-Age", age)]


def response_headers(node: Element, headers: Headers) -> Headers:
    """Headers of every other answer to a page of an allowed origin."""
    origin = _allowed(node, headers)
    if not origin:
        return []
    shown = _texts(node, "expose-headers/header")
    return [
        ("Access-Control-Allow-Origin", origin), *_credentials(node),
        *([("Access-Control-Expose-Headers", ", ".join(shown))] if shown else []),
    ]  # fmt: skip


def _allowed(node: Element, headers: Headers) -> str:
    """The value of `Access-Control-Allow-Origin`; letters of origins are compared without case."""
    lines, origins = _lines(headers, "origin"), _texts(node, "allowed-origins/origin")
    if len(lines) != 1:
        return ""
    if "*" in origins:
        return "*"
    return lines[0] if lines[0].lower() in {origin.lower() for origin in origins} else ""


def _credentials(node: Element) -> Headers:
    return [("Access-Control-Allow-Credentials", "true")] if node.get("allow-credentials", "false") == "true" else []


def _lines(headers: Headers, name: str) -> list[str]:
    return [value.strip() for key, value in headers if key.lower() == name]


def _texts(node: Element, path: str) -> list[str]:
    return [child.text or "" for child in node.findall(path)]


def filtered(node: Element, peer: str) -> str:
    """Why `ip-filter` refuses the caller's address; empty when it does not."""
    try:
        caller = ipaddress.ip_address(peer)
    except ValueError:
        return "FailedToParseCallerIP"
    single = [child.text or "" for child in node.findall("address")]
    ranges = [(child.get("from", ""), child.get("to", "")) for child in node.findall("address-range")]
    inside = any(_between(caller, low, high) for low, high in [*zip(single, single, strict=True), *ranges])
    if node.get("action") == "allow":
        return "" if inside else "CallerIpNotAllowed"
    return "CallerIpBlocked" if inside else ""


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _between(caller: _Address, low: str, high: str) -> bool:
    first, last = ipaddress.ip_address(low), ipaddress.ip_address(high)
    if caller.version != first.version or first.version != last.version:
        return False
    return int(first) <= int(caller) <= int(last)
