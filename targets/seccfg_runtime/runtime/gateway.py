"""Behind a gateway that decided already: only what it left open is judged here.

Requests are taken from trusted proxies only. Of the steps 1, 4, 13 for the conditions left open, and 14 run; the
principal is the one `forward.identity` carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .admission import body, gather, read_declared
from .arrival import address, find_peer, request_target, route
from .attributes import declared_attributes
from .credentials import Verified
from .exchange import Exchange, Steps
from .headers import OPEN_CONDITIONS, lines
from .interface import Principal
from .passage import pass_on, validate
from .plan import RoutePlan
from .values import from_text

if TYPE_CHECKING:
    from .guard import Guard


def gateway_steps(guard: Guard, x: Exchange) -> Steps:
    """What happens to a request the gateway let through."""
    if request_target(x):
        return
    find_peer(x)
    if not x.trusted_peer:
        x.refuse("authz.denied", "address", "the request does not come from the gateway")
        return
    if address(guard, x) or route(x):
        return
    plan = x.plan
    if not isinstance(plan, RoutePlan):
        raise TypeError("a request went past step 7 without a route")
    if b"content-length" in x.seen or b"transfer-encoding" in x.seen:
        yield from body(x, plan)
        if x.outcome is not None:
            return
    names = open_names(x)
    if names is None:
        x.refuse("authz.denied", "forbidden", "the gateway did not say what it left open")
        return
    verified = forwarded_principal(guard, x, plan)
    x.verified = () if verified is None else (verified,)
    if names:
        yield from gather(x, plan)
        if x.outcome is not None or open_conditions(x, plan, names):
            return
    if x.unread_bytes and plan.validation.needs_body(x.media_type):
        yield from read_declared(x)
        if x.outcome is not None:
            return
    if validate(x, plan):
        return
    pass_on(x, plan, None if verified is None else verified.principal, [], frozenset())


def open_names(x: Exchange) -> frozenset[str] | None:
    """Names of the conditions still open; None when the gateway did not send exactly one list of them."""
    sent = lines(x.seen, OPEN_CONDITIONS)
    if len(sent) != 1:
        return None
    return frozenset(name for part in sent[0].decode("latin-1").split(",") if (name := part.strip(" \t")))


def open_conditions(x: Exchange, plan: RoutePlan, names: frozenset[str]) -> bool:
    """13, for the conditions the gateway could not decide."""
    if plan.authorization is None:
        x.refuse("authz.denied", "forbidden", "the route has no conditions")
        return True
    denied = plan.authorization.judge_open(names, x.decision_context())
    if denied is None:
        return False
    x.refuse("authz.denied", denied.reason, denied.message)
    return True


def forwarded_principal(guard: Guard, x: Exchange, plan: RoutePlan) -> Verified | None:
    """The principal as the identity headers of the gateway say; None when they name none."""
    texts: dict[str, str] = {}
    for header, field in plan.route.forward.identity:
        sent = lines(x.seen, header.lower().encode("latin-1"))
        if len(sent) == 1:
            texts[field] = sent[0].decode("latin-1")
    if not texts.get("subject"):
        return None
    attributes = _attributes(guard, texts)
    principal = Principal(
        method=texts.get("method", ""),
        subject=texts["subject"],
        roles=frozenset(texts.get("roles", "").split()),
        scopes=frozenset(texts.get("scopes", "").split()),
        client=texts.get("client", ""),
        attributes=attributes,
        id=f"gateway:{texts['subject']}",
    )
    verified = Verified(principal)
    for name in ("method", "roles", "scopes"):
        if name not in texts:
            del verified.values[name]
    return verified


def _attributes(guard: Guard, texts: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for (side, name), attribute in declared_attributes(guard.policy).items():
        text = texts.get(name)
        if side != "principal" or text is None:
            continue
        if attribute.list_of:
            found[name] = [from_text(part, attribute.type) for part in text.split(" ") if part]
        else:
            found[name] = from_text(text, attribute.type)
    return found
