"""From an exchange to a Decision."""

from __future__ import annotations

import pytest

from seccfg.targetapi.observe import Received, Response, Unreadable, observe

IDENTITY = frozenset({"x-user"})


def test_what_reaches_the_upstream_is_a_pass() -> None:
    """A pass shows the identity the upstream got, whatever else it got."""
    got = Received("GET", "/", (("X-User", "ann"), ("X-Other", "1")), b"", "main")
    decision = observe(Response(200, (("Vary", "Origin"), ("Server", "x")), b""), got, IDENTITY)
    assert (decision.outcome, decision.status, decision.reason) == ("pass", 200, "pass")
    assert decision.forwarded == (("x-user", "ann"),)
    assert decision.upstream == "main"
    assert decision.headers == (("vary", "Origin"),)


def test_a_refusal_says_its_reason() -> None:
    """The reason comes from the error body."""
    response = Response(403, (("WWW-Authenticate", "Bearer"),), b'{"reason": "forbidden", "status": 403}')
    decision = observe(response, None, IDENTITY)
    assert (decision.outcome, decision.status, decision.reason, decision.step) == (
        "refuse",
        403,
        "forbidden",
        "authorize",
    )
    assert decision.headers == (("www-authenticate", "Bearer"),)
    assert decision.forwarded == ()


def test_an_answer_without_a_body_takes_the_event_s_reason() -> None:
    """HEAD and redirects carry no body; a preflight is known by its status."""
    assert observe(Response(401, (), b""), None, IDENTITY, reason="no_credential").reason == "no_credential"
    assert observe(Response(204, (), b""), None, IDENTITY).outcome == "preflight"


@pytest.mark.parametrize(
    "response, reason",
    [
        (Response(500, (), b""), ""),
        (Response(200, (), b""), ""),
        (Response(403, (), b"<html>"), "forbidden"),
        (Response(403, (), b"[1]"), ""),
        (Response(403, (), b'{"reason": "made-up"}'), ""),
        (Response(403, (), b'{"reason": "forbidden"}'), "revoked"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_not_guessed(response: Response, reason: str) -> None:
    """An answer that names no known reason, or contradicts its event, is an error of the engine, never a decision."""
    with pytest.raises(Unreadable):
        observe(response, None, IDENTITY, reason=reason)
