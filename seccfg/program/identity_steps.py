"""Steps 10 and 11: which alternative was presented, whether each of its credentials is good, CSRF, revocation."""

from __future__ import annotations

from collections.abc import Sequence

from seccfg.ir.policy import (
    Authenticate,
    CertVerifier,
    CookiePlace,
    Cors,
    IntrospectVerifier,
    JwtVerifier,
    KeyVerifier,
    Place,
    Reason,
    Revocation,
    Verifier,
)
from seccfg.program import patterns
from seccfg.program.build import all_of, any_of, claim_key, count_is, given, line, matches, origin_allowed, place_id
from seccfg.program.edge_steps import Refusing, client_known
from seccfg.program.model import (
    Case,
    Cases,
    Check,
    Choose,
    Compare,
    Exactly,
    Form,
    Is,
    Item,
    Known,
    Meets,
    OneOf,
    PlaceUse,
    Readable,
    Size,
    Slot,
    Subset,
    Whole,
)

__all__ = ["IdentityLowering", "place_uses"]

MAX_CREDENTIAL_BYTES = 8192
REFUSED_HEADERS = ("b64", "crit", "jku", "jwk", "x5u")
TYPES = ("JWT", "at+jwt", "application/at+jwt")
_CREDENTIALS = Slot("credentials")
_NOW = Slot("now")


def place_uses(verifiers: Sequence[Verifier]) -> tuple[PlaceUse, ...]:
    """Every place *verifiers* own and who shares it, in the order listed."""
    found: dict[Place, list[str]] = {}
    for verifier in verifiers:
        if not isinstance(verifier, CertVerifier):
            for place in verifier.places:
                found.setdefault(place, []).append(verifier.name)
    return tuple(PlaceUse(place, place_id(place), tuple(names)) for place, names in found.items())


class IdentityLowering:
    """Lowers steps 10 and 11 of one route."""

    def __init__(
        self,
        authenticate: Authenticate,
        verifiers: Sequence[Verifier],
        revocation: Revocation | None,
        cors: Cors | None,
        hosts: tuple[str, ...],
        refuse: Refusing,
    ) -> None:
        self._authenticate = authenticate
        self._verifiers = {verifier.name: verifier for verifier in verifiers}
        self._revocation = revocation
        self._cors = cors
        self._hosts = hosts
        self._refuse = refuse
        self._certificate = next((v.name for v in verifiers if isinstance(v, CertVerifier)), "")

    # ---------------------------------------------------------------------------------------------------- step 10
    def authenticate(self) -> tuple[Item, ...]:
        """Choose the alternative that was presented, and judge it."""
        alternatives = self._authenticate.alternatives
        if not alternatives:
            return ()
        with_certificate = [(n, a) for n, a in enumerate(alternatives) if self._certificate in a]
        without = [(n, a) for n, a in enumerate(alternatives) if self._certificate not in a]
        cases = [
            Case(
                all_of((Is(Slot("certificate")), Exactly(_CREDENTIALS, _others(a, self._certificate)))),
                self._judge(n, a),
            )
            for n, a in with_certificate
        ]
        cases += (Case(Exactly(_CREDENTIALS, tuple(sorted(a))), self._judge(n, a)) for n, a in without)
        return (
            Check(Is(Slot("filled_twice"), False), self._refuse("several_credentials")),
            Cases(tuple(cases), (self._misfit(),)),
        )

    def _misfit(self) -> Item:
        """Why no alternative was presented."""
        alternatives = self._authenticate.alternatives
        sizes = sorted({len(alternative) for alternative in alternatives})
        fitting: list[Form] = [Size(_CREDENTIALS, "==", size) for size in sizes]
        if self._certificate:
            fitting += (all_of((Is(Slot("certificate")), Size(_CREDENTIALS, "==", size - 1))) for size in sizes)
        unclaimed = Meets(_CREDENTIALS, ("",))
        missing = any_of(
            all_of((Subset(_CREDENTIALS, tuple(sorted(alternative))), Meets(_CREDENTIALS, (name,), False)))
            for alternative in alternatives
            for name in alternative
        )
        as_token = all_of((unclaimed, OneOf(Slot("unclaimed"), ("token",)), any_of(fitting)))
        as_key = all_of((unclaimed, OneOf(Slot("unclaimed"), ("key",)), any_of(fitting)))
        too_few = all_of((unclaimed, Size(_CREDENTIALS, "<", sizes[0])))
        reasons: tuple[tuple[Form, Reason], ...] = (
            (Size(_CREDENTIALS, "==", 0), "no_credential"), (as_token, "invalid_token"), (as_key, "invalid_key"),
            (too_few, "no_credential"), (unclaimed, "several_credentials"), (missing, "no_credential"),
        )  # fmt: skip
        cases = tuple(Case(when, (self._refuse(reason),)) for when, reason in reasons)
        return Cases(cases, (self._refuse("several_credentials"),))

    def _judge(self, number: int, alternative: tuple[str, ...]) -> tuple[Item, ...]:
        items: list[Item] = []
        for name in alternative:
            verifier = self._verifiers[name]
            match verifier:
                case JwtVerifier():
                    items += self._token(verifier)
                case KeyVerifier():
                    items += self._key(name)
                case CertVerifier():
                    refuse = self._refuse("invalid_certificate")
                    items += (Check(Is(Slot("certificate_valid", name)), refuse), Check(Known(Slot("san", name)), refuse))
                case IntrospectVerifier():
                    items.append(self._refuse("unavailable"))
        return (*items, Choose(number), *self._csrf(alternative))

    def _token(self, verifier: JwtVerifier) -> list[Item]:
        name, refuse = verifier.name, self._refuse("invalid_token")
        names = Slot("header_names", name)
        before: tuple[Form, ...] = (
            Compare(Slot("credential_size", name), "<=", MAX_CREDENTIAL_BYTES),
            Is(Slot("token", name)),
            OneOf(Slot("header_text", f"{name} alg"), verifier.algorithms),
            Meets(names, REFUSED_HEADERS, False),
            any_of((Meets(names, ("typ",), False), OneOf(Slot("header_text", f"{name} typ"), TYPES))),
            Known(Slot("header_text", f"{name} kid")),
        )
        items: list[Item] = [Check(form, refuse) for form in before]
        if verifier.jwks.url:
            items.append(Check(Is(Slot("keys_usable", name)), self._refuse("unavailable")))
        after = (Is(Slot("signature", name)), *_times(verifier), *_claims(verifier), *self._revocable(name))
        return items + [Check(form, refuse) for form in after]

    def _revocable(self, name: str) -> tuple[Form, ...]:
        """The claims revocation needs."""
        revocation = self._revocation
        forms: list[Form] = []
        if revocation is not None and revocation.deny_claim:
            forms.append(OneOf(Slot("claim_text", claim_key(name, revocation.deny_claim)), ("",), False))
        if revocation is not None and revocation.version_claim:
            forms.append(Whole(Slot("claim_number", claim_key(name, revocation.version_claim))))
        return tuple(forms)

    def _key(self, name: str) -> list[Item]:
        first, last = Slot("key_not_before", name), Slot("key_expires", name)
        forms: tuple[Form, ...] = (
            Compare(Slot("credential_size", name), "<=", MAX_CREDENTIAL_BYTES),
            Known(Slot("key_record", name)),
            given(first, Compare(_NOW, ">=", first)),
            given(last, Compare(_NOW, "<", last)),
            Is(Slot("key_address", name)),
        )
        refuse = self._refuse("invalid_key")
        return [*client_known(self._refuse), *(Check(form, refuse) for form in forms)]

    def _csrf(self, alternative: tuple[str, ...]) -> tuple[Item, ...]:
        places = (p for name in alternative for p in getattr(self._verifiers[name], "places", ()))
        if not any(isinstance(place, CookiePlace) for place in places):
            return ()
        items: list[Item] = []
        refuse = self._refuse("csrf")
        if self._authenticate.csrf_header:
            items.append(Check(OneOf(line(self._authenticate.csrf_header), ("",), False), refuse))
        named = origin_allowed(self._cors) if self._cors is not None and not self._cors.any_origin else None
        own = (
            all_of((Is(Slot("tls")), matches(line("origin"), patterns.own_origin("https", self._hosts)))),
            all_of((Is(Slot("tls"), False), matches(line("origin"), patterns.own_origin("http", self._hosts)))),
        )
        items.append(Check(any_of((count_is("origin", 0), *own, *([named] if named is not None else []))), refuse))
        reading = OneOf(Slot("method"), ("GET", "HEAD"))
        return (Cases((Case(any_of((Is(Slot("from_cookie"), False), reading)), ()),), tuple(items)),)

    # ---------------------------------------------------------------------------------------------------- step 11
    def revocation(self) -> tuple[Item, ...]:
        """Every token of the chosen alternative is looked up."""
        if self._revocation is None:
            return ()
        cases: list[Case] = []
        for number, alternative in enumerate(self._authenticate.alternatives):
            tokens = [name for name in alternative if isinstance(self._verifiers[name], JwtVerifier)]
            if tokens:
                items = [Check(Is(Slot("revocation_store")), self._refuse("unavailable"))]
                items += (
                    Check(form, self._refuse("revoked")) for name in tokens for form in _good(self._revocation, name)
                )
                cases.append(Case(OneOf(Slot("chosen"), (str(number),)), tuple(items)))
        return (Cases(tuple(cases), ()),) if cases else ()


def _others(alternative: tuple[str, ...], certificate: str) -> tuple[str, ...]:
    return tuple(sorted(name for name in alternative if name != certificate))


def _times(verifier: JwtVerifier) -> tuple[Form, ...]:
    name, skew = verifier.name, verifier.skew_s
    exp, nbf, iat = (Slot("claim_number", claim_key(name, (claim,))) for claim in ("exp", "nbf", "iat"))
    issued: Form = Compare(iat, "<=", _NOW, skew)
    if verifier.max_age_s is None:
        issued = any_of((Is(Slot("claim", claim_key(name, ("iat",))), False), issued))
    else:
        issued = all_of((issued, Compare(_NOW, "<", iat, verifier.max_age_s + skew)))
    begun = any_of((Is(Slot("claim", claim_key(name, ("nbf",))), False), Compare(_NOW, ">=", nbf, -skew)))
    return Compare(_NOW, "<", exp, skew), begun, issued


def _claims(verifier: JwtVerifier) -> tuple[Form, ...]:
    name = verifier.name
    return (
        OneOf(Slot("claim_text", claim_key(name, ("iss",))), (verifier.issuer,)),
        Meets(Slot("claim_texts", claim_key(name, ("aud",))), verifier.audiences),
        Readable(Slot("claim_text", claim_key(name, verifier.subject_claim))),
    )


def _good(revocation: Revocation, name: str) -> tuple[Form, ...]:
    forms: list[Form] = []
    if revocation.deny_claim:
        forms.append(Is(Slot("denied", claim_key(name, revocation.deny_claim)), False))
    if revocation.version_claim:
        lowest = Slot("lowest_version", name)
        version = Slot("claim_number", claim_key(name, revocation.version_claim))
        forms.append(given(lowest, Compare(version, ">=", lowest)))
    if revocation.not_before:
        first = Slot("not_before", name)
        forms.append(given(first, Compare(Slot("claim_number", claim_key(name, ("iat",))), ">=", first)))
    return tuple(forms)
