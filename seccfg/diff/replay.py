"""Requests put to both versions: the witnesses of a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from seccfg.analyse.addresses import NOWHERE_AT_ALL, admitted, of_blocks
from seccfg.analyse.atoms import Situation
from seccfg.analyse.concrete import Asked, Asker, Variation
from seccfg.analyse.exchange import KeyRing
from seccfg.analyse.requests import NOW_S
from seccfg.analyse.sources import NOW, Places
from seccfg.analyse.twins import signers_of, twins, with_key
from seccfg.diff.access import Finding
from seccfg.diff.model import Direction, Witness
from seccfg.diff.pairing import Paired, Path, overlap
from seccfg.ir.policy import (
    CertVerifier,
    ClientAddress,
    IntrospectVerifier,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    Policy,
    Route,
)
from seccfg.ir.request import Decision
from seccfg.record import replace
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State

__all__ = ["Replay"]

_FILLERS: Final = ("x1", "x2", "another-7")
"""Texts for parameters: the first may happen to be a literal of a more specific template."""


class Replay:
    """Both versions, ready to decide."""

    def __init__(self, old: Policy, new: Policy, places: Places, paths: Iterable[Path]) -> None:
        """
        Args:
            paths: Where requests will go; routes nowhere near are left out, as they decide none of them.
        """
        asked = tuple(dict.fromkeys(paths))
        pair = twins(_near(old, asked), _near(new, asked), NOW_S)
        self.old: KeyRing = pair.old
        self.new: KeyRing = pair.new
        self._places = places
        self._usual = {v.name: _usual(v, pair.old, pair.new) for v in (*old.verifiers, *new.verifiers)}
        self._kept: dict[tuple[str, KeyRecord], str] = {}
        self._askers = self._make_askers()

    def _make_askers(self) -> dict[Direction, Asker]:
        new = Asker(_also(self.new, self.old), self._places, NOW_S, self._usual)
        old = Asker(_also(self.old, self.new), self._places, NOW_S, self._usual)
        return {"widens": new, "narrows": old}

    def _keep(self, asker: Asker, name: str, situation: Situation) -> None:
        """Where a deployment keeps the keys, let it keep one for *situation*."""
        record = asker.stand_in(name, situation)
        if record is None or (name, record) in self._kept:
            return
        ident = f"kept-{len(self._kept) + 1}"
        self._kept[name, record] = ident
        text = f"{ident}.witness-{ident}"
        self.old, self.new = (with_key(ring, name, replace(record, id=ident), text) for ring in (self.old, self.new))
        self._askers = self._make_askers()

    def asks_elsewhere(self, finding: Finding) -> bool:
        """Whether only somebody else can say what a credential of *finding* says, so that no request can show it here."""
        ring = self.new if finding.fact.direction == "widens" else self.old
        opaque = {v.name for v in ring.decide.verifiers if isinstance(v, IntrospectVerifier)}
        return not opaque.isdisjoint(finding.alternative)

    def decide(self, asked: Asked) -> tuple[Decision, Decision]:
        """What both versions answer."""
        return (
            decide(self.old.decide, asked.request, State(asked.surroundings)),
            decide(self.new.decide, asked.request, State(asked.surroundings)),
        )

    def confirmed(self, direction: Direction, asked: Asked) -> Witness | None:
        """*asked* as a witness, if the decisions on it differ in that direction."""
        old, new = self.decide(asked)
        passes, refuses = (new, old) if direction == "widens" else (old, new)
        return Witness(asked, old, new) if passes.allowed and not refuses.allowed else None

    def witness(self, finding: Finding, pair: Paired) -> Witness | None:
        """A request that shows *finding* on *pair*."""
        for situation in finding.situations:
            for asked in self.requests(
                finding.fact.direction, pair, finding.alternative, situation, record=finding.record, address=finding.address,
                beside=finding.beside, records=finding.records,
            ):  # fmt: skip
                found = self.confirmed(finding.fact.direction, asked)
                if found is not None:
                    return found
        return None

    def requests(
        self, direction: Direction, pair: Paired, alternative: Sequence[str], situation: Situation, *, record: str = "",
        address: str = "", variation: Variation | None = None, now_s: int | None = None,
        beside: Sequence[str] = (), records: Sequence[tuple[str, str]] = (),
    ) -> Iterator[Asked]:  # fmt: skip
        """Requests of *situation* as the version makes them that should let them pass."""
        asker = self._askers[direction]
        route = pair.new if direction == "widens" else pair.old
        if route is None or (alternative and alternative[0] not in {v.name for v in asker.policy.verifiers}):
            return
        if alternative:
            self._keep(asker, alternative[0], situation)
            asker = self._askers[direction]
        named = [*records, *([(alternative[0], record)] if alternative and record else ())]
        used = [found for found in (_record(asker.policy, *key) for key in named) if found is not None]
        if now_s is None and NOW not in situation:
            now_s = _good_time(used)
        if not address:
            address = _good_address(asker.policy, route, used)
        for filler in _FILLERS:
            yield asker.ask(
                route, pair.path, (*alternative, *beside), situation, record=record, address=address, filler=filler,
                variation=variation, now_s=now_s, records=dict(records),
            )  # fmt: skip


def _also(ring: KeyRing, other: KeyRing) -> KeyRing:
    """*ring*, able to present credentials of auth methods only *other* knows."""
    known = {verifier.name for verifier in ring.decide.verifiers}
    more = tuple(verifier for verifier in other.decide.verifiers if verifier.name not in known)
    if not more:
        return ring
    decide_ = replace(ring.decide, verifiers=(*ring.decide.verifiers, *more))
    return replace(
        ring, decide=decide_, signers={**other.signers, **ring.signers}, key_texts={**other.key_texts, **ring.key_texts},
        authorities={**other.authorities, **ring.authorities},
    )  # fmt: skip


def _near(policy: Policy, paths: Sequence[Path]) -> Policy:
    routes = tuple(route for route in policy.routes if any(overlap(route.path, path) is not None for path in paths))
    return replace(policy, routes=routes)


def _usual(verifier: object, old: KeyRing, new: KeyRing) -> Variation:
    """What both versions take of a credential's outside, as far as there is such a thing."""
    if isinstance(verifier, CertVerifier):
        return Variation()
    name = str(getattr(verifier, "name", ""))
    was = next((v for v in old.decide.verifiers if v.name == name), None)
    is_ = next((v for v in new.decide.verifiers if v.name == name), None)
    if was is None or is_ is None or isinstance(was, CertVerifier) or isinstance(is_, CertVerifier):
        return Variation()
    place = next((place for place in is_.places if place in was.places), None)
    if not isinstance(was, JwtVerifier) or not isinstance(is_, JwtVerifier):
        return Variation(place=place)
    audience = next((audience for audience in is_.audiences if audience in was.audiences), "")
    before = [(signer.kid, signer.alg, id(signer.key)) for signer in signers_of(old, was)]
    signer = next((s for s in signers_of(new, is_) if (s.kid, s.alg, id(s.key)) in before), None)
    return Variation(audience, signer, place)


def _record(policy: Policy, name: str, ident: str) -> KeyRecord | None:
    verifier = policy.verifier(name)
    if not isinstance(verifier, KeyVerifier):
        return None
    return next((record for record in verifier.records if record.id == ident), None)


def _good_time(used: Sequence[KeyRecord]) -> int | None:
    """A time at which all these keys are valid; None where any will do."""
    first = max((record.not_before_s or 0 for record in used), default=0)
    end = min((record.expires_s for record in used if record.expires_s is not None), default=None)
    if first > NOW_S:
        return first
    return end - 1 if end is not None and end <= NOW_S else None


def _good_address(policy: Policy, route: Route, used: Sequence[KeyRecord]) -> str:
    """An address the route and all these keys admit; empty where any will do."""
    if not any(record.addresses for record in used):
        return ""
    shared = admitted(route.one(ClientAddress).rules)
    for record in used:
        if record.addresses:
            shared = shared.shared(of_blocks(record.addresses))
    return shared.some(of_blocks(policy.edge.address.trusted_proxies) if policy.edge.address.trusted_proxies else NOWHERE_AT_ALL)
