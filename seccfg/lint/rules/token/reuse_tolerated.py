"""TOKEN003."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TOKEN003",
    name="reuse-tolerated",
    severity="warning",
    why=(
        "A refresh token used twice means that two have it, and one of them stole it. Refusing the second use "
        "only leaves the first user, maybe the thief, with a session that goes on."
    ),
    fix="Set `on_reuse: revoke_family` (the default): all tokens of the session end and its owner signs in again.",
    refs=("RFC9700:4.14.2",),
    needs=("sessions.refresh",),
    bad="sessions: {refresh: {ttl: 8h, on_reuse: refuse}, absolute_ttl: 24h}",
    good="sessions: {refresh: {ttl: 8h, on_reuse: revoke_family}, absolute_ttl: 24h}",
)


@RULE.check
def reuse_ends_the_session(spec: Spec) -> Iterator[Hit]:
    refresh = spec.sessions.refresh if spec.sessions is not None else None
    if refresh is not None and refresh.rotate and refresh.on_reuse != "revoke_family":
        yield Hit(("sessions", "refresh", "on_reuse"), "a refresh token used twice does not end the session")
