"""
`prefer: native`: a policy as an engineer of the gateway would write it by hand, where the spec asks for no more than that.

One `cors`, one `validate-jwt`, one `rate-limit-by-key`, `ip-filter`, and short expressions beside them. What is decided
otherwise than the spec says is a gap. A spec these have no words for keeps the decision program, and APPLY.md says why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.ir import policy as ir
from seccfg.program.model import Program
from seccfg.record import replace
from seccfg.targetapi.gaps import GapList
from seccfg_azure.native_code import NotNative, access_code, input_code
from seccfg_azure.plan import Counter, NativePlan, Operation, SigningKey

__all__ = ["NotNative", "enforced", "own_operations", "plan_native", "report"]

_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]+")
_IDENT: Final = re.compile(r"[a-z0-9-]+")


def plan_native(
    policy: ir.Policy, program: Program, operations: Sequence[Operation], keys: Sequence[SigningKey],
    counters: Mapping[str, Sequence[Counter]],
) -> NativePlan:  # fmt: skip
    """
    The native form of *policy*, a Policy as far as the exact form enforces it.

    Raises:
        NotNative: it has none; the message says why.
    """
    _same_everywhere(policy)
    verifier = _verifier(policy)
    if verifier is not None and not keys:
        raise NotNative("no key checks tokens")
    ids = {operation.title: operation.id for operation in operations}
    named = {route.id: ids[route.id] for route in policy.routes}
    if any(_IDENT.fullmatch(ident) is None for ident in named.values()):
        raise NotNative("a method is no word of letters")
    limit, counter = _limit(policy, counters)
    return NativePlan(
        verifier=verifier,
        keys=tuple(keys) if verifier is not None else (),
        public=tuple(sorted(named[route.id] for route in policy.routes if route.public)),
        plain_http=tuple(sorted(named[r.id] for r in policy.routes if r.one(ir.Transport).plain_http == "allow")),
        bodies=_bodies(policy, named),
        paths=_paths(policy, named),
        cors=_cors(policy),
        limit=limit,
        counter=counter,
        addresses=policy.edge.address.rules,
        access=access_code(policy, program, named, verifier) if verifier is not None else "",
        inputs=input_code(policy, program, named),
    )


def own_operations(policy: ir.Policy, operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Without OPTIONS that only answers preflights: an operation of that method would keep `cors` from answering them."""
    declared = {f"{route.method} {route.template}" for route in policy.routes}
    return tuple(operation for operation in operations if operation.title in declared)


def enforced(policy: ir.Policy, plan: NativePlan) -> ir.Policy:
    """The Policy that the native form enforces."""
    names = () if plan.counter is None else (plan.limit,)
    first: tuple[ir.StepName, ...] = ("preflight", "route", "method", "request_target", "host", "plain_http", "address")
    order = (*first, *(step for step in policy.order if step not in first))
    if policy.host.https_only:
        order = ("plain_http", *(step for step in order if step != "plain_http"))
    cors = plan.cors
    routes = policy.routes if cors is None else tuple(
        replace(route, controls=tuple(cors if isinstance(c, ir.Cors) else c for c in route.controls)) for route in policy.routes
    )  # fmt: skip
    return replace(
        policy, routes=routes, order=order,
        host=replace(
            policy.host, hides_methods=True, bodies="unseen", counts_refused=names, bare_preflight=200 if cors else 0,
            any_case_origins=cors is not None, any_key=len(plan.keys) > 1,
        ),
    )  # fmt: skip


def report(policy: ir.Policy, plan: NativePlan, gaps: GapList) -> None:
    """A gap for everything the native form decides otherwise."""
    def approximate(ident: str, at: tuple[str, ...], why: str, bound: str, *, widens: bool = False) -> None:
        gaps.approximate(at, ident, why=why, bound=bound, widens=widens, status_only=not widens)

    approximate(
        "method-hidden", ("routes",), "the service knows no operation for a method that a path has not, and does not say which "
        "it has", f"answered {policy.edge.errors.code('no_route')} as an unknown path",
    )  # fmt: skip
    gaps.approximate(
        ("body", "content_types"), "body-content", widens=True, bound="declared length and media type alone",
        why="no policy reads a body without a schema: JSON that is broken, nested too deeply or has a member twice reaches the "
        "upstream, and a body of undeclared length is refused",
    )  # fmt: skip
    if len(plan.keys) > 1 and plan.verifier is not None:
        gaps.approximate(
            ("auth", plan.verifier.name, "jwks"), "signing-key", widens=True, bound=f"any of {len(plan.keys)} keys",
            why="validate-jwt tries every key, whichever of them `kid` names",
        )  # fmt: skip
    if plan.cors is not None:
        approximate(
            "preflight-bare", ("cors", plan.cors.name), "cors answers preflights before any other policy, for every method "
            "of the API alike, and nothing is added to its answer",
            "200 without Vary and security headers, before anything else is looked at",
        )  # fmt: skip
    approximate(
        "operation-first", ("routes",), "the service looks for an operation before any policy runs", "what is malformed, for "
        "another host or from another network as well is answered as an unknown path where there is none",
    )  # fmt: skip
    if plan.cors is not None:
        approximate(
            "cors-origin", ("cors", plan.cors.name, "origins"), "cors compares letters of an origin without case, and browsers "
            "send lower case alone; it stands before the check of the path, so it also speaks for paths that are none",
            "an origin in any case",
        )  # fmt: skip
        gaps.approximate(
            ("cors", plan.cors.name, "expose"), "cors-upstream", widens=True, bound="what the upstream says about CORS passes",
            why="whether a set-header in outbound would also take away what cors adds is not documented, so nothing is taken away",
        )  # fmt: skip
    if plan.counter is not None:
        gaps.approximate(
            ("rate_limits", plan.limit), "limit-counts-refused", widens=False,
            why=f"{plan.counter.policy} counts requests it refuses: whoever goes on asking stays refused",
            bound=f"refused until fewer than {plan.counter.calls} were asked in {plan.counter.period_s} s",
        )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ what fits
def _same_everywhere(policy: ir.Policy) -> None:
    edge = policy.edge
    asked: tuple[tuple[bool, str], ...] = (
        (bool(edge.address.trusted_proxies), "a proxy speaks for clients (`trusted_proxies`), and the service's policies look at its address"),
        (any(not rule.allow for rule in edge.address.rules), "a network profile admits nobody"),
        (any(b.family == 6 for rule in edge.address.rules for b in rule.deny), "blocks of IPv6 are denied, which ip-filter is not said to know"),
        (bool(policy.host.unseen), "some conditions are left to the application"),
        (any(r.first(ir.Revocation) for r in policy.routes), "revocation needs what a token says before the service is asked"),
        (any(r.one(ir.ClientAddress).rules != edge.address.rules for r in policy.routes), "an address rule of a single route"),
        (any(r.one(ir.Forward).set for r in policy.routes), "identity is forwarded in headers"),
        (
            any(r.one(ir.Transport).plain_http not in (edge.transport.plain_http, "allow") for r in policy.routes),
            "what becomes of plain http differs between routes",
        ),
        (any(p.place != "path" for r in policy.routes for p in r.one(ir.Validate).params), "headers or the query have schemas"),
        (any(r.one(ir.Validate).body_schema or r.one(ir.Validate).body_required for r in policy.routes), "bodies have schemas"),
        (any(r.one(ir.Validate).screens for r in policy.routes), "texts are screened"),
        (any(r.one(ir.Validate).closed_query for r in policy.routes), "undeclared query parameters are refused"),
        (any(r.one(ir.Authenticate).csrf_header for r in policy.routes), "cookies ask for a CSRF header"),
        (any(len({n for names in r.one(ir.Authenticate).alternatives for n in names}) > 1 for r in policy.routes), "a route takes several credentials"),
    )  # fmt: skip
    for wrong, why in asked:
        if wrong:
            raise NotNative(why)


def _verifier(policy: ir.Policy) -> ir.JwtVerifier | None:
    """The one method of every route that asks for a credential."""
    names = {name for r in policy.routes for names in r.one(ir.Authenticate).alternatives for name in names}
    if not names:
        return None
    found = [verifier for verifier in policy.verifiers if verifier.name in names]
    verifier = found[0]
    if len(found) != 1 or not isinstance(verifier, ir.JwtVerifier):
        raise NotNative("routes ask for credentials of several kinds")
    if verifier.places != (ir.Bearer(),) or len(policy.verifiers) != 1:
        raise NotNative("credentials stand in other places than Authorization")
    if verifier.max_age_s is not None:
        raise NotNative("tokens have a greatest age")
    return verifier


def _bodies(policy: ir.Policy, named: Mapping[str, str]) -> tuple[tuple[ir.BodyLimit, tuple[str, ...]], ...]:
    found: dict[tuple[int, tuple[str, ...]], tuple[ir.BodyLimit, list[str]]] = {}
    for route in policy.routes:
        body = route.one(ir.BodyLimit)
        found.setdefault((body.max_bytes, body.content_types), (body, []))[1].append(named[route.id])
    return tuple((body, tuple(sorted(own))) for body, own in found.values())


def _limit(policy: ir.Policy, counters: Mapping[str, Sequence[Counter]]) -> tuple[str, Counter | None]:
    found = [route.limits() for route in policy.routes]
    if not any(found):
        return "", None
    if len(set(found)) != 1 or len(found[0]) != 1 or found[0][0].scope != "shared":
        raise NotNative("limits differ between routes, or there are several")
    (limit,) = found[0]
    own = counters.get(limit.name, ())
    if not isinstance(limit.key, ir.ByAddress) or limit.count != "request":
        raise NotNative("something else than requests of an address is counted")
    if len(own) != 1 or own[0].tiers:
        raise NotNative("the limit needs more than one counter")
    return limit.name, own[0]


def _cors(policy: ir.Policy) -> ir.Cors | None:
    """The one profile of every route, with the methods of all."""
    found = [route.first(ir.Cors) for route in policy.routes]
    profiles = [profile for profile in found if profile is not None]
    if not profiles:
        return None
    alike = {replace(profile, methods=(), pos=profiles[0].pos) for profile in profiles}
    methods = tuple(sorted({method for profile in profiles for method in profile.methods}))
    if len(profiles) != len(found) or len(alike) != 1:
        raise NotNative("CORS differs between routes")
    profile = replace(profiles[0], methods=methods)
    if any(origin.one_label for origin in profile.origins) or not profile.headers:
        raise NotNative("the CORS profile allows origins by pattern, or no headers at all")
    if any(route.method == "OPTIONS" for route in policy.routes):
        raise NotNative("an operation of OPTIONS keeps cors from answering preflights")
    return profile


def _paths(policy: ir.Policy, named: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Paths of each operation; none may be of another template as well, whichever the service prefers."""
    templates = {route.template: route.path for route in policy.routes}
    patterns: dict[str, str] = {}
    for text, path in templates.items():
        parts: list[str] = []
        for segment in path:
            match segment:
                case ir.LiteralSegment(literal) if _PLAIN.fullmatch(literal) is not None:
                    parts.append(literal.replace(".", r"\\."))
                case ir.ParamSegment():
                    parts.append("[^/]+")
                case ir.RestSegment():
                    parts.append("[^/]+(?:/[^/]+)*")
                case _:
                    raise NotNative(f"the template {text} is no plain one")
        patterns[text] = "/" + "/".join(parts)
    for one, path in templates.items():
        for other, against in templates.items():
            if one < other and _overlap(path, against):
                raise NotNative(f"a path could be of {one} and of {other}")
    return tuple(sorted((named[route.id], patterns[route.template]) for route in policy.routes))


def _overlap(one: Sequence[ir.Segment], other: Sequence[ir.Segment]) -> bool:
    short, long = sorted((one, other), key=len)
    if len(short) != len(long) and not (short and isinstance(short[-1], ir.RestSegment)):
        return False
    return all(
        not (isinstance(a, ir.LiteralSegment) and isinstance(b, ir.LiteralSegment)) or a.text.lower() == b.text.lower()
        for a, b in zip(short, long, strict=False)
    )


