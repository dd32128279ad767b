"""The typed policy model: what the generated `policy.py` instantiates and the guard enforces. Data only.

Units: durations are whole seconds (`_s`), sizes whole bytes (`_bytes`), times Unix seconds. Header names are lower case
unless a field says otherwise; address blocks are text (`10.0.0.0/8`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from .structs import dataclass

Reason = Literal[
    "malformed", "wrong_host", "plain_http", "address", "no_route", "preflight", "method", "body_too_large",
    "media_type", "rate_limited", "no_credential", "several_credentials", "invalid_token", "invalid_key",
    "invalid_certificate", "csrf", "revoked", "forbidden", "insufficient_scope", "invalid_input", "unavailable",
    "internal",
]  # fmt: skip
Event = Literal[
    "access.allowed", "auth.failed", "authz.denied", "rate.limited", "input.rejected", "key.used", "token.revoked",
    "check.failed",
]  # fmt: skip
DEFAULT_STATUS: Mapping[Reason, int] = {
    "malformed": 400, "wrong_host": 404, "plain_http": 403, "address": 403, "no_route": 404, "preflight": 204,
    "method": 405, "body_too_large": 413, "media_type": 415, "rate_limited": 429, "no_credential": 401,
    "several_credentials": 401, "invalid_token": 401, "invalid_key": 401, "invalid_certificate": 401, "csrf": 403,
    "revoked": 401, "forbidden": 403, "insufficient_scope": 403, "invalid_input": 400, "unavailable": 503,
    "internal": 500,
}  # fmt: skip
"""Status of each reason unless `Errors.status` says otherwise. A plain-http redirect is always 308."""

Side = Literal["principal", "resource", "request"]
ValueType = Literal["string", "integer", "number", "boolean", "timestamp", "duration"]
Values = Mapping[str, object]
"""Attribute names to JSON values; a missing attribute is left out."""
Form = Callable[[Values, Values, Values], bool]
"""One half of a condition over the attributes of principal, resource and request."""


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret stands at run time: an environment variable or a file; exactly one is non-empty."""

    env: str = ""
    file: str = ""


# ------------------------------------------------------------------------------------------- attributes, conditions
@dataclass(frozen=True, slots=True)
class FromClaims:
    """A principal attribute; each verifier says where it takes it from."""


@dataclass(frozen=True, slots=True)
class FromHeader:
    name: str


@dataclass(frozen=True, slots=True)
class FromPath:
    name: str


@dataclass(frozen=True, slots=True)
class FromQuery:
    name: str


@dataclass(frozen=True, slots=True)
class FromBody:
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FromClock:
    """`hour_utc` 0-23, `weekday_utc` 0 = Sunday, `unix_s`."""

    function: Literal["hour_utc", "weekday_utc", "unix_s"]


@dataclass(frozen=True, slots=True)
class FromApplication:
    """Known only to the service behind; see the `resource` callable."""


Source = FromClaims | FromHeader | FromPath | FromQuery | FromBody | FromClock | FromApplication


@dataclass(frozen=True, slots=True)
class Attribute:
    """A declared attribute. `list_of`: a list of `type`. `trust: proxy`: taken only from a trusted proxy."""

    side: Side
    name: str
    type: ValueType
    source: Source
    list_of: bool = False
    trust: Literal["verified", "proxy", "caller", "application"] = "verified"


@dataclass(frozen=True, slots=True)
class Condition:
    """
    A named boolean expression in its two forms.

    `holds` is true iff the expression is TRUE, `fails` iff it is FALSE; both are false when an attribute it needs is
    missing or of the wrong type. `reads` lists the attributes it may look at (`principal.tenant`, `resource.owner`).
    `ident` tells apart conditions of one name whose route constants differ.
    """

    name: str
    holds: Form
    fails: Form
    reads: frozenset[str]
    ident: str = ""
    open: bool = False
    """It also asks what is not seen here: the forms leave that out, and somebody behind has to ask it."""


# -------------------------------------------------------------------------------------------------------- verifiers
@dataclass(frozen=True, slots=True)
class Bearer:
    """`Authorization: Bearer <credential>`."""


@dataclass(frozen=True, slots=True)
class HeaderPlace:
    name: str


@dataclass(frozen=True, slots=True)
class CookiePlace:
    """A cookie; names are case-sensitive."""

    name: str


@dataclass(frozen=True, slots=True)
class QueryPlace:
    name: str


Place = Bearer | HeaderPlace | CookiePlace | QueryPlace


@dataclass(frozen=True, slots=True)
class KeySet:
    """
    An issuer's public keys: `document` as built in (JSON text, empty when there is none), `url` fetched at run time.
    """

    document: str = ""
    url: str = ""
    refresh_s: int = 600
    max_stale_s: int = 3600


@dataclass(frozen=True, slots=True)
class JwtVerifier:
    """A token checked offline against its issuer's published keys (RFC 7519, RFC 8725)."""

    name: str
    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    keys: KeySet
    asserts: frozenset[str]
    """Roles its tokens may assert, before closure; others are ignored."""
    places: tuple[Place, ...] = (Bearer(),)
    skew_s: int = 0
    max_age_s: int | None = None
    subject_claim: tuple[str, ...] = ("sub",)
    roles_claim: tuple[str, ...] = ()
    """Empty: tokens carry no roles."""
    scopes_claim: tuple[str, ...] = ("scope",)
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(principal attribute, path of the claim)."""
    clients: tuple[tuple[str, str], ...] = ()
    """(client name of the policy, client_id)."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """
    One API key: the text `<id>.<secret>` hashes to `sha256` (lower-case hex). Valid iff `not_before_s <= now <
    expires_s`.
    """

    id: str
    sha256: str
    subject: str
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    attributes: tuple[tuple[str, object], ...] = ()
    """(principal attribute, JSON value)."""
    not_before_s: int | None = None
    expires_s: int | None = None
    addresses: tuple[str, ...] = ()
    """Blocks it may be used from; empty: anywhere."""


@dataclass(frozen=True, slots=True)
class KeyVerifier:
    """API keys against hashed records; `store` names where the records stand when they are not built in."""

    name: str
    places: tuple[Place, ...]
    asserts: frozenset[str]
    records: tuple[KeyRecord, ...] = ()
    store: SecretRef | None = None


@dataclass(frozen=True, slots=True)
class SanLiteral:
    text: str


@dataclass(frozen=True, slots=True)
class SanSegment:
    """One non-empty run of characters without `/`; `capture` names the principal attribute it gives, if any."""

    capture: str = ""


@dataclass(frozen=True, slots=True)
class CertVerifier:
    """A client certificate issued under `ca_pem` whose one matching URI SAN fits `san` (RFC 5280)."""

    name: str
    ca_pem: str
    san: tuple[SanLiteral | SanSegment, ...]
    asserts: frozenset[str]
    roles: tuple[str, ...] = ()
    """Roles every such certificate has."""


Verifier = JwtVerifier | KeyVerifier | CertVerifier


# --------------------------------------------------------------------------------------------------------- controls
@dataclass(frozen=True, slots=True)
class AddressRule:
    """An address passes when it is in `allow` and not in `deny`."""

    name: str
    allow: tuple[str, ...]
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """`scheme://host[:port]`; `one_label`: `host` is preceded by exactly one further label."""

    scheme: str
    host: str
    port: int | None = None
    one_label: bool = False


@dataclass(frozen=True, slots=True)
class Cors:
    """A CORS profile. `headers` and `expose` as written; compared without case."""

    name: str
    origins: tuple[Origin, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    credentials: bool = False
    max_age_s: int | None = None
    any_origin: bool = False


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """`max_bytes` is inclusive; `content_types` are lower-case media types without parameters."""

    max_bytes: int = 1_048_576
    content_types: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True, slots=True)
class ByAddress:
    """IPv4 address, IPv6 /64."""


@dataclass(frozen=True, slots=True)
class ByPrincipal:
    pass


@dataclass(frozen=True, slots=True)
class ByAttribute:
    side: Side
    name: str


LimitKey = ByAddress | ByPrincipal | ByAttribute


@dataclass(frozen=True, slots=True)
class RateLimit:
    """One counter per (name, key), and per route as well when `per_route`."""

    name: str
    limit: int
    window_s: int
    key: LimitKey
    algorithm: Literal["fixed-window", "sliding-window", "token-bucket"] = "fixed-window"
    burst: int = 0
    """Bucket size of a token bucket; means nothing for windows."""
    count: Literal["request", "auth.failed"] = "request"
    tiers: tuple[tuple[frozenset[str], int], ...] = ()
    """(roles any of which gives the tier, limit); the largest that applies counts."""
    per_route: bool = False


@dataclass(frozen=True, slots=True)
class Authenticate:
    """
    Each alternative names the verifiers that must all succeed, the first gives the principal; none at all: public.
    """

    alternatives: tuple[tuple[str, ...], ...] = ()
    csrf_header: str = ""


@dataclass(frozen=True, slots=True)
class Revocation:
    """An empty claim path: that kind is off."""

    deny_claim: tuple[str, ...] = ()
    version_claim: tuple[str, ...] = ()
    not_before: bool = False
    staleness_s: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """One way to be allowed: every non-empty field must hold; the empty grant is `allow: authenticated`."""

    methods: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    """Client names of the policy."""
    role_sets: tuple[frozenset[str], ...] = ()
    """The principal's roles must meet every set."""
    scopes: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorize:
    """Some grant allows, every `require` is TRUE, every `forbid` is FALSE."""

    allow: tuple[Grant, ...]
    require: tuple[Condition, ...] = ()
    forbid: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Param:
    """
    A declared parameter; `type` says how text becomes a value before `schema` (JSON Schema as JSON text) judges it.
    """

    place: Literal["path", "query", "header"]
    name: str
    type: ValueType = "string"
    schema: str = "true"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Validate:
    """
    `body_schema` is JSON Schema as JSON text, empty: any body. `closed_query`: undeclared query names are refused.
    """

    params: tuple[Param, ...] = ()
    closed_query: bool = False
    body_schema: str = ""
    body_required: bool = False
    json_depth: int = 32
    screens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forward:
    """
    What the upstream receives.

    `strip` are the headers removed from what the client sent besides hop-by-hop ones; `identity` pairs a header name
    as sent with the verified field it carries: `subject`, `roles`, `scopes`, `method`, `client` or a principal
    attribute.
    """

    upstream: str
    url: str
    verify_tls: bool = True
    timeout_s: int = 30
    strip: tuple[str, ...] = ()
    strip_cookies: tuple[str, ...] = ()
    strip_query: tuple[str, ...] = ()
    identity: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hsts:
    max_age_s: int
    include_subdomains: bool = False
    preload: bool = False


@dataclass(frozen=True, slots=True)
class ResponseHeaders:
    """Names as written, compared without case."""

    set: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()
    hsts: Hsts | None = None


@dataclass(frozen=True, slots=True)
class Errors:
    """`status` holds only what differs from `DEFAULT_STATUS`."""

    format: Literal["problem+json", "json"] = "problem+json"
    details: Literal["hidden", "shown"] = "hidden"
    correlation_header: str = "X-Request-Id"
    status: tuple[tuple[Reason, int], ...] = ()


ALL_REFUSALS: tuple[Event, ...] = (
    "auth.failed", "authz.denied", "rate.limited", "input.rejected", "token.revoked", "check.failed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Audit:
    """`redact`: headers whose values no event shows. `hash_key` set: subjects appear as keyed hashes."""

    events: tuple[Event, ...] = ALL_REFUSALS
    redact: tuple[str, ...] = ()
    hash_key: SecretRef | None = None
    required: bool = False


# ----------------------------------------------------------------------------------------------------------- routes
@dataclass(frozen=True, slots=True)
class Fixed:
    """A segment compared with the decoded request segment."""

    text: str


@dataclass(frozen=True, slots=True)
class Segment:
    """`{name}`: one whole, non-empty segment."""

    name: str


@dataclass(frozen=True, slots=True)
class Rest:
    """`{name+}`: one or more segments, last only."""

    name: str


PathPart = Fixed | Segment | Rest
PlainHttp = Literal["redirect", "refuse", "allow"]


@dataclass(frozen=True, slots=True)
class Edge:
    """What holds for requests that match no route."""

    plain_http: PlainHttp = "refuse"
    network: tuple[AddressRule, ...] = ()
    headers: ResponseHeaders = ResponseHeaders()
    errors: Errors = Errors()
    audit: Audit = Audit()


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path template, base path included; nothing inherited, nothing implicit."""

    method: str
    template: str
    path: tuple[PathPart, ...]
    forward: Forward
    authenticate: Authenticate = Authenticate()
    authorize: Authorize | None = None
    """None: public."""
    websocket: bool = False
    plain_http: PlainHttp = "refuse"
    network: tuple[AddressRule, ...] = ()
    cors: Cors | None = None
    body: BodyLimit = BodyLimit()
    limits: tuple[RateLimit, ...] = ()
    """In the order they are checked."""
    revocation: Revocation | None = None
    validate: Validate = Validate()
    headers: ResponseHeaders = ResponseHeaders()
    errors: Errors = Errors()
    audit: Audit = Audit()

    @property
    def id(self) -> str:
        return f"{self.method} {self.template}"


@dataclass(frozen=True, slots=True)
class Tls:
    """The floors of the reverse proxy's listener."""

    min_version: Literal["1.2", "1.3"] = "1.2"
    ciphers: Literal["modern", "intermediate"] | tuple[str, ...] = "intermediate"


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides. `roles` maps each declared role to the roles it gives (itself and what it inherits)."""

    name: str
    hosts: tuple[str, ...]
    """Lower-case ASCII, without port."""
    routes: tuple[Route, ...]
    verifiers: tuple[Verifier, ...] = ()
    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    attributes: tuple[Attribute, ...] = ()
    conditions: tuple[Condition, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    tls: Tls = Tls()
    edge: Edge = Edge()

    def secrets(self) -> tuple[SecretRef, ...]:
        """The secrets that must be at hand before the guard can start."""
        found = {verifier.store for verifier in self.verifiers if isinstance(verifier, KeyVerifier)}
        found |= {self.edge.audit.hash_key, *(route.audit.hash_key for route in self.routes)}
        return tuple(sorted((ref for ref in found if ref is not None), key=lambda ref: (ref.env, ref.file)))
