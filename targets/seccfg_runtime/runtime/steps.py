"""The steps of a request, in their order. The first that refuses decides; nothing passes by default.

Each step is a function that returns True when it refused (or answered) the request. Those that may have to wait for a
body, a store or the application are generators: they yield what they need and are resumed with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .admission import (
    ask_limits,
    authenticate,
    body,
    count_failure,
    exhausted,
    gather,
    principal_charges,
    read_declared,
    revocation,
)
from .arrival import arrive, request_target, route
from .exchange import Exchange, Steps
from .interface import ADMITTED
from .passage import authorize, forward, validate
from .plan import RoutePlan

if TYPE_CHECKING:
    from .guard import Guard


def steps(guard: Guard, x: Exchange) -> Steps:
    """Everything that happens to a request between its head and its being passed on."""
    if request_target(x) or arrive(guard, x) or route(x):
        return
    plan, address, store = x.plan, x.address, guard.limits
    if not isinstance(plan, RoutePlan) or address is None:
        raise TypeError("a request went past step 7 without a route or an address")
    announced = x.look_closer and (b"content-length" in x.seen or b"transfer-encoding" in x.seen)
    if announced:
        yield from body(x, plan)
        if x.outcome is not None:
            return
    if plan.address_limits is not None:
        charges = plan.address_limits.charges(address)
        charged = store.charge(charges, x.now) if store.local else (yield ask_limits(store, charges, x.now))
        if charged is not ADMITTED and exhausted(x, charged):
            return
    if plan.authentication is not None:
        alone = plan.authentication.bearer_alone(x.seen, x.now_s)
        if isinstance(alone, tuple) and plan.revocation is None:
            x.verified = alone
        elif authenticate(x, plan, alone):
            if x.failed_credential and plan.failure_limits:
                yield from count_failure(guard, x, plan)
            return
        if plan.revocation is not None:
            yield from revocation(guard, x, plan)
            if x.outcome is not None:
                return
    if plan.gathers and plan.gathers_before_limits:
        yield from gather(x, plan)
        if x.outcome is not None:
            return
    if plan.principal_limits is not None:
        by_principal = plan.principal_limits.known(x.verified)
        charges, keyless = principal_charges(x, plan.principal_limits) if by_principal is None else (by_principal, None)
        charged = store.charge(charges, x.now) if store.local else (yield ask_limits(store, charges, x.now))
        if charged is not ADMITTED and exhausted(x, charged):
            return
        if keyless is not None:
            x.refuse("rate.limited", "forbidden", f"nothing to count {keyless.limit.name} by")
            return
    if plan.gathers and not plan.gathers_before_limits:
        yield from gather(x, plan)
        if x.outcome is not None:
            return
    if plan.authentication is not None and authorize(x, plan):
        return
    if announced and x.unread_bytes and plan.validation.needs_body(x.media_type):
        yield from read_declared(x)
        if x.outcome is not None:
            return
    if ((announced and x.body) or not plan.validation.idle) and validate(x, plan):
        return
    forward(x, plan)
