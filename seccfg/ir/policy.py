"""The Policy: a Spec with nothing inherited and nothing implicit. Data only.

Units: durations are whole seconds (`_s`), sizes whole bytes (`_bytes`), times Unix seconds. Tuples that are sets are
sorted. `pos` is the place in the spec a record came from and takes no part in equality. Targets read everything here but
`Policy.evidence`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

from seccfg.expr.ast import Expr
from seccfg.findings import NOWHERE, Span, SpecPath
from seccfg.record import Record

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
StepName = Literal[
    "request_target", "host", "plain_http", "address", "route", "preflight", "method", "body", "address_limits",
    "authenticate", "revocation", "principal_limits", "authorize", "validate", "forward",
]  # fmt: skip
STEPS: tuple[StepName, ...] = (
    "request_target", "host", "plain_http", "address", "route", "preflight", "method", "body", "address_limits",
    "authenticate", "revocation", "principal_limits", "authorize", "validate", "forward",
)  # fmt: skip
"""The reference order; step *n* of design section 2 is `STEPS[n - 1]`."""

DEFAULT_STATUS: dict[Reason, int] = {
    "malformed": 400, "wrong_host": 404, "plain_http": 403, "address": 403, "no_route": 404, "preflight": 204,
    "method": 405, "body_too_large": 413, "media_type": 415, "rate_limited": 429, "no_credential": 401,
    "several_credentials": 401, "invalid_token": 401, "invalid_key": 401, "invalid_certificate": 401, "csrf": 403,
    "revoked": 401, "forbidden": 403, "insufficient_scope": 403, "invalid_input": 400, "unavailable": 503,
    "internal": 500,
}  # fmt: skip
"""Status of each reason before `errors.status`. A plain-http redirect is always 308, a preflight always 204."""

Json = str
"""A JSON value as canonical text: sorted keys, no white space, ASCII only."""

Side = Literal["principal", "resource", "request"]
ScalarType = Literal["string", "integer", "number", "boolean", "timestamp", "duration"]


# --------------------------------------------------------------------------------------------------- small values
class Cidr(Record):
    """An address block; `network` is the integer of the masked network address."""

    family: Literal[4, 6]
    network: int
    bits: int


class SecretRef(Record):
    """Where a secret or file stands; exactly one is non-empty. `file` is relative to the spec."""

    file: str = ""
    env: str = ""
    pos: Span = NOWHERE


class Bearer(Record):
    """`Authorization: Bearer <credential>`, the scheme compared without case, one space."""


class HeaderPlace(Record):
    """A request header, named in lower case."""

    name: str


class CookiePlace(Record):
    """A cookie; names are case-sensitive."""

    name: str


class QueryPlace(Record):
    """A query parameter. Its lint rule refuses it unless waived."""

    name: str


Place = Bearer | HeaderPlace | CookiePlace | QueryPlace


# ------------------------------------------------------------------------------------------------------ attributes
class FromClaims(Record):
    """A principal attribute: each verifier says where it takes it from."""


class FromHeader(Record):
    name: str


class FromPath(Record):
    name: str


class FromQuery(Record):
    name: str


class FromBody(Record):
    path: tuple[str, ...]


class FromClock(Record):
    """`hour_utc` 0-23, `weekday_utc` 0 = Sunday, `unix_s`."""

    function: Literal["hour_utc", "weekday_utc", "unix_s"]


class FromRoute(Record):
    """A constant each route states; folded into the route's conditions, so no Expr of a Policy reads it."""


class FromApplication(Record):
    """Known only to the service behind."""


AttrSource = FromClaims | FromHeader | FromPath | FromQuery | FromBody | FromClock | FromRoute | FromApplication


class Attr(Record):
    """A declared attribute. `list_of` true: a list of `type`."""

    side: Side
    name: str
    type: ScalarType
    list_of: bool
    optional: bool
    source: AttrSource
    trust: Literal["verified", "proxy", "caller", "application"]
    pos: Span = NOWHERE


class Condition(Record):
    """A named boolean expression after the route's constants were folded in; `id` is the hash of its normal form."""

    id: str
    name: str
    expr: Expr
    text: str
    pos: Span = NOWHERE


# -------------------------------------------------------------------------------------------------------- verifiers
class Jwk(Record):
    """One public key (RFC 7517). `json` is the whole key; `use` and `alg` are empty when the key has none."""

    kid: str
    kty: str
    alg: str
    use: str
    json: Json


class Jwks(Record):
    """A key set: `keys` are those of `file` at build time (empty without a file); `url` is fetched at run time."""

    url: str
    file: str
    keys: tuple[Jwk, ...]
    refresh_s: int
    max_stale_s: int


class AttrClaim(Record):
    """Attribute `principal.<name>` and the list of keys that leads to it in a token."""

    name: str
    path: tuple[str, ...]


class JwtVerifier(Record):
    """A bearer token checked offline against the issuer's published keys (RFC 7519, RFC 8725)."""

    name: str
    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    jwks: Jwks
    places: tuple[Place, ...]
    skew_s: int
    max_age_s: int | None
    asserts: tuple[str, ...]
    """Roles its tokens may assert, before closure."""
    subject_claim: tuple[str, ...]
    roles_claim: tuple[str, ...]
    """Empty: tokens carry no roles."""
    scopes_claim: tuple[str, ...]
    attributes: tuple[AttrClaim, ...]
    clients: tuple[tuple[str, str], ...]
    """(client name of the spec, client_id) of the clients whose tokens come from this issuer."""
    pos: Span = NOWHERE


class IntrospectVerifier(Record):
    """An opaque token asked about at its issuer (RFC 7662)."""

    name: str
    issuer: str
    audiences: tuple[str, ...]
    endpoint: str
    credential: SecretRef
    client_id: str
    cache_s: int
    places: tuple[Place, ...]
    skew_s: int
    max_age_s: int | None
    asserts: tuple[str, ...]
    subject_claim: tuple[str, ...]
    roles_claim: tuple[str, ...]
    scopes_claim: tuple[str, ...]
    attributes: tuple[AttrClaim, ...]
    clients: tuple[tuple[str, str], ...]
    pos: Span = NOWHERE


class KeyRecord(Record):
    """One API key: `<id>.<secret>` hashes to `sha256` (lower-case hex). Valid iff `not_before_s <= now < expires_s`."""

    id: str
    sha256: str
    subject: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    attributes: tuple[tuple[str, Json], ...]
    not_before_s: int | None
    expires_s: int | None
    addresses: tuple[Cidr, ...]
    """Empty: from anywhere."""


class KeyVerifier(Record):
    """API keys against hashed records; `records` are those of the file, empty when `store.env` holds them at run time."""

    name: str
    places: tuple[Place, ...]
    store: SecretRef
    records: tuple[KeyRecord, ...]
    asserts: tuple[str, ...]
    pos: Span = NOWHERE


class SanLiteral(Record):
    text: str


class SanWildcard(Record):
    """`*` (capture empty) or `{capture}`: one non-empty run of characters without `/`."""

    capture: str = ""


class CertVerifier(Record):
    """A client certificate issued by `ca_pem` whose only matching URI SAN fits `san` (RFC 5280)."""

    name: str
    ca: SecretRef
    ca_pem: str
    san: tuple[SanLiteral | SanWildcard, ...]
    san_text: str
    host: str
    """The host name gateways terminate client certificates on; empty when the spec names none."""
    asserts: tuple[str, ...]
    roles: tuple[str, ...]
    """Roles every such certificate has."""
    pos: Span = NOWHERE


Verifier = JwtVerifier | IntrospectVerifier | KeyVerifier | CertVerifier


# ---------------------------------------------------------------------------------------------------------- grants
class Grant(Record):
    """One way to be allowed: every non-empty field must hold. The empty Grant is `allow: authenticated`.

    `role_sets`: the principal's roles must meet every set; `roles: [a, b]` is one set, each permission another. A set holds
    every role that counts (those that inherit one of it included), so it gives the same answer for closed and for asserted
    roles. `decided_by` is `application` for `enforce: application`.
    """

    methods: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    role_sets: tuple[tuple[str, ...], ...] = ()
    scopes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    """Condition ids."""
    decided_by: Literal["gateway", "application"] = "gateway"
    text: str = ""
    """The grant as the spec says it, for explanations."""
    pos: Span = NOWHERE


# -------------------------------------------------------------------------------------------------------- controls
class RequestTarget(Record):
    """Step 1. Everything but `websocket` is fixed by design section 2."""

    websocket: bool
    pos: Span = NOWHERE


class Certificate(Record):
    host: str
    file: str
    renew_before_s: int


class Transport(Record):
    """Step 3 and the handshake. `plain_http: allow` exists per route only."""

    plain_http: Literal["redirect", "refuse", "allow"]
    min_tls: Literal["1.2", "1.3"]
    ciphers: Literal["modern", "intermediate"] | tuple[str, ...]
    certificates: tuple[Certificate, ...]
    pos: Span = NOWHERE


class AddressRule(Record):
    """An address passes when it is in `allow` and not in `deny`."""

    name: str
    allow: tuple[Cidr, ...]
    deny: tuple[Cidr, ...]


class ClientAddress(Record):
    """Step 4: all rules must pass. No rules: everyone."""

    rules: tuple[AddressRule, ...]
    trusted_proxies: tuple[Cidr, ...]
    pos: Span = NOWHERE


class Origin(Record):
    """`scheme://host[:port]`; `one_label` true: `host` is preceded by exactly one further label (`https://*.host`)."""

    scheme: str
    host: str
    port: int | None
    one_label: bool

    @property
    def text(self) -> str:
        return (
            f"{self.scheme}://{'*.' if self.one_label else ''}{self.host}{'' if self.port is None else f':{self.port}'}"
        )


class Cors(Record):
    """Step 6 and every answer on a matched route. `headers`, `expose` as written; compared without case."""

    name: str
    origins: tuple[Origin, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    expose: tuple[str, ...]
    credentials: bool
    max_age_s: int | None
    any_origin: bool = False
    """`*` was written; never together with credentials."""
    pos: Span = NOWHERE


class BodyLimit(Record):
    """Step 8. `max_bytes` is inclusive; `content_types` are lower-case essences."""

    max_bytes: int
    content_types: tuple[str, ...]
    pos: Span = NOWHERE


class ByAddress(Record):
    """IPv4 address, IPv6 /64."""


class ByPrincipal(Record):
    pass


class ByAttribute(Record):
    side: Side
    name: str


LimitKey = ByAddress | ByPrincipal | ByAttribute


class RateLimit(Record):
    """Step 9 (key address) or 12. One counter per (name, key), and per route as well when `scope` is `route`."""

    name: str
    algorithm: Literal["fixed-window", "sliding-window", "token-bucket"]
    limit: int
    window_s: int
    burst: int
    """Bucket size; equals `limit` unless the spec says otherwise; means nothing for windows."""
    key: LimitKey
    count: Literal["request", "auth.failed"]
    tiers: tuple[tuple[tuple[str, ...], int], ...]
    """(roles any of which gives the tier, limit), closure inside; the largest that applies counts."""
    scope: Literal["shared", "route"]
    on_store_failure: Literal["refuse", "local"]
    pos: Span = NOWHERE


class Authenticate(Record):
    """Step 10. Each alternative names the verifiers that must all succeed, the first gives the principal; none: public."""

    alternatives: tuple[tuple[str, ...], ...]
    csrf_header: str
    """Lower case; empty: no CSRF header is asked for."""
    pos: Span = NOWHERE


class Revocation(Record):
    """Step 11. An empty claim path: that kind is off."""

    deny_claim: tuple[str, ...]
    version_claim: tuple[str, ...]
    not_before: bool
    staleness_s: int
    pos: Span = NOWHERE


class Authorize(Record):
    """Step 13: some grant, every `require` TRUE, every `forbid` FALSE. Conditions by id. Public routes have none."""

    allow: tuple[Grant, ...]
    require: tuple[str, ...]
    forbid: tuple[str, ...]
    pos: Span = NOWHERE


class Param(Record):
    """A declared parameter; `type` says how text becomes a value before `schema` (draft 2020-12 subset) judges it."""

    place: Literal["path", "query", "header"]
    name: str
    """Lower case for headers."""
    type: ScalarType
    schema: Json
    required: bool
    pos: Span = NOWHERE


class Validate(Record):
    """Step 14. `body_schema` empty: any body. `closed_query`: undeclared query names are refused."""

    params: tuple[Param, ...]
    closed_query: bool
    body_schema: Json
    body_required: bool
    json_depth: int
    screens: tuple[str, ...]
    pos: Span = NOWHERE


class IdentityHeader(Record):
    """A header the upstream receives: lower-case name and the verified principal field or attribute it carries."""

    header: str
    field: str
    """`subject`, `roles`, `scopes`, `method`, `client` or the name of a principal attribute."""


class Forward(Record):
    """Step 15. `strip` names every header removed from what the client sent, lower case, besides hop-by-hop ones."""

    upstream: str
    url: str
    verify_tls: bool
    timeout_s: int
    strip: tuple[str, ...]
    strip_cookies: tuple[str, ...]
    strip_query: tuple[str, ...]
    set: tuple[IdentityHeader, ...]
    credentials: Literal["strip", "keep"]
    pos: Span = NOWHERE


class Hsts(Record):
    max_age_s: int
    include_subdomains: bool
    preload: bool


class ResponseHeaders(Record):
    """Every answer. Names as written, compared without case."""

    set: tuple[tuple[str, str], ...]
    remove: tuple[str, ...]
    hsts: Hsts | None
    pos: Span = NOWHERE


class Errors(Record):
    """Every answer. `status` holds only what differs from `DEFAULT_STATUS`."""

    format: Literal["problem+json", "json"]
    details: Literal["hidden", "shown"]
    correlation_header: str
    status: tuple[tuple[Reason, int], ...]
    pos: Span = NOWHERE

    def code(self, reason: Reason) -> int:
        """The status *reason* is answered with."""
        return dict(self.status).get(reason, DEFAULT_STATUS[reason])


class Sink(Record):
    """A place audit events go besides standard error. `settings` maps each setting to its reference."""

    name: str
    type: str
    settings: tuple[tuple[str, SecretRef], ...]
    pos: Span = NOWHERE


class Audit(Record):
    """Every answer. `hash_key` is set when `subject` is `keyed_hash`. Retention numbers are 0 when not written."""

    events: tuple[Event, ...]
    redact: tuple[str, ...]
    """Header names, lower case, credential places included."""
    subject: Literal["clear", "keyed_hash"]
    hash_key: SecretRef | None
    retention_min_s: int
    retention_hot_s: int
    retention_max_s: int
    required: bool
    sinks: tuple[Sink, ...]
    pos: Span = NOWHERE


class Session(Record):
    """Own endpoints: cookie, refresh and logout."""

    access_ttl_s: int
    refresh_ttl_s: int
    refresh_rotate: bool
    refresh_on_reuse: str
    absolute_ttl_s: int
    cookie_name: str
    cookie_http_only: bool
    cookie_secure: bool
    cookie_same_site: str
    logout_path: str
    back_channel: bool
    pos: Span = NOWHERE


Control = (
    RequestTarget | Transport | ClientAddress | Cors | BodyLimit | RateLimit | Authenticate | Revocation | Authorize
    | Validate | Forward | ResponseHeaders | Errors | Audit | Session
)  # fmt: skip
"""The closed union: a new member is a type error in every target until each has decided."""


# ---------------------------------------------------------------------------------------------------------- routes
class LiteralSegment(Record):
    """A segment compared with the decoded request segment, byte for byte."""

    text: str


class ParamSegment(Record):
    name: str


class RestSegment(Record):
    """`{name+}`: one or more segments, last only."""

    name: str


Segment = LiteralSegment | ParamSegment | RestSegment

_C = TypeVar("_C", bound=Record)


class Route(Record):
    """One method on one path template, base path included, controls in step order."""

    method: str
    template: str
    """As written, base path included: `/v1/orders/{order_id}`."""
    path: tuple[Segment, ...]
    controls: tuple[Control, ...]
    at: SpecPath = ()
    pos: Span = NOWHERE

    @property
    def id(self) -> str:
        return f"{self.method} {self.template}"

    def first(self, kind: type[_C]) -> _C | None:
        """The control of *kind*, None when the route has none."""
        for control in self.controls:
            if isinstance(control, kind):
                return control
        return None

    def one(self, kind: type[_C]) -> _C:
        """The control of *kind*; LookupError when resolve left it out, which it never does for service-wide ones."""
        found = self.first(kind)
        if found is None:
            raise LookupError(f"{self.id} has no {kind.__name__}")
        return found

    def limits(self) -> tuple[RateLimit, ...]:
        """The route's limits in the order they are checked."""
        return tuple(c for c in self.controls if isinstance(c, RateLimit))

    @property
    def public(self) -> bool:
        return self.one(Authenticate).alternatives == ()


class Edge(Record):
    """What holds for requests that match no route."""

    target: RequestTarget
    transport: Transport
    address: ClientAddress
    headers: ResponseHeaders
    errors: Errors
    audit: Audit


class Accepted(Record):
    """An `accept:` entry. `expires` is an ISO date."""

    target: str
    gap: str
    at: str
    bound: str
    reason: str
    owner: str
    expires: str
    pos: Span = NOWHERE


class Evidence(Record):
    """For people: READMEs and reports read it, targets decide nothing by it."""

    title: str
    owner: str
    contact: str
    data: tuple[str, ...]
    compliance: tuple[str, ...]
    accept: tuple[Accepted, ...]
    reasons: tuple[tuple[str, str], ...]
    """(route id, why it is public or goes without a default)."""


class SourceMap:
    """Spec paths of the keys somebody wrote, and their places. Takes no part in comparing Policies."""

    __slots__ = ("_spans",)

    def __init__(self, spans: Mapping[SpecPath, Span] | None = None) -> None:
        self._spans = spans or {}

    def written(self, path: SpecPath) -> bool:
        """Whether the key at *path* stands in the spec."""
        return path in self._spans

    def span(self, path: SpecPath) -> Span:
        """The place of *path*, else of the nearest key above it that was written."""
        for length in range(len(path), 0, -1):
            found = self._spans.get(path[:length])
            if found is not None:
                return found
        return NOWHERE


NO_SOURCES = SourceMap()


class FixedAnswer(Record):
    """
    Refusals a host words itself, the same for every request: these headers and no others.

    Of the first entry that names the refusal's step (empty: any) and reason (none: every one of the step). `status` 0 is
    the reason's own.
    """

    step: StepName | Literal[""]
    reasons: tuple[Reason, ...]
    status: int
    headers: tuple[tuple[str, str], ...]
    """Lower-case names."""


class HostLimit(Record):
    """
    A limit of a host's own, in front of routes: every request from one address counts, those it refuses and those no route
    has included, over a trailing window. Each address by itself (no IPv6 /64).
    """

    name: str
    limit: int
    window_s: int


class FixedPreflight(Record):
    """Every OPTIONS on a template is answered 204 with these headers, lower case, whatever it asks."""

    template: str
    headers: tuple[tuple[str, str], ...]


class HostCors(Record):
    """
    One CORS profile in front of every route, whoever asks: these headers on every answer, those on one to OPTIONS with an
    `Origin` and an `Access-Control-Request-Method` of any path. Lower-case names.
    """

    every_answer: tuple[tuple[str, str], ...]
    preflight: tuple[tuple[str, str], ...]
    origins: tuple[str, ...] = ()
    """The only ones that get these headers, each with its own name in `access-control-allow-origin`; none: whoever asks."""


class Host(Record):
    """
    What a host that a target runs on answers itself, or withholds from what decides. The reference's does neither; only an
    `effective` Policy says otherwise.
    """

    https_only: bool = False
    """Nothing listens for plain http, whoever speaks for the client."""
    longest_path: int = 0
    """Before any step a longer path is answered 414 without any header; 0: any length."""
    door: bool = False
    """
    Before any step a request target that is no path, holds what no target may hold or cannot be decoded in its query is
    answered 400 without any header, and so is plain http with 403 where nothing listens for it; a malformed path still
    matches nothing.
    """
    certificate_hosts: tuple[str, ...] | None = None
    """Hosts whose handshake demands a certificate some method's authority issued; on others none is seen. None: all take one."""
    bodies: Literal["judged", "schema", "unseen"] = "judged"
    """
    `unseen`: a body is judged by its declared length and type alone, one of undeclared length refused. `schema`: besides
    that a route's schema judges it as a plain JSON reader sees it, however deep, the last of equal members counting.
    """
    body_status: int = 0
    """Status of a body that does not fit; 0: that of `invalid_input`."""
    unseen: tuple[tuple[Side, str], ...] = ()
    """Attributes nobody shows: every atom of a condition over one of them counts as TRUE, wherever it stands."""
    fixed: tuple[FixedAnswer, ...] = ()
    passes_untouched: bool = False
    """What the upstream answers goes to the client as it is."""
    keeps_client_headers: bool = False
    """
    What takes the place of an identity header may leave the client's own: a request that sends one, or its spelling with
    underscores, where nothing verified replaces it is forbidden. An empty value replaces nothing and is not sent.
    """
    plain_paths: bool = False
    """A path with a percent sign is malformed, and matches nothing: nobody knows whether the host shows it as sent or decoded."""
    limits: tuple[HostLimit, ...] = ()
    """Looked at in the step `address`, after its rules."""
    preflights: tuple[FixedPreflight, ...] = ()
    cors: HostCors | None = None
    hides_methods: bool = False
    """A method that a template lacks is answered as a path no template matches."""
    measured_last: bool = False
    """How long a body may be is asked after its media type, and after whether it is as long as it declares."""
    whole_addresses: tuple[str, ...] = ()
    """Limits that count every IPv6 address by itself, not its /64."""
    everywhere: Route | None = None
    """Its controls hold for requests no route takes as well, in the steps that stand before `route` and `method`."""
    any_key: bool = False
    """A token whose `kid` names a key of the issuer may be signed with any of the keys some algorithm of the verifier fits."""
    counts_refused: tuple[str, ...] = ()
    """Limits that count the requests they refuse as well."""
    any_case_origins: bool = False
    """CORS compares letters of an `Origin` without case, and `*` allows whatever stands there."""
    bare_preflight: int = 0
    """A preflight is answered with this status and with no header but `Access-Control-*`; 0: as the reference does."""
    strict_server: bool = False
    """
    The HTTP server in front refuses as malformed, before anything else: a method that is not of upper-case letters, `-` and
    `_`, and a Host that is empty, starts with `:`, or holds a slash, a blank or a control character.
    """


class Policy(Record):
    """Everything that decides. `roles` maps each declared role to the roles it gives (itself and what it inherits)."""

    name: str
    env: str
    hosts: tuple[str, ...]
    roles: tuple[tuple[str, tuple[str, ...]], ...]
    verifiers: tuple[Verifier, ...]
    """Those some route names, sorted by name."""
    attrs: tuple[Attr, ...]
    conditions: tuple[Condition, ...]
    """Sorted by id; equal conditions are one."""
    session: Session | None
    edge: Edge
    routes: tuple[Route, ...]
    """Most specific template first; within one template by method."""
    evidence: Evidence
    order: tuple[StepName, ...] = STEPS
    host: Host = Host()
    pos: SourceMap = NO_SOURCES
    """Where keys stand in the spec, and which of them somebody wrote (a default no one wrote makes no gap)."""

    def verifier(self, name: str) -> Verifier:
        """The verifier of that name; LookupError for none, which resolve never leaves a route to name."""
        found = next((v for v in self.verifiers if v.name == name), None)
        if found is None:
            raise LookupError(f"no verifier called {name}")
        return found

    def condition(self, ident: str) -> Condition:
        """The condition of that id; LookupError for none."""
        found = next((c for c in self.conditions if c.id == ident), None)
        if found is None:
            raise LookupError(f"no condition {ident}")
        return found
