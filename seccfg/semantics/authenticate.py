"""Step 10: who makes the request (401), and for cookies whether the site meant it to (403).

Only methods listed on the route are looked at. The filled places must be exactly those one alternative asks for; a
client certificate counts only with an alternative that names its method beside others, or when nothing else is
filled. Which method judges a credential follows from its place and, between methods that share the place, from the
token's unverified issuer or the key's id. The alternative so chosen must succeed completely.

Where nothing fits: fewer places filled than every alternative that holds them asks for is `no_credential`, a
credential no listed method claims is that place's own refusal, anything else is `several_credentials`.

The challenge of a 401 is `Bearer` where a method of the route takes bearer credentials, else `ApiKey` where one takes
keys, else none. `error="invalid_token"` stands in it for every reason but `no_credential`.

CSRF: for credentials taken from a cookie and methods other than GET and HEAD. Where the spec names a CSRF header
exactly one line of it, not empty, is needed. An `Origin` must be one line: an own host under the request's own
scheme, on any port, or one the CORS profile allows by name. A CSRF refusal is none of the credential and counts for
no `auth.failed` limit.

A method that cannot be carried out here (introspection) is `unavailable`, never a pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from seccfg.ir.policy import (
    CertVerifier,
    CookiePlace,
    IntrospectVerifier,
    JwtVerifier,
    KeyVerifier,
    Place,
    Verifier,
)
from seccfg.record import Record
from seccfg.semantics import certificates, jwt, keys, limits
from seccfg.semantics.address import client_address
from seccfg.semantics.case import Case, Refusal
from seccfg.semantics.origins import allowed_origin, parse_origin
from seccfg.semantics.places import presented
from seccfg.semantics.principal import Principal
from seccfg.semantics.transport import is_tls

__all__ = ["CREDENTIAL_REASONS", "MAX_CREDENTIAL_BYTES", "check"]

MAX_CREDENTIAL_BYTES: Final = 8192
CREDENTIAL_REASONS: Final = frozenset(
    {"several_credentials", "invalid_token", "invalid_key", "invalid_certificate", "revoked"}
)
"""Refusals of a presented credential."""


class Credential(Record):
    """A credential and the method that judges it; `verifier` is None when no listed method claims it."""

    text: str
    place: Place | None
    """None: the certificate of the handshake."""
    verifier: Verifier | None
    reason: Literal["invalid_token", "invalid_key", "invalid_certificate"]
    """Why it is refused when no method claims it."""


def check(case: Case) -> Refusal | None:
    """Find the principal, or refuse."""
    if case.view is None or not case.view.alternatives:
        return None
    chosen = _choose(case)
    refusal = chosen if isinstance(chosen, Refusal) else _judge(case, chosen)
    if refusal is not None and refusal.reason in CREDENTIAL_REASONS:
        limits.count_failure(case)
    return refusal


def _choose(case: Case) -> Refusal | tuple[Credential, ...]:
    view = case.view
    if view is None:
        return ()
    filled: list[Credential] = []
    for place, verifiers in view.places:
        texts = presented(case, place)
        if len(texts) > 1:
            return Refusal("several_credentials", "a credential is given twice")
        filled += (Credential(text, place, _claimant(text, verifiers), _kind(text, verifiers)) for text in texts)
    certificate = view.certificate if case.request.certificate else None
    choices = [filled]
    if certificate is not None:
        with_certificate = [*filled, Credential(case.request.certificate, None, certificate, "invalid_certificate")]
        choices = [with_certificate, filled] if filled else [with_certificate]
    elif not filled:
        return Refusal("no_credential", "no credential")
    for credentials in choices:
        fitting = _fitting(credentials, view.alternatives)
        if fitting is not None:
            return fitting
    return _misfit(choices, view.alternatives)


def _claimant(text: str, verifiers: Sequence[Verifier]) -> Verifier | None:
    """Which of the methods sharing a place judges *text*."""
    if len(verifiers) == 1 and not isinstance(verifiers[0], JwtVerifier):
        return verifiers[0]
    token = jwt.unpack(text) if len(text) <= MAX_CREDENTIAL_BYTES else None
    issuer = None if token is None else token.claims.get("iss")
    ident = text.partition(".")[0]
    for verifier in verifiers:
        if isinstance(verifier, JwtVerifier) and verifier.issuer == issuer:
            return verifier
        if isinstance(verifier, KeyVerifier) and token is None and any(r.id == ident for r in verifier.records):
            return verifier
        if isinstance(verifier, IntrospectVerifier) and token is None:
            return verifier
    return None


def _kind(text: str, verifiers: Sequence[Verifier]) -> Literal["invalid_token", "invalid_key"]:
    takes_keys = any(isinstance(verifier, KeyVerifier) for verifier in verifiers)
    takes_tokens = not all(isinstance(verifier, KeyVerifier) for verifier in verifiers)
    return "invalid_key" if takes_keys and not (takes_tokens and jwt.unpack(text)) else "invalid_token"


def _fitting(
    credentials: Sequence[Credential], alternatives: Sequence[tuple[str, ...]]
) -> tuple[Credential, ...] | None:
    """*credentials* in the order of the alternative that asks for exactly them."""
    by_name = {c.verifier.name: c for c in credentials if c.verifier is not None}
    if len(by_name) != len(credentials):
        return None
    for alternative in alternatives:
        if by_name.keys() == set(alternative):
            return tuple(by_name[name] for name in alternative)
    return None


def _misfit(choices: Sequence[Sequence[Credential]], alternatives: Sequence[tuple[str, ...]]) -> Refusal:
    """Why no alternative asks for what was presented; the last choice is without a certificate that does not count."""
    sizes = {len(alternative) for alternative in alternatives}
    unclaimed = next((c for c in choices[-1] if c.verifier is None), None)
    if unclaimed is not None:
        if any(len(credentials) in sizes for credentials in choices):
            return Refusal(unclaimed.reason, "no listed method takes this credential")
        too_few = len(choices[-1]) < min(sizes)
    else:
        names = {c.verifier.name for c in choices[-1] if c.verifier is not None}
        too_few = any(names < set(alternative) for alternative in alternatives)
    if too_few:
        return Refusal("no_credential", "a credential is missing")
    return Refusal("several_credentials", "more credentials than the route asks for")


def _judge(case: Case, credentials: Sequence[Credential]) -> Refusal | None:
    principals: list[Principal] = []
    for credential in credentials:
        found = _principal(case, credential)
        if isinstance(found, Refusal):
            return found
        principals.append(found)
    case.principal = principals[0]
    case.revocable = [principal for principal in principals if principal.claims is not None]
    case.methods = tuple(principal.method for principal in principals)
    if any(isinstance(credential.place, CookiePlace) for credential in credentials):
        return _csrf(case)
    return None


def _principal(case: Case, credential: Credential) -> Principal | Refusal:
    compiled, text = case.compiled, credential.text
    match credential.verifier:
        case JwtVerifier() as verifier:
            return _token_principal(case, verifier, text)
        case KeyVerifier() as verifier:
            client = client_address(case)
            if isinstance(client, Refusal):
                return client
            if len(text) > MAX_CREDENTIAL_BYTES:
                return Refusal("invalid_key", "the key is too long")
            record = keys.judge_key(compiled.records[verifier.name], text, client, case.request.now_s)
            return record if isinstance(record, Refusal) else keys.principal_of(verifier, record, compiled.roles)
        case CertVerifier() as verifier:
            identity = certificates.judge_certificate(verifier, text, case.request.now_s)
            if isinstance(identity, Refusal):
                return identity
            return certificates.principal_of(verifier, identity, compiled.roles)
        case _:
            return Refusal("unavailable", "the method cannot be carried out here")


def _token_principal(case: Case, verifier: JwtVerifier, text: str) -> Principal | Refusal:
    token = jwt.unpack(text) if len(text) <= MAX_CREDENTIAL_BYTES else None
    if token is None:
        return Refusal("invalid_token", "the credential is no token")
    compiled = case.compiled
    stale = case.state.surroundings.keys == "stale"
    refusal = compiled.judge_token(verifier, text, token, stale) or jwt.judge_times(
        verifier, token.claims, case.request.now_s
    )
    if refusal is None:
        revocation = None if case.view is None else case.view.revocation
        refusal = jwt.judge_claims(verifier, token.claims, revocation)
    return refusal or compiled.principal_of(verifier, text, token)


def _csrf(case: Case) -> Refusal | None:
    if case.view is None or case.request.method in ("GET", "HEAD"):
        return None
    header = case.view.authenticate.csrf_header
    if header:
        lines = case.headers.get(header, ())
        if len(lines) != 1 or not lines[0]:
            return Refusal("csrf", f"a cookie credential needs the {header} header")
    origins = case.headers.get("origin")
    if origins is None or _own_origin(case, origins):
        return None
    named = allowed_origin(case.view.cors, origins)
    if named and named == origins[0]:
        return None
    return Refusal("csrf", "a cookie credential sent by a foreign origin")


def _own_origin(case: Case, lines: Sequence[str]) -> bool:
    origin = parse_origin(lines[0]) if len(lines) == 1 else None
    if origin is None:
        return False
    return origin.host in case.compiled.hosts and origin.scheme == ("https" if is_tls(case) else "http")
