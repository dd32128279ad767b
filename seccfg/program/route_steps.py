"""A route's branch: steps 5 to 9 and 12 to 15, and the branch of preflights that ask about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seccfg.ir.policy import (
    Authenticate,
    Authorize,
    Bearer,
    BodyLimit,
    ByAddress,
    CertVerifier,
    ClientAddress,
    Cors,
    Errors,
    Forward,
    Grant,
    KeyVerifier,
    Param,
    ParamSegment,
    Policy,
    RateLimit,
    Reason,
    RequestTarget,
    ResponseHeaders,
    RestSegment,
    Revocation,
    Route,
    StepName,
    Transport,
    Validate,
)
from seccfg.program import patterns
from seccfg.program.build import all_of, any_of, given, line, matches, origin_allowed
from seccfg.program.edge_steps import Refusing, client_known, first_steps, hsts_headers, refusing
from seccfg.program.identity_steps import IdentityLowering, place_uses
from seccfg.program.model import (
    Always,
    Answer,
    BodyFits,
    Branch,
    Case,
    Cases,
    Charge,
    Check,
    Compare,
    Fits,
    Form,
    Header,
    Holds,
    HoldsAll,
    Is,
    Item,
    Known,
    Meets,
    NoneShows,
    OneOf,
    OpenConditions,
    Refuse,
    Sendable,
    Slot,
    Subset,
)

if TYPE_CHECKING:
    from seccfg.program.lower import Tables

__all__ = ["RouteLowering"]

_COUNTED_AS_FAILURE = frozenset(
    {"several_credentials", "invalid_token", "invalid_key", "invalid_certificate", "revoked"}
)


class RouteLowering:
    """Lowers one route."""

    def __init__(self, policy: Policy, route: Route, tables: Tables) -> None:
        self._policy = policy
        self._route = route
        self._tables = tables
        limits = route.limits()
        self._errors = route.one(Errors)
        self._cors = route.first(Cors)
        self._authenticate = route.one(Authenticate)
        names = dict.fromkeys(name for alternative in self._authenticate.alternatives for name in alternative)
        self._listed = [policy.verifier(name) for name in names]
        self._hsts = hsts_headers(route.one(ResponseHeaders).hsts)
        self._items: dict[StepName, tuple[Item, ...]] | None = None
        per_route = route.id if any(limit.scope == "route" for limit in limits) else ""
        shared = (
            route.first(RequestTarget), route.first(Transport), route.first(ClientAddress), self._cors, route.first(BodyLimit),
            self._authenticate, route.first(Revocation), route.first(ResponseHeaders), self._errors, *limits,
        )  # fmt: skip
        self._shared = (per_route, *map(tables.number, shared))
        """Equal on routes of one policy whose steps up to the principal's limits are the same."""

    def branch(self, *, preflight: bool) -> Branch:
        """The branch of requests, or of preflights that ask about the route's method."""
        route, policy = self._route, self._policy
        if self._items is None:
            self._items = self._lowered()
        items = self._items
        if preflight:
            asked = self._tables.once(("preflight", route.method, *self._shared), self._preflight)
            items = {**items, "preflight": asked}
        place = policy.order.index("route")
        before, after = self._tables.once(("headers", *self._shared), lambda: (self._hsts, (*self._hsts, *self._cors_headers())))
        steps = tuple(
            self._tables.step(name, items.get(name, ()), after if number > place else before)
            for number, name in enumerate(policy.order)
        )
        validate = route.one(Validate)
        always, may_be = self._tables.once(("open", self._tables.number(route.first(Authorize))), self._open)
        return Branch(
            f"preflight {route.id}" if preflight else route.id, "preflight" if preflight else "route", steps,
            place_uses(self._listed), self._authenticate.alternatives, _parameters(route), route.one(Forward),
            route.one(ResponseHeaders), validate.json_depth, always, may_be,
        )  # fmt: skip

    def _lowered(self) -> dict[StepName, tuple[Item, ...]]:
        """Every step both branches share; what routes have in common is lowered for the first of them."""
        route, tables = self._route, self._tables
        return {
            **tables.once(("shared", *self._shared), self._lowered_shared),
            "authorize": tables.once(("authorize", tables.number(route.first(Authorize)), *self._shared), self._authorize),
            "validate": tables.once(("validate", tables.number(route.one(Validate)), *self._shared), self._validate),
            "forward": tables.once(("forward", tables.number(route.one(Forward)), *self._shared), self._forward),
        }

    def _lowered_shared(self) -> dict[StepName, tuple[Item, ...]]:
        route, policy = self._route, self._policy
        identity = IdentityLowering(
            self._authenticate, self._listed, route.first(Revocation), self._cors, policy.hosts,
            self._refusing("authenticate"),
        )  # fmt: skip
        revoking = IdentityLowering(
            self._authenticate, self._listed, route.first(Revocation), self._cors, policy.hosts, self._refusing("revocation")
        )
        return {
            **first_steps(
                policy, route.one(RequestTarget), route.one(Transport), route.one(ClientAddress), self._cors, self._errors
            ),
            "body": self._body(),
            "address_limits": self._limits("address_limits", [x for x in route.limits() if isinstance(x.key, ByAddress)]),
            "authenticate": identity.authenticate(),
            "revocation": revoking.revocation(),
            "principal_limits": self._limits(
                "principal_limits", [x for x in route.limits() if not isinstance(x.key, ByAddress)]
            ),
        }

    # ---------------------------------------------------------------------------------------------------- refusals
    def _refusing(self, step: StepName) -> Refusing:
        plain = refusing(step, self._errors)
        failures = tuple(self._tables.limit(x, self._route) for x in self._route.limits() if x.count == "auth.failed")

        def refuse(reason: Reason) -> Refuse:
            made = plain(reason)
            charges = failures if reason in _COUNTED_AS_FAILURE else ()
            return Refuse(reason, made.status, made.event, self._challenge(reason, made.status), charges)

        return refuse

    def _challenge(self, reason: Reason, status: int) -> tuple[Header, ...]:
        if reason == "insufficient_scope" and status == 403:
            error = ', error="insufficient_scope"'
        elif reason in _COUNTED_AS_FAILURE and status == 401:
            error = ', error="invalid_token"'
        elif reason == "no_credential" and status == 401:
            error = ""
        else:
            return ()
        tokens = (v for v in self._listed if not isinstance(v, CertVerifier))
        if any(isinstance(place, Bearer) for verifier in tokens for place in verifier.places):
            scheme = "Bearer"
        elif any(isinstance(verifier, KeyVerifier) for verifier in self._listed):
            scheme = "ApiKey"
        else:
            return ()
        return (Header("www-authenticate", (f'{scheme} realm="{self._policy.name}"{error}',), Always(True)),)

    # --------------------------------------------------------------------------------------------------------- CORS
    def _cors_headers(self) -> tuple[Header, ...]:
        cors = self._cors
        if cors is None:
            return ()
        allowed = origin_allowed(cors)
        headers = [Header("vary", ("Origin",), Always(True)), self._allow_origin(cors, allowed)]
        if cors.credentials:
            headers.append(Header("access-control-allow-credentials", ("true",), allowed))
        if cors.expose:
            headers.append(Header("access-control-expose-headers", (", ".join(cors.expose),), allowed))
        return tuple(headers)

    def _allow_origin(self, cors: Cors, when: Form) -> Header:
        return Header("access-control-allow-origin", ("*" if cors.any_origin else line("origin"),), when)

    def _preflight(self) -> tuple[Item, ...]:
        cors = self._cors
        if cors is None:
            return ()
        yes = Always(True)
        bare = (*self._hsts, Header("vary", ("Origin",), yes))
        if self._route.method not in cors.methods:
            return (Answer(bare),)
        full = [
            *bare, self._allow_origin(cors, yes), Header("access-control-allow-methods", (", ".join(cors.methods),), yes),
        ]  # fmt: skip
        if cors.headers:
            full.append(Header("access-control-allow-headers", (", ".join(cors.headers),), yes))
        if cors.credentials:
            full.append(Header("access-control-allow-credentials", ("true",), yes))
        if cors.max_age_s is not None:
            full.append(Header("access-control-max-age", (str(cors.max_age_s),), yes))
        names = tuple(sorted({name.lower() for name in cors.headers}))
        allowed = all_of((origin_allowed(cors), Subset(Slot("requested_headers"), names)))
        return (Cases((Case(allowed, (Answer(tuple(full)),)),), (Answer(bare),)),)

    # -------------------------------------------------------------------------------------------------------- step 8
    def _body(self) -> tuple[Item, ...]:
        limit, refuse = self._route.one(BodyLimit), self._refusing("body")
        declared, real = Slot("declared_length"), Slot("body_length")
        types = OneOf(Slot("media_type"), limit.content_types)
        return (
            Check(given(declared, Compare(declared, "<=", limit.max_bytes)), refuse("body_too_large")),
            Check(any_of((Compare(declared, "==", 0), types)), refuse("media_type")),
            Check(Compare(real, "<=", limit.max_bytes), refuse("body_too_large")),
            Check(given(declared, Compare(real, "==", declared)), refuse("malformed")),
        )

    # -------------------------------------------------------------------------------------------------- steps 9, 12
    def _limits(self, step: StepName, limits: list[RateLimit]) -> tuple[Item, ...]:
        refuse = self._refusing(step)
        items: list[Item] = []
        charged: list[int] = []
        for limit in limits:
            number = self._tables.limit(limit, self._route)
            key, wait = str(number), Slot("wait", str(number))
            if isinstance(limit.key, ByAddress):
                items += client_known(refuse)
            limited = refuse("rate_limited")
            retry = (Header("retry-after", (wait,), Always(True)),)
            items += (
                Check(Known(Slot("limit_key", key)), refuse("forbidden")),
                Check(Is(Slot("limit_store", key)), refuse("unavailable")),
                Check(Compare(wait, "==", 0), Refuse(limited.reason, limited.status, limited.event, retry)),
            )
            if limit.count == "request":
                charged.append(number)
        return (*items, Charge(tuple(charged))) if charged else tuple(items)

    # ------------------------------------------------------------------------------------------------------- step 13
    def _authorize(self) -> tuple[Item, ...]:
        if not self._authenticate.alternatives:
            return ()
        refuse = self._refusing("authorize")
        forbidden = refuse("forbidden")
        authorize = self._route.first(Authorize)
        if authorize is None:
            return (forbidden,)
        by_scopes = any_of(_grant(grant, scopes=False) for grant in authorize.allow if grant.scopes)
        cases = [Case(any_of(_grant(grant) for grant in authorize.allow), ())]
        if by_scopes != Always(False):
            cases.append(Case(by_scopes, (refuse("insufficient_scope"),)))
        return (
            Check(Known(Slot("principal")), forbidden),
            *(Check(Holds(ident, False), forbidden) for ident in authorize.forbid),
            *(Check(Holds(ident), forbidden) for ident in authorize.require),
            Cases(tuple(cases), (forbidden,)),
        )

    def _open(self) -> tuple[tuple[str, ...], tuple[OpenConditions, ...]]:
        authorize, tables = self._route.first(Authorize), self._tables
        if authorize is None:
            return (), ()
        always = (ident for ident in (*authorize.require, *authorize.forbid) if tables.is_open(ident))
        left = [(grant, [i for i in grant.conditions if tables.is_open(i)]) for grant in authorize.allow]
        decided = any_of(_grant(grant) for grant, idents in left if not idents)
        may_be = [OpenConditions(decided, ())] if decided != Always(False) else []
        may_be += (OpenConditions(_grant(g), _names(tables, idents)) for g, idents in left if idents)
        return _names(tables, always), tuple(may_be) if any(idents for _, idents in left) else ()

    # ------------------------------------------------------------------------------------------------------- step 14
    def _validate(self) -> tuple[Item, ...]:
        control = self._route.one(Validate)
        refuse = self._refusing("validate")("invalid_input")
        forms = [self._param(param) for param in control.params]
        if control.closed_query:
            names = tuple(sorted({param.name for param in control.params if param.place == "query"}))
            forms.append(Subset(Slot("query_names"), names))
        length, is_json = Slot("body_length"), Is(Slot("body_json", str(control.json_depth)))
        empty = Compare(length, "==", 0)
        if control.body_required:
            forms.append(Compare(length, ">", 0))
        if control.body_schema:
            fits = BodyFits(self._tables.schema(control.body_schema))
            forms.append(any_of((empty, all_of((is_json, fits)))))
        else:
            media = Slot("media_type")
            other = (OneOf(media, ("application/json",), False), matches(media, patterns.JSON_SUFFIX, False))
            forms.append(any_of((empty, all_of(other), is_json)))
        headers = ",".join(param.name for param in control.params if param.place == "header")
        forms += (NoneShows(Slot("inputs", headers), screen) for screen in control.screens)
        return tuple(Check(form, refuse) for form in forms)

    def _param(self, param: Param) -> Form:
        key = f"{param.place} {param.name}"
        fits = Fits(Slot("parameter", key), param.type, self._tables.schema(param.schema))
        return fits if param.required else any_of((Compare(Slot("given", key), "==", 0), fits))

    # ------------------------------------------------------------------------------------------------------- step 15
    def _forward(self) -> tuple[Item, ...]:
        refuse = self._refusing("forward")("forbidden")
        slots = (Slot("identity", entry.field) for entry in self._route.one(Forward).set)
        return tuple(Check(given(slot, Sendable(slot)), refuse) for slot in slots)


def _grant(grant: Grant, *, scopes: bool = True) -> Form:
    roles = Slot("principal_roles")
    forms: list[Form] = []
    if grant.methods:
        forms.append(OneOf(Slot("principal_method"), grant.methods))
    if grant.clients:
        forms.append(OneOf(Slot("principal_client"), grant.clients))
    forms += (Meets(roles, holders) for holders in grant.role_sets)
    if scopes and grant.scopes:
        forms.append(HoldsAll(Slot("principal_scopes"), grant.scopes))
    forms += (Holds(ident) for ident in grant.conditions)
    return all_of(forms)


def _names(tables: Tables, idents: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({tables.name_of(ident) for ident in idents}))


def _parameters(route: Route) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for at, segment in enumerate(route.path):
        if isinstance(segment, ParamSegment):
            found.append((segment.name, at))
        elif isinstance(segment, RestSegment):
            found.append((segment.name, -at - 1))
    return tuple(found)
