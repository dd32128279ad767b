"""Boundaries of what comes before a route: request target, host, transport, addresses, framing, other people's headers."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.analyse.credentials import add_header, without_header
from seccfg.analyse.requests import RequestMaker, address_text
from seccfg.ir.policy import ClientAddress, Policy
from seccfg.ir.request import Request
from seccfg.record import replace
from seccfg.verify.boundary.scenario import Scenario, single

__all__ = ["surface_of_policy"]

Labelled = tuple[str, Request]


def surface_of_policy(maker: RequestMaker, good: Request) -> Iterator[Scenario]:
    """Boundaries that need one passing request only, *good*."""
    for label, request in _all_of_policy(maker, good):
        yield single(f"service: {label}", request)


def _all_of_policy(maker: RequestMaker, good: Request) -> Iterator[Labelled]:
    yield from _targets(good)
    yield from _hosts(maker.policy, good)
    yield from _transport(maker, good)
    yield from _forwarded(maker, good)
    yield from _framing(good)
    yield from _of_gateways(good)


def _targets(good: Request) -> Iterator[Labelled]:
    """Step 1: what a gateway might normalise, and what nobody may send."""
    path, _, query = good.target.partition("?")
    tail = f"?{query}" if query else ""
    last = path.rpartition("/")[2]
    for label, changed in (
        ("double slash", path.replace("/", "//", 1)),
        ("double slash inside", path[:1] + path[1:].replace("/", "//", 1)),
        ("trailing slash", path + "/"),
        ("dot segment", "/." + path),
        ("dot-dot segment", "/x/.." + path),
        ("encoded dot-dot", "/x/%2e%2e" + path),
        ("encoded slash", path + "%2Fx"),
        ("encoded slash, lower case", path + "%2fx"),
        ("encoded backslash", path + "%5C"),
        ("backslash", path + "\\x"),
        ("semicolon", path + ";v=1"),
        ("bad percent-encoding", path + "%zz"),
        ("percent alone", path + "%"),
        ("half percent-encoding", path + "%4"),
        ("encoded NUL", path + "%00"),
        ("encoded line feed", path + "%0a"),
        ("encoded delete", path + "%7f"),
        ("encoded unreserved", path[:-1] + f"%{ord(last[-1]) if last else 0x61:02X}"),
        ("overlong UTF-8", path + "%c0%af"),
        ("encoded surrogate", path + "%ed%a0%80"),
        ("encoded e acute", path + "%C3%A9"),
        ("raw non-ASCII", path + "\xe9"),
        ("upper case", path.upper()),
        ("one more segment", path + "/verify"),
        ("no path", "/"),
        ("encoded blank", path + "%20"),
        ("plus", path + "+"),
        ("asterisk form", "*"),
        ("absolute form, own host", f"https://{good.header('host')[0]}{path}"),
        ("absolute form, another host", f"https://elsewhere.example.net{path}"),
        ("no leading slash", path[1:] or "x"),
        ("at sign", path + "@x"),
        ("dot at the end", path + "."),
        ("three dots", path + "/..."),
        ("tilde", path + "~"),
    ):
        yield label, replace(good, target=changed + tail)
    for label, more in (
        ("query with bad percent-encoding", "a=%zz"),
        ("query with non-ASCII bytes", "a=\xe9"),
        ("query with NUL", "a=%00"),
        ("query with a slash", "a=/../x"),
        ("query with encoded slash", "a=%2F"),
        ("empty query", ""),
        ("query of a name alone", "a"),
        ("query with empty name", "=1"),
        ("fragment", "a#b"),
    ):
        yield label, replace(good, target=f"{path}?{query + '&' if query else ''}{more}")
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"):
        yield name, add_header(good, name, "DELETE" if "Method" in name else "/verify")
    yield "X_HTTP_METHOD_OVERRIDE", add_header(good, "X_HTTP_Method_Override", "DELETE")
    yield "Upgrade", add_header(add_header(good, "Connection", "Upgrade"), "Upgrade", "websocket")
    yield "TRACE", replace(good, method="TRACE")
    yield "method in lower case", replace(good, method=good.method.lower())
    yield "an unknown method", replace(good, method="VERIFY")


def _hosts(policy: Policy, good: Request) -> Iterator[Labelled]:
    bare = without_header(good, "host")
    own = policy.hosts[0]
    for host in policy.hosts:
        yield f"host {host}", add_header(bare, "Host", host)
    for label, host in (
        ("host in upper case", own.upper()),
        ("host with port", f"{own}:8443"),
        ("host with empty port", f"{own}:"),
        ("another host", "elsewhere.example.net"),
        ("subdomain of the host", f"x.{own}"),
        ("host with a dot after it", f"{own}."),
        ("host with user", f"x@{own}"),
        ("empty host", ""),
        ("host with a blank", f"{own} x"),
        ("two hosts in one line", f"{own}, {own}"),
        ("two hosts in one line, without a blank", f"{own},{own}"),
        ("host with bad port", f"{own}:x"),
        ("IPv6 host", "[::1]"),
    ):
        yield label, add_header(bare, "Host", host)
    yield "no host", bare
    yield "host twice", add_header(good, "Host", own)
    yield "X-Forwarded-Host of another host", add_header(good, "X-Forwarded-Host", "elsewhere.example.net")


def _transport(maker: RequestMaker, good: Request) -> Iterator[Labelled]:
    plain = replace(good, scheme="http", certificate="")
    bare = without_header(without_header(plain, "authorization"), "cookie")
    yield "plain http with credential", plain
    yield "plain http without credential", replace(bare, certificate="")
    yield "plain http POST", replace(bare, method="POST")
    yield "plain http HEAD", replace(bare, method="HEAD")
    yield "plain http, unknown path", replace(bare, target="/verify-unknown")
    yield "plain http, says https itself", add_header(bare, "X-Forwarded-Proto", "https")
    yield from _redirected(bare)
    proxy = maker.proxy()
    if proxy:
        through = add_header(replace(good, peer=proxy), "X-Forwarded-For", good.peer)
        yield "https through a proxy that says http", add_header(through, "X-Forwarded-Proto", "http")
        yield (
            "http through a proxy that says https",
            add_header(replace(through, scheme="http", certificate=""), "X-Forwarded-Proto", "https"),
        )
        yield "proxy says neither", add_header(through, "X-Forwarded-Proto", "ftp")
        yield "proxy says both", add_header(through, "X-Forwarded-Proto", "https, http")


def _forwarded(maker: RequestMaker, good: Request) -> Iterator[Labelled]:
    yield "X-Forwarded-For from anybody", add_header(good, "X-Forwarded-For", "192.0.2.99")
    yield "IPv6 client", replace(good, peer="2001:db8::99")
    yield "IPv4-mapped client", replace(good, peer=f"::ffff:{good.peer}" if "." in good.peer else good.peer)
    denied = _denied_address(maker.policy.edge.address)
    if denied:
        yield "denied address", replace(good, peer=denied)
        yield "denied address says another", add_header(replace(good, peer=denied), "X-Forwarded-For", good.peer)
    proxy = maker.proxy()
    if not proxy:
        return
    behind = replace(good, peer=proxy)
    for label, chain in (
        ("the client alone", good.peer),
        ("a made-up hop before the client", f"192.0.2.99, {good.peer}"),
        ("a trusted hop after the client", f"{good.peer}, {proxy}"),
        ("trusted hops only", f"{proxy}, {proxy}"),
        ("garbage reached", "garbage"),
        ("garbage not reached", f"garbage, {good.peer}"),
        ("client with port", f"{good.peer}:1234"),
        ("empty element", f"{good.peer}, "),
        ("empty", ""),
        ("IPv6 client", "2001:db8::99"),
        ("IPv4-mapped client", f"::ffff:{good.peer}"),
        ("octal-looking client", "010.0.0.1"),
        ("short IPv4", "1.2.3"),
        ("zone", "fe80::1%eth0"),
        ("quoted", f'"{good.peer}"'),
        *((("denied client", denied),) if denied else ()),
    ):
        yield f"through a proxy: {label}", add_header(behind, "X-Forwarded-For", chain)
    two = add_header(add_header(behind, "X-Forwarded-For", "192.0.2.99"), "X-Forwarded-For", good.peer)
    yield "through a proxy: two lines", two
    yield "through a proxy without X-Forwarded-For", behind


def _denied_address(control: ClientAddress) -> str:
    for rule in control.rules:
        for block in rule.deny:
            return address_text(block.family, block.network)
    return ""


def _framing(good: Request) -> Iterator[Labelled]:
    yield "Content-Length twice", add_header(add_header(good, "Content-Length", "0"), "Content-Length", "0")
    yield "Content-Length is text", add_header(good, "Content-Length", "x")
    yield "Content-Length is negative", add_header(good, "Content-Length", "-1")
    yield "Content-Length with a plus", add_header(good, "Content-Length", "+0")


def _redirected(bare: Request) -> Iterator[Labelled]:
    """What a redirect to https must not repeat: targets and hosts that would be refused, and credentials."""
    path, _, query = bare.target.partition("?")
    more = f"{path}?{query}&" if query else f"{path}?"
    for label, target in (
        ("a query", more + "verify=1"),
        ("a fragment", f"{path}#x"),
        ("bad percent-encoding in the query", more + "a=%zz"),
        ("half percent-encoding in the query", more + "a=%4"),
        ("half percent-encoding and a query", more + "a=%4&b"),
        ("bad percent-encoding", path + "%zz"),
        ("a raw non-ASCII byte", path + "\xe9"),
        ("a quote", path + '"'),
        ("a dot segment", "/." + path),
        ("a dot at the end", path + "/."),
        ("three dots at the end", path + "/..."),
        ("a segment that begins with dots", "/..x" + path),
        ("a raw non-ASCII byte and a query", f"{path}\xe9?a"),
        ("a dot segment and a query", f"/.{path}?a"),
        ("a dot at the end and a query", f"{path}/.?a"),
        ("bad percent-encoding and a query", f"{path}%zz?a"),
    ):
        yield f"plain http with {label}", replace(bare, target=target)
    query_too = replace(bare, target=more + "verify=1")
    for label, changed in (
        ("POST with a query", replace(query_too, method="POST")),
        ("HEAD with a query", replace(query_too, method="HEAD")),
        ("Authorization and a query", add_header(query_too, "Authorization", "Basic eDp5")),
        ("Authorization of another scheme", add_header(bare, "Authorization", "Basic eDp5")),
        ("another host", add_header(without_header(bare, "host"), "Host", "elsewhere.example.net")),
        ("another host and a query", add_header(without_header(query_too, "host"), "Host", "elsewhere.example.net")),
        ("a port and a query", add_header(without_header(query_too, "host"), "Host", f"{bare.header('host')[0]}:8080")),
    ):
        yield f"plain http, {label}", changed


_OF_GATEWAYS = (
    "X-Forwarded-Server", "X-Forwarded-By", "X-Forwarded-SSL", "X-Real-IP", "Forwarded", "X-Authz-Open", "X-Seccfg-Token",
    "X-Consumer-ID", "X-Consumer-Custom-ID", "X-Consumer-Username", "X-Credential-Identifier", "X-Anonymous-Consumer",
)  # fmt: skip
"""Headers that some gateway tells its upstreams something in."""


def _of_gateways(good: Request) -> Iterator[Labelled]:
    said, spelt = good, good
    for name in _OF_GATEWAYS:
        said = add_header(said, name, "verify-forged")
        spelt = add_header(spelt, name.replace("-", "_"), "verify-forged")
    yield "headers that gateways set", said
    yield "headers that gateways set, with underscores", spelt
    for name in ("Content_Type", "Content_Length", "X_Forwarded_For", "X_Forwarded_Proto", "X_Forwarded_Host", "X_Request_ID",
                 "Access_Control_Request_Method", "Access_Control_Request_Headers"):  # fmt: skip
        good = add_header(good, name, "verify-forged")
    yield "headers that decide something, with underscores", good
