"""Steps 8 to 12: how much, how often, and who. Here a request may wait for its body, a store or the application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from .authenticate import CREDENTIAL_REASONS, Authenticated, Denied
from .cors import parse_origin
from .credentials import Verified
from .exchange import Exchange, Steps
from .headers import lines
from .interface import AskResource, AskStore, Charge, Charged, LimitStore, ReadBody, ResourceRequest
from .limits import LimitPlan, PrincipalLimits
from .plan import RoutePlan
from .revocation import queries, revoked, unrevocable
from .validate import essence

if TYPE_CHECKING:
    from .guard import Guard

_SAFE = frozenset({"GET", "HEAD"})


def body(x: Exchange, plan: RoutePlan) -> Steps:
    """
    8: declared length, media type, real length.

    A body without declared length is read here, up to the limit. HTTP/2 and 3 need not say that there is none: then it
    is read before its type is asked for.
    """
    seen = x.seen
    types = lines(seen, b"content-type")
    x.media_type = essence(types[0]) if len(types) == 1 else ""
    accepted = x.media_type in plan.content_types
    if b"content-length" in seen:
        declared = int(lines(seen, b"content-length")[0])
        if declared > plan.max_body_bytes:
            x.refuse("input.rejected", "body_too_large", f"the body declares more than {plan.max_body_bytes} bytes")
        elif declared and not accepted:
            x.refuse("input.rejected", "media_type", "the body's media type is not accepted")
        x.unread_bytes = declared
        return
    found: object = None
    if accepted or not x.http_version.startswith("1"):
        found = yield ReadBody(plan.max_body_bytes if accepted else 0)
    if isinstance(found, bytes) and (accepted or not found):
        x.body = found
    elif not accepted:
        x.refuse("input.rejected", "media_type", "the body's media type is not accepted")
    else:
        x.refuse("input.rejected", "body_too_large", f"the body has more than {plan.max_body_bytes} bytes")


def read_declared(x: Exchange) -> Steps:
    """Read a body whose length is known."""
    found = yield ReadBody(x.unread_bytes)
    if not isinstance(found, bytes) or len(found) != x.unread_bytes:
        x.refuse("input.rejected", "malformed", "the body's length differs from what it declares")
        return
    x.body = found
    x.unread_bytes = 0


def exhausted(x: Exchange, charged: object) -> bool:
    """9 and 12: refuse when a counter had no room."""
    if not isinstance(charged, Charged):
        raise TypeError("the limit store gave no answer")
    if charged.exhausted < 0:
        return False
    wait = str(max(1, charged.retry_after_s)).encode("ascii")
    x.refuse("rate.limited", "rate_limited", "a limit is used up", [(b"retry-after", wait)])
    return True


def ask_limits(store: LimitStore, charges: Sequence[Charge], now: float) -> AskStore:
    """The charges as a call of a store elsewhere."""
    return AskStore(partial(store.charge, charges, now), partial(store.charge_async, charges, now))


def authenticate(x: Exchange, plan: RoutePlan, alone: tuple[Verified, ...] | Denied | None) -> bool:
    """10: who makes the request; *alone* is what a bearer token by itself came to."""
    authentication, client = plan.authentication, x.address
    if authentication is None or client is None:
        raise TypeError("a credential is judged on a public route, or before the client's address is known")
    found: Authenticated | Denied
    if alone is None:
        query = x.reading().query if authentication.reads_query else ()
        found = authentication.run(x.seen, query, x.certificate, client, x.now_s)
    else:
        found = alone if isinstance(alone, Denied) else Authenticated(alone, cookie=False)
    if isinstance(found, Denied):
        return _denied(x, found)
    known, cookie = found
    if plan.revocation is not None:
        problem = unrevocable(plan.revocation, _tokens(known))
        if problem:
            return _denied(x, Denied("invalid_token", problem))
    x.verified = known
    if cookie and x.method not in _SAFE:
        return _csrf(x, plan)
    return False


def _denied(x: Exchange, denied: Denied) -> bool:
    x.failed_credential = denied.reason in CREDENTIAL_REASONS
    x.refuse("auth.failed", denied.reason, denied.message)
    return True


def _csrf(x: Exchange, plan: RoutePlan) -> bool:
    """Whether a request with a cookie credential may come from another site."""
    header = plan.csrf_header
    if header:
        sent = lines(x.seen, header)
        if len(sent) != 1 or not sent[0]:
            x.refuse("auth.failed", "csrf", "a cookie credential needs the CSRF header")
            return True
    origins = lines(x.seen, b"origin")
    if not origins or _own_origin(x, origins):
        return False
    named = b"" if plan.cors is None else plan.cors.allowed_origin(origins)
    if named and named == origins[0]:
        return False
    x.refuse("auth.failed", "csrf", "a cookie credential sent by a foreign origin")
    return True


def _own_origin(x: Exchange, sent: Sequence[bytes]) -> bool:
    origin = parse_origin(sent[0].decode("latin-1")) if len(sent) == 1 else None
    if origin is None:
        return False
    return origin.host in x.guard.policy.hosts and origin.scheme == ("https" if x.tls else "http")


def _tokens(verified: Sequence[Verified]) -> list[Verified]:
    return [credential for credential in verified if credential.claims is not None]


def count_failure(guard: Guard, x: Exchange, plan: RoutePlan) -> Steps:
    """A presented credential was refused: charge every limit that counts that. The refusal stands either way."""
    charges: list[Charge] = []
    for limit in plan.failure_limits:
        if not limit.by_address:
            charge = limit.of_principal(x.verified[0] if x.verified else None, x.reading())
        elif x.address is not None:
            charge = limit.of_address(x.address)
        else:
            charge = None
        if charge is not None:
            charges.append(charge)
    store = guard.limits
    if store.local:
        store.add(charges, x.now)
    else:
        yield AskStore(partial(store.add, charges, x.now), partial(store.add_async, charges, x.now))


def revocation(guard: Guard, x: Exchange, plan: RoutePlan) -> Steps:
    """11: tokens revoked after they were issued."""
    control, tokens = plan.revocation, _tokens(x.verified)
    if control is None or not tokens:
        return
    asked = queries(control, tokens)
    store = guard.revocations
    if store.local:
        answers: object = store.look_up(asked)
    else:
        answers = yield AskStore(partial(store.look_up, asked), partial(store.look_up_async, asked))
    if not isinstance(answers, Sequence):
        raise TypeError("the revocation store gave no answer")
    problem = revoked(control, tokens, answers)
    if problem:
        x.refuse("token.revoked", "revoked", problem)
        if plan.failure_limits:
            yield from count_failure(guard, x, plan)


def gather(x: Exchange, plan: RoutePlan) -> Steps:
    """What conditions or limits of the route read besides the head: the body, and what only the application knows."""
    if plan.gathers_body and x.unread_bytes:
        yield from read_declared(x)
        if x.outcome is not None:
            return
    if plan.application_names:
        lookup = x.lookup
        principal = x.verified[0].principal if x.verified else None
        found = yield AskResource(
            ResourceRequest(
                x.method, lookup.path.decode("ascii"), plan.route.template, lookup.params, principal,
                plan.application_names,
            )
        )  # fmt: skip
        if not isinstance(found, Mapping):
            raise TypeError("the `resource` callable returned no mapping")
        x.application = found


def principal_charges(x: Exchange, limits: PrincipalLimits) -> tuple[tuple[Charge, ...], LimitPlan | None]:
    """12: what the request charges by principal or attribute; a limit with nothing to count by comes back as second."""
    verified = x.verified[0] if x.verified else None
    known = None if verified is None else limits.known(verified)
    return limits.charges(verified, x.reading()) if known is None else (known, None)
