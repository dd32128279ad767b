"""What holds for the whole service: each control once, shared by every route."""

from __future__ import annotations

from collections.abc import Mapping

from seccfg.findings import SpecPath
from seccfg.ir.policy import (
    Audit,
    Bearer,
    BodyLimit,
    ByAddress,
    ByAttribute,
    ByPrincipal,
    Certificate,
    Cidr,
    CookiePlace,
    Errors,
    Event,
    Forward,
    HeaderPlace,
    Hsts,
    IdentityHeader,
    LimitKey,
    Place,
    QueryPlace,
    Reason,
    ResponseHeaders,
    Revocation,
    SecretRef,
    Session,
    Side,
    Sink,
    SourceMap,
    Transport,
)
from seccfg.resolve import materials, values
from seccfg.resolve.attributes import ConditionTable
from seccfg.resolve.materials import Files
from seccfg.resolve.roles import RoleGraph
from seccfg.spec import loader, scalars

__all__ = ["OPEN_CONDITIONS_HEADER", "ServiceWide"]

OPEN_CONDITIONS_HEADER = "x-authz-open"
"""Names the conditions a gateway left to the application; taken from every client."""
_REFUSALS: tuple[Event, ...] = (
    "auth.failed",
    "authz.denied",
    "check.failed",
    "input.rejected",
    "rate.limited",
    "token.revoked",
)
_SIDES: Mapping[str, Side] = {"principal": "principal", "resource": "resource", "request": "request"}


class ServiceWide:
    """The service-wide controls of one spec, built once."""

    def __init__(
        self, spec: loader.Spec, files: Files, places: SourceMap, roles: RoleGraph, conditions: ConditionTable
    ) -> None:
        self._spec = spec
        self._files = files
        self.places = places
        self.roles = roles
        self.conditions = conditions
        self.trusted_proxies: tuple[Cidr, ...] = values.cidrs(spec.network.trusted_proxies if spec.network else None)
        self.transport = self._transport()
        self.headers = self._headers()
        self.errors = self._errors()
        self.audit = self._audit()
        self.body_limit, self.json_depth = self._body()
        self.screens: tuple[str, ...] = tuple(sorted(set(spec.screen or ())))
        self.session = self._session()
        self.revocation = self._revocation()
        csrf = spec.sessions.csrf if spec.sessions is not None else None
        self.csrf_header = (csrf.header if csrf is not None else "X-CSRF-Token").lower()
        self._forwards: dict[tuple[str, bool], Forward] = {}
        self._schemas: dict[str, str] = {}

    def full_template(self, template: str) -> str:
        """*template* below the base path; `/` is the base path itself."""
        base = (self._spec.service.base_path or "").rstrip("/")
        return (base or "/") if template == "/" else base + template

    def limit_key(self, by: str | loader.ByAttribute) -> LimitKey:
        """What a limit counts by."""
        if isinstance(by, str):
            return ByAddress() if by == "ip" else ByPrincipal()
        side, _, name = by.attribute.partition(".")
        return ByAttribute(_SIDES[side], name)

    def body_schema(self, schema: object, at: SpecPath) -> str:
        """Canonical text of a schema written in place or in a file; FileProblem when it is none."""
        if isinstance(schema, str):
            found = self._schemas.get(schema)
            if found is None:
                found = materials.body_schema(materials.parse_json(self._files[schema], schema), schema)
                self._schemas[schema] = found
            return found
        return materials.body_schema(schema, ".".join(str(part) for part in at))

    def forward(self, name: str, *, public: bool) -> Forward:
        """Passing on to upstream *name*; a public route tells it no identity."""
        found = self._forwards.get((name, public))
        if found is None:
            found = self._forwards[name, public] = self._make_forward(name, public=public)
        return found

    def _make_forward(self, name: str, *, public: bool) -> Forward:
        upstream = self._spec.upstreams[name]
        forward = self._spec.forward
        identity = forward.identity or {} if forward is not None else {}
        credentials = forward.credentials if forward is not None else "strip"
        headers = {header.lower() for header in identity} | {OPEN_CONDITIONS_HEADER}
        cookies: set[str] = set()
        query: set[str] = set()
        if credentials == "strip":
            for place in self._credential_places():
                match place:
                    case Bearer():
                        headers.add("authorization")
                    case HeaderPlace(header):
                        headers.add(header)
                    case CookiePlace(cookie):
                        cookies.add(cookie)
                    case QueryPlace(parameter):
                        query.add(parameter)
        told = tuple(
            sorted(
                (IdentityHeader(h.lower(), f.removeprefix("principal.")) for h, f in identity.items()),
                key=lambda i: i.header,
            )
        )
        return Forward(
            name,
            upstream.url,
            upstream.tls == "verify",
            scalars.duration_s(upstream.timeout),
            tuple(sorted(headers)),
            tuple(sorted(cookies)),
            tuple(sorted(query)),
            () if public else told,
            credentials,
            self.places.span(("upstreams", name)),
        )

    def _credential_places(self) -> tuple[Place, ...]:
        found: list[Place] = []
        for method in (self._spec.auth or {}).values():
            if not isinstance(method, loader.Mtls):
                found.extend(values.places(method.in_))
        return tuple(found)

    def _transport(self) -> Transport:
        tls = self._spec.tls
        pos = self.places.span(("tls",))
        if tls is None:
            return Transport("refuse", "1.2", "intermediate", (), pos)
        certificates = tuple(
            Certificate(c.host.lower(), c.file, 0 if c.renew_before is None else scalars.duration_s(c.renew_before))
            for c in tls.certificates or ()
        )
        ciphers = tls.ciphers if isinstance(tls.ciphers, str) else tuple(tls.ciphers)
        return Transport(tls.plain_http, tls.min_version, ciphers, certificates, pos)

    def _headers(self) -> ResponseHeaders:
        headers, tls = self._spec.headers, self._spec.tls
        hsts = tls.hsts if tls is not None else None
        return ResponseHeaders(
            tuple(sorted((headers.set or {}).items())) if headers is not None else (),
            tuple(sorted(headers.remove or ())) if headers is not None else (),
            None if hsts is None else Hsts(scalars.duration_s(hsts.max_age), hsts.include_subdomains, hsts.preload),
            self.places.span(("headers",)),
        )

    def _errors(self) -> Errors:
        errors = self._spec.errors
        pos = self.places.span(("errors",))
        if errors is None:
            return Errors("problem+json", "hidden", "X-Request-Id", (), pos)
        status: list[tuple[Reason, int]] = sorted((errors.status or {}).items())
        return Errors(errors.format, errors.details, errors.correlation_header, tuple(status), pos)

    def _audit(self) -> Audit:
        audit = self._spec.audit
        pos = self.places.span(("audit",))
        redact = {"authorization", "cookie"}
        redact |= {p.name for p in self._credential_places() if isinstance(p, HeaderPlace)}
        if audit is None:
            return Audit(_REFUSALS, tuple(sorted(redact)), "clear", None, 0, 0, 0, False, (), pos)
        redact |= {name.lower() for name in audit.redact or ()}
        key = (
            None
            if isinstance(audit.subject, str)
            else self._secret(audit.subject.keyed_hash, ("audit", "subject", "keyed_hash"))
        )
        retention = audit.retention

        def seconds(text: str | None) -> int:
            return 0 if text is None else scalars.duration_s(text)

        sinks = tuple(self._sink(name, sink) for name, sink in sorted((audit.sinks or {}).items()))
        return Audit(
            _REFUSALS if audit.events is None else tuple(sorted(set(audit.events))),
            tuple(sorted(redact)),
            "clear" if key is None else "keyed_hash",
            key,
            seconds(retention.min if retention else None),
            seconds(retention.hot if retention else None),
            seconds(retention.max if retention else None),
            audit.required,
            sinks,
            pos,
        )

    def _sink(self, name: str, sink: loader.Sink) -> Sink:
        at: SpecPath = ("audit", "sinks", name)
        settings: list[tuple[str, SecretRef]] = []
        match sink:
            case loader.Splunk():
                settings = [
                    ("token", self._secret(sink.token, (*at, "token"))),
                    ("url", self._url(sink.url, (*at, "url"))),
                ]
            case loader.Elk():
                settings = [("url", self._url(sink.url, (*at, "url")))]
            case loader.Datadog():
                settings = [("api_key", self._secret(sink.api_key, (*at, "api_key")))]
            case loader.Prometheus():
                pass
        return Sink(name, sink.type, tuple(settings), self.places.span(at))

    def _url(self, url: str | loader.SecretRef, at: SpecPath) -> SecretRef:
        """A sink's address: a reference, or (as `file`) the address itself, which is no secret."""
        return SecretRef(url, "", self.places.span(at)) if isinstance(url, str) else self._secret(url, at)

    def _secret(self, ref: loader.SecretRef, at: SpecPath) -> SecretRef:
        return SecretRef(ref.file or "", ref.env or "", self.places.span(at))

    def _body(self) -> tuple[BodyLimit, int]:
        body = self._spec.body
        pos = self.places.span(("body",))
        if body is None:
            return BodyLimit(scalars.size_bytes("1MiB"), ("application/json",), pos), 32
        types = tuple(sorted({text.lower() for text in body.content_types}))
        return BodyLimit(scalars.size_bytes(body.max), types, pos), body.json_depth

    def _session(self) -> Session | None:
        sessions = self._spec.sessions
        if sessions is None:
            return None
        parts = (sessions.access_ttl, sessions.refresh, sessions.absolute_ttl, sessions.cookie, sessions.logout)
        if all(part is None for part in parts):
            return None

        def seconds(text: str | None) -> int:
            return 0 if text is None else scalars.duration_s(text)

        refresh, cookie, logout = sessions.refresh, sessions.cookie, sessions.logout
        return Session(
            seconds(sessions.access_ttl),
            seconds(refresh.ttl if refresh else None),
            bool(refresh and refresh.rotate),
            refresh.on_reuse if refresh else "",
            seconds(sessions.absolute_ttl),
            cookie.name if cookie else "",
            bool(cookie and cookie.http_only),
            bool(cookie and cookie.secure),
            cookie.same_site if cookie else "",
            logout.path if logout else "",
            bool(logout and logout.back_channel),
            self.places.span(("sessions",)),
        )

    def _revocation(self) -> Revocation | None:
        revocation = self._spec.sessions.revocation if self._spec.sessions is not None else None
        if revocation is None:
            return None
        return Revocation(
            (revocation.deny_list.claim,) if revocation.deny_list is not None else (),
            (revocation.version_claim,) if revocation.version_claim is not None else (),
            revocation.not_before,
            scalars.duration_s(revocation.staleness),
            self.places.span(("sessions", "revocation")),
        )
