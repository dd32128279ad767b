"""TOKEN005."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from seccfg.findings import SpecPath
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="TOKEN005",
    name="lifetimes-out-of-order",
    severity="warning",
    why=(
        "An access token lives shorter than the refresh token that renews it, and that shorter than the session. "
        "Where it is not so, the longer number means nothing, or a token outlives the session it belongs to."
    ),
    fix="Order them: `access_ttl`, then `refresh.ttl`, then `absolute_ttl`.",
    refs=("RFC9700:4.14", "CWE-613"),
    needs=("sessions",),
    bad="sessions: {refresh: {ttl: 30d}, absolute_ttl: 24h}",
    good="sessions: {refresh: {ttl: 8h}, absolute_ttl: 24h}",
)


@RULE.check
def lifetimes_nest(spec: Spec) -> Iterator[Hit]:
    sessions = spec.sessions
    if sessions is None:
        return
    written: list[tuple[SpecPath, str]] = []
    if sessions.access_ttl is not None:
        written.append((("sessions", "access_ttl"), sessions.access_ttl))
    if sessions.refresh is not None:
        written.append((("sessions", "refresh", "ttl"), sessions.refresh.ttl))
    if sessions.absolute_ttl is not None:
        written.append((("sessions", "absolute_ttl"), sessions.absolute_ttl))
    for (at, shorter), (later, longer) in pairwise(written):
        if duration_s(shorter) > duration_s(longer):
            name, other = ".".join(map(str, at[1:])), ".".join(map(str, later[1:]))
            yield Hit(
                at, f"`{name}` of `{shorter}` is longer than `{other}` of `{longer}`", related=((later, "ended here"),)
            )
