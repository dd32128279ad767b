"""From a raw HTTP exchange to a Decision: what an engine saw go back to the client and on to the upstream.

Engines of every target use this one reading of answers; it knows nothing of how a target decides.
"""

from __future__ import annotations

import json
from typing import Final, get_args

from seccfg.findings import SeccfgError
from seccfg.ir.policy import Event, Reason, StepName
from seccfg.ir.request import Decision, Outcome
from seccfg.record import Record

__all__ = ["EngineFailed", "Received", "Response", "Unreadable", "observe"]

Headers = tuple[tuple[str, str], ...]

_REASONS: Final[frozenset[str]] = frozenset(get_args(Reason))
_COMPARED: Final = frozenset(
    {"www-authenticate", "allow", "retry-after", "location", "strict-transport-security", "vary"}
)
_STEP_OF: Final[dict[str, StepName]] = {
    "malformed": "request_target", "wrong_host": "host", "plain_http": "plain_http", "address": "address",
    "no_route": "route", "preflight": "preflight", "method": "method", "body_too_large": "body", "media_type": "body",
    "rate_limited": "principal_limits", "no_credential": "authenticate", "several_credentials": "authenticate",
    "invalid_token": "authenticate", "invalid_key": "authenticate", "invalid_certificate": "authenticate",
    "csrf": "authenticate", "revoked": "revocation", "forbidden": "authorize", "insufficient_scope": "authorize",
    "invalid_input": "validate", "unavailable": "authenticate", "internal": "forward", "pass": "forward",
}  # fmt: skip
"""Where a reason usually comes from. An answer does not say its step, and equality does not ask for it."""


class EngineFailed(SeccfgError):
    """The emitted files do not run, or answer in a way nobody can read; the message says which."""


class Unreadable(EngineFailed):
    """
    The answer is neither a pass nor a refusal this project knows; an engine must not guess.

    `status` is what the client got where the upstream got nothing: a refusal, though nobody says why; 0: that is not known.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Response(Record):
    """What the client got; header names in any case, in order."""

    status: int
    headers: Headers
    body: bytes


class Received(Record):
    """What the upstream got."""

    method: str
    target: str
    headers: Headers
    body: bytes
    upstream: str = ""


def observe(
    response: Response,
    received: Received | None,
    identity: frozenset[str],
    *,
    reason: str = "",
    events: tuple[Event, ...] = (),
) -> Decision:
    """
    The Decision an exchange shows.

    Args:
        received: None when the upstream was not reached, which is what tells a refusal from a pass.
        identity: Lower-case names of the headers that may carry identity, whoever set them.
        reason: Reason from the target's own event, for answers without a body (HEAD, preflight, redirect).
    Raises:
        Unreadable: no body and no event says why the request was refused, or the two disagree.
    """
    kept: list[tuple[str, str]] = []
    for name, value in response.headers:
        lower = name.lower()
        if lower in _COMPARED or lower.startswith("access-control-"):
            kept.append((lower, value))
    headers = tuple(sorted(kept))
    if received is not None:
        forwarded = tuple(sorted((n.lower(), v) for n, v in received.headers if n.lower() in identity))
        return Decision("pass", 200, "pass", "forward", headers, forwarded, received.upstream, events)
    found = _reason(response, reason)
    outcome: Outcome = "preflight" if found == "preflight" else "refuse"
    return Decision(outcome, response.status, found, _STEP_OF[found], headers, events=events)


def _reason(response: Response, told: str) -> Reason:
    shown = _body_reason(response.body, response.status)
    if shown and told and shown != told:
        raise Unreadable(f"the body says `{shown}`, the event `{told}`", response.status)
    found = shown or told
    if not found and response.status == 204:
        found = "preflight"
    if found not in _REASONS:
        text = f"status {response.status} with a body that names no reason: {response.body[:120]!r}"
        raise Unreadable(text, response.status)
    return found  # type: ignore[return-value]  # a member of get_args(Reason)


def _body_reason(body: bytes, status: int) -> str:
    if not body:
        return ""
    try:
        value = json.loads(body)
    except ValueError as error:
        raise Unreadable(f"a refusal whose body is no JSON: {body[:120]!r}", status) from error
    reason = value.get("reason") if isinstance(value, dict) else None
    return reason if isinstance(reason, str) else ""
