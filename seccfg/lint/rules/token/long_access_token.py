"""TOKEN001."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="TOKEN001",
    name="long-access-token",
    severity="warning",
    why=(
        "An access token is believed until it ends, whatever happened since: the person left, the role was taken "
        "away, the token was copied."
    ),
    fix="Let access tokens live for an hour at most (`15m` is usual), and renew them with a refresh token.",
    refs=("RFC9700:4.14", "OWASP-API-2023:API2", "CWE-613"),
    needs=("sessions.access_ttl", "auth.*.max_token_age"),
    bad="sessions: {access_ttl: 12h}",
    good="sessions: {access_ttl: 15m}",
)

_MOST_S = 3600


@RULE.check
def access_tokens_are_short(spec: Spec) -> Iterator[Hit]:
    lives = spec.sessions.access_ttl if spec.sessions is not None else None
    if lives is not None and duration_s(lives) > _MOST_S:
        yield Hit(("sessions", "access_ttl"), f"an access token works for `{lives}`")
    for name, method in token_methods(spec):
        if method.max_token_age is not None and duration_s(method.max_token_age) > 24 * _MOST_S:
            yield Hit(("auth", name, "max_token_age"), f"a token of `{name}` works for `{method.max_token_age}`")
