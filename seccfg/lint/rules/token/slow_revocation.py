"""TOKEN010."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import token_methods
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="TOKEN010",
    name="slow-revocation",
    severity="warning",
    why=(
        "A revocation that takes as long to hold as a token lives changes nothing: by then the token has ended "
        "by itself."
    ),
    fix="Make `staleness` a small part of the token's lifetime, such as `5s`.",
    refs=("RFC7009", "CWE-613"),
    needs=("sessions.revocation",),
    bad="sessions: {access_ttl: 15m, revocation: {deny_list: {claim: jti}, staleness: 15m}}",
    good="sessions: {access_ttl: 15m, revocation: {deny_list: {claim: jti}, staleness: 5s}}",
)


@RULE.check
def revocation_beats_the_end(spec: Spec) -> Iterator[Hit]:
    revocation = spec.sessions.revocation if spec.sessions is not None else None
    if spec.sessions is None or revocation is None:
        return
    lives = [method.max_token_age for _, method in token_methods(spec) if method.max_token_age is not None]
    lives += [spec.sessions.access_ttl] if spec.sessions.access_ttl is not None else []
    if lives and duration_s(revocation.staleness) >= min(map(duration_s, lives)):
        shortest = min(lives, key=duration_s)
        yield Hit(
            ("sessions", "revocation", "staleness"),
            f"a revocation holds after `{revocation.staleness}`, and a token ends by itself after `{shortest}`",
        )
