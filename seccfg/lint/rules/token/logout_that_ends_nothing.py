"""TOKEN012."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TOKEN012",
    name="logout-that-ends-nothing",
    severity="warning",
    why="Logging out removes the cookie from the browser; without revocation a copy of the token works on.",
    fix="Add `sessions.revocation` with a `deny_list`, `version_claim` or `not_before`.",
    refs=("CWE-613", "OWASP-ASVS-4.0.3:3.3.1"),
    needs=("sessions.logout",),
    bad="sessions: {logout: {path: /logout, back_channel: true}}",
    good="sessions: {logout: {path: /logout, back_channel: true}, revocation: {not_before: true}}",
)


@RULE.check
def logging_out_revokes(spec: Spec) -> Iterator[Hit]:
    sessions = spec.sessions
    if sessions is None or sessions.logout is None:
        return
    kinds = sessions.revocation
    if kinds is None or not (kinds.deny_list or kinds.version_claim or kinds.not_before):
        yield Hit(("sessions", "logout"), "after logging out a copy of the token still works", key=True)
