"""The steps of a request in a Lambda authorizer, in their order. The first that refuses decides; nothing passes by default.

API Gateway matched host, path and method before; all three are matched again here on what the client sent, so that its
matching can narrow and never widen. There is no body: its declared length and type are judged, and a body whose length
nobody declared is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .admission import authenticate, count_failure, exhausted, principal_charges, revocation
from .arrival import address, find_peer, host, plain_http, request_target, route
from .exchange import Exchange, Steps
from .headers import lines
from .interface import ADMITTED
from .passage import authorize, forward, validate
from .plan import RoutePlan
from .validate import essence

if TYPE_CHECKING:
    from .guard import Guard

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def steps(guard: Guard, x: Exchange) -> Steps:
    """Everything that happens to a request an authorizer is asked about."""
    find_peer(x)
    if plain_http(guard, x) or host(guard, x) or route(x) or request_target(x) or address(guard, x):
        return
    plan, client, store = x.plan, x.address, guard.limits
    if not isinstance(plan, RoutePlan) or client is None:
        raise TypeError("a request went past step 7 without a route or an address")
    if declared_body(x, plan):
        return
    if plan.address_limits is not None:
        charged = store.charge(plan.address_limits.charges(client), x.now)
        if charged is not ADMITTED and exhausted(x, charged):
            return
    if plan.authentication is not None:
        if authenticate(x, plan, plan.authentication.bearer_alone(x.seen, x.now_s)):
            if x.failed_credential and plan.failure_limits:
                yield from count_failure(guard, x, plan)
            return
        if plan.revocation is not None:
            yield from revocation(guard, x, plan)
            if x.outcome is not None:
                return
    if plan.principal_limits is not None:
        charges, keyless = principal_charges(x, plan.principal_limits)
        charged = store.charge(charges, x.now)
        if charged is not ADMITTED and exhausted(x, charged):
            return
        if keyless is not None:
            x.refuse("rate.limited", "forbidden", f"nothing to count {keyless.limit.name} by")
            return
    if plan.authentication is not None and authorize(x, plan):
        return
    if validate(x, plan):
        return
    forward(x, plan)


def declared_body(x: Exchange, plan: RoutePlan) -> bool:
    """8: declared length and media type."""
    seen = x.seen
    types = lines(seen, b"content-type")
    x.media_type = essence(types[0]) if len(types) == 1 else ""
    if b"content-length" in seen:
        declared = int(lines(seen, b"content-length")[0])
        if declared > plan.max_body_bytes:
            x.refuse("input.rejected", "body_too_large", f"the body declares more than {plan.max_body_bytes} bytes")
            return True
        if declared and x.media_type not in plan.content_types:
            x.refuse("input.rejected", "media_type", "the body's media type is not accepted")
            return True
    elif b"transfer-encoding" in seen or x.method in _WITH_BODY:
        x.refuse("input.rejected", "body_too_large", "a body without declared length, which nobody measures")
        return True
    return False
