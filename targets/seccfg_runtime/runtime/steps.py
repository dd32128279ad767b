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
from .arrival import arrive, no_route, request_target
from .exchange import Exchange, Steps
from .interface import ADMITTED
from .passage import authorize, forward, validate
from .plan import RoutePlan

if TYPE_CHECKING:
    from .guard import Guard


def steps(guard: Guard, x: Exchange) -> Steps:
    """Everything that happens to a request between its head and its being passed on."""
    if (x.look_closer and request_target(x)) or arrive(guard, x):
        return
    plan, address, store, lookup, seen = x.plan, x.address, guard.limits, x.lookup, x.seen
    if x.preflight or not isinstance(plan, RoutePlan):
        no_route(x)
        return
    x.matched = True
    if address is None:
        raise TypeError("a request went past step 7 without an address")
    announced = x.look_closer and (b"content-length" in seen or b"transfer-encoding" in seen)
    if announced:
        yield from body(x, plan)
        if x.outcome is not None:
            return
    if plan.address_limits is not None:
        charges = plan.address_limits.charges(address)
        charged = store.charge(charges, x.now) if store.local else (yield ask_limits(store, charges, x.now))
        if charged is not ADMITTED and exhausted(x, charged):
            return
    authentication, verified = plan.authentication, None
    if authentication is not None:
        alone = authentication.bearer_alone(seen, x.now_s)
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
        verified = x.verified[0]
    if plan.gathers and plan.gathers_before_limits:
        yield from gather(x, plan)
        if x.outcome is not None:
            return
    if plan.principal_limits is not None:
        keyless = None
        known = None if verified is None else verified.charges.get(plan.principal_limits.number)
        if known is None:
            charges, keyless = principal_charges(x, plan.principal_limits)
        else:
            charges = known
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
    if authentication is not None and (verified is None or plan.number not in verified.allowed_on) and authorize(x, plan):
        return
    if announced and x.unread_bytes and plan.validation.needs_body(x.media_type):
        yield from read_declared(x)
        if x.outcome is not None:
            return
    if ((announced and x.body) or plan.number not in lookup.fits) and validate(x, plan):
        return
    forward(x, plan)
