"""The steps of a request, in their order. The first that refuses decides; nothing passes by default.

Each step is a function that returns True when it refused (or answered) the request. Those that may have to wait for a
body, a store or the application are generators: they yield what they need and are resumed with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .admission import (
    address_limits,
    authenticate,
    body,
    count_failure,
    gather,
    principal_limits,
    read_declared,
    revocation,
)
from .arrival import address, host, method, plain_http, request_target, route
from .exchange import Exchange, Steps
from .passage import authorize, forward, validate
from .plan import RoutePlan

if TYPE_CHECKING:
    from .guard import Guard


def steps(guard: Guard, x: Exchange) -> Steps:
    """Everything that happens to a request between its head and its being passed on."""
    if request_target(x) or host(guard, x) or plain_http(guard, x) or address(guard, x) or route(x) or method(x):
        return
    plan = x.plan
    if not isinstance(plan, RoutePlan):
        raise TypeError("a request went past step 7 without a route")
    if b"content-length" in x.seen or b"transfer-encoding" in x.seen:
        yield from body(x, plan)
        if x.outcome is not None:
            return
    if plan.address_limits:
        yield from address_limits(guard, x, plan)
        if x.outcome is not None:
            return
    if plan.authentication is not None:
        if authenticate(x, plan):
            if x.failed_credential and plan.failure_limits:
                yield from count_failure(guard, x, plan)
            return
        if plan.revocation is not None:
            yield from revocation(guard, x, plan)
            if x.outcome is not None:
                return
    if plan.gathers_before_limits:
        yield from gather(x, plan)
        if x.outcome is not None:
            return
    if plan.principal_limits:
        yield from principal_limits(guard, x, plan)
        if x.outcome is not None:
            return
    if plan.gathers and not plan.gathers_before_limits:
        yield from gather(x, plan)
        if x.outcome is not None:
            return
    if authorize(x, plan):
        return
    if x.unread_bytes and plan.validation.needs_body(x.media_type):
        yield from read_declared(x)
        if x.outcome is not None:
            return
    if validate(x, plan):
        return
    forward(x, plan)
