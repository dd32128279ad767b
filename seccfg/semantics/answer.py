"""What every answer carries: status, the headers that matter, events."""

from __future__ import annotations

from seccfg.ir.policy import Event, FixedAnswer, KeyVerifier, Reason, StepName
from seccfg.ir.request import Decision
from seccfg.semantics import cors, forward
from seccfg.semantics.authenticate import CREDENTIAL_REASONS
from seccfg.semantics.case import Case, Preflighted, Refusal
from seccfg.semantics.transport import is_tls

__all__ = ["passed", "preflighted", "refused", "refused_at_the_door"]

Headers = tuple[tuple[str, str], ...]
EVENT_OF_STEP: dict[StepName, Event] = {
    "request_target": "input.rejected", "host": "authz.denied", "plain_http": "authz.denied", "address": "authz.denied",
    "route": "input.rejected", "method": "input.rejected", "body": "input.rejected", "address_limits": "rate.limited",
    "authenticate": "auth.failed", "revocation": "token.revoked", "principal_limits": "rate.limited",
    "authorize": "authz.denied", "validate": "input.rejected", "forward": "authz.denied",
}  # fmt: skip


def refused(case: Case, step: StepName, refusal: Refusal) -> Decision:
    """The decision a refusal makes at *step*."""
    status = refusal.status or case.settings.errors.code(refusal.reason)
    fixed = next((f for f in case.compiled.policy.host.fixed if _answers(f, step, refusal.reason)), None)
    if fixed is not None:
        event: Event = "check.failed" if refusal.reason in ("unavailable", "internal") else EVENT_OF_STEP[step]
        return Decision(
            "refuse", fixed.status or status, refusal.reason, step, tuple(sorted(fixed.headers)), events=(event,)
        )
    headers = (*refusal.headers, *_challenge(case, refusal.reason, status), *_every_answer(case, step))
    events: tuple[Event, ...] = (EVENT_OF_STEP[step],)
    if refusal.reason in ("unavailable", "internal"):
        events = ("check.failed",)
    return Decision("refuse", status, refusal.reason, step, tuple(sorted(headers)), events=events)


def refused_at_the_door(refusal: Refusal) -> Decision:
    """The decision of a host that refuses before any step."""
    step: StepName = "plain_http" if refusal.reason == "plain_http" else "request_target"
    return Decision("refuse", refusal.status, refusal.reason, step, events=(EVENT_OF_STEP[step],))


def _answers(fixed: FixedAnswer, step: StepName, reason: Reason) -> bool:
    return fixed.step in ("", step) and (not fixed.reasons or reason in fixed.reasons)


def preflighted(case: Case, step: StepName, answer: Preflighted) -> Decision:
    """The decision on a preflight, 204 where the host says nothing else. No `Access-Control-*` header but the answer's own."""
    bare = case.compiled.policy.host.bare_preflight
    if bare:
        return Decision("preflight", bare, "preflight", step, tuple(sorted(answer.headers)))
    headers = [*answer.headers, ("vary", "Origin"), *_hsts(case)]
    return Decision("preflight", 204, "preflight", step, tuple(sorted(headers)))


def passed(case: Case) -> Decision:
    """The decision on a request no step refused."""
    events: tuple[Event, ...] = ("access.allowed",)
    if any(isinstance(case.compiled.verifiers[name], KeyVerifier) for name in case.methods):
        events = ("access.allowed", "key.used")
    upstream = "" if case.view is None else case.view.forward.upstream
    untouched = case.compiled.policy.host.passes_untouched
    headers = () if untouched else tuple(sorted(_every_answer(case, "forward")))
    return Decision("pass", 200, "pass", "forward", headers, forward.identity(case), upstream, events)


def _challenge(case: Case, reason: Reason, status: int) -> Headers:
    if reason == "insufficient_scope" and status == 403:
        error = "insufficient_scope"
    elif reason in CREDENTIAL_REASONS and status == 401:
        error = "invalid_token"
    elif reason == "no_credential" and status == 401:
        error = ""
    else:
        return ()
    scheme = "" if case.view is None else case.view.challenge
    if not scheme:
        return ()
    realm = case.compiled.realm
    return (("www-authenticate", f'{scheme} realm="{realm}"' + (f', error="{error}"' if error else "")),)


def _every_answer(case: Case, step: StepName) -> Headers:
    hsts = _hsts(case)
    view = case.view
    fixed = case.compiled.policy.host.cors
    if fixed is not None:
        return (("vary", "Origin"), *cors.host_headers(fixed, fixed.every_answer, case), *hsts)
    if view is None or view.cors is None or step not in case.compiled.after_route:
        return hsts
    return (("vary", "Origin"), *cors.response_headers(view.cors, case), *hsts)


def _hsts(case: Case) -> Headers:
    value = case.settings.hsts
    return (("strict-transport-security", value),) if value and is_tls(case) else ()
