"""Steps 13 to 15: may they, is the request well formed, and what goes on to the upstream."""

from __future__ import annotations

from .authenticate import Denied
from .authorize import NOBODY
from .exchange import Exchange
from .forward import DECIDED, HTTP, HTTPS
from .headers import without_cookies, without_named, without_query
from .interface import Context, Headers, Principal
from .plan import RoutePlan

_NO_CONTEXT = Context({}, {}, {}, {})
"""For grants that look at nothing but the credential."""
_UNKNOWN: Headers = []


def authorize(x: Exchange, plan: RoutePlan) -> bool:
    """13: some grant TRUE, every `require` TRUE, every `forbid` FALSE."""
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
        denied = authorization.judge(verified.principal, x.decision_context())
    if denied is None:
        return False
    x.refuse("authz.denied", denied.reason, denied.message)
    return True


def validate(x: Exchange, plan: RoutePlan) -> bool:
    """14: parameters, query, body, screens."""
    by_target = not x.body and plan.validation.by_target_alone
    if by_target and plan.number in x.lookup.fits:
        return False
    problem = plan.validation.run(x.reading(), x.media_type)
    if not problem:
        if by_target:
            x.lookup.fits += (plan.number,)
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
            identity = verified.identity.get(forwarding.number, _UNKNOWN)
            if identity is _UNKNOWN:
                identity = forwarding.identity(verified, x.reading)
    if identity is None:
        x.refuse("authz.denied", "forbidden", "a verified value cannot be sent in a header")
        return True
    return pass_on(x, plan, principal, identity, forwarding.strip_query)


def pass_on(
    x: Exchange, plan: RoutePlan, principal: Principal | None, identity: Headers,
    strip_query: frozenset[str],
) -> bool:  # fmt: skip
    """Let the request go to its upstream, unless an audit event that must be written cannot be."""
    client = x.address
    sent = x.seen.get(b"host")
    if client is None or not isinstance(sent, bytes):
        raise TypeError("a request is passed on without client address or host")
    headers = x.headers
    if plan.passes_with_more:
        if plan.audit.tells_of_passes and not _tell_of_pass(x):
            x.refuse("check.failed", "unavailable", "a required audit event could not be written")
            return True
        if plan.proxy_headers and not x.trusted_peer:
            headers = [pair for pair in headers if pair[0].lower() not in plan.proxy_headers]
        if plan.forward.strip_cookies and b"cookie" in x.seen:
            headers = without_cookies(headers, plan.forward.strip_cookies)
        if strip_query:
            x.target = without_query(x.target, strip_query)
    connection = x.seen.get(b"connection")
    if connection is not None:
        headers = without_named(connection, headers)
    headers += (
        client.forwarded,
        HTTPS if x.tls else HTTP,
        (b"x-forwarded-host", sent),
        (plan.forward.correlation, x.id.encode()),
        DECIDED,
    )
    if identity:
        headers += identity
    x.headers = headers
    x.principal = principal
    x.passed = True
    return False


def _tell_of_pass(x: Exchange) -> bool:
    written = x.tell("access.allowed", "pass", 200, "")
    if any(x.guard.is_key(credential.principal.method) for credential in x.verified):
        written = x.tell("key.used", "pass", 200, "") and written
    return written
