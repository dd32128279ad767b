"""TOKEN002."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="TOKEN002",
    name="refresh-without-rotation",
    severity="warning",
    why=(
        "A refresh token that stays the same can be used beside its owner by whoever copied it, and nothing ever "
        "shows that two use it."
    ),
    fix="Leave `rotate` out or set it to `true`: each use then gives a new one.",
    refs=("RFC9700:4.14.2", "OWASP-API-2023:API2"),
    needs=("sessions.refresh",),
    bad="sessions: {refresh: {ttl: 8h, rotate: false}, absolute_ttl: 24h}",
    good="sessions: {refresh: {ttl: 8h}, absolute_ttl: 24h}",
)


@RULE.check
def refresh_tokens_rotate(spec: Spec) -> Iterator[Hit]:
    refresh = spec.sessions.refresh if spec.sessions is not None else None
    if refresh is not None and not refresh.rotate:
        yield Hit(
            ("sessions", "refresh", "rotate"), f"one refresh token is used for `{refresh.ttl}`, by whoever has it"
        )
