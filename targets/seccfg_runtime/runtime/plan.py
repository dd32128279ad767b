"""Each route with everything a request on it needs, worked out once at start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from .addresses import AddressRules
from .answers import Surface
from .attributes import AttributeReader, ConditionReader, declared_attributes
from .audit import AuditPlan
from .authenticate import Judge, RouteAuthentication
from .authorize import RouteAuthorization
from .cors import CorsPlan
from .forward import ForwardPlan
from .headers import OPEN_CONDITIONS, HeaderTable
from .interface import GuardSettings
from .limits import AddressLimits, LimitPlan, PrincipalLimits
from .model import (
    AddressRule,
    Audit,
    Authenticate,
    ByAttribute,
    Condition,
    Forward,
    FromHeader,
    PlainHttp,
    Policy,
    RateLimit,
    Route,
    SecretRef,
)
from .places import header_of
from .validate import RouteValidation


class EdgePlan:
    """What holds before a route is matched, and for requests that match none."""

    def __init__(
        self, surface: Surface, audit: AuditPlan, rules: AddressRules, plain_http: PlainHttp, table: HeaderTable
    ) -> None:
        self.surface = surface
        self.cors = surface.cors
        self.audit = audit
        self.rules = rules
        self.plain_http: PlainHttp = plain_http
        self.table = table
        self.websocket = False
        self.label = ""
        """The route's id."""


class RoutePlan(EdgePlan):
    """One route."""

    def __init__(self, route: Route, number: int, shared: SharedParts) -> None:
        policy = shared.policy
        self._policy = policy
        self.route = route
        self.number = number
        self.authentication = shared.authentication(route) if route.authenticate.alternatives else None
        self.authorization = None if route.authorize is None else RouteAuthorization(route.authorize)
        self.conditions = () if self.authorization is None else self.authorization.conditions
        self.reader = ConditionReader(self.conditions, policy)
        self.named_conditions: Mapping[str, Condition] = {
            **shared.single_conditions, **{condition.name: condition for condition in self.conditions},
        }  # fmt: skip
        self.validation = RouteValidation(route)
        self.forward = shared.forward(route)
        limits = [shared.limit(limit, route) for limit in route.limits]
        self.address_limits = shared.address_limits([limit for limit in limits if limit.by_address])
        self.principal_limits = shared.principal_limits([limit for limit in limits if not limit.by_address])
        self.failure_limits = tuple(limit for limit in limits if limit.counts_failures)
        counted_by = [limit.reads for limit in limits if limit.reads is not None]
        self.application_names = self.reader.application_names | {r.name for r in counted_by if r.from_application}
        self.gathers_body = self.reader.reads_body or any(reader.from_body for reader in counted_by)
        self.gathers = self.gathers_body or bool(self.application_names)
        self.gathers_before_limits = any(reader.from_body or reader.from_application for reader in counted_by)
        self.revocation = route.revocation
        self.csrf_header = route.authenticate.csrf_header.lower().encode("latin-1")
        self.max_body_bytes = route.body.max_bytes
        self.content_types = frozenset(route.body.content_types)
        cors = None if route.cors is None else CorsPlan(route.cors)
        challenge = "" if self.authentication is None else self.authentication.challenge
        headers = self._attribute_headers(limits)
        self.proxy_headers = shared.proxy_headers
        """Headers only a trusted proxy may send: removed from what others send."""
        super().__init__(
            Surface(route.headers, route.errors, cors, challenge, policy.name),
            shared.audit(route.audit),
            shared.rules(route.network),
            route.plain_http,
            shared.table(route, headers),
        )
        self.websocket = route.websocket
        self.label = route.id
        forward = self.forward
        self.passes_with_more = bool(
            self.audit.tells_of_passes or self.proxy_headers or forward.strip_cookies or forward.strip_query
        )
        """Passing a request on is told of, or takes something out of it besides the usual headers."""

    @cached_property
    def handler_reader(self) -> ConditionReader:
        """For conditions a handler asks for: the route's own, and those that mean the same on every route."""
        return ConditionReader(self.named_conditions.values(), self._policy)

    def _attribute_headers(self, limits: Iterable[LimitPlan]) -> frozenset[bytes]:
        readers = [*self.reader.readers, *(limit.reads for limit in limits if limit.reads is not None)]
        names = {name.encode("latin-1") for reader in readers if (name := reader.header) is not None}
        return frozenset(names | self.validation.headers | ({self.csrf_header} if self.csrf_header else set()))


class SharedParts:
    """What routes have in common, made once."""

    def __init__(self, policy: Policy, settings: GuardSettings, judges: Mapping[str, Judge]) -> None:
        self.policy = policy
        self.judges = judges
        self._settings = settings
        self._hash_keys: Mapping[SecretRef, bytes] = settings.hash_keys
        self._declared = declared_attributes(policy)
        self._audits: dict[Audit, AuditPlan] = {}
        self._rules: dict[tuple[AddressRule, ...], AddressRules] = {}
        self._tables: dict[tuple[frozenset[bytes], frozenset[bytes]], HeaderTable] = {}
        self._limits: dict[tuple[RateLimit, str], LimitPlan] = {}
        self._address_limits: dict[tuple[LimitPlan, ...], AddressLimits] = {}
        self._principal_limits: dict[tuple[LimitPlan, ...], PrincipalLimits] = {}
        self._authentications: dict[Authenticate, RouteAuthentication] = {}
        self._forwards: dict[tuple[Forward, str], ForwardPlan] = {}
        places = [place for judge in judges.values() for place in getattr(judge.verifier, "places", ())]
        self.places = tuple(dict.fromkeys(places))
        self._credential_headers = frozenset(name for place in places if (name := header_of(place)) is not None)
        self._identity_headers = frozenset(
            name.lower().encode("latin-1") for route in policy.routes for name, _ in route.forward.identity
        )
        self.proxy_headers = frozenset(
            attribute.source.name.lower().encode("latin-1")
            for attribute in policy.attributes
            if attribute.trust == "proxy" and isinstance(attribute.source, FromHeader)
        )
        counted: dict[str, list[Condition]] = {}
        for condition in policy.conditions:
            counted.setdefault(condition.name, []).append(condition)
        self.single_conditions = {name: found[0] for name, found in counted.items() if len(found) == 1}
        """Conditions that mean the same on every route, by name."""

    def edge(self) -> EdgePlan:
        """The plan of requests that match no route."""
        edge = self.policy.edge
        table = HeaderTable(self._credential_headers, ())
        return EdgePlan(
            Surface(edge.headers, edge.errors, realm=self.policy.name),
            self.audit(edge.audit), self.rules(edge.network), edge.plain_http, table,
        )  # fmt: skip

    def audit(self, audit: Audit) -> AuditPlan:
        found = self._audits.get(audit)
        if found is None:
            found = self._audits[audit] = AuditPlan(audit, self._hash_keys)
        return found

    def rules(self, rules: tuple[AddressRule, ...]) -> AddressRules:
        found = self._rules.get(rules)
        if found is None:
            found = self._rules[rules] = AddressRules(rules)
        return found

    def table(self, route: Route, headers: frozenset[bytes]) -> HeaderTable:
        """The header table of *route*; behind a gateway the identity it sends is read, not removed."""
        strip = {name.lower().encode("latin-1") for name in route.forward.strip} | self._identity_headers
        strip.add(route.errors.correlation_header.lower().encode("latin-1"))
        read = self._credential_headers | self.proxy_headers | headers
        if self._settings.behind_gateway:
            strip -= self._identity_headers
            read |= self._identity_headers | {OPEN_CONDITIONS}
        key = (frozenset(read), frozenset(strip))
        found = self._tables.get(key)
        if found is None:
            found = self._tables[key] = HeaderTable(*key)
        return found

    def limit(self, limit: RateLimit, route: Route) -> LimitPlan:
        """The plan of *limit*; one for all routes that share its counter."""
        key = (limit, route.id if limit.per_route else "")
        found = self._limits.get(key)
        if found is None:
            reader = None
            if isinstance(limit.key, ByAttribute):
                reader = AttributeReader(limit.key.side, limit.key.name, self._declared)
            found = self._limits[key] = LimitPlan(limit, route.id, reader)
        return found

    def address_limits(self, limits: Sequence[LimitPlan]) -> AddressLimits | None:
        """Step 9 of a route; None when it has none."""
        key = tuple(limits)
        if key and key not in self._address_limits:
            self._address_limits[key] = AddressLimits(key)
        return self._address_limits.get(key)

    def principal_limits(self, limits: Sequence[LimitPlan]) -> PrincipalLimits | None:
        """Step 12 of a route; None when it has none."""
        key = tuple(limits)
        if key and key not in self._principal_limits:
            self._principal_limits[key] = PrincipalLimits(key, len(self._principal_limits))
        return self._principal_limits.get(key)

    def authentication(self, route: Route) -> RouteAuthentication:
        """Step 10 of a route that is not public."""
        found = self._authentications.get(route.authenticate)
        if found is None:
            found = self._authentications[route.authenticate] = RouteAuthentication(route, self.judges)
        return found

    def forward(self, route: Route) -> ForwardPlan:
        """Step 15 of a route."""
        key = (route.forward, route.errors.correlation_header)
        found = self._forwards.get(key)
        if found is None:
            found = self._forwards[key] = ForwardPlan(route, len(self._forwards), self.policy)
        return found
