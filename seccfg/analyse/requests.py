"""Requests for a route: the plainest one that can pass, and the same with attributes set."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from urllib.parse import quote

from seccfg.analyse.credentials import Persona, add_header, present_as
from seccfg.analyse.exchange import KeyRing
from seccfg.analyse.samples import good_json, good_text
from seccfg.analyse.situations import Situation
from seccfg.ir.policy import (
    Attr,
    Authenticate,
    BodyLimit,
    CertVerifier,
    Cidr,
    ClientAddress,
    FromApplication,
    FromBody,
    FromClock,
    FromHeader,
    FromPath,
    FromQuery,
    LiteralSegment,
    Policy,
    Route,
    Validate,
)
from seccfg.ir.request import Request, Surroundings
from seccfg.resolve.values import canonical_json

__all__ = ["RequestMaker", "address_text", "clock_at"]

NOW_S = 1_767_614_400  # 2026-01-05T12:00:00Z
_DAY_S = 86_400


class RequestMaker:
    """Builds requests for one exchanged Policy."""

    def __init__(self, ring: KeyRing, now_s: int = NOW_S) -> None:
        self.ring = ring
        self.policy: Policy = ring.decide
        self.now_s = now_s
        self.attrs: Mapping[tuple[str, str], Attr] = {(a.side, a.name): a for a in self.policy.attrs}

    def bare(self, route: Route, situation: Situation | None = None, now_s: int | None = None) -> Request:
        """A request nothing refuses but authentication: good host, address, parameters and body; no credential."""
        values = situation or {}
        headers: list[tuple[str, str]] = [("Host", self._host(route, values))]
        peer = self.address(route)
        query: dict[str, str] = {}
        validate = route.one(Validate)
        for param in validate.params:
            if param.required and param.place == "query":
                query[param.name] = good_text(param)
            elif param.required and param.place == "header":
                headers.append((param.name, good_text(param)))
        body, content_type = self._body(route, values)
        for (side, name), value in values.items():
            attr = self.attrs.get((side, name))
            if attr is None:
                continue
            match attr.source:
                case FromQuery(parameter):
                    query[parameter] = _as_text(value)
                case FromHeader(header):
                    if attr.trust == "proxy":
                        peer, headers = self._through_proxy(peer, headers)
                    headers.append((header, _as_text(value)))
                case _:
                    pass
        if content_type:
            headers.append(("Content-Type", content_type))
        target = self.path(route, values)
        if query:
            target += "?" + "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in query.items())
        moment = self._clock(values) if now_s is None else now_s
        return Request(route.method, target, tuple(headers), body, False, "https", peer, "", moment)

    def made_by(self, request: Request, personas: tuple[Persona, ...]) -> Request:
        """*request* with the credentials of each persona, and what a cookie credential needs besides."""
        for persona in personas:
            request = present_as(self.ring, request, persona)
        return request

    def with_csrf(self, route: Route, request: Request) -> Request:
        """*request* with the CSRF header its route asks of cookie credentials."""
        header = route.one(Authenticate).csrf_header
        return add_header(request, header, "verify") if header else request

    def surroundings(self, situation: Situation) -> Surroundings:
        """What the application answers for the attributes only it knows."""
        told = tuple(
            sorted(
                (name, canonical_json(value))
                for (side, name), value in situation.items()
                if side == "resource" and isinstance(self._source(side, name), FromApplication)
            )
        )
        return Surroundings(application=told)

    def path(self, route: Route, situation: Situation | None = None) -> str:
        """The route's path with parameters filled in, percent-encoded as a client would."""
        params = {p.name: p for p in route.one(Validate).params if p.place == "path"}
        chosen = {
            attr.source.name: (situation or {})[attr.side, attr.name]
            for attr in self.policy.attrs
            if isinstance(attr.source, FromPath) and (attr.side, attr.name) in (situation or {})
        }
        parts = []
        for segment in route.path:
            if isinstance(segment, LiteralSegment):
                parts.append(quote(segment.text, safe=_SEGMENT_SAFE))
            else:
                text = _as_text(chosen[segment.name]) if segment.name in chosen else good_text(params.get(segment.name))
                parts.append(quote(text, safe=_SEGMENT_SAFE))
        return "/" + "/".join(parts)

    def address(self, route: Route | None) -> str:
        """An address every rule of the route admits and no proxy has; the documentation's own where it will do."""
        control = route.one(ClientAddress) if route is not None else self.policy.edge.address
        found = next(iter(self.addresses(control)), None)
        return found or "198.51.100.7"

    def addresses(self, control: ClientAddress, limit: int = 1) -> tuple[str, ...]:
        """Up to *limit* admitted addresses, each with a limit counter of its own."""
        found: list[str] = []
        blocks = [Cidr(4, int(ipaddress.IPv4Address("198.51.100.0")), 24)]
        blocks += [block for rule in control.rules for block in rule.allow]
        blocks += [
            Cidr(4, int(ipaddress.IPv4Address("192.0.2.0")), 8),
            Cidr(6, int(ipaddress.IPv6Address("2001:db8::")), 32),
        ]
        for block in blocks:
            width = 32 if block.family == 4 else 128
            step = 1 if block.family == 4 else 1 << 64
            size = 1 << (width - block.bits)
            for number in range(min(max(size // step, 1), limit * 2 + 300)):
                address = block.network + (number + 7) * step if size > 8 * step else block.network + number * step
                if admits(control, block.family, address) and not _among(
                    block.family, address, control.trusted_proxies
                ):
                    text = address_text(block.family, address)
                    if text not in found:
                        found.append(text)
                    if len(found) == limit:
                        return tuple(found)
        return tuple(found)

    def _host(self, route: Route, situation: Situation) -> str:
        chosen = situation.get(("request", "host"))
        if isinstance(chosen, str) and chosen in self.policy.hosts:
            return chosen
        named = {n for alternative in route.one(Authenticate).alternatives for n in alternative}
        own = [v.host for v in self.policy.verifiers if isinstance(v, CertVerifier) and v.name in named and v.host]
        return own[0] if own and own[0] in self.policy.hosts else self.policy.hosts[0]

    def _body(self, route: Route, situation: Situation) -> tuple[bytes, str]:
        validate, limit = route.one(Validate), route.one(BodyLimit)
        members = {
            source.path: value
            for key, value in situation.items()
            for source in ([self.attrs[key].source] if key in self.attrs else [])
            if isinstance(source, FromBody)
        }
        if not validate.body_required and not members:
            return b"", ""
        content_type = limit.content_types[0]
        if not validate.body_schema and not members:
            return b"{}", content_type
        value = good_json(validate.body_schema) if validate.body_schema else {}
        for path, member in members.items():
            value = _with_member(value, path, member)
        return json.dumps(value).encode(), content_type

    def _clock(self, situation: Situation) -> int:
        for (side, name), value in situation.items():
            source = self._source(side, name)
            if isinstance(source, FromClock) and isinstance(value, int):
                return clock_at(self.now_s, source.function, value)
        moment = situation.get(("request", "time"))
        return moment if isinstance(moment, int) and moment > 0 else self.now_s

    def _source(self, side: str, name: str) -> object:
        attr = self.attrs.get((side, name))
        return attr.source if attr is not None else None

    def _through_proxy(self, client: str, headers: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
        proxies = self.policy.edge.address.trusted_proxies
        if not proxies or any(name == "X-Forwarded-For" for name, _ in headers):
            return client if not proxies else self.proxy(), headers
        return self.proxy(), [*headers, ("X-Forwarded-For", client)]

    def proxy(self) -> str:
        """An address of a trusted proxy; the empty text when there is none."""
        proxies = self.policy.edge.address.trusted_proxies
        return (
            address_text(proxies[0].family, proxies[0].network + (1 if proxies[0].bits < 31 else 0)) if proxies else ""
        )


_SEGMENT_SAFE = "!$&'()*+,=:@-._~"


def clock_at(now_s: int, function: str, value: int) -> int:
    """A time near *now_s* at which the clock attribute has *value*; *now_s* when it never has."""
    midnight = now_s - now_s % _DAY_S
    if function == "hour_utc" and 0 <= value <= 23:
        return midnight + value * 3600 + now_s % 3600
    if function == "weekday_utc" and 0 <= value <= 6:
        today = (midnight // _DAY_S + 4) % 7
        return now_s + (value - today) * _DAY_S
    return value if function == "unix_s" and value > 0 else now_s


def admits(control: ClientAddress, family: int, address: int) -> bool:
    """Whether every rule lets *address* through."""
    return all(_among(family, address, rule.allow) and not _among(family, address, rule.deny) for rule in control.rules)


def _among(family: int, address: int, blocks: tuple[Cidr, ...]) -> bool:
    width = 32 if family == 4 else 128
    return any(b.family == family and address >> (width - b.bits) == b.network >> (width - b.bits) for b in blocks)


def address_text(family: int, address: int) -> str:
    """The usual text of an address."""
    return str(ipaddress.IPv4Address(address) if family == 4 else ipaddress.IPv6Address(address))


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _with_member(value: object, path: tuple[str, ...], member: object) -> object:
    base = dict(value) if isinstance(value, dict) else {}
    base[path[0]] = member if len(path) == 1 else _with_member(base.get(path[0], {}), path[1:], member)
    return base
