"""Routes: defaults, path level and method level merged into one, then said as controls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from seccfg.findings import Span, SpecPath
from seccfg.ir.policy import (
    AddressRule,
    Audit,
    Authenticate,
    Authorize,
    BodyLimit,
    ByAddress,
    ClientAddress,
    Control,
    CookiePlace,
    Cors,
    Event,
    Forward,
    Grant,
    Param,
    RateLimit,
    RequestTarget,
    Route,
    Validate,
    Verifier,
)
from seccfg.record import Record, replace
from seccfg.resolve import values
from seccfg.resolve.service import ServiceWide
from seccfg.spec import loader, scalars
from seccfg.spec.named_files import methods_of

__all__ = ["RouteBuilder"]

_T = TypeVar("_T")


class Merged(Record):
    """What a method on a path says, once defaults and the path's own keys are merged in (design section 2, "Grants")."""

    public: bool
    auth: tuple[loader.AuthChoice, ...]
    allow: loader.Allow | None
    require: tuple[str, ...]
    forbid: tuple[str, ...]
    limits: tuple[str, ...]
    cors: str | None
    networks: tuple[str, ...]
    upstream: str | None
    query: Mapping[str, loader.Parameter] | None
    header_params: Mapping[str, loader.Parameter]
    params: Mapping[str, loader.Parameter]
    bodies: tuple[tuple[SpecPath, loader.RouteBody], ...]
    resource: Mapping[str, object]
    websocket: bool
    plain_http: bool
    events_added: tuple[Event, ...]
    events_taken: tuple[Event, ...]


def merge(defaults: loader.Defaults | None, item: loader.PathItem, route: loader.Route, at: SpecPath) -> Merged:
    """One method's keys: later levels replace, add or merge key by key."""
    levels: tuple[loader.RouteKeys, ...] = (item, route)
    withouts = tuple(level.without for level in levels if level.without is not None)
    body_places: tuple[SpecPath, ...] = (at[:2], at)
    return Merged(
        bool(_last(level.public for level in levels)),
        _last((defaults.auth if defaults else None, *(level.auth for level in levels))) or (),
        _last((defaults.allow if defaults else None, *(level.allow for level in levels))),
        _named(lambda k: k.require, defaults, levels, withouts),
        _named(lambda k: k.forbid, defaults, levels, withouts),
        _named(lambda k: k.rate_limits, defaults, levels, withouts),
        _last((defaults.cors if defaults else None, *(level.cors for level in levels))),
        _networks(defaults, levels, withouts),
        _last((defaults.upstream if defaults else None, *(level.upstream for level in levels))),
        _map(level.query for level in levels) if any(level.query is not None for level in levels) else None,
        _map(level.header_params for level in levels),
        _map(level.params for level in levels),
        tuple((place, level.body) for place, level in zip(body_places, levels, strict=True) if level.body is not None),
        _map(level.resource for level in levels),
        bool(_last(level.websocket for level in levels)),
        bool(_last(level.plain_http for level in levels)),
        tuple(e for k in (defaults, *levels) if k is not None and k.audit is not None for e in k.audit.events),
        tuple(e for without in withouts if without.audit is not None for e in without.audit.events),
    )


def _last(written: Iterable[_T | None]) -> _T | None:
    found: _T | None = None
    for value in written:
        if value is not None:
            found = value
    return found


def _map(written: Iterable[Mapping[str, _T] | None]) -> Mapping[str, _T]:
    merged: dict[str, _T] = {}
    for level in written:
        merged.update(level or {})
    return merged


_Adding = loader.Defaults | loader.RouteKeys | loader.Without


def _named(
    get: Callable[[_Adding], tuple[str, ...] | None],
    defaults: loader.Defaults | None,
    levels: tuple[loader.RouteKeys, ...],
    withouts: tuple[loader.Without, ...],
) -> tuple[str, ...]:
    taken = {name for without in withouts for name in get(without) or ()}
    listed = [name for level in (defaults, *levels) if level is not None for name in get(level) or ()]
    return tuple(dict.fromkeys(name for name in listed if name not in taken))


def _networks(
    defaults: loader.Defaults | None, levels: tuple[loader.RouteKeys, ...], withouts: tuple[loader.Without, ...]
) -> tuple[str, ...]:
    taken = {name for without in withouts for name in without.network or ()}
    listed = [level.network for level in (defaults, *levels) if level is not None and level.network is not None]
    return tuple(dict.fromkeys(name for name in listed if name not in taken))


class RouteBuilder:
    """Makes the routes of one spec."""

    def __init__(self, spec: loader.Spec, service: ServiceWide, verifiers: Mapping[str, Verifier]) -> None:
        self._spec = spec
        self._service = service
        self._verifiers = verifiers
        self._limits = {name: self._limit(name, limit) for name, limit in (spec.rate_limits or {}).items()}

    def all(self) -> tuple[Route, ...]:
        """Every route, most specific template first, methods of one template by name."""
        routes = [
            self._route(template, item, key, route)
            for template, item in self._spec.routes.items()
            for key, route in methods_of(item)
        ]
        return tuple(sorted(routes, key=lambda r: (values.template_rank(r.path), r.method)))

    def _route(self, template: str, item: loader.PathItem, key: str, route: loader.Route) -> Route:
        at: SpecPath = ("routes", template, key)
        merged = merge(self._spec.defaults, item, route, at)
        full = self._service.full_template(template)
        declared = tuple(method.upper() for method, _ in methods_of(item))
        service = self._service
        controls: list[Control] = [
            RequestTarget(merged.websocket, self._pos(at, "websocket")),
            self._transport(merged, at),
            self._address(merged, at),
        ]
        if merged.cors is not None and merged.cors != "none":
            controls.append(self._cors(merged.cors, declared))
        controls.append(self._body_limit(merged, at))
        limits = [self._limits[name] for name in merged.limits]
        controls.extend(limit for limit in limits if isinstance(limit.key, ByAddress))
        controls.append(self._authenticate(merged, at))
        if service.revocation is not None and not merged.public:
            controls.append(service.revocation)
        controls.extend(limit for limit in limits if not isinstance(limit.key, ByAddress))
        if not merged.public:
            controls.append(self._authorize(merged, at))
        controls.append(self._validate(merged, at))
        controls.append(self._forward(merged, at))
        controls.extend((service.headers, service.errors, self._audit(merged, at)))
        if service.session is not None:
            controls.append(service.session)
        return Route(key.upper(), full, values.segments(full), tuple(controls), at, self._pos(at))

    def _pos(self, at: SpecPath, *below: str) -> Span:
        return self._service.places.span((*at, *below))

    def _transport(self, merged: Merged, at: SpecPath) -> Control:
        transport = self._service.transport
        return (
            replace(transport, plain_http="allow", pos=self._pos(at, "plain_http")) if merged.plain_http else transport
        )

    def _address(self, merged: Merged, at: SpecPath) -> ClientAddress:
        rules = tuple(self.address_rule(name) for name in merged.networks)
        return ClientAddress(rules, self._service.trusted_proxies, self._pos(at, "network"))

    def address_rule(self, name: str) -> AddressRule:
        """The rule of a network profile; no `allow` admits every address."""
        network = self._spec.network
        profile = (network.profiles or {})[name] if network is not None else None
        if profile is None:
            raise LookupError(f"no network profile {name}")
        allow = values.EVERY_ADDRESS if profile.allow is None else values.cidrs(profile.allow)
        return AddressRule(name, allow, values.cidrs(profile.deny))

    def _cors(self, name: str, declared: tuple[str, ...]) -> Cors:
        profile = (self._spec.cors or {})[name]
        methods = declared if profile.methods is None else tuple(m for m in declared if m in profile.methods)
        origins = tuple(values.origin(text) for text in profile.origins if text != "*")
        return Cors(
            name,
            origins,
            tuple(sorted(methods)),
            tuple(profile.headers or ()),
            tuple(profile.expose or ()),
            profile.credentials,
            None if profile.max_age is None else scalars.duration_s(profile.max_age),
            "*" in profile.origins,
            self._pos(("cors", name)),
        )

    def _body_limit(self, merged: Merged, at: SpecPath) -> BodyLimit:
        limit = self._service.body_limit
        for _, body in merged.bodies:
            if body.max is not None:
                limit = replace(limit, max_bytes=scalars.size_bytes(body.max), pos=self._pos(at, "body"))
            if body.content_types is not None:
                types = tuple(sorted({text.lower() for text in body.content_types}))
                limit = replace(limit, content_types=types, pos=self._pos(at, "body"))
        return limit

    def _limit(self, name: str, limit: loader.RateLimit) -> RateLimit:
        roles = self._service.roles
        tiers = tuple(sorted((roles.counting_as((role,)), number) for role, number in (limit.tiers or {}).items()))
        return RateLimit(
            name,
            limit.algorithm,
            limit.limit,
            scalars.duration_s(limit.window),
            limit.burst or limit.limit,
            self._service.limit_key(limit.by),
            limit.count,
            tiers,
            limit.per,
            limit.on_store_failure,
            self._pos(("rate_limits", name)),
        )

    def _authenticate(self, merged: Merged, at: SpecPath) -> Authenticate:
        if merged.public:
            return Authenticate((), "", self._pos(at, "public"))
        alternatives = tuple((choice,) if isinstance(choice, str) else tuple(choice.all) for choice in merged.auth)
        named = {name for alternative in alternatives for name in alternative}
        carries_cookie = any(
            isinstance(place, CookiePlace) for name in named for place in getattr(self._verifiers[name], "places", ())
        )
        return Authenticate(alternatives, self._service.csrf_header if carries_cookie else "", self._pos(at, "auth"))

    def _authorize(self, merged: Merged, at: SpecPath) -> Authorize:
        conditions = self._service.conditions

        def ids(names: Iterable[str]) -> tuple[str, ...]:
            return tuple(dict.fromkeys(conditions.for_route(name, merged.resource) for name in names))

        if merged.allow == "authenticated" or merged.allow is None:
            # a route without `allow` was refused by the spec's own checks; no grant at all refuses everybody
            grants: tuple[Grant, ...] = (
                (Grant(text="authenticated", pos=self._pos(at, "allow")),) if merged.allow else ()
            )
        else:
            grants = tuple(self._grant(grant, ids, (*at, "allow", n)) for n, grant in enumerate(merged.allow))
        return Authorize(grants, ids(merged.require), ids(merged.forbid), self._pos(at, "allow"))

    def _grant(self, grant: loader.Grant, ids: Callable[[Iterable[str]], tuple[str, ...]], at: SpecPath) -> Grant:
        roles = self._service.roles
        role_sets: list[tuple[str, ...]] = []
        if grant.roles is not None:
            role_sets.append(roles.counting_as(grant.roles))
        role_sets.extend(roles.holders(permission) for permission in grant.permissions or ())
        return Grant(
            tuple(sorted(set(grant.auth or ()))),
            tuple(sorted(set(grant.clients or ()))),
            tuple(role_sets),
            tuple(sorted(set(grant.scopes or ()))),
            ids(grant.if_ or ()),
            "application" if grant.enforce == "application" else "gateway",
            grant_text(grant),
            self._pos(at),
        )

    def _validate(self, merged: Merged, at: SpecPath) -> Validate:
        params = [self._param("path", name, p, at, "params") for name, p in merged.params.items()]
        params += [self._param("query", name, p, at, "query") for name, p in (merged.query or {}).items()]
        params += [
            self._param("header", name.lower(), p, at, "header_params") for name, p in merged.header_params.items()
        ]
        schema, depth, required = "", self._service.json_depth, None
        for place, body in merged.bodies:
            if body.schema_ is not None:
                schema = self._service.body_schema(body.schema_, (*place, "body", "schema"))
            depth = depth if body.json_depth is None else body.json_depth
            required = required if body.required is None else body.required
        return Validate(
            tuple(sorted(params, key=lambda p: (p.place, p.name))),
            merged.query is not None,
            schema,
            bool(schema) if required is None else required,
            depth,
            self._service.screens,
            self._pos(at),
        )

    def _param(self, place: str, name: str, parameter: loader.Parameter, at: SpecPath, section: str) -> Param:
        schema: dict[str, object] = {"type": parameter.type}
        written = (
            ("enum", None if parameter.enum is None else list(parameter.enum)),
            ("minimum", parameter.minimum),
            ("maximum", parameter.maximum),
            ("minLength", parameter.min_length),
            ("maxLength", parameter.max_length),
            ("format", parameter.format),
            ("pattern", None if parameter.pattern is None else f"^(?:{parameter.pattern})$"),
        )
        schema.update({key: value for key, value in written if value is not None})
        if place not in ("path", "query", "header"):
            raise ValueError(place)
        return Param(
            "path" if place == "path" else "query" if place == "query" else "header",
            name,
            parameter.type,
            values.canonical_json(schema),
            parameter.required or place == "path",
            self._pos(at, section, name),
        )

    def _forward(self, merged: Merged, at: SpecPath) -> Forward:
        name = merged.upstream or next(iter(self._spec.upstreams))
        return replace(self._service.forward(name, public=merged.public), pos=self._pos(at, "upstream"))

    def _audit(self, merged: Merged, at: SpecPath) -> Audit:
        audit = self._service.audit
        if not merged.events_added and not merged.events_taken:
            return audit
        events = (set(audit.events) | set(merged.events_added)) - set(merged.events_taken)
        return replace(audit, events=tuple(sorted(events)), pos=self._pos(at, "audit"))


def grant_text(grant: loader.Grant) -> str:
    """A grant as a person would say it: `auth staff, roles viewer, if same-department`."""
    written = (
        ("auth", grant.auth),
        ("clients", grant.clients),
        ("roles", grant.roles),
        ("permissions", grant.permissions),
        ("scopes", grant.scopes),
        ("if", grant.if_),
    )
    parts = [
        f"{word} {' or '.join(names) if word in ('auth', 'clients', 'roles') else ' and '.join(names)}"
        for word, names in written
        if names
    ]
    return ", ".join(parts) + (", enforced by the application" if grant.enforce else "")
