"""Random requests that two versions of a policy may tell apart: everything either of them names, and its neighbours."""

from __future__ import annotations

import random
from collections.abc import Iterator

from seccfg.analyse.credentials import Persona, add_header, key_text, present, san_of, token
from seccfg.analyse.exchange import KeyRing
from seccfg.analyse.requests import NOW_S, RequestMaker, address_text
from seccfg.analyse.twins import Twins, signers_of
from seccfg.expr.ast import atoms
from seccfg.expr.boundaries import MISSING, boundary_values
from seccfg.expr.types import AttributeKey
from seccfg.ir.policy import (
    Authenticate,
    Authorize,
    CertVerifier,
    ClientAddress,
    FromApplication,
    FromClaims,
    IntrospectVerifier,
    JwtVerifier,
    KeyVerifier,
    Policy,
    Route,
)
from seccfg.ir.request import Request, Surroundings
from seccfg.record import replace
from seccfg.resolve.values import canonical_json

__all__ = ["RandomRequests"]

_POOL = 24
"""Credentials made of each auth method."""


class _Maker(RequestMaker):
    """One that finds a route's address once."""

    def __init__(self, ring: KeyRing, now_s: int) -> None:
        super().__init__(ring, now_s)
        self._found: dict[str, str] = {}

    def address(self, route: Route | None) -> str:
        ident = route.id if route is not None else ""
        if ident not in self._found:
            self._found[ident] = super().address(route)
        return self._found[ident]


class RandomRequests:
    """Requests for two versions, from a seed."""

    def __init__(self, both: Twins, seed: int) -> None:
        self._r = random.Random(seed)
        self._rings = (both.old, both.new)
        self._makers = tuple(_Maker(ring, NOW_S) for ring in self._rings)
        policies = [ring.decide for ring in self._rings]
        self._routes = [(number, route) for number, policy in enumerate(policies) for route in policy.routes]
        mine = [{route.id: route for route in policy.routes} for policy in policies]
        changed = [
            (n, route) for n, route in self._routes
            if route.id not in mine[1 - n] or _rules(mine[1 - n][route.id]) != _rules(route)
        ]
        self._changed = changed or self._routes
        self._roles = sorted({role for policy in policies for role, _ in policy.roles})
        self._scopes = sorted({scope for policy in policies for grant in _grants(policy) for scope in grant.scopes})  # type: ignore[attr-defined]
        self._values = self._attribute_values(policies)
        self._hosts = sorted({host for policy in policies for host in policy.hosts})
        self._addresses = self._all_addresses(policies)
        self._times = self._all_times(policies)
        self._credentials = {
            (number, verifier.name): [self._credential(number, verifier.name) for _ in range(_POOL)]
            for number, policy in enumerate(policies) for verifier in policy.verifiers
        }  # fmt: skip

    def some(self, count: int) -> Iterator[tuple[Request, Surroundings]]:
        """*count* requests, each with what it depends on besides."""
        for _ in range(count):
            yield self._one()

    # ------------------------------------------------------------------------------------------------- what there is
    def _attribute_values(self, policies: list[Policy]) -> dict[AttributeKey, list[object]]:
        found: dict[AttributeKey, list[object]] = {}
        for policy in policies:
            for condition in policy.conditions:
                for atom in atoms(condition.expr):
                    for key, values in boundary_values(atom).items():
                        mine = found.setdefault(key, [])
                        mine += [value for value in values if value not in mine]
        shared = [value for values in found.values() for value in values if isinstance(value, str)]
        for values in found.values():
            if any(isinstance(value, str) for value in values):
                values += [value for value in shared[:6] if value not in values]
        return found

    def _all_addresses(self, policies: list[Policy]) -> list[str]:
        found = {"198.51.100.7", "203.0.113.66", "192.0.2.9", "2001:db8::9"}
        for policy in policies:
            controls = {route.one(ClientAddress) for route in policy.routes} | {policy.edge.address}
            for control in controls:
                for block in [b for rule in control.rules for b in (*rule.allow, *rule.deny)] + list(control.trusted_proxies):
                    width = 32 if block.family == 4 else 128
                    size = 1 << (width - block.bits)
                    for number in (0, size - 1, size, -1):
                        address = block.network + number
                        if 0 <= address < 1 << width:
                            found.add(address_text(block.family, address))
            for verifier in policy.verifiers:
                if isinstance(verifier, KeyVerifier):
                    found |= {address_text(b.family, b.network) for record in verifier.records for b in record.addresses}
        return sorted(found)

    def _all_times(self, policies: list[Policy]) -> list[int]:
        midnight = NOW_S - NOW_S % 86_400
        found = {midnight + hour * 3_600 + 60 for hour in range(24)}
        for policy in policies:
            for verifier in policy.verifiers:
                for record in verifier.records if isinstance(verifier, KeyVerifier) else ():
                    for moment in (record.not_before_s, record.expires_s):
                        found |= {moment - 1, moment} if moment is not None else set()
        return sorted(found)

    # -------------------------------------------------------------------------------------------------- one of each
    def _credential(self, number: int, name: str) -> tuple[str, object, str]:
        """(`place` or `certificate`, the place, the text), made for NOW_S."""
        ring, r = self._rings[number], self._r
        verifier = ring.decide.verifier(name)
        others = [v for v in self._rings[1 - number].decide.verifiers if v.name == name]
        attributes = [a.name for a in ring.decide.attrs if a.side == "principal" and isinstance(a.source, FromClaims)]
        told = {a: r.choice(self._values.get(("principal", a), ["x"])) for a in attributes if r.random() < 0.8}
        held = tuple((a, value) for a, value in told.items() if value is not MISSING)
        if isinstance(verifier, CertVerifier):
            words = {a: value for a, value in held if isinstance(value, str) and value and "/" not in value}
            return "certificate", None, ring.authorities[name].issue(san_of(verifier, words, r.choice(("x", "y"))))
        places = list(dict.fromkeys([*verifier.places, *(p for o in others if not isinstance(o, CertVerifier) for p in o.places)]))
        place = r.choice(places)
        if isinstance(verifier, KeyVerifier):
            records = ring.key_texts.get(name) or {}
            if not records:
                return "place", place, "none.none"
            return "place", place, key_text(ring, Persona(name, record=r.choice(sorted(records))))
        if isinstance(verifier, IntrospectVerifier):
            return "place", place, "opaque"
        return "place", place, self._token(ring, verifier, others, held)

    def _token(self, ring: KeyRing, verifier: JwtVerifier, others: list[object], held: tuple[tuple[str, object], ...]) -> str:
        r = self._r
        known = [verifier, *(o for o in others if isinstance(o, JwtVerifier))]
        wanted = self._roles if r.random() < 0.3 else list(verifier.asserts)
        persona = Persona(
            verifier.name,
            r.choice(["alice", *(v for v in self._values.get(("principal", "subject"), []) if isinstance(v, str) and v)]),
            tuple(r.sample(wanted, min(len(wanted), r.choice((0, 1, 1, 1, 2))))),
            tuple(r.sample(self._scopes, min(len(self._scopes), r.choice((0, 1, 1, 2))))),
            r.choice(["", *(ident for _, ident in verifier.clients)]), held,
        )  # fmt: skip
        claims: dict[str, object] = {"aud": r.choice([a for v in known for a in v.audiences])}
        if r.random() < 0.2:
            claims["iss"] = r.choice([v.issuer for v in known])
        if r.random() < 0.2:
            claims["iat"] = NOW_S - r.choice([0, *(v.max_age_s + v.skew_s + d for v in known if v.max_age_s for d in (-1, 0))])
        if r.random() < 0.2:
            claims["exp"] = NOW_S - r.choice([-60, *(v.skew_s + d for v in known for d in (-1, 0))])
        signers = signers_of(ring, verifier)
        return token(ring, persona, NOW_S, claims=claims, signer=r.choice(signers) if signers else None)

    def _one(self) -> tuple[Request, Surroundings]:
        r = self._r
        number, route = r.choice(self._changed if r.random() < 0.8 else self._routes)
        maker, ring = self._makers[number], self._rings[number]
        values = {
            key: chosen for key, known in self._values.items()
            if r.random() < 0.8 and (chosen := r.choice(known)) is not MISSING and key in maker.attrs
            and not isinstance(maker.attrs[key].source, FromClaims)
        }
        request = maker.bare(route, values)
        if r.random() < 0.25:
            request = replace(request, now_s=r.choice(self._times))
        if r.random() < 0.3:
            request = replace(request, peer=r.choice(self._addresses))
        if r.random() < 0.1:
            request = add_header(request, "X-Forwarded-For", r.choice(self._addresses))
        if r.random() < 0.2:
            host = r.choice(self._hosts)
            request = replace(request, headers=tuple(("Host", host) if n == "Host" else (n, v) for n, v in request.headers))
        if r.random() < 0.7:
            request = maker.with_csrf(route, request)
        for which, name in self._presented(number, route):
            kind, place, text = r.choice(self._credentials[which, name])
            carried = replace(request, certificate=text) if kind == "certificate" else None
            request = carried or present(request, place, text)  # type: ignore[arg-type]
        told = tuple(sorted(
            (name, canonical_json(value)) for (side, name), value in values.items()
            if isinstance(maker.attrs[side, name].source, FromApplication)
        ))  # fmt: skip
        del ring
        return request, Surroundings(application=told)

    def _presented(self, number: int, route: Route) -> list[tuple[int, str]]:
        """Mostly the methods of one alternative."""
        r = self._r
        alternatives = route.one(Authenticate).alternatives
        if r.random() < 0.05 or (not alternatives and r.random() < 0.8):
            return []
        if not alternatives or r.random() < 0.1:
            return [r.choice(list(self._credentials))] if self._credentials else []
        return [(number, name) for name in r.choice(alternatives)]


def _rules(route: Route) -> object:
    """All a route enforces, positions aside."""
    return route.controls, route.public


def _grants(policy: Policy) -> Iterator[object]:
    for route in policy.routes:
        authorize = route.first(Authorize)
        yield from authorize.allow if authorize is not None else ()
