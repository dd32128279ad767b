"""Which of API Gateway's answers each refusal becomes, and with which status."""

from __future__ import annotations

from typing import Final, get_args

from seccfg.ir import policy as ir
from seccfg_aws.plan import StatusPlan

__all__ = ["effective_status", "raised", "status_plan"]

REASONS: Final[tuple[ir.Reason, ...]] = get_args(ir.Reason)


def status_plan(errors: ir.Errors) -> StatusPlan:
    """The static status of each gateway response."""
    return StatusPlan(
        errors.code("no_credential"), errors.code("forbidden"), errors.code("rate_limited"), errors.code("unavailable"),
        errors.code("no_route"), errors.code("invalid_input"),
    )  # fmt: skip


def effective_status(errors: ir.Errors) -> tuple[tuple[ir.Reason, int], ...]:
    """What each reason is answered with, where that is not the default; sorted."""
    plan = status_plan(errors)
    found = {reason: _status(reason, errors, plan) for reason in REASONS}
    return tuple(sorted((reason, code) for reason, code in found.items() if code != ir.DEFAULT_STATUS[reason]))


def raised(errors: ir.Errors) -> tuple[ir.Reason, ...]:
    """Reasons the function answers by the exception that says nothing of the request."""
    plan = status_plan(errors)
    if plan.unauthorized == plan.denied:
        return ()
    ours = ("rate_limited", "unavailable", "internal", "no_route", "method", "preflight")
    return tuple(r for r in REASONS if r not in ours and _status(r, errors, plan) == plan.unauthorized)


def _status(reason: ir.Reason, errors: ir.Errors, plan: StatusPlan) -> int:
    """
    A Deny carries what the function says of the request, the exception nothing: of two ways to one status the first is
    taken. A status neither has becomes that of a Deny.
    """
    match reason:
        case "rate_limited":
            return plan.limited
        case "unavailable" | "internal":
            return plan.unavailable
        case "no_route" | "method":
            return plan.missing
        case "preflight":
            return 204
        case _:
            return plan.unauthorized if errors.code(reason) == plan.unauthorized != plan.denied else plan.denied
