"""Made-up specs without what Apigee's own policies have no words for, so that `prefer: native` has something to use."""

from __future__ import annotations

import re

from seccfg.expr.ast import attributes
from seccfg.ir import policy as ir
from seccfg.record import replace
from seccfg.targetapi.kit.random_runs import random_policy
from seccfg_apigee.native_rules import plan_rules

__all__ = ["plainer_policy"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def plainer_policy(seed: int) -> ir.Policy:
    """The made-up spec *seed*, tokens alone, with what its routes and conditions have that the native form can hold."""
    policy = random_policy(seed)
    tokens = tuple(_token(v) for v in policy.verifiers if isinstance(v, ir.JwtVerifier) and v.algorithms != ("EdDSA",))
    if not tokens:
        raise LookupError(f"spec {seed} takes no tokens")
    conditions = tuple(c for c in policy.conditions if _is_read(c, policy))
    profile = next((c for route in policy.routes if (c := route.first(ir.Cors)) is not None), None)
    routes = tuple(_route(route, policy, tokens, conditions, profile) for route in policy.routes)
    routes = tuple(r for r in routes if profile is None or r.method != "OPTIONS")
    edge = replace(policy.edge, address=replace(policy.edge.address, trusted_proxies=()))
    sources = (ir.FromClaims, ir.FromPath)
    return replace(
        policy, edge=edge, routes=routes, verifiers=tokens, conditions=conditions, session=None,
        attrs=tuple(a for a in policy.attrs if isinstance(a.source, sources)),
    )  # fmt: skip


def _token(verifier: ir.JwtVerifier) -> ir.JwtVerifier:
    algorithm = next((a for a in verifier.algorithms if a != "EdDSA"), "RS256")
    return replace(verifier, jwks=replace(verifier.jwks, url=""), places=(ir.Bearer(),), algorithms=(algorithm,))


def _is_read(condition: ir.Condition, policy: ir.Policy) -> bool:
    """Over claims and the path, for every route."""
    sources = {(attr.side, attr.name): attr.source for attr in policy.attrs}
    if not all(s == "principal" or isinstance(sources.get((s, n)), ir.FromPath) for s, n in attributes(condition.expr)):
        return False
    for route in policy.routes:
        authorize = ir.Authorize((ir.Grant(conditions=(condition.id,)),), (), (condition.id,))
        kept = tuple(c for c in route.controls if not isinstance(c, (ir.Authorize, ir.Validate)))
        validate = replace(route.one(ir.Validate), params=())
        if isinstance(plan_rules(policy, replace(route, controls=(*kept, authorize, validate))), str):
            return False
    return True


def _route(
    route: ir.Route, policy: ir.Policy, tokens: tuple[ir.JwtVerifier, ...], conditions: tuple[ir.Condition, ...],
    profile: ir.Cors | None,
) -> ir.Route:  # fmt: skip
    controls: list[ir.Control] = []
    edge = policy.edge
    limits: set[bool] = set()
    for control in route.controls:
        match control:
            case ir.ClientAddress():
                controls.append(replace(edge.address, trusted_proxies=()))
            case ir.Transport():
                controls.append(edge.transport)
            case ir.ResponseHeaders():
                controls.append(edge.headers)
            case ir.Errors():
                controls.append(edge.errors)
            case ir.Audit():
                controls.append(edge.audit)
            case ir.RateLimit(key=ir.ByAttribute()) | ir.Revocation() | ir.Session() | ir.Cors():
                pass
            case ir.RateLimit() if isinstance(control.key, ir.ByAddress) not in limits and control.count == "request":
                limits.add(isinstance(control.key, ir.ByAddress))
                controls.append(replace(control, tiers=()))
            case ir.RateLimit():
                pass
            case ir.RequestTarget():
                controls.append(replace(control, websocket=False))
            case ir.Authenticate() if control.alternatives:
                known = tuple(names for names in control.alternatives if names in {(t.name,) for t in tokens})
                controls.append(replace(control, alternatives=known or ((tokens[0].name,),), csrf_header=""))
            case ir.Validate():
                controls.append(_validate(route, policy, control))
            case ir.Forward():
                controls.append(replace(
                    policy.routes[0].one(ir.Forward), upstream=control.upstream, url=control.url, set=(), strip_cookies=(),
                    strip_query=(),
                ))  # fmt: skip
            case ir.Authorize():
                controls.append(_authorize(control, tokens, conditions))
            case _:
                controls.append(control)
    if profile is not None:
        origin = ir.Origin("https", "app.example.com", None, False)
        methods = tuple(sorted({r.method for r in policy.routes if r.template == route.template} - {"OPTIONS"}))
        headers = profile.headers or ("Content-Type",)
        cors = replace(profile, origins=(origin,), any_origin=False, methods=methods, headers=headers)
        controls.append(cors)
    return replace(route, controls=tuple(controls))


def _validate(route: ir.Route, policy: ir.Policy, control: ir.Validate) -> ir.Validate:
    plain = replace(control, params=(), closed_query=False, body_schema="", body_required=False, screens=())
    kept = tuple(c for c in route.controls if not isinstance(c, (ir.Authorize, ir.Validate)))
    params = tuple(
        param for param in control.params
        if not isinstance(plan_rules(policy, replace(route, controls=(*kept, replace(plain, params=(param,))))), str)
    )
    return replace(plain, params=params)


def _authorize(control: ir.Authorize, tokens: tuple[ir.JwtVerifier, ...], conditions: tuple[ir.Condition, ...]) -> ir.Authorize:
    known, names = {c.id for c in conditions}, {t.name for t in tokens}
    allow = tuple(
        replace(
            g, methods=tuple(m for m in g.methods if m in names), conditions=tuple(i for i in g.conditions if i in known),
            scopes=tuple(s for s in g.scopes if _WORD.fullmatch(s)),
        )
        for g in control.allow
    )  # fmt: skip
    require, forbid = (tuple(i for i in ids if i in known) for ids in (control.require, control.forbid))
    return replace(control, allow=allow, require=require, forbid=forbid)
