"""Which credentials are believed: issuers, audiences, algorithms, keys, times, places, key records, certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeVar

from seccfg.analyse.addresses import EVERYWHERE, AddressSet, of_blocks
from seccfg.analyse.concrete import Variation
from seccfg.analyse.credentials import san_of
from seccfg.analyse.exchange import KeyRing, SigningKey
from seccfg.analyse.requests import NOW_S
from seccfg.analyse.twins import signers_of
from seccfg.diff.controls import masked_url
from seccfg.diff.model import AccessChange, Direction
from seccfg.diff.populations import records_by_id
from seccfg.diff.probing import Probe, Special
from seccfg.findings import Span
from seccfg.ir.policy import (
    Bearer,
    CertVerifier,
    CookiePlace,
    HeaderPlace,
    IntrospectVerifier,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    Place,
    Policy,
    Verifier,
)
from seccfg.record import Record, replace
from seccfg.semantics.case import Refusal
from seccfg.semantics.certificates import judge_certificate

__all__ = ["gained_and_lost", "verifier_changes"]

_T = TypeVar("_T")
_FOREVER: Final = 1 << 60
Both = Literal["now", "no longer"]


class _Case(Record):
    """One auth method of both versions."""

    name: str
    at: tuple[Span, Span]
    probe: Probe

    def change(self, direction: Direction, what: str, special: Special | None = None) -> AccessChange:
        """`` `name` what``, with a witness."""
        return self.probe.change(direction, f"`{self.name}` {what}", self.at, self.name, special)

    def told(self, direction: Direction, what: str) -> AccessChange:
        """The same of what no request of ours can show."""
        return AccessChange(direction, f"`{self.name}` {what}", (), None, True, self.at[0], self.at[1])


def verifier_changes(old: Policy, new: Policy, probe: Probe) -> Iterator[AccessChange]:
    """The differences between the auth methods both versions have."""
    others = {verifier.name: verifier for verifier in old.verifiers}
    for verifier in new.verifiers:
        other = others.get(verifier.name)
        if other is not None and other != verifier:
            yield from _verifier(_Case(verifier.name, (other.pos, verifier.pos), probe), other, verifier)


def _verifier(case: _Case, old: Verifier, new: Verifier) -> Iterator[AccessChange]:
    match old, new:
        case JwtVerifier(), JwtVerifier():
            yield from _tokens(case, old, new)
            yield from _token_times(case, old, new)
            yield from _token_keys(case, old, new)
        case IntrospectVerifier(), IntrospectVerifier():
            yield from _opaque(case, old, new)
        case KeyVerifier(), KeyVerifier():
            yield from _records(case, old, new)
        case CertVerifier(), CertVerifier():
            yield from _certificates(case, old, new)
        case _:
            return  # another kind of method under the same name: its routes tell who came and who went
    if not isinstance(old, CertVerifier) and not isinstance(new, CertVerifier):
        for direction, verb, place in gained_and_lost(old.places, new.places):
            yield case.change(direction, f"{verb} takes credentials from {_place(place)}", _with(place=place))


def gained_and_lost(old: Sequence[_T], new: Sequence[_T]) -> Iterator[tuple[Direction, Both, _T]]:
    """What only *new* has and what only *old* has, each once."""
    for item in dict.fromkeys(new):
        if item not in old:
            yield "widens", "now", item
    for item in dict.fromkeys(old):
        if item not in new:
            yield "narrows", "no longer", item


def _with(
    audience: str = "", signer: SigningKey | None = None, place: Place | None = None, issued_s: int | None = None,
    expires_s: int | None = None,
) -> Special:  # fmt: skip
    return Special(Variation(audience, signer, place, issued_s, expires_s))


# -------------------------------------------------------------------------------------------------------------- tokens
def _tokens(case: _Case, old: JwtVerifier, new: JwtVerifier) -> Iterator[AccessChange]:
    if old.issuer != new.issuer:
        yield case.change("narrows", f"no longer accepts tokens of {old.issuer}")
        yield case.change("widens", f"now accepts tokens of {new.issuer}")
    for direction, verb, audience in gained_and_lost(old.audiences, new.audiences):
        yield case.change(direction, f"{verb} accepts tokens for audience {audience}", _with(audience))
    if old.subject_claim != new.subject_claim:
        yield case.change("narrows", f"no longer takes the subject from claim {'.'.join(old.subject_claim)}")
        yield case.change("widens", f"now takes the subject from claim {'.'.join(new.subject_claim)}")


def _token_times(case: _Case, old: JwtVerifier, new: JwtVerifier) -> Iterator[AccessChange]:
    if old.skew_s != new.skew_s:
        wider = new.skew_s > old.skew_s
        words = f"accepts tokens {'now' if wider else 'only'} up to {new.skew_s} s after they expire (before: {old.skew_s} s)"
        late = _with(expires_s=-min(old.skew_s, new.skew_s), issued_s=60)
        yield case.change("widens" if wider else "narrows", words, late)
    if old.max_age_s != new.max_age_s:
        wider = new.max_age_s is None or (old.max_age_s is not None and new.max_age_s > old.max_age_s)
        told = "of any age" if new.max_age_s is None else f"up to {new.max_age_s} s old"
        before = "any age" if old.max_age_s is None else f"{old.max_age_s} s"
        ages = [
            verifier.max_age_s + verifier.skew_s for verifier in (old, new) if verifier.max_age_s is not None
        ]  # the first age the stricter one refuses
        words = f"accepts tokens {'now' if wider else 'only'} {told} (before: {before})"
        yield case.change("widens" if wider else "narrows", words, _with(issued_s=min(ages)))


def _token_keys(case: _Case, old: JwtVerifier, new: JwtVerifier) -> Iterator[AccessChange]:
    before, after = _signers(case.probe.replay.old, old), _signers(case.probe.replay.new, new)
    for direction, verb, alg in gained_and_lost(old.algorithms, new.algorithms):
        mine, fetched = (after, _fetched(new)) if direction == "widens" else (before, _fetched(old))
        signer = next((s for s in mine if s.alg == alg), None)
        if signer is not None:
            yield case.change(direction, f"{verb} accepts tokens signed with {alg}", _with(signer=signer))
        elif fetched:  # a key that fits may be fetched; one of the file would have been found
            yield case.told(direction, f"{verb} accepts tokens signed with {alg}")
    keys_of_old, keys_of_new = ([key.json for key in verifier.jwks.keys] for verifier in (old, new))
    kids = {key.json: key.kid for verifier in (old, new) for key in verifier.jwks.keys}
    for direction, verb, key in gained_and_lost(keys_of_old, keys_of_new):
        mine = after if direction == "widens" else before
        signer = next((s for s in mine if s.kid == kids[key]), None)
        if signer is not None:  # what no listed algorithm fits signs nothing
            yield case.change(direction, f"{verb} accepts tokens signed by key {kids[key]}", _with(signer=signer))
    was, is_ = _fetched(old), _fetched(new)
    if was != is_:
        for direction, verb, where, verifier, mine in (
            ("widens", "now", is_, new, after), ("narrows", "no longer", was, old, before),
        ):  # fmt: skip
            way: Direction = "widens" if direction == "widens" else "narrows"
            words = f"{verb} takes the issuer's keys from {where}"
            if where and verifier.jwks.keys:  # what a file holds besides is exchanged, what is fetched is not known
                yield case.told(way, words)
            elif where:
                yield case.change(way, words, _with(signer=mine[0] if mine else None))


def _fetched(verifier: JwtVerifier) -> str:
    """Where keys are fetched from at run time; empty: nowhere."""
    if verifier.jwks.url:
        return masked_url(verifier.jwks.url)
    return "" if verifier.jwks.keys else f"what {verifier.issuer} says of itself"


def _signers(ring: KeyRing, verifier: JwtVerifier) -> tuple[SigningKey, ...]:
    exchanged = ring.decide.verifier(verifier.name)
    return signers_of(ring, exchanged) if isinstance(exchanged, JwtVerifier) else ()


def _opaque(case: _Case, old: IntrospectVerifier, new: IntrospectVerifier) -> Iterator[AccessChange]:
    """Nobody but the issuer knows what opaque tokens say, so nothing is replayed."""
    for direction, verb, audience in gained_and_lost(old.audiences, new.audiences):
        yield case.told(direction, f"{verb} accepts tokens for audience {audience}")
    if (old.issuer, old.endpoint, old.client_id) != (new.issuer, new.endpoint, new.client_id):
        yield case.told("narrows", f"no longer believes what {masked_url(old.endpoint)} says of tokens of {old.issuer}")
        yield case.told("widens", f"now believes what {masked_url(new.endpoint)} says of tokens of {new.issuer}")
    if old.skew_s != new.skew_s:
        later: Direction = "widens" if new.skew_s > old.skew_s else "narrows"
        yield case.told(later, f"accepts tokens up to {new.skew_s} s after they expire")
    if old.max_age_s != new.max_age_s:
        wider = new.max_age_s is None or (old.max_age_s is not None and new.max_age_s > old.max_age_s)
        yield case.told("widens" if wider else "narrows", f"accepts {'older tokens' if wider else 'only younger tokens'}")


# ---------------------------------------------------------------------------------------------------------------- keys
def _records(case: _Case, old: KeyVerifier, new: KeyVerifier) -> Iterator[AccessChange]:
    if old.store.env != new.store.env:
        yield case.told("narrows", f"no longer takes the keys of {old.store.env or old.store.file}")
        yield case.told("widens", f"now takes the keys of {new.store.env or new.store.file}")
        return
    olds = records_by_id(old)
    for ident, record in records_by_id(new).items():
        other = olds.get(ident)
        if other is not None and other.sha256 == record.sha256:
            yield from _times_of_record(case, other, record)
            yield from _addresses_of_record(case, other, record)


def _times_of_record(case: _Case, old: KeyRecord, new: KeyRecord) -> Iterator[AccessChange]:
    before, after = _span(old), _span(new)
    for direction, verb, wider, narrower in (
        ("widens", "is now", after, before), ("narrows", "is no longer", before, after),
    ):  # fmt: skip
        moments: list[tuple[int, str]] = []
        if wider[1] > narrower[1]:
            moments.append((max(narrower[1], wider[0]), "longer" if direction == "widens" else "that long"))
        if wider[0] < narrower[0]:
            moments.append((min(narrower[0], wider[1]) - 1, "earlier" if direction == "widens" else "that early"))
        for moment, how in moments:
            words = f"key `{new.id}` of `{case.name}` {verb} valid {how}"
            way: Direction = "widens" if direction == "widens" else "narrows"
            yield case.probe.change(way, words, case.at, case.name, Special(record=new.id, now_s=moment))


def _span(record: KeyRecord) -> tuple[int, int]:
    return record.not_before_s or 0, _FOREVER if record.expires_s is None else record.expires_s


def _addresses_of_record(case: _Case, old: KeyRecord, new: KeyRecord) -> Iterator[AccessChange]:
    before, after = _from(old), _from(new)
    for gained, verb in ((after.minus(before), "may now"), (before.minus(after), "may no longer")):
        if gained:
            words = f"key `{new.id}` of `{case.name}` {verb} be used from {gained.words()}"
            direction: Direction = "widens" if verb == "may now" else "narrows"
            yield case.probe.change(direction, words, case.at, case.name, Special(record=new.id, addresses=gained))


def _from(record: KeyRecord) -> AddressSet:
    return of_blocks(record.addresses) if record.addresses else EVERYWHERE


# -------------------------------------------------------------------------------------------------------- certificates
def _certificates(case: _Case, old: CertVerifier, new: CertVerifier) -> Iterator[AccessChange]:
    if old.ca_pem != new.ca_pem or old.ca.env != new.ca.env:
        yield case.change("narrows", "no longer trusts the authority it trusted")
        yield case.change("widens", "now trusts another authority")
    if _pattern(old) != _pattern(new):
        rings = case.probe.replay
        if not _covers(old, new, rings.new):
            yield case.change("widens", f"now accepts certificates for {new.san_text}")
        if not _covers(new, old, rings.old):
            yield case.change("narrows", f"no longer accepts certificates for {old.san_text}")


def _pattern(verifier: CertVerifier) -> tuple[str, ...]:
    """The pattern without the names of what it captures."""
    return tuple(getattr(part, "text", "*") for part in verifier.san)


def _covers(pattern: CertVerifier, other: CertVerifier, ring: KeyRing) -> bool:
    """Whether all that *other* fits fits *pattern* too: told by a text its wildcards hold what only wildcards can match."""
    sample = ring.authorities[other.name].issue(san_of(other, {}, "zq7-witness"))
    trusting = replace(pattern, ca_pem=ring.authorities[other.name].pem)
    return not isinstance(judge_certificate(trusting, sample, NOW_S), Refusal)


def _place(place: Place) -> str:
    match place:
        case Bearer():
            return "the Authorization header"
        case HeaderPlace(name):
            return f"the header {name}"
        case CookiePlace(name):
            return f"the cookie {name}"
        case _:
            return f"the query parameter {place.name}"


