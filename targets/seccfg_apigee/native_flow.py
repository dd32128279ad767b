"""The flow of the native form: what runs before the flows, the conditional flow of each route, what answers faults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seccfg.ir import policy as ir
from seccfg.record import Record
from seccfg_apigee.native import Native, NativeRoute
from seccfg_apigee.native_policies import NATIVE_FAULTS, allow_name, limit_name
from seccfg_apigee.plan import ApigeePlan

__all__ = ["NativeFlow", "NativeSteps", "native_steps"]

_REFUSALS: Final[tuple[ir.Event, ...]] = ("auth.failed", "authz.denied", "check.failed", "input.rejected", "rate.limited")
_Step = tuple[str, str]
"""A policy and its condition; an empty one: always."""


class NativeFlow(Record):
    """A conditional flow; the last has no condition."""

    name: str
    description: str
    condition: str
    steps: tuple[_Step, ...]


class NativeSteps(Record):
    """Everything a bundle of the native form runs."""

    first: tuple[_Step, ...]
    flows: tuple[NativeFlow, ...]
    last: tuple[_Step, ...]
    response: tuple[_Step, ...]
    error: tuple[_Step, ...]
    log: tuple[_Step, ...]

    def policies(self) -> list[str]:
        """Names of the policies some step runs."""
        parts = (self.first, self.last, self.response, self.error, self.log, *(flow.steps for flow in self.flows))
        return sorted({name for steps in parts for name, _ in steps})


def native_steps(plan: ApigeePlan, native: Native) -> NativeSteps:
    """What runs when."""
    policy = native.effective
    shared = list(_shared_steps(native, native.routes[0], range(native.shared)))
    headers = policy.edge.headers
    hsts = [("AM-Hsts", '(request.header.x-forwarded-proto = "https")')] if headers.hsts is not None else []
    cors = [("AM-Preflight", '(request.verb = "OPTIONS")')] if native.cors is not None else []
    hidden = [("AM-HideUpstreamError", "(response.status.code >= 500)")] if plan.hidden else []
    return NativeSteps(
        first=(*_first(native), *shared), flows=tuple(_flows(native)),
        last=(
            ("RF-InvalidInput", '(seccfg.json != "good") and (seccfg.json != "none")'),
            ("JT-Body", '(seccfg.json = "good") and (request.content != null)'), ("AM-Forward", ""),
        ),
        response=(("AM-DropCors", '(request.verb != "OPTIONS")'), ("AM-Headers", ""), *hsts, *cors, *hidden),
        error=(
            ("AM-Headers", ""), *hsts, ("JS-RetryAfter", NATIVE_FAULTS[-1][2]),
            *((name, condition) for name, _, condition in NATIVE_FAULTS),
        ),
        log=(("ML-Audit", _logged(policy)),),
    )  # fmt: skip


def _logged(policy: ir.Policy) -> str:
    """Events nobody asked for are not written down; a preflight has none."""
    events = policy.edge.audit.events
    if set(_REFUSALS) <= {*events}:
        return '(seccfg.event != null)' + ("" if "access.allowed" in events else ' and (seccfg.event != "access.allowed")')
    return " or ".join(f'(seccfg.event = "{event}")' for event in events) or '(seccfg.event = "none")'


# ------------------------------------------------------------------------------------------------------- before flows
def _first(native: Native) -> Iterator[_Step]:
    policy = native.effective
    if native.cors is not None:
        yield "CORS-Web", ""
    yield "JS-CheckRequest", ""
    yield "RF-Malformed", '(seccfg.wellformed != "yes")'
    yield "RF-WrongHost", _none_of("seccfg.host", policy.hosts)
    plain = '(request.header.x-forwarded-proto != "https")'
    transport = policy.edge.transport.plain_http
    if transport == "redirect":
        yield "RF-PlainHttp", f'{plain} and (request.verb != "GET") and (request.verb != "HEAD")'
        yield "RF-PlainHttp", f"{plain} and (request.header.authorization != null)"
        yield "RF-Redirect", plain
    elif transport == "refuse":
        yield "RF-PlainHttp", plain
    limits = [limit for route in native.routes for limit in route.route.limits()]
    if policy.edge.address.rules or any(isinstance(limit.key, ir.ByAddress) for limit in limits):
        yield "RF-Internal", '(seccfg.address != "resolved")'
    yield from ((f"AC-{rule.name}", "") for rule in policy.edge.address.rules)


def _shared_steps(native: Native, held: NativeRoute, numbers: Sequence[int]) -> Iterator[_Step]:
    """Of the steps body, address limits, authentication, revocation and principal limits those of *numbers*."""
    route = held.route
    limits = route.limits()
    for number in numbers:
        if number == 0:
            yield f"JS-Body-{held.key}" if native.shared == 0 else "JS-Body", ""
            yield "RF-TooLarge", '(seccfg.body = "too_large")'
            yield "RF-MediaType", '(seccfg.body = "media_type")'
            yield "RF-Malformed", '(seccfg.body != "ok")'
        elif number == 1:
            yield from ((limit_name(x, held), "") for x in limits if isinstance(x.key, ir.ByAddress))
        elif number == 2 and not route.public:
            yield from _authentication(native, route)
        elif number == 4:
            yield from ((limit_name(x, held), "") for x in limits if not isinstance(x.key, ir.ByAddress))


def _authentication(native: Native, route: ir.Route) -> Iterator[_Step]:
    """Each method of the route has its VerifyJWT; that none ran is no pass."""
    names = [name for (name,) in route.one(ir.Authenticate).alternatives]
    tokens = [token for token in native.tokens if token.verifier.name in names]
    yield "RF-NoCredential", '(seccfg.credential = "none")'
    yield "RF-InvalidToken", '(seccfg.credential != "token")'
    if len(native.tokens) == 1:
        (token,) = tokens
        yield token.policy, ""
        yield f"JS-{token.verifier.name}", ""
    else:
        yield "DJ-Issuer", ""
        for token in tokens:
            mine = f'(jwt.DJ-Issuer.decoded.claim.iss = "{token.verifier.issuer}")'
            yield token.policy, mine
            yield f"JS-{token.verifier.name}", mine
    yield "RF-InvalidToken", '(seccfg.token != "good")'


# -------------------------------------------------------------------------------------------------------------- flows
def _flows(native: Native) -> Iterator[NativeFlow]:
    by_path: dict[str, list[NativeRoute]] = {}
    for route in native.routes:
        by_path.setdefault(route.route.template, []).append(route)
    yield NativeFlow(
        "trailing-slash", "A path that ends in a slash is another path", '(proxy.pathsuffix Matches "/*/")', (("RF-NotFound", ""),)
    )
    for template, routes in by_path.items():
        path = _path(routes[0].route)
        for held in routes:
            condition = f'{path} and (request.verb = "{held.route.method}")'
            yield NativeFlow(held.key, held.route.id, condition, tuple(_route_steps(native, held)))
        name = routes[0].key.partition("-")[2] or "root"
        yield NativeFlow(f"other-{name}", f"Any other method of {template}", path, ((allow_name(routes), ""),))
    yield NativeFlow("not-found", "Any other path", "", (("RF-NotFound", ""),))


def _path(route: ir.Route) -> str:
    known = [part for part in route.path if not isinstance(part, ir.RestSegment)]
    path = "".join("/*" if isinstance(part, ir.ParamSegment) else f"/{part.text}" for part in known)
    if not route.path:
        return '((proxy.pathsuffix = "") or (proxy.pathsuffix = "/"))'
    if isinstance(route.path[-1], ir.RestSegment):
        return f'((proxy.pathsuffix MatchesPath "{path}/*") or (proxy.pathsuffix MatchesPath "{path}/*/**"))'
    return f'(proxy.pathsuffix MatchesPath "{path}")'


def _route_steps(native: Native, held: NativeRoute) -> Iterator[_Step]:
    route = held.route
    yield from _shared_steps(native, held, range(native.shared, 5))
    if held.rules is not None:
        yield f"JS-{held.key}", ""
    names = {} if held.rules is None else dict(held.rules.names)
    authorize = route.first(ir.Authorize)
    if authorize is not None and not route.public:
        yield from _authorization(authorize, names)
    if held.rules is not None and held.rules.input:
        yield "RF-InvalidInput", '(seccfg.input != "ok")'
    if len({other.route.one(ir.Forward).upstream for other in native.routes}) > 1:
        yield f"AM-To-{route.one(ir.Forward).upstream}", ""


def _authorization(authorize: ir.Authorize, names: dict[str, str]) -> Iterator[_Step]:
    """Each RaiseFault says when it refuses; a variable nobody set makes it refuse."""
    yield from (("RF-Forbidden", f'(seccfg.condition.{names[ident]} != "no")') for ident in authorize.forbid)
    yield from (("RF-Forbidden", f'(seccfg.condition.{names[ident]} != "yes")') for ident in authorize.require)
    lacking = [_lacks(grant, names) for grant in authorize.allow]
    if not lacking:
        yield "RF-Forbidden", ""
        return
    if any(not tests for tests in lacking):
        return
    none_holds = " and ".join(_any(tests) for tests in lacking)
    scoped = [_only_scopes(grant, names) for grant in authorize.allow if grant.scopes]
    if scoped:
        yield "RF-InsufficientScope", f"{none_holds} and {_any(scoped)}"
    yield "RF-Forbidden", none_holds


def _lacks(grant: ir.Grant, names: dict[str, str]) -> list[str]:
    """Tests of which one is true where *grant* does not hold."""
    tests = [_none_of(f"seccfg.{kind}", held) for kind, held in (("method", grant.methods), ("client", grant.clients)) if held]
    tests += [_all([f'(seccfg.role.{role} != "yes")' for role in holders]) for holders in grant.role_sets]
    tests += [f'(seccfg.scope.{scope} != "yes")' for scope in grant.scopes]
    return tests + [f'(seccfg.condition.{names[ident]} != "yes")' for ident in grant.conditions]


def _only_scopes(grant: ir.Grant, names: dict[str, str]) -> str:
    """Everything but scopes is there."""
    known = (("method", grant.methods), ("client", grant.clients))
    tests = [_any([f'(seccfg.{kind} = "{one}")' for one in held]) for kind, held in known if held]
    tests += [_any([f'(seccfg.role.{role} = "yes")' for role in holders]) for holders in grant.role_sets]
    tests += [f'(seccfg.condition.{names[ident]} = "yes")' for ident in grant.conditions]
    tests.append(_any([f'(seccfg.scope.{scope} != "yes")' for scope in grant.scopes]))
    return _all(tests)


def _none_of(variable: str, values: Sequence[str]) -> str:
    return _all([f'({variable} != "{value}")' for value in values])


def _all(tests: Sequence[str]) -> str:
    return tests[0] if len(tests) == 1 else f"({' and '.join(tests)})"


def _any(tests: Sequence[str]) -> str:
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"
