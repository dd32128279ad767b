"""Step 4: the client's address, and whether it may call (403); then what a target's host counts by address (429).

`X-Forwarded-For` is read only when the peer is a trusted proxy. Walking stops at the first address that is not
trusted; an element reached on the way that is no bare address makes the request malformed (400), an empty one
included. Addresses that are not reached are not looked at.
"""

from __future__ import annotations

import ipaddress
from bisect import insort
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from seccfg.ir.policy import AddressRule, Cidr, HostLimit
from seccfg.record import Record
from seccfg.semantics.case import Case, Refusal

__all__ = ["Address", "check", "client_address", "holds", "parse_address", "peer_is_trusted"]


class Address(Record):
    """A client's address; IPv4-mapped IPv6 is IPv4."""

    family: Literal[4, 6]
    number: int
    text: str
    """Canonical: dotted decimal, or RFC 5952."""


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """A bare address: no port, no brackets, no zone; None for anything else."""
    if "%" in text:
        return None
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        if mapped is None:
            return Address(6, int(parsed), str(parsed))
        parsed = mapped
    return Address(4, int(parsed), str(parsed))


def holds(blocks: Sequence[Cidr], address: Address) -> bool:
    """Some block holds *address*."""
    width = 32 if address.family == 4 else 128
    number, family = address.number, address.family
    return any(b.family == family and (b.network ^ number) >> (width - b.bits) == 0 for b in blocks)


def peer_is_trusted(case: Case) -> bool:
    """The connection comes from a trusted proxy."""
    trusted = case.settings.address.trusted_proxies
    if not trusted:
        return False
    peer = parse_address(case.request.peer)
    return peer is not None and holds(trusted, peer)


def client_address(case: Case) -> Address | Refusal:
    """Who really asks, or why that cannot be said."""
    if case.client is None:
        case.client = _walk(case)
    return case.client


def _walk(case: Case) -> Address | Refusal:
    current = parse_address(case.request.peer)
    if current is None:
        return Refusal("internal", "the connection's address cannot be read")
    trusted = case.settings.address.trusted_proxies
    lines = case.headers.get("x-forwarded-for")
    if lines is None or not trusted or not holds(trusted, current):
        return current
    for element in reversed(",".join(lines).split(",")):
        reached = parse_address(element.strip(" \t"))
        if reached is None:
            return Refusal("malformed", "X-Forwarded-For holds something that is no address")
        current = reached
        if not holds(trusted, current):
            break
    return current


def check(case: Case) -> Refusal | None:
    """Refuse addresses some rule does not admit."""
    client = client_address(case)
    if isinstance(client, Refusal):
        return client
    for rule in case.settings.address.rules:
        if not admits(rule, client):
            return Refusal("address", f"network {rule.name} does not admit the client's address")
    return next((no for limit in case.compiled.policy.host.limits if (no := _over(case, client, limit)) is not None), None)


def _over(case: Case, client: Address, limit: HostLimit) -> Refusal | None:
    """What a host counts by itself: this request as well, whatever becomes of it."""
    now_s, key = case.request.now_s, (limit.name, client.text, "host")
    times = [moment for moment in case.state.logs.get(key, ()) if moment > now_s - limit.window_s]
    insort(times, now_s)
    case.state.logs[key] = times
    if len(times) <= limit.limit:
        return None
    return Refusal("rate_limited", f"limit {limit.name} is used up", (("retry-after", str(limit.window_s)),))


def admits(rule: AddressRule, client: Address) -> bool:
    """In `allow` and not in `deny`."""
    return holds(rule.allow, client) and not holds(rule.deny, client)
