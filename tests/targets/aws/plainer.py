"""Made-up specs without what keeps AWS's own features from being used, so that `prefer: native` has something to use."""

from __future__ import annotations

import json

from seccfg.ir import policy as ir
from seccfg.record import replace
from seccfg.targetapi.kit.random_runs import random_policy

_PLAIN = frozenset({"type", "minimum", "maximum", "minLength", "maxLength", "enum"})
__all__ = ["plainer_policy"]


def plainer_policy(seed: int, *, tokens_only: bool = False) -> ir.Policy:
    """
    The made-up spec *seed* without trusted proxies, every route with the service's network rules, limits by address and one
    plain CORS profile.

    Args:
        tokens_only: Also nothing on any route that a table of rules has no words for.
    """
    policy = random_policy(seed)
    address = replace(policy.edge.address, trusted_proxies=())
    limits = tuple(dict.fromkeys(
        replace(limit, scope="shared", count="request") for route in policy.routes for limit in route.limits()
        if isinstance(limit.key, ir.ByAddress)
    ))[:1]  # fmt: skip
    tokens = tuple(v for v in policy.verifiers if isinstance(v, ir.JwtVerifier))
    if tokens_only and not tokens:
        raise LookupError(f"spec {seed} takes no tokens")
    known = tuple(_known(v) for v in tokens) if tokens_only else policy.verifiers
    routes = tuple(_route(route, policy, address, limits, tokens[:1] if tokens_only else ()) for route in policy.routes)
    conditions = tuple(c for c in policy.conditions if not tokens_only or _is_read(c, policy))
    unseen = (ir.FromBody, ir.FromApplication)
    attrs = tuple(a for a in policy.attrs if not (tokens_only and isinstance(a.source, unseen)))
    edge = replace(policy.edge, address=address)
    return replace(policy, edge=edge, routes=routes, verifiers=known, conditions=conditions, attrs=attrs)


def _known(verifier: ir.JwtVerifier) -> ir.JwtVerifier:
    jwks = replace(verifier.jwks, url="")
    return replace(verifier, jwks=jwks, places=(ir.Bearer(),), algorithms=("RS256", "ES256"))


def _route(
    route: ir.Route, policy: ir.Policy, address: ir.ClientAddress, limits: tuple[ir.RateLimit, ...],
    tokens: tuple[ir.JwtVerifier, ...],
) -> ir.Route:  # fmt: skip
    controls: list[ir.Control] = []
    for control in route.controls:
        match control:
            case ir.ClientAddress():
                controls += [address, *limits]
            case ir.RateLimit(key=ir.ByAddress()):
                pass
            case ir.Cors():
                origin = ir.Origin("https", "app.example.com", None, False)
                controls.append(replace(control, name="web", origins=(origin,), any_origin=False, expose=(), credentials=True))
            case ir.RateLimit() | ir.Revocation() | ir.Session() if tokens:
                pass
            case ir.Authenticate() if tokens and control.alternatives:
                controls.append(replace(control, alternatives=((tokens[0].name,),), csrf_header=""))
            case ir.Validate() if tokens:
                params = tuple(p for p in control.params if p.place == "path" and _PLAIN.issuperset(json.loads(p.schema)))
                controls.append(replace(control, params=params, closed_query=False, screens=()))
            case ir.Forward() if tokens:
                controls.append(replace(control, set=()))
            case ir.Audit() if tokens:
                controls.append(replace(control, hash_key=None, subject="clear"))
            case ir.RequestTarget() if tokens:
                controls.append(replace(control, websocket=False))
            case ir.Authorize() if tokens:
                controls.append(_authorize(control, policy, tokens[0]))
            case _:
                controls.append(control)
    return replace(route, controls=tuple(controls))


def _authorize(control: ir.Authorize, policy: ir.Policy, token: ir.JwtVerifier) -> ir.Authorize:
    """Without conditions over what the table does not read, and with grants of the one method."""
    seen = {c.id for c in policy.conditions if _is_read(c, policy)}
    grants = tuple(
        replace(g, methods=(token.name,) if g.methods else (), conditions=tuple(i for i in g.conditions if i in seen))
        for g in control.allow
    )
    require, forbid = (tuple(i for i in ids if i in seen) for ids in (control.require, control.forbid))
    return replace(control, allow=grants, require=require, forbid=forbid)


def _is_read(condition: ir.Condition, policy: ir.Policy) -> bool:
    from seccfg.expr.ast import attributes

    sources = {(attr.side, attr.name): attr.source for attr in policy.attrs}
    return all(
        side == "principal" or isinstance(sources.get((side, name)), ir.FromPath) for side, name in attributes(condition.expr)
    )
