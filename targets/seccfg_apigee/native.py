"""
`prefer: native`: what of a policy Apigee's own policies and conditions hold, so that the bundle reads as its engineers would
write it.

Conditional flows take the place of the router, VerifyJWT, Quota, AccessControl, CORS and RaiseFault that of the program; short
scripts read what no policy shows (a list in a claim, an ambiguous request line). A spec with a route that these cannot hold is
decided by the program as a whole: a bundle of both could count one request twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from seccfg.ir import policy as ir
from seccfg.record import Record, replace
from seccfg.targetapi.gaps import GapList
from seccfg_apigee.native_rules import Rules, plan_rules

__all__ = ["Native", "NativeRoute", "NativeToken", "plan_native"]

_FIRST: Final[tuple[ir.StepName, ...]] = ("preflight", "request_target", "host", "plain_http", "address")
_SHARED: Final[tuple[ir.StepName, ...]] = ("body", "address_limits", "authenticate", "revocation", "principal_limits")
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~-]+")
_ORIGIN: Final = re.compile(r"[A-Za-z0-9.:/-]+")


class NativeToken(Record):
    """A VerifyJWT policy and what `read-token.js` asks besides."""

    policy: str
    verifier: ir.JwtVerifier
    keys: tuple[ir.Jwk, ...]


class NativeRoute(Record):
    """A conditional flow."""

    key: str
    """Name of the flow, and the end of the names of policies that are its own."""
    route: ir.Route
    rules: Rules | None
    """What a script of its own judges: conditions and parameters."""


class Native(Record):
    """What the bundle is made of, and what it decides."""

    effective: ir.Policy
    tokens: tuple[NativeToken, ...]
    routes: tuple[NativeRoute, ...]
    cors: ir.Cors | None
    methods: tuple[str, ...]
    """Those of every route with the CORS profile."""
    shared: int
    """How many of the steps `body` to `principal_limits` stand before the flows, because every route agrees on them."""
    roles: tuple[str, ...]
    """Every role a grant asks for."""
    scopes: tuple[str, ...]


def plan_native(policy: ir.Policy, gaps: GapList, unseen: Collection[object]) -> Native | str:
    """
    The native form of *policy*, a Policy as far as the exact form enforces it, with the gaps it adds; else in a few words what
    of the policy it does not hold.
    """
    why = "a condition is left open for the service" if unseen else next(_beyond(policy), "")
    if why:
        return why
    keys = _names(policy.routes)
    routes: list[NativeRoute] = []
    for route in policy.routes:
        rules = plan_rules(policy, route)
        if isinstance(rules, str):
            return f"{route.id}: {rules}"
        routes.append(NativeRoute(keys[route.id], route, rules))
    return _planned(policy, tuple(routes), gaps)


def _planned(policy: ir.Policy, routes: tuple[NativeRoute, ...], gaps: GapList) -> Native:
    cors = next((c for route in policy.routes if (c := route.first(ir.Cors)) is not None), None)
    methods = tuple(sorted({m for r in policy.routes if (c := r.first(ir.Cors)) is not None for m in c.methods}))
    shared = _agreed(policy.routes)
    grants = [g for r in policy.routes if (a := r.first(ir.Authorize)) is not None for g in a.allow]
    by_address = sorted({x.name for r in policy.routes for x in r.limits() if isinstance(x.key, ir.ByAddress)})
    _say(gaps, cors, shared, by_address)
    steps: tuple[ir.StepName, ...] = (
        *_FIRST, *_SHARED[:shared], "route", "method", *_SHARED[shared:], "authorize", "validate", "forward",
    )  # fmt: skip
    host = replace(
        policy.host, cors=None if cors is None else _fixed(cors, methods), whole_addresses=tuple(by_address),
        everywhere=_everywhere(policy, shared) if shared else None,
    )  # fmt: skip
    tokens = tuple(
        NativeToken(f"VJ-{v.name}", v, _keys(v)) for v in policy.verifiers if isinstance(v, ir.JwtVerifier)
    )
    return Native(
        replace(policy, order=steps, host=host), tokens, routes, cors, methods, shared,
        tuple(sorted({role for grant in grants for holders in grant.role_sets for role in holders})),
        tuple(sorted({scope for grant in grants for scope in grant.scopes})),
    )  # fmt: skip


def _say(gaps: GapList, cors: ir.Cors | None, shared: int, by_address: Sequence[str]) -> None:
    if cors is not None:
        gaps.approximate(
            ("cors", cors.name), "cors-policy",
            why="the CORS policy answers every preflight before anything else and alike, whatever its path, method and headers, "
            "and writes the headers of an allowed origin on every answer; browsers compare them",
            bound="the same headers on every path", widens=False,
        )  # fmt: skip
    if shared:
        gaps.approximate(
            ("routes",), "unknown-paths-last",
            why="what every route asks for is asked before the flow of a route is looked for: of unknown paths and methods as "
            "well, which count towards limits then",
            bound="404 and 405 after 401, 413, 415 and 429", widens=False, status_only=True,
        )  # fmt: skip
    gaps.approximate(
        ("upstreams",), "connection-headers",
        why="AssignMessage removes headers by name: what `Connection` names goes on to the upstream, `Connection` itself does not",
        bound="passed on", widens=False,
    )  # fmt: skip
    for name in by_address:
        gaps.approximate(
            ("rate_limits", name, "by"), "rate-limit-address", why="Quota counts client.resolved.ip: an IPv6 address by itself, "
            "not its /64", bound="each IPv6 address by itself", widens=True,
        )  # fmt: skip


def _everywhere(policy: ir.Policy, shared: int) -> ir.Route:
    """The controls a request meets before the flows, as those of a route."""
    one = policy.routes[0]
    kept = [c for c in one.controls if not isinstance(c, (ir.Cors, ir.Authorize, ir.RateLimit))]
    limits = [x for x in one.limits() if _SHARED.index(_step_of(x)) < shared]
    if shared <= _SHARED.index("authenticate"):
        kept = [replace(c, alternatives=(), csrf_header="") if isinstance(c, ir.Authenticate) else c for c in kept]
    return ir.Route("", "", (), (*kept, *limits))


def _step_of(limit: ir.RateLimit) -> ir.StepName:
    return "address_limits" if isinstance(limit.key, ir.ByAddress) else "principal_limits"


def _agreed(routes: Sequence[ir.Route]) -> int:
    """How many of the shared steps are the same on every route; a route's own counters are not."""
    if any(limit.scope == "route" for route in routes for limit in route.limits()):
        return 0
    if len({route.one(ir.Validate).json_depth for route in routes}) > 1:
        return 0
    asked = [_asked(route) for route in routes]
    return next((number for number in range(len(_SHARED)) if any(a[number] != asked[0][number] for a in asked)), len(_SHARED))


def _asked(route: ir.Route) -> tuple[object, ...]:
    """What the route asks in each of the shared steps."""
    limits = route.limits()
    return (
        route.one(ir.BodyLimit), [x for x in limits if _step_of(x) == "address_limits"], route.one(ir.Authenticate),
        route.first(ir.Revocation), [x for x in limits if _step_of(x) == "principal_limits"],
    )  # fmt: skip


def _fixed(cors: ir.Cors, methods: Sequence[str]) -> ir.HostCors:
    credentials = (("access-control-allow-credentials", "true"),) if cors.credentials else ()
    answer, preflight = list(credentials), list(credentials)
    if cors.expose:
        answer.append(("access-control-expose-headers", ", ".join(cors.expose)))
    preflight.append(("access-control-allow-methods", ", ".join(methods)))
    preflight.append(("access-control-allow-headers", ", ".join(cors.headers)))
    preflight.append(("access-control-max-age", "-1" if cors.max_age_s is None else str(cors.max_age_s)))
    return ir.HostCors(tuple(answer), tuple(preflight), tuple(origin.text for origin in cors.origins))


def _keys(verifier: ir.JwtVerifier) -> tuple[ir.Jwk, ...]:
    """Those that fit the method's algorithm, whatever else the set holds."""
    (algorithm,) = verifier.algorithms
    return tuple(key for key in verifier.jwks.keys if _fits(key, algorithm))


def _fits(key: ir.Jwk, algorithm: str) -> bool:
    if key.alg not in ("", algorithm) or key.use not in ("", "sig"):
        return False
    curve = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}.get(algorithm)
    return key.kty == ("RSA" if curve is None else "EC") and (curve is None or json.loads(key.json).get("crv") == curve)


def _names(routes: Sequence[ir.Route]) -> dict[str, str]:
    """A flow's name of each route: `get-users-user-id`, numbered where two come out alike."""
    found: dict[str, str] = {}
    for route in routes:
        plain = re.sub(r"[^a-z0-9]+", "-", route.id.lower()).strip("-")[:80].strip("-")
        name, number = plain, 2
        while name in found.values():
            name, number = f"{plain}-{number}", number + 1
        found[route.id] = name
    return found


# ------------------------------------------------------------------------------------------------------ what it holds
def _beyond(policy: ir.Policy) -> Iterator[str]:
    """What the native form cannot hold."""
    edge, routes = policy.edge, policy.routes
    if not routes:
        yield "there is no route"
        return
    for kind, settled in (
        (ir.Transport, edge.transport), (ir.ClientAddress, edge.address), (ir.ResponseHeaders, edge.headers),
        (ir.Errors, edge.errors), (ir.Audit, edge.audit),
    ):  # fmt: skip
        if any(route.one(kind) != settled for route in routes):
            yield f"{kind.__name__} differs by route"
    if len({replace(route.one(ir.Forward), upstream="", url="") for route in routes}) > 1:
        yield "what is forwarded differs by route"
    forward = routes[0].one(ir.Forward)
    if forward.set or forward.strip_cookies or forward.strip_query:
        yield "identity headers for the service, or credentials in cookies or the query"
    yield from _cors(routes)
    for verifier in policy.verifiers:
        if why := _verifier(verifier):
            yield f"method `{verifier.name}` {why}"
    issuers = [v.issuer for v in policy.verifiers if isinstance(v, ir.JwtVerifier)]
    if len(set(issuers)) != len(issuers):
        yield "two methods trust one issuer"
    if any(_WORD.fullmatch(role) is None for v in policy.verifiers for role in v.asserts):
        yield "a role whose name no variable can have"
    for route in routes:
        yield from (f"{route.id}: {why}" for why in _route(route))


def _cors(routes: Sequence[ir.Route]) -> Iterator[str]:
    found = {route.first(ir.Cors) for route in routes}
    profiles = {replace(c, methods=()) for c in found if c is not None}
    if not profiles:
        return
    (profile, *more) = profiles
    if more or None in found:
        yield "CORS differs by route"
    elif any(o.one_label or _ORIGIN.fullmatch(o.text) is None for o in profile.origins) or profile.any_origin:
        yield "origins the CORS policy has no words for"
    elif not profile.headers or any(route.method == "OPTIONS" for route in routes):
        yield "the CORS policy would answer a declared OPTIONS, or allow headers of its own choice"
    elif not {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"}.issuperset(m for c in found if c for m in c.methods):
        yield "methods the CORS policy does not know"


def _verifier(verifier: ir.Verifier) -> str:
    if not isinstance(verifier, ir.JwtVerifier):
        return "takes no tokens: VerifyAPIKey knows keys by their text, and the spec by their digest"
    if verifier.places != (ir.Bearer(),):
        return "is looked for elsewhere than in `Authorization`"
    if verifier.jwks.url or not verifier.jwks.keys:
        return "reads its keys again and again (`jwks.url`)"
    if re.fullmatch(r"[ !#-~]+", verifier.issuer) is None or any(_WORD.fullmatch(name) is None for name, _ in verifier.clients):
        return "has an issuer or clients that no condition can name"
    if len(verifier.algorithms) != 1 or _PLAIN.fullmatch(verifier.name) is None:
        return "has several algorithms: VerifyJWT takes any key for any of them"
    kids = [key.kid for key in _keys(verifier)]
    return "" if kids and len(set(kids)) == len(kids) else "has no key, or two of one id"


def _route(route: ir.Route) -> Iterator[str]:
    authenticate, validate = route.one(ir.Authenticate), route.one(ir.Validate)
    limits, authorize = route.limits(), route.first(ir.Authorize)
    by_address = [limit for limit in limits if isinstance(limit.key, ir.ByAddress)]
    grants = () if authorize is None else authorize.allow
    words = [word for g in grants for word in (*g.scopes, *(role for held in g.role_sets for role in held))]
    literals = [part.text for part in route.path if isinstance(part, ir.LiteralSegment)]
    for beyond, what in (
        (any(len(names) != 1 for names in authenticate.alternatives) or authenticate.csrf_header, "several credentials at once"),
        (route.first(ir.Revocation) is not None, "revocation of tokens"),
        (len(by_address) > 1 or len(limits) - len(by_address) > 1, "several limits, of which all ask before any counts"),
        (any(isinstance(x.key, ir.ByAttribute) or x.tiers for x in limits), "limits by attribute, or that grow with roles"),
        (any(limit.count != "request" for limit in limits), "limits that count failures"),
        (validate.closed_query or validate.body_schema or validate.screens, "schemas of bodies, names of the query, screens"),
        (any(param.place != "path" for param in validate.params), "parameters beyond the path"),
        (any(_SEGMENT.fullmatch(text) is None for text in literals), "characters in its path"),
        (any(_WORD.fullmatch(word) is None for word in words), "a scope or a role no variable can be named by"),
        (not route.public and authorize is None, "nobody is allowed"),
        (re.fullmatch(r"[A-Z]+", route.method) is None, "its method"),
    ):  # fmt: skip
        if beyond:
            yield what
