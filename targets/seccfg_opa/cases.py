"""The questions of the generated tests: for each route nobody at all, and each role alone where roles alone decide."""

from __future__ import annotations

import json

from seccfg.ir import policy as ir
from seccfg_opa.plan import GridCase

__all__ = ["grid"]

_SAMPLES = ("5", "a", "00000000-0000-4000-8000-000000000000", "2026-01-05", "true")
_MOST = 60
"""Routes asked about: a few dozen show the same as thousands."""


def grid(policy: ir.Policy) -> tuple[GridCase, ...]:
    """Cases for the first routes, in order."""
    cases: list[GridCase] = []
    for route in policy.routes[:_MOST]:
        target = _target(route)
        authenticate, authorize = route.one(ir.Authenticate), route.first(ir.Authorize)
        if not authenticate.alternatives:
            continue
        cases.append(GridCase(route.method, target, "", "", False, "no_credential"))
        if authorize is None or authorize.require or authorize.forbid:
            continue
        method = authenticate.alternatives[0][0]
        for role, given in policy.roles:
            answers = [_holds(grant, method, set(given)) for grant in authorize.allow]
            if True in answers:
                cases.append(GridCase(route.method, target, role, method, True, "pass"))
            elif None not in answers:
                cases.append(GridCase(route.method, target, role, method, False, "forbidden"))
    return tuple(cases)


def _holds(grant: ir.Grant, method: str, roles: set[str]) -> bool | None:
    """Whether a principal with nothing but *roles* is granted; None when roles alone do not tell."""
    if grant.methods and method not in grant.methods:
        return False
    if any(roles.isdisjoint(holders) for holders in grant.role_sets):
        return False
    return None if grant.clients or grant.scopes or grant.conditions else True


def _target(route: ir.Route) -> str:
    schemas = {p.name: json.loads(p.schema) for p in route.one(ir.Validate).params if p.place == "path"}
    parts: list[str] = []
    for segment in route.path:
        match segment:
            case ir.LiteralSegment(text):
                parts.append("".join(c if c.isascii() and (c.isalnum() or c in "-._~") else _encoded(c) for c in text))
            case ir.ParamSegment(name) | ir.RestSegment(name):
                parts.append("x" if name not in schemas else _SAMPLES[0])
    return "/" + "/".join(parts)


def _encoded(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())
