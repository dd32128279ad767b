"""Steps 13 to 15: may they, is the request well formed, and what goes on to the upstream."""

from __future__ import annotations

from .authenticate import Denied
from .authorize import NOBODY
from .exchange import Exchange
from .headers import lines, without_cookies, without_named, without_query
from .interface import Context, Forwarding, Headers, Principal
from .plan import RoutePlan

_NO_CONTEXT = Context({}, {}, {}, {})
"""For grants that look at nothing but the credential."""
_UNKNOWN: Headers = []


def authorize(x: Exchange, plan: RoutePlan) -> bool:
    """13: some grant TRUE, every `require` TRUE, every `forbid` FALSE."""
    if plan.authentication is None:
        return False
    verified = x.verified[0]
    authorization = plan.authorization
    if authorization is None:
        denied: Denied | None = NOBODY
    elif authorization.by_credential_alone:
        if plan.number in verified.allowed_on:
            return False
        denied = authorization.judge(verified.principal, _NO_CONTEXT)
        if denied is None:
            verified.allowed_on.add(plan.number)
    else:
        denied = authorization.judge(verified.principal, x.context())
    if denied is None:
        return False
    x.refuse("authz.denied", denied.reason, denied.message)
    return True


def validate(x: Exchange, plan: RoutePlan) -> bool:
    """14: parameters, query, body, screens."""
    if plan.validation.idle and not x.body:
        return False
    problem = plan.validation.run(x.reading(), x.media_type)
    if not problem:
        return False
    x.refuse("input.rejected", "invalid_input", problem)
    return True


def forward(x: Exchange, plan: RoutePlan) -> bool:
    """15: on to the upstream, with what was verified and without what was only claimed."""
    forwarding = plan.forward
    identity: Headers | None = []
    principal = None
    if x.verified:
        verified = x.verified[0]
        principal = verified.principal
        if forwarding.sends_identity:
            identity = verified.identity.get(plan.number, _UNKNOWN)
            if identity is _UNKNOWN:
                identity = forwarding.identity(verified, x.reading())
    if identity is None:
        x.refuse("authz.denied", "forbidden", "a verified value cannot be sent in a header")
        return True
    return pass_on(x, plan, principal, identity, forwarding.strip_query)


def pass_on(
    x: Exchange, plan: RoutePlan, principal: Principal | None, identity: Headers,
    strip_query: frozenset[str],
) -> bool:  # fmt: skip
    """Let the request go to its upstream, unless an audit event that must be written cannot be."""
    client = x.client
    sent = x.seen.get(b"host")
    if client is None or not isinstance(sent, bytes):
        raise TypeError("a request is passed on without client address or host")
    if (plan.audit.tells_of_passes) and not _tell_of_pass(x):
        x.refuse("check.failed", "unavailable", "a required audit event could not be written")
        return True
    kept = x.kept
    seen = x.seen
    if b"connection" in seen:
        kept = without_named(lines(seen, b"connection"), kept)
    if plan.proxy_headers and not x.trusted_peer:
        kept = [pair for pair in kept if pair[0].lower() not in plan.proxy_headers]
    if plan.forward.strip_cookies and b"cookie" in seen:
        kept = without_cookies(kept, plan.forward.strip_cookies)
    target = x.lookup.target
    if strip_query:
        target = without_query(target, strip_query)
    x.outcome = Forwarding(
        plan.route, target, plan.forward.headers(kept, sent, client, x.tls, x.ident, identity), principal, client.text,
        "https" if x.tls else "http", x.ident, x.body, plan.max_body_bytes, b"upgrade" in seen, x.lookup.params, x,
    )  # fmt: skip
    return False


def _tell_of_pass(x: Exchange) -> bool:
    written = x.tell("access.allowed", "pass", 200, "")
    if any(x.guard.is_key(credential.principal.method) for credential in x.verified):
        written = x.tell("key.used", "pass", 200, "") and written
    return written
