"""What stands before every route: hosts, proxies that are believed, CSRF headers, revocation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from seccfg.analyse.addresses import AddressSet, admitted, of_blocks
from seccfg.analyse.concrete import Asked, Variation
from seccfg.diff.model import AccessChange, Direction, Witness
from seccfg.diff.probing import Probe, Special, from_peer, headed
from seccfg.diff.verifiers import gained_and_lost
from seccfg.findings import Span, SpecPath
from seccfg.ir.policy import (
    Authenticate,
    ClientAddress,
    CookiePlace,
    FromHeader,
    JwtVerifier,
    KeyVerifier,
    Policy,
    Revocation,
)
from seccfg.ir.request import Surroundings
from seccfg.record import replace

__all__ = ["edge_changes"]

_Kind = Literal["the deny list", "the token version", "the time of issue"]
_DIRECTIONS: tuple[Direction, ...] = ("widens", "narrows")


def edge_changes(old: Policy, new: Policy, probe: Probe) -> Iterator[AccessChange]:
    """The differences in what is asked of every request, whatever its route."""
    yield from _hosts(old, new, probe)
    yield from _proxies(old, new, probe)
    yield from _csrf(new, probe)
    yield from _revocation(old, new, probe)


def _at(old: Policy, new: Policy, path: SpecPath) -> tuple[Span, Span]:
    return old.pos.span(path), new.pos.span(path)


def _hosts(old: Policy, new: Policy, probe: Probe) -> Iterator[AccessChange]:
    for direction, verb, host in gained_and_lost(old.hosts, new.hosts):

        def moved(asked: Asked, host: str = host) -> Asked:
            return headed(asked, "Host", host)

        sentence = f"requests for host {host} are {verb} served"
        yield probe.change(direction, sentence, _at(old, new, ("service", "hosts")), "", Special(change=moved))


def _proxies(old: Policy, new: Policy, probe: Probe) -> Iterator[AccessChange]:
    """Whoever is believed about client addresses decides what address rules, key addresses and proxied attributes see."""
    before, after = of_blocks(old.edge.address.trusted_proxies), of_blocks(new.edge.address.trusted_proxies)
    proxied = any(isinstance(a.source, FromHeader) and a.trust == "proxy" for p in (old, new) for a in p.attrs)
    for gained, verb in ((after.minus(before), "is now believed"), (before.minus(after), "is no longer believed")):
        sentence = f"what {gained.words()} says of client addresses {verb}"
        for direction in _DIRECTIONS if gained else ():
            found = _spoken_for(new if direction == "widens" else old, probe, direction, gained)
            if found is not None or proxied:
                at = _at(old, new, ("network", "trusted_proxies"))
                yield AccessChange(direction, sentence, (), found, found is not None, at[0], at[1])


def _spoken_for(policy: Policy, probe: Probe, direction: Direction, proxies: AddressSet) -> Witness | None:
    """A request one of *proxies* makes for a client that is admitted where the proxy is not, or the other way round."""
    limited = {(v.name, r.id): r for v in policy.verifiers if isinstance(v, KeyVerifier) for r in v.records if r.addresses}
    for way in (*probe.ways("", ""), *(way for name, ident in limited for way in probe.ways(name, ident))):
        route = way.pair.new if direction == "widens" else way.pair.old
        if route is None:
            continue
        rules = admitted(route.one(ClientAddress).rules)
        record = limited.get((way.alternative[0], way.record)) if way.alternative else None
        if record is not None:
            rules = rules.shared(of_blocks(record.addresses))
        for peers, clients in ((proxies.minus(rules), rules), (proxies.shared(rules), rules.rest())):

            def moved(asked: Asked, peer: str = peers.some(clients), client: str = clients.some(peers)) -> Asked:
                return headed(from_peer(asked, peer), "X-Forwarded-For", client)

            found = probe.find(direction, (way,), Special(change=moved)) if peers and clients else None
            if found is not None:
                return found
    return None


def _csrf(new: Policy, probe: Probe) -> Iterator[AccessChange]:
    seen: set[tuple[str, str]] = set()
    cookies = {v.name: p for v in new.verifiers for p in getattr(v, "places", ()) if isinstance(p, CookiePlace)}
    for way in probe.ways("", ""):
        if way.pair.old is None or way.pair.new is None or not way.alternative or way.pair.method in ("GET", "HEAD"):
            continue
        before, after = way.pair.old.one(Authenticate), way.pair.new.one(Authenticate)
        headers = before.csrf_header, after.csrf_header
        cookie = cookies.get(way.alternative[0])
        if cookie is None or headers[0] == headers[1] or headers in seen:
            continue
        seen.add(headers)
        for direction, verb, header in (("widens", "pass", headers[0]), ("narrows", "no longer pass", headers[1])):
            if header:
                kind: Direction = "widens" if direction == "widens" else "narrows"
                special = Special(Variation(place=cookie))
                sentence = f"credentials in cookies {verb} without the header {header}"
                found = probe.find(kind, (way,), special)
                yield AccessChange(kind, sentence, (), found, found is not None, before.pos, after.pos)


def _revocation(old: Policy, new: Policy, probe: Probe) -> Iterator[AccessChange]:
    before, after = _revocation_of(old), _revocation_of(new)
    if before is None or after is None:
        return
    at = _at(old, new, ("sessions", "revocation"))
    kinds: tuple[tuple[_Kind, object, object], ...] = (
        ("the deny list", before.deny_claim, after.deny_claim), ("the token version", before.version_claim, after.version_claim),
        ("the time of issue", before.not_before, after.not_before),
    )  # fmt: skip
    for what, was, is_ in kinds:
        for direction, used, verb in (("widens", was, "no longer"), ("narrows", is_, "now")):
            if was != is_ and used:
                kind: Direction = "widens" if direction == "widens" else "narrows"
                sentence = f"{what} {verb} revokes tokens"
                yield AccessChange(kind, sentence, (), _revoked(new if kind == "widens" else old, probe, kind, what), True, *at)


def _revoked(policy: Policy, probe: Probe, direction: Direction, what: _Kind) -> Witness | None:
    """A revoked token that one version takes nevertheless."""
    issuers = {v.name: v.issuer for v in policy.verifiers if isinstance(v, JwtVerifier)}

    def revoked(asked: Asked) -> Asked:
        who = f"jwt:{issuers.get(asked.personas[0].verifier, '')}\x1f{asked.personas[0].subject}" if asked.personas else ""
        state = Surroundings(application=asked.surroundings.application)
        if what == "the deny list":
            state = replace(state, denied=("verify-token-1",))
        elif what == "the token version":
            state = replace(state, versions=((who, 1 << 30),))
        else:
            state = replace(state, not_before=((who, asked.request.now_s + 1),))
        return replace(asked, surroundings=state)

    return probe.find(direction, [way for name in issuers for way in probe.ways(name, "")], Special(change=revoked))


def _revocation_of(policy: Policy) -> Revocation | None:
    """What routes that ask for credentials say of revocation; None where there is no such route."""
    asking = next((route for route in policy.routes if not route.public), None)
    return None if asking is None else asking.first(Revocation) or Revocation((), (), False, 0)
