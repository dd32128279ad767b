"""TOKEN013."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Oidc, Spec

RULE = Rule(
    id="TOKEN013",
    name="logout-at-issuer-unheard",
    severity="note",
    why="When a person signs out at the issuer, or is locked there, sessions here go on until they end.",
    fix="Set `back_channel: true` where the issuer offers OpenID Connect Back-Channel Logout.",
    refs=("https://openid.net/specs/openid-connect-backchannel-1_0.html", "CWE-613"),
    needs=("sessions.logout",),
    bad="sessions: {logout: {path: /logout}, revocation: {not_before: true}}",
    good="sessions: {logout: {path: /logout, back_channel: true}, revocation: {not_before: true}}",
)


@RULE.check
def issuers_can_end_sessions(spec: Spec) -> Iterator[Hit]:
    logout = spec.sessions.logout if spec.sessions is not None else None
    if logout is not None and not logout.back_channel and any(isinstance(m, Oidc) for m in (spec.auth or {}).values()):
        yield Hit(("sessions", "logout"), "signing out at the issuer does not end sessions here", key=True)
