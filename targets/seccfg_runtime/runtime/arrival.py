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

NEVER_SERVED = frozenset({"CONNECT", "TRACE"})
_REDIRECTED = frozenset({"GET", "HEAD"})
_LONGEST_REMEMBERED = 256
_ONCE = (b"host", b"authorization", b"content-length")
_DIGITS = re.compile(rb"[0-9]{1,18}")


def request_target(x: Exchange) -> bool:
    """1: malformed or ambiguous."""
    if not x.look_closer:
        return False
    problem = x.lookup.problem or _ambiguous(x)
    if not problem:
        return False
    find_peer(x)
    x.refuse("input.rejected", "malformed", problem)
    return True


def _ambiguous(x: Exchange) -> str:
    seen = x.seen
    for name in _ONCE:
        if isinstance(seen.get(name), list):
            return f"{name.decode()} is given twice"
    if x.lookup.authority is not None:
        sent = lines(seen, b"host")
        if (sent[0].lower() if sent else b"") != x.lookup.authority.lower():
            return "the target names another authority than Host"
    if x.method in NEVER_SERVED:
        return f"{x.method} is never served"
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


def arrive(guard: Guard, x: Exchange) -> bool:
    """2 to 4, remembered for a route, host, peer and scheme as long as nobody speaks for another."""
    sent, seen = x.seen.get(b"host"), x.seen
    if not isinstance(sent, bytes) or b"x-forwarded-for" in seen or b"x-forwarded-proto" in seen:
        find_peer(x)
        return host(guard, x) or plain_http(guard, x) or address(guard, x)
    key = (x.plan, sent, x.peer, x.peer_scheme)
    known = guard.arrivals.new.get(key)
    if known is not None:
        x.host, x.address, x.tls, x.trusted_peer = known
        return False
    find_peer(x)
    if host(guard, x) or plain_http(guard, x) or address(guard, x):
        return True
    if x.address is not None and len(sent) <= _LONGEST_REMEMBERED:
        guard.arrivals.store(key, (x.host, x.address, x.tls, x.trusted_peer))
    return False


def find_peer(x: Exchange) -> None:
    """Who is at the other end, whether they may speak for others, and whether the client's connection is encrypted."""
    peer = parse_address(x.peer)
    x.address = peer
    x.tls = x.peer_scheme == "https"
    if peer is not None and x.guard.proxies.some:
        x.trusted_peer = x.guard.proxies.trust(peer)
        if x.trusted_peer and b"x-forwarded-proto" in x.seen:
            said = lines(x.seen, b"x-forwarded-proto")
            x.tls = len(said) == 1 and said[0].lower() == b"https"


def host(guard: Guard, x: Exchange) -> bool:
    """2: the service the request is for."""
    sent = x.seen.get(b"host")
    if not isinstance(sent, bytes):
        x.refuse("authz.denied", "malformed", "exactly one Host header is needed")
        return True
    known = guard.host(sent)
    if not known and b"," in sent:
        x.refuse("input.rejected", "malformed", "host is given twice")  # two lines that some server joined
        return True
    if not known:
        x.refuse("authz.denied", "wrong_host", "the Host header names no host of this service")
        return True
    x.host = known
    return False


def plain_http(guard: Guard, x: Exchange) -> bool:
    """3: not encrypted."""
    if x.tls or x.plan.plain_http == "allow":
        return False
    if x.plan.plain_http == "redirect" and x.method in _REDIRECTED and not guard.carries_credential(x):
        location = b"https://" + x.host.encode("ascii") + x.lookup.target
        x.refuse("authz.denied", "plain_http", "plain http is redirected", [(b"location", location)], 308)
    else:
        x.refuse("authz.denied", "plain_http", "plain http is refused")
    return True


def address(guard: Guard, x: Exchange) -> bool:
    """4: the client's address, across trusted proxies, and whether it may call."""
    client = x.address
    if client is None:
        x.refuse("check.failed", "internal", "the connection's address cannot be read")
        return True
    if x.trusted_peer and b"x-forwarded-for" in x.seen:
        client = x.address = guard.proxies.client(client, lines(x.seen, b"x-forwarded-for"))
        if client is None:
            x.refuse("authz.denied", "malformed", "X-Forwarded-For holds something that is no address")
            return True
    if x.plan.rules.admit(client):
        return False
    x.refuse("authz.denied", "address", "the network rules do not admit the client's address")
    return True


def route(x: Exchange) -> bool:
    """5 to 7: a template matches the path, a preflight is answered here, the template has the method."""
    if x.preflight or not isinstance(x.plan, RoutePlan):
        no_route(x)
        return True
    x.matched = True
    return False


def no_route(x: Exchange) -> None:
    """What a request gets that no route takes, or that is a preflight."""
    template = x.lookup.template
    if template is None:
        x.refuse("input.rejected", "no_route", "no route has this path")
    elif x.preflight:
        _preflight(x)
    else:
        allow = template.allow.encode("latin-1")
        x.refuse("input.rejected", "method", "the path has no such method", [(b"allow", allow)])


def _preflight(x: Exchange) -> None:
    cors, seen = x.plan.cors, x.seen
    if cors is None:
        raise TypeError("a preflight on a route without CORS profile")
    asked = lines(seen, b"access-control-request-headers")
    answer = cors.preflight(lines(seen, b"origin"), lines(seen, b"access-control-request-method")[0], asked)
    x.outcome = x.plan.surface.preflight(x.id, x.tls, answer)
