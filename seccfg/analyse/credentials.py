"""Credentials as clients would present them: tokens, keys and certificates of a KeyRing, put in their place of a Request."""

from __future__ import annotations

import json
from collections.abc import Mapping

from seccfg.analyse.exchange import KeyRing, SigningKey, sign
from seccfg.ir.policy import (
    Bearer,
    CertVerifier,
    CookiePlace,
    HeaderPlace,
    JwtVerifier,
    KeyVerifier,
    Place,
    SanLiteral,
    Verifier,
)
from seccfg.ir.request import Request
from seccfg.record import Record, replace

__all__ = ["MISSING", "Persona", "certificate", "claims_of", "key_text", "present", "san_of", "token"]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""In overrides: leave the claim or header member out."""


class Persona(Record):
    """Who a boundary request is made by. For keys `record` chooses the record, and everything else follows from it."""

    verifier: str
    subject: str = "verify-subject"
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    client_id: str = ""
    attributes: tuple[tuple[str, object], ...] = ()
    """Principal attribute name -> JSON value; a name left out is not in the credential."""
    record: str = ""

    def describe(self) -> str:
        """A few words for a report: `staff with roles viewer`."""
        parts = [self.verifier]
        if self.record:
            parts.append(f"key {self.record}")
        for word, values in (("roles", self.roles), ("scopes", self.scopes)):
            if values:
                parts.append(f"{word} {'+'.join(values)}")
        if self.client_id:
            parts.append(f"client {self.client_id}")
        return " ".join(parts)


def claims_of(verifier: JwtVerifier, persona: Persona, now_s: int) -> dict[str, object]:
    """The claims of a good token for *persona*, issued at *now_s* and good for five minutes (less where ages are limited)."""
    claims: dict[str, object] = {
        "iss": verifier.issuer,
        "aud": verifier.audiences[0],
        "iat": now_s,
        "exp": now_s + 300,
        "jti": "verify-jti",
    }
    _put(claims, verifier.subject_claim, persona.subject)
    if verifier.roles_claim and persona.roles:
        _put(claims, verifier.roles_claim, list(persona.roles))
    if verifier.scopes_claim and persona.scopes:
        _put(claims, verifier.scopes_claim, " ".join(persona.scopes))
    if persona.client_id:
        claims["azp"] = persona.client_id
    paths = {a.name: a.path for a in verifier.attributes}
    for name, value in persona.attributes:
        if name in paths:
            _put(claims, paths[name], value)
    return claims


def _put(claims: dict[str, object], path: tuple[str, ...], value: object) -> None:
    node = claims
    for key in path[:-1]:
        child = node.setdefault(key, {})
        if not isinstance(child, dict):
            child = node[key] = {}
        node = child
    node[path[-1]] = value


def token(
    ring: KeyRing,
    persona: Persona,
    now_s: int,
    *,
    claims: Mapping[str, object] | None = None,
    header: Mapping[str, object] | None = None,
    signer: SigningKey | None = None,
    payload: bytes | None = None,
    unsigned: bool = False,
) -> str:
    """A token for *persona*; *claims* and *header* override members, MISSING takes one away, *payload* replaces all claims."""
    verifier = next(v for v in ring.decide.verifiers if v.name == persona.verifier)
    if not isinstance(verifier, JwtVerifier):
        raise TypeError(f"{persona.verifier} takes no tokens")
    chosen = signer or ring.signers[verifier.name][0]
    body = {**claims_of(verifier, persona, now_s), **ring.claims}
    _override(body, claims or {})
    head: dict[str, object] = {"alg": chosen.alg, "kid": chosen.kid, "typ": "JWT"}
    _override(head, header or {})
    data = json.dumps(body).encode() if payload is None else payload
    return sign(None if unsigned else chosen, head, data)


def _override(members: dict[str, object], changes: Mapping[str, object]) -> None:
    for name, value in changes.items():
        if value is MISSING:
            members.pop(name, None)
        else:
            members[name] = value


def key_text(ring: KeyRing, persona: Persona) -> str:
    """The whole API key of *persona*'s record."""
    return ring.key_texts[persona.verifier][persona.record]


def san_of(verifier: CertVerifier, attributes: Mapping[str, object], filler: str = "x") -> str:
    """A URI that fits the verifier's pattern, captures filled from *attributes*."""
    return "".join(
        part.text if isinstance(part, SanLiteral) else str(attributes.get(part.capture, filler))
        for part in verifier.san
    )


def certificate(ring: KeyRing, persona: Persona) -> str:
    """PEM of a good client certificate for *persona*."""
    verifier = next(v for v in ring.decide.verifiers if v.name == persona.verifier)
    if not isinstance(verifier, CertVerifier):
        raise TypeError(f"{persona.verifier} takes no certificates")
    return ring.authorities[verifier.name].issue(san_of(verifier, dict(persona.attributes)))


def place_of(verifier: Verifier) -> Place | None:
    """The first place the verifier looks at; None for certificates."""
    return None if isinstance(verifier, CertVerifier) else verifier.places[0]


def present(request: Request, place: Place, credential: str) -> Request:
    """*request* with *credential* added in *place*, after whatever it carries already."""
    match place:
        case Bearer():
            return add_header(request, "Authorization", f"Bearer {credential}")
        case HeaderPlace(name):
            return add_header(request, name, credential)
        case CookiePlace(name):
            return add_cookie(request, f"{name}={credential}")
        case _:
            mark = "&" if "?" in request.target else "?"
            return replace(request, target=f"{request.target}{mark}{place.name}={credential}")


def present_as(ring: KeyRing, request: Request, persona: Persona, place: Place | None = None) -> Request:
    """*request* made by *persona*, its credential in the verifier's first place unless *place* says otherwise."""
    verifier = next(v for v in ring.decide.verifiers if v.name == persona.verifier)
    if isinstance(verifier, CertVerifier):
        return replace(request, certificate=certificate(ring, persona))
    where = place or verifier.places[0]
    text = key_text(ring, persona) if isinstance(verifier, KeyVerifier) else token(ring, persona, request.now_s)
    return present(request, where, text)


def add_header(request: Request, name: str, value: str) -> Request:
    """*request* with one more header line."""
    return replace(request, headers=(*request.headers, (name, value)))


def add_cookie(request: Request, pair: str) -> Request:
    """*request* with one more cookie in its one `Cookie` line (RFC 6265 section 5.4)."""
    sent = request.header("cookie")
    return add_header(without_header(request, "cookie"), "Cookie", "; ".join((*sent, pair)))


def without_header(request: Request, name: str) -> Request:
    """*request* without any line of that header (name in lower case)."""
    return replace(request, headers=tuple(h for h in request.headers if h[0].lower() != name))
