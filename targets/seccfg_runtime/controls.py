"""Controls and verifiers in the words of the package's own model. Nothing is decided here: each field has one place."""

from __future__ import annotations

import ipaddress
import json
from typing import assert_never

from seccfg.ir import policy as ir
from seccfg_runtime.runtime import model

__all__ = [
    "address_rule", "attribute", "audit", "authenticate", "body_limit", "cors", "errors", "forward", "headers", "limit",
    "revocation", "secret", "segments", "validate", "verifier",
]  # fmt: skip


def cidr(block: ir.Cidr) -> str:
    """`10.0.0.0/8`."""
    address = ipaddress.IPv4Address(block.network) if block.family == 4 else ipaddress.IPv6Address(block.network)
    return f"{address}/{block.bits}"


def address_rule(rule: ir.AddressRule) -> model.AddressRule:
    """A network profile."""
    return model.AddressRule(rule.name, tuple(map(cidr, rule.allow)), tuple(map(cidr, rule.deny)))


def secret(ref: ir.SecretRef) -> model.SecretRef:
    """Where a secret stands at run time."""
    return model.SecretRef(env=ref.env, file=ref.file)


def segments(path: tuple[ir.Segment, ...]) -> tuple[model.PathPart, ...]:
    """A template, segment by segment."""
    return tuple(map(_segment, path))


def _segment(segment: ir.Segment) -> model.PathPart:
    match segment:
        case ir.LiteralSegment(text):
            return model.Fixed(text)
        case ir.ParamSegment(name):
            return model.Segment(name)
        case ir.RestSegment(name):
            return model.Rest(name)
        case _:
            assert_never(segment)


def attribute(attr: ir.Attr) -> model.Attribute | None:
    """A declared attribute; None for a route constant, which the conditions already hold."""
    source = _source(attr.source)
    if source is None:
        return None
    return model.Attribute(attr.side, attr.name, attr.type, source, attr.list_of, attr.trust)


def _source(source: ir.AttrSource) -> model.Source | None:
    match source:
        case ir.FromClaims():
            return model.FromClaims()
        case ir.FromHeader(name):
            return model.FromHeader(name)
        case ir.FromPath(name):
            return model.FromPath(name)
        case ir.FromQuery(name):
            return model.FromQuery(name)
        case ir.FromBody(path):
            return model.FromBody(path)
        case ir.FromClock(function):
            return model.FromClock(function)
        case ir.FromRoute():
            return None
        case ir.FromApplication():
            return model.FromApplication()
        case _:
            assert_never(source)


# -------------------------------------------------------------------------------------------------------- verifiers
def verifier(entry: ir.JwtVerifier | ir.KeyVerifier | ir.CertVerifier) -> model.Verifier:
    """A way to prove who one is."""
    match entry:
        case ir.JwtVerifier():
            return _jwt(entry)
        case ir.KeyVerifier():
            return model.KeyVerifier(
                entry.name, _places(entry.places), frozenset(entry.asserts), tuple(map(_record, entry.records)),
                secret(entry.store) if entry.store.env else None,
            )  # fmt: skip
        case ir.CertVerifier():
            return model.CertVerifier(
                entry.name, entry.ca_pem, tuple(map(_san, entry.san)), frozenset(entry.asserts), entry.roles
            )
        case _:
            assert_never(entry)


def _jwt(entry: ir.JwtVerifier) -> model.JwtVerifier:
    keys = ",\n".join(key.json for key in entry.jwks.keys)
    document = f'{{"keys": [\n{keys}\n]}}' if keys else ""
    return model.JwtVerifier(
        entry.name, entry.issuer, entry.audiences, entry.algorithms,
        model.KeySet(document, entry.jwks.url, entry.jwks.refresh_s, entry.jwks.max_stale_s),
        frozenset(entry.asserts), _places(entry.places), entry.skew_s, entry.max_age_s, entry.subject_claim,
        entry.roles_claim, entry.scopes_claim, tuple((claim.name, claim.path) for claim in entry.attributes),
        entry.clients,
    )  # fmt: skip


def _record(record: ir.KeyRecord) -> model.KeyRecord:
    return model.KeyRecord(
        record.id, record.sha256, record.subject, record.roles, record.scopes,
        tuple((name, json.loads(value)) for name, value in record.attributes),
        record.not_before_s, record.expires_s, tuple(map(cidr, record.addresses)),
    )  # fmt: skip


def _places(places: tuple[ir.Place, ...]) -> tuple[model.Place, ...]:
    return tuple(map(_place, places))


def _place(place: ir.Place) -> model.Place:
    match place:
        case ir.Bearer():
            return model.Bearer()
        case ir.HeaderPlace(name):
            return model.HeaderPlace(name)
        case ir.CookiePlace(name):
            return model.CookiePlace(name)
        case ir.QueryPlace(name):
            return model.QueryPlace(name)
        case _:
            assert_never(place)


def _san(part: ir.SanLiteral | ir.SanWildcard) -> model.SanLiteral | model.SanSegment:
    match part:
        case ir.SanLiteral(text):
            return model.SanLiteral(text)
        case ir.SanWildcard(capture):
            return model.SanSegment(capture)
        case _:
            assert_never(part)


# --------------------------------------------------------------------------------------------------------- controls
def cors(control: ir.Cors) -> model.Cors:
    """A CORS profile on the methods of one path."""
    origins = tuple(model.Origin(o.scheme, o.host, o.port, o.one_label) for o in control.origins)
    return model.Cors(
        control.name, origins, control.methods, control.headers, control.expose, control.credentials,
        control.max_age_s, control.any_origin,
    )  # fmt: skip


def body_limit(control: ir.BodyLimit) -> model.BodyLimit:
    """Size and media types."""
    return model.BodyLimit(control.max_bytes, control.content_types)


def limit(control: ir.RateLimit) -> model.RateLimit:
    """A limit; a store that is down is always answered 503."""
    return model.RateLimit(
        control.name, control.limit, control.window_s, _limit_key(control.key), control.algorithm,
        control.burst if control.algorithm == "token-bucket" else 0, control.count,
        tuple((frozenset(roles), number) for roles, number in control.tiers), control.scope == "route",
    )  # fmt: skip


def _limit_key(key: ir.LimitKey) -> model.LimitKey:
    match key:
        case ir.ByAddress():
            return model.ByAddress()
        case ir.ByPrincipal():
            return model.ByPrincipal()
        case ir.ByAttribute(side, name):
            return model.ByAttribute(side, name)
        case _:
            assert_never(key)


def authenticate(control: ir.Authenticate) -> model.Authenticate:
    """Who may ask at all."""
    return model.Authenticate(control.alternatives, control.csrf_header)


def revocation(control: ir.Revocation) -> model.Revocation:
    """How tokens are taken back."""
    return model.Revocation(control.deny_claim, control.version_claim, control.not_before, control.staleness_s)


def validate(control: ir.Validate) -> model.Validate:
    """What parameters and bodies must look like."""
    params = tuple(model.Param(p.place, p.name, p.type, p.schema, p.required) for p in control.params)
    return model.Validate(
        params, control.closed_query, control.body_schema, control.body_required, control.json_depth, control.screens
    )


def forward(control: ir.Forward) -> model.Forward:
    """What the upstream receives. Whether credentials are kept is said by what is stripped."""
    return model.Forward(
        control.upstream, control.url, control.verify_tls, control.timeout_s, control.strip, control.strip_cookies,
        control.strip_query, tuple((identity.header, identity.field) for identity in control.set),
    )  # fmt: skip


def headers(control: ir.ResponseHeaders) -> model.ResponseHeaders:
    """Headers of every answer."""
    hsts = control.hsts
    said = None if hsts is None else model.Hsts(hsts.max_age_s, hsts.include_subdomains, hsts.preload)
    return model.ResponseHeaders(control.set, control.remove, said)


def errors(control: ir.Errors) -> model.Errors:
    """How refusals are answered."""
    return model.Errors(control.format, control.details, control.correlation_header, control.status)


def audit(control: ir.Audit) -> model.Audit:
    """What is written down; where it goes besides standard error, and for how long, are gaps."""
    key = None if control.hash_key is None else secret(control.hash_key)
    return model.Audit(control.events, control.redact, key, control.required)
