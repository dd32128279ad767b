"""Steps 1 to 7, on the head of the request: what it asks for, where it comes from, whether there is such a route."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .addresses import parse_address
from .exchange import Exchange
from .headers import REFUSED, lines
from .plan import RoutePlan

if TYPE_CHECKING:
    from .guard import Guard

_NEVER = frozenset({"CONNECT", "TRACE"})
_REDIRECTED = frozenset({"GET", "HEAD"})
_ONCE = (b"host", b"authorization", b"content-length")
_DIGITS = re.compile(rb"[0-9]{1,18}")
_UNUSUAL = REFUSED | {b"transfer-encoding", b"upgrade"}


def request_target(x: Exchange) -> bool:
    """1: malformed or ambiguous."""
    seen = x.seen
    problem = x.lookup.problem
    if not problem:
        for name in _ONCE:
            if type(seen.get(name)) is list:
                problem = f"{name.decode()} is given twice"
    if not problem and (x.head.method in _NEVER or not _UNUSUAL.isdisjoint(seen) or b"content-length" in seen):
        problem = _unusual(x)
    if not problem and x.lookup.authority is not None:
        sent = lines(seen, b"host")
        if (sent[0].lower() if sent else b"") != x.lookup.authority.lower():
            problem = "the target names another authority than Host"
    if not problem:
        return False
    x.refuse("input.rejected", "malformed", problem)
    return True


def _unusual(x: Exchange) -> str:
    seen = x.seen
    if x.head.method in _NEVER:
        return f"{x.head.method} is never served"
    if not REFUSED.isdisjoint(seen):
        return "a header would change the request"
    if b"content-length" in seen:
        if _DIGITS.fullmatch(lines(seen, b"content-length")[0]) is None:
            return "content-length is no number"
        if b"transfer-encoding" in seen:
            return "content-length with a chunked body"
    if b"upgrade" in seen:
        upgrade = lines(seen, b"upgrade")
        allowed = x.plan.websocket and len(upgrade) == 1 and upgrade[0].lower() == b"websocket"
        if not allowed or x.plan.cors is None or not x.plan.cors.allowed_origin(lines(seen, b"origin")):
            return "the connection cannot be upgraded here"
    return ""


def host(guard: Guard, x: Exchange) -> bool:
    """2: the service the request is for."""
    sent = x.seen.get(b"host")
    if not isinstance(sent, bytes):
        x.refuse("authz.denied", "malformed", "exactly one Host header is needed")
        return True
    known = guard.host(sent)
    if not known:
        x.refuse("authz.denied", "wrong_host", "the Host header names no host of this service")
        return True
    x.host = known
    return False


def plain_http(guard: Guard, x: Exchange) -> bool:
    """3: not encrypted."""
    find_peer(guard, x)
    if x.tls or x.plan.plain_http == "allow":
        return False
    if x.plan.plain_http == "redirect" and x.head.method in _REDIRECTED and not guard.carries_credential(x):
        location = b"https://" + x.host.encode("ascii") + x.lookup.target
        x.refuse("authz.denied", "plain_http", "plain http is redirected", [(b"location", location)], 308)
    else:
        x.refuse("authz.denied", "plain_http", "plain http is refused")
    return True


def find_peer(guard: Guard, x: Exchange) -> None:
    """Who is at the other end, whether they may speak for others, and whether the client's connection is encrypted."""
    peer = parse_address(x.head.peer)
    x.client = peer
    x.tls = x.head.scheme == "https"
    if peer is not None and guard.proxies.some:
        x.trusted_peer = guard.proxies.trust(peer)
        if x.trusted_peer and b"x-forwarded-proto" in x.seen:
            said = lines(x.seen, b"x-forwarded-proto")
            x.tls = len(said) == 1 and said[0].lower() == b"https"


def address(guard: Guard, x: Exchange) -> bool:
    """4: the client's address, across trusted proxies, and whether it may call."""
    client = x.client
    if client is None:
        x.refuse("check.failed", "internal", "the connection's address cannot be read")
        return True
    if x.trusted_peer and b"x-forwarded-for" in x.seen:
        client = x.client = guard.proxies.client(client, lines(x.seen, b"x-forwarded-for"))
        if client is None:
            x.refuse("authz.denied", "malformed", "X-Forwarded-For holds something that is no address")
            return True
    if x.plan.rules.admit(client):
        return False
    x.refuse("authz.denied", "address", "the network rules do not admit the client's address")
    return True


def route(x: Exchange) -> bool:
    """5 and 6: a template matches the path; a preflight is answered here."""
    if x.lookup.template is None:
        x.refuse("input.rejected", "no_route", "no route has this path")
        return True
    x.matched = True
    if not x.preflight:
        return False
    cors = x.plan.cors
    if cors is None:
        raise RuntimeError("a preflight on a route without CORS profile")
    seen = x.seen
    asked = lines(seen, b"access-control-request-headers")
    answer = cors.preflight(lines(seen, b"origin"), lines(seen, b"access-control-request-method")[0], asked)
    x.outcome = x.plan.surface.preflight(x.ident, x.tls, answer)
    return True


def method(x: Exchange) -> bool:
    """7: the template has the method."""
    if isinstance(x.plan, RoutePlan):
        return False
    template = x.lookup.template
    allow = template.allow.encode("latin-1") if template is not None else b""
    x.refuse("input.rejected", "method", "the path has no such method", [(b"allow", allow)] if allow else [])
    return True


