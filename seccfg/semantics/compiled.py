"""A Policy made ready: the tree of templates, each route's controls at hand, keys imported, schemas compiled.

`compile_policy` keeps the last few policies compiled, so that deciding thousands of requests compiles once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from seccfg.expr.ast import attributes
from seccfg.expr.types import AttributeKey
from seccfg.ir.policy import (
    STEPS,
    Authenticate,
    Authorize,
    Bearer,
    BodyLimit,
    ByAddress,
    CertVerifier,
    ClientAddress,
    Cors,
    Edge,
    Errors,
    Forward,
    Hsts,
    JwtVerifier,
    KeyVerifier,
    Place,
    Policy,
    RequestTarget,
    ResponseHeaders,
    Revocation,
    Route,
    Transport,
    Validate,
    Verifier,
)
from seccfg.ir.request import Request
from seccfg.record import replace
from seccfg.semantics import jwt, validate
from seccfg.semantics.case import Case, Headers, Refusal
from seccfg.semantics.cors import is_preflight
from seccfg.semantics.host import host_name
from seccfg.semantics.match import Node, Template, find, insert, path_values
from seccfg.semantics.principal import Principal
from seccfg.semantics.state import State
from seccfg.semantics.target import parse

__all__ = ["Compiled", "RouteView", "Settings", "compile_policy", "hsts_value"]

_KEPT = 16
_REMEMBERED = 20_000


class Settings:
    """What holds for a request whether it matches a route or not."""

    __slots__ = ("address", "errors", "hsts", "target", "transport")

    def __init__(self, edge: Edge) -> None:
        self.target: RequestTarget = edge.target
        self.transport: Transport = edge.transport
        self.address: ClientAddress = edge.address
        self.errors: Errors = edge.errors
        self.hsts: str = hsts_value(edge.headers.hsts)


class RouteView(Settings):
    """A route with its controls sorted into what each step asks."""

    __slots__ = (
        "address_limits", "alternatives", "authenticate", "authorize", "body", "certificate", "challenge", "cors",
        "failure_limits", "forward", "inputs", "places", "principal_limits", "reads", "revocation", "route", "validate",
    )

    def __init__(self, route: Route, policy: Policy, verifiers: dict[str, Verifier]) -> None:
        self.route = route
        self.target = route.one(RequestTarget)
        self.transport = route.one(Transport)
        self.address = route.one(ClientAddress)
        self.errors = route.one(Errors)
        self.hsts = hsts_value(route.one(ResponseHeaders).hsts)
        self.cors = route.first(Cors)
        self.body = route.one(BodyLimit)
        self.authenticate = route.one(Authenticate)
        self.revocation = route.first(Revocation)
        self.authorize = route.first(Authorize)
        self.validate = route.one(Validate)
        self.forward = route.one(Forward)
        self.inputs = validate.inputs_of(self.validate)
        self.alternatives = self.authenticate.alternatives
        limits = route.limits()
        self.address_limits = tuple(limit for limit in limits if isinstance(limit.key, ByAddress))
        self.principal_limits = tuple(limit for limit in limits if not isinstance(limit.key, ByAddress))
        self.failure_limits = tuple(limit for limit in limits if limit.count == "auth.failed")
        listed = [verifiers[name] for name in dict.fromkeys(n for names in self.alternatives for n in names)]
        self.places = _places(listed)
        self.certificate = next((v for v in listed if isinstance(v, CertVerifier)), None)
        self.challenge = _challenge(listed)
        self.reads = tuple(sorted(_reads(self.authorize, policy)))


def _places(listed: list[Verifier]) -> tuple[tuple[Place, tuple[Verifier, ...]], ...]:
    found: dict[Place, list[Verifier]] = {}
    for verifier in listed:
        if not isinstance(verifier, CertVerifier):
            for place in verifier.places:
                found.setdefault(place, []).append(verifier)
    return tuple((place, tuple(verifiers)) for place, verifiers in found.items())


def _challenge(listed: list[Verifier]) -> str:
    if any(isinstance(place, Bearer) for v in listed if not isinstance(v, CertVerifier) for place in v.places):
        return "Bearer"
    return "ApiKey" if any(isinstance(verifier, KeyVerifier) for verifier in listed) else ""


def _reads(authorize: Authorize | None, policy: Policy) -> Iterator[AttributeKey]:
    if authorize is not None:
        used = {*authorize.require, *authorize.forbid, *(ident for g in authorize.allow for ident in g.conditions)}
        yield from {key for ident in used for key in attributes(policy.condition(ident).expr)}


def hsts_value(hsts: Hsts | None) -> str:
    """Value of `Strict-Transport-Security`; empty when it is not sent."""
    if hsts is None:
        return ""
    parts = [f"max-age={hsts.max_age_s}"]
    if hsts.include_subdomains:
        parts.append("includeSubDomains")
    if hsts.preload:
        parts.append("preload")
    return "; ".join(parts)


class Compiled:
    """A Policy and everything deciding looks up in it."""

    __slots__ = (
        "_judged", "_principals", "after_route", "attrs", "conditions", "edge", "everywhere", "hosts", "keys", "places",
        "policy", "preflights", "realm", "records", "roles", "root", "verifiers",
    )

    def __init__(self, policy: Policy) -> None:
        if sorted(policy.order) != sorted(STEPS):
            raise ValueError("a policy's order holds every step once")
        self.policy = policy
        self.hosts = frozenset(policy.hosts)
        self.realm = policy.name
        self.roles = dict(policy.roles)
        self.verifiers = {verifier.name: verifier for verifier in policy.verifiers}
        self.attrs = {(attr.side, attr.name): attr for attr in policy.attrs}
        self.conditions = {condition.id: condition for condition in policy.conditions}
        self.keys = {v.name: jwt.KeySet.of(v) for v in policy.verifiers if isinstance(v, JwtVerifier)}
        self.records = {v.name: {r.id: r for r in v.records} for v in policy.verifiers if isinstance(v, KeyVerifier)}
        self.places = tuple(dict.fromkeys(place for place, _ in _places(list(policy.verifiers))))
        self.edge = Settings(policy.edge)
        self.preflights = {fixed.template: fixed.headers for fixed in policy.host.preflights}
        self.after_route = frozenset(policy.order[policy.order.index("route") + 1 :])
        self.root = Node()
        for route in policy.routes:
            insert(self.root, route.path).methods[route.method] = RouteView(route, policy, self.verifiers)
        everywhere = policy.host.everywhere
        self.everywhere = None if everywhere is None else RouteView(everywhere, policy, self.verifiers)
        self._judged: dict[tuple[str, str], Refusal | None] = {}
        self._principals: dict[tuple[str, str], Principal] = {}

    def open(self, request: Request, state: State) -> Case:
        """Look up the route of *request* without refusing anything."""
        headers: Headers = {}
        for name, value in request.headers:
            headers.setdefault(name.lower(), []).append(value.strip(" \t"))
        target = parse(request.target)
        template: Template | None = None
        view: RouteView | None = None
        preflight = False
        path: dict[str, str] = {}
        if target.segments is not None and not (self.policy.host.plain_paths and "%" in target.path):
            template = find(self.root, target.segments)
        if template is not None and target.segments is not None:
            view = template.methods.get(request.method)
            if is_preflight(request.method, headers):
                asked = template.methods.get(headers["access-control-request-method"][0])
                if asked is not None and asked.cors is not None:
                    view, preflight = asked, True
            if view is not None:
                path = path_values(view.route.path, target.segments)
        view = view or self.everywhere
        taken = self.policy.host.certificate_hosts
        if taken is not None and request.certificate and host_name(headers) not in taken:
            request = replace(request, certificate="")
        return Case(self, request, state, target, headers, template, view, preflight, path)

    def _signature(self, verifier: JwtVerifier, token: jwt.Token, stale: bool) -> Refusal | None:
        any_key = self.policy.host.any_key
        return jwt.judge_token(verifier, self.keys[verifier.name], token, stale, any_key=any_key)

    def judge_token(self, verifier: JwtVerifier, text: str, token: jwt.Token, stale: bool) -> Refusal | None:
        """Header and signature of a token, remembered by its text: neither changes with time."""
        if stale and verifier.jwks.url:
            return self._signature(verifier, token, stale)
        key = (verifier.name, text)
        if key not in self._judged:
            if len(self._judged) >= _REMEMBERED:
                self._judged.clear()
            self._judged[key] = self._signature(verifier, token, stale)
        return self._judged[key]

    def principal_of(self, verifier: JwtVerifier, text: str, token: jwt.Token) -> Principal:
        """What an accepted token says, remembered by its text."""
        key = (verifier.name, text)
        found = self._principals.get(key)
        if found is None:
            if len(self._principals) >= _REMEMBERED:
                self._principals.clear()
            found = self._principals[key] = jwt.principal_of(verifier, token.claims, self.roles)
        return found


_compiled: OrderedDict[int, Compiled] = OrderedDict()


def compile_policy(policy: Policy) -> Compiled:
    """*policy* ready to decide with; LookupError when a route lacks a control every route has."""
    found = _compiled.get(id(policy))
    if found is not None and found.policy is policy:
        return found
    made = _compiled[id(policy)] = Compiled(policy)
    while len(_compiled) > _KEPT:
        _compiled.popitem(last=False)
    return made
