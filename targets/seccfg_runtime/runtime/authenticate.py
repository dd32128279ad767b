"""Step 10: who makes the request, and for cookies whether the site meant it to.

Only methods listed on the route are looked at. The filled places must be exactly those one alternative asks for; a
client certificate counts only with an alternative that names its method beside others, or when nothing else is
filled. Which method judges a credential follows from its place and, between methods that share the place, from the
token's unverified issuer or the key's id. The method so chosen must succeed completely; there is no second try.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .addresses import Address
from .certificates import CertificateJudge
from .credentials import Refused, Verified
from .headers import Seen
from .keys import KeyJudge
from .model import Bearer, CookiePlace, Place, Reason, Route
from .paths import Query
from .places import PlaceReader, header_of
from .structs import dataclass
from .tokens import TokenJudge, Unpacked, unpack

MAX_CREDENTIAL_BYTES = 8192
_BEARER = frozenset({b"Bearer ", b"bearer "})
CREDENTIAL_REASONS: frozenset[Reason] = frozenset(
    {"several_credentials", "invalid_token", "invalid_key", "invalid_certificate", "revoked"}
)
"""Refusals of a presented credential: what `count: auth.failed` counts."""

Judge = TokenJudge | KeyJudge | CertificateJudge


@dataclass(frozen=True, slots=True)
class Denied:
    """A step's no: the reason, and for the audit log why. The message holds nothing of the credential."""

    reason: Reason
    message: str


class Authenticated(NamedTuple):
    """Who makes the request; `verified[0]` is the principal, the others only went along. `cookie`: CSRF matters."""

    verified: tuple[Verified, ...]
    cookie: bool


@dataclass(slots=True)
class _Credential:
    text: bytes
    place: Place | None
    """None: the certificate of the handshake."""
    judge: Judge | None
    """None: no listed method claims it."""
    unpacked: Unpacked | None = None
    known: Verified | None = None
    """What it was found to say before."""
    reason: Reason = "invalid_token"
    """Why it is refused when no method claims it."""


class RouteAuthentication:
    """How one route authenticates."""

    def __init__(self, route: Route, judges: Mapping[str, Judge]) -> None:
        self.alternatives = route.authenticate.alternatives
        listed = [judges[name] for name in dict.fromkeys(name for names in self.alternatives for name in names)]
        places: dict[Place, list[TokenJudge | KeyJudge]] = {}
        for judge in listed:
            if not isinstance(judge, CertificateJudge):
                for place in judge.verifier.places:
                    places.setdefault(place, []).append(judge)
        self._places = tuple((PlaceReader(place), tuple(sharing)) for place, sharing in places.items())
        self.reads_query = any(reader.in_query for reader, _ in self._places)
        self._certificate = next((judge for judge in listed if isinstance(judge, CertificateJudge)), None)
        self._single = frozenset(names[0] for names in self.alternatives if len(names) == 1)
        self._bearer_judges = tuple(judge for judge in places.get(Bearer(), ()) if isinstance(judge, TokenJudge))
        self._rivals = self._rival_headers(places)
        if any(isinstance(place, Bearer) for place in places):
            self.challenge = "Bearer"
        else:
            self.challenge = "ApiKey" if any(isinstance(judge, KeyJudge) for judge in listed) else ""

    def _rival_headers(
        self, places: Mapping[Place, Sequence[TokenJudge | KeyJudge]]
    ) -> frozenset[bytes] | None:
        """Headers that must be absent for an `Authorization` line to be all there is; None: headers cannot tell."""
        sharing = places.get(Bearer(), ())
        names = {judge.verifier.name for judge in sharing}
        if self._certificate is not None or self.reads_query or not names or not names <= self._single:
            return None
        if len(sharing) != len(self._bearer_judges):
            return None
        return frozenset(header_of(place) or b"" for place in places) - {b"authorization"}

    def bearer_alone(self, seen: Seen, now_s: int) -> tuple[Verified, ...] | Denied | None:
        """
        The short way for a bearer token that is all there is: what `run` would say, None where only `run` can tell.

        Raises:
            KeysUnavailable: The keys that would judge the token are too old.
        """
        line = seen.get(b"authorization")
        rivals = self._rivals
        if rivals is None or type(line) is not bytes or (rivals and not rivals.isdisjoint(seen)):
            return None
        judges = self._bearer_judges
        for judge in judges:
            verified = judge.remembered_line(line)
            if verified is not None:
                if verified.good_from_s <= now_s < verified.good_until_s:
                    return (verified,)
                return _in_time(verified, now_s)
        token = line[7:]
        if line[:7] not in _BEARER or len(token) > MAX_CREDENTIAL_BYTES:
            return None
        if len(judges) > 1:
            for judge in judges:
                verified = judge.remembered(token)
                if verified is not None:
                    judge.remember_line(line, verified)
                    return _in_time(verified, now_s) or (verified,)
            return None
        try:
            verified = judges[0].examine(unpack(token))
        except Refused as refused:
            return Denied("invalid_token", refused.message)
        judges[0].remember_line(line, verified)
        return _in_time(verified, now_s) or (verified,)

    def run(self, seen: Seen, query: Query, certificate: bytes | None, client: Address, now_s: int) -> (
        Authenticated | Denied
    ):
        """
        Find out who asks.

        Raises:
            KeysUnavailable: The keys that would judge a token are too old.
        """
        filled: list[_Credential] = []
        for reader, sharing in self._places:
            texts = reader.presented(seen, query)
            if texts:
                if len(texts) > 1:
                    return Denied("several_credentials", "a credential is given twice")
                filled.append(_claim(texts[0], reader.place, sharing))
        chosen = self._choose(filled, certificate if self._certificate is not None else None)
        if isinstance(chosen, Denied):
            return chosen
        verified: list[Verified] = []
        for credential in chosen:
            judged = _judge(credential, certificate, client, now_s)
            if isinstance(judged, Denied):
                return judged
            verified.append(judged)
        return Authenticated(tuple(verified), any(isinstance(credential.place, CookiePlace) for credential in chosen))

    def _choose(self, filled: list[_Credential], certificate: bytes | None) -> Sequence[_Credential] | Denied:
        if certificate is None:
            if not filled:
                return Denied("no_credential", "no credential")
            judge = filled[0].judge
            if len(filled) == 1 and judge is not None and judge.verifier.name in self._single:
                return filled
            choices = [filled]
        else:
            with_certificate = [*filled, _Credential(b"", None, self._certificate)]
            choices = [with_certificate, filled] if filled else [with_certificate]
        for credentials in choices:
            fitting = self._fitting(credentials)
            if fitting is not None:
                return fitting
        return self._misfit(choices)

    def _fitting(self, credentials: Sequence[_Credential]) -> Sequence[_Credential] | None:
        """*credentials* in the order of the alternative that asks for exactly them."""
        by_name = {c.judge.verifier.name: c for c in credentials if c.judge is not None}
        if len(by_name) != len(credentials):
            return None
        for names in self.alternatives:
            if by_name.keys() == set(names):
                return [by_name[name] for name in names]
        return None

    def _misfit(self, choices: Sequence[Sequence[_Credential]]) -> Denied:
        """Why no alternative asks for what was presented; the last choice leaves out a certificate beside others."""
        last = choices[-1]
        sizes = {len(alternative) for alternative in self.alternatives}
        unclaimed = next((credential for credential in last if credential.judge is None), None)
        if unclaimed is not None:
            if any(len(credentials) in sizes for credentials in choices):
                return Denied(unclaimed.reason, "no listed method takes this credential")
            too_few = len(last) < min(sizes)
        else:
            names = {credential.judge.verifier.name for credential in last if credential.judge is not None}
            too_few = any(names < set(alternative) for alternative in self.alternatives)
        if too_few:
            return Denied("no_credential", "a credential is missing")
        return Denied("several_credentials", "more credentials than the route asks for")


def _claim(text: bytes, place: Place, sharing: Sequence[TokenJudge | KeyJudge]) -> _Credential:
    """The credential *text* with the method that judges it."""
    first = sharing[0]
    if len(sharing) == 1 and isinstance(first, KeyJudge):
        return _Credential(text, place, first)
    for judge in sharing:
        if isinstance(judge, TokenJudge):
            known = judge.remembered(text)
            if known is not None:
                return _Credential(text, place, judge, None, known)
    unpacked: Unpacked | None = None
    if len(text) <= MAX_CREDENTIAL_BYTES:
        try:
            unpacked = unpack(text)
        except Refused:
            unpacked = None
    issuer = None if unpacked is None else unpacked.claims.get("iss")
    for judge in sharing:
        if isinstance(judge, TokenJudge):
            if judge.verifier.issuer == issuer:
                return _Credential(text, place, judge, unpacked)
        elif unpacked is None and judge.has_record(text.partition(b".")[0]):
            return _Credential(text, place, judge)
    takes_keys = any(isinstance(judge, KeyJudge) for judge in sharing)
    takes_tokens = any(isinstance(judge, TokenJudge) for judge in sharing)
    no_token = takes_keys and not (takes_tokens and unpacked is not None)
    return _Credential(text, place, None, unpacked, reason="invalid_key" if no_token else "invalid_token")


def _in_time(verified: Verified, now_s: int) -> Denied | None:
    if verified.good_from_s <= now_s < verified.good_until_s:
        return None
    if not now_s < verified.good_until_s:
        return Denied("invalid_token", "the token has expired or is too old")
    return Denied("invalid_token", "the token is not yet valid")


def _judge(credential: _Credential, certificate: bytes | None, client: Address, now_s: int) -> Verified | Denied:
    judge = credential.judge
    if isinstance(judge, TokenJudge):
        try:
            verified = credential.known
            if verified is None:
                verified = judge.judge(credential.text, credential.unpacked or unpack(credential.text))
        except Refused as refused:
            return Denied("invalid_token", refused.message)
        return _in_time(verified, now_s) or verified
    if isinstance(judge, KeyJudge):
        if len(credential.text) > MAX_CREDENTIAL_BYTES:
            return Denied("invalid_key", "the key is too long")
        try:
            return judge.judge(credential.text, client, now_s)
        except Refused as refused:
            return Denied("invalid_key", refused.message)
    if judge is not None and certificate is not None:
        try:
            return judge.judge(certificate, now_s)
        except Refused as refused:
            return Denied("invalid_certificate", refused.message)
    return Denied("invalid_token", "no listed method takes this credential")
