"""Body schemas are held by API Gateway: what the function is told has none."""

from __future__ import annotations

from seccfg.ir import policy as ir
from seccfg.record import replace

__all__ = ["without_bodies"]


def without_bodies(policy: ir.Policy) -> ir.Policy:
    """The same without body schemas, which the function has no use for."""
    return replace(policy, routes=tuple(map(_bodiless, policy.routes)))


def _bodiless(route: ir.Route) -> ir.Route:
    def bare(control: ir.Control) -> ir.Control:
        if isinstance(control, ir.Validate) and (control.body_schema or control.body_required):
            return replace(control, body_schema="", body_required=False)
        return control

    return replace(route, controls=tuple(map(bare, route.controls)))
