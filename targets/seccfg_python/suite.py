"""What the generated tests ask of each route: worked out from its grants alone, never from the code they test."""

from __future__ import annotations

from typing import assert_never
from urllib.parse import quote

from seccfg.ir import policy as ir
from seccfg_python.plan import Sample, SuiteRoute

__all__ = ["suite_routes"]


def suite_routes(policy: ir.Policy) -> tuple[SuiteRoute, ...]:
    """One entry per route, in the order of the Policy."""
    tokens = {v.name: v for v in policy.verifiers if isinstance(v, ir.JwtVerifier) and v.algorithms}
    closure = dict(policy.roles)
    known: dict[tuple[ir.Authorize, str], tuple[Sample, ...]] = {}
    found: list[SuiteRoute] = []
    for route in policy.routes:
        token = _token(route, tokens)
        samples: tuple[Sample, ...] = ()
        authorize = route.first(ir.Authorize)
        if token is not None and authorize is not None:
            key = (authorize, token.name)
            if key not in known:
                known[key] = _samples(authorize, token, closure)
            samples = known[key]
            if any(isinstance(limit.key, ir.ByAttribute) for limit in route.limits()):
                samples = tuple(s for s in samples if not s.allowed)  # without the attribute nobody is let through
        found.append(SuiteRoute(route.id, sample_target(route), "" if token is None else token.name, samples))
    return tuple(found)


def _token(route: ir.Route, tokens: dict[str, ir.JwtVerifier]) -> ir.JwtVerifier | None:
    """The first method of the route that one bearer token alone satisfies."""
    for alternative in route.one(ir.Authenticate).alternatives:
        verifier = tokens.get(alternative[0]) if len(alternative) == 1 else None
        if verifier is not None and any(isinstance(place, ir.Bearer) for place in verifier.places):
            return verifier
    return None


def _samples(
    authorize: ir.Authorize, token: ir.JwtVerifier, closure: dict[str, tuple[str, ...]]
) -> tuple[Sample, ...]:
    """
    Each role the token may carry, alone and with every scope the grants name. A role whose fate hangs on a condition is
    left out.
    """
    samples: list[Sample] = []
    for role in ("", *(sorted(token.asserts) if token.roles_claim else ())):
        roles = frozenset(closure.get(role, ()))
        possible = [grant for grant in authorize.allow if _possible(grant, token.name, roles)]
        certain = any(not grant.conditions for grant in possible)
        if not possible:
            samples.append(Sample(role, False))
        elif certain and not authorize.require and not authorize.forbid:
            samples.append(Sample(role, True))
    return tuple(samples)


def _possible(grant: ir.Grant, method: str, roles: frozenset[str]) -> bool:
    """Whether the grant can hold for a principal of this method with these roles, every scope and no client."""
    return (
        (not grant.methods or method in grant.methods)
        and not grant.clients
        and all(roles.intersection(role_set) for role_set in grant.role_sets)
    )


def sample_target(route: ir.Route) -> str:
    """A path the route's template matches."""
    numbers = {p.name for p in route.one(ir.Validate).params if p.place == "path" and p.type in ("integer", "number")}
    parts: list[str] = []
    for segment in route.path:
        match segment:
            case ir.LiteralSegment(text):
                parts.append(quote(text, safe="!$&'()*+,:=@"))
            case ir.ParamSegment(name) | ir.RestSegment(name):
                parts.append("7" if name in numbers else "sample")
            case _:
                assert_never(segment)
    return "/" + "/".join(parts)
