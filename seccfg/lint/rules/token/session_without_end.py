"""TOKEN004."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TOKEN004",
    name="session-without-end",
    severity="warning",
    why="A session that is renewed for as long as somebody renews it never asks again who that is.",
    fix="Set `absolute_ttl` to the longest a session may last, `24h` or a working day.",
    refs=("CWE-613", "OWASP-ASVS-4.0.3:3.3.2"),
    needs=("sessions.refresh",),
    bad="sessions: {refresh: {ttl: 8h}}",
    good="sessions: {refresh: {ttl: 8h}, absolute_ttl: 24h}",
)


@RULE.check
def sessions_end(spec: Spec) -> Iterator[Hit]:
    sessions = spec.sessions
    if sessions is not None and sessions.refresh is not None and sessions.absolute_ttl is None:
        yield Hit(("sessions", "refresh"), "sessions are renewed without an end", key=True)
