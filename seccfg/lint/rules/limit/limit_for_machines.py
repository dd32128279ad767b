"""LIMIT008."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="LIMIT008",
    name="limit-for-machines",
    severity="note",
    why=(
        "A single address that may ask more than a thousand times a second is not limited by this in any way "
        "that matters."
    ),
    fix="Lower `limit`, or count over a longer window.",
    refs=("OWASP-API-2023:API4", "CWE-770"),
    needs=("rate_limits",),
    bad="rate_limits: {per-ip: {limit: 100000, window: 10s}}",
    good="rate_limits: {per-ip: {limit: 1000, window: 10s}}",
)

_MOST_PER_S = 1000


@RULE.check
def limits_limit(spec: Spec) -> Iterator[Hit]:
    for name, limit in (spec.rate_limits or {}).items():
        if limit.by == "ip" and limit.limit > _MOST_PER_S * duration_s(limit.window):
            yield Hit(
                ("rate_limits", name, "limit"),
                f"`{name}` admits {limit.limit} requests in `{limit.window}` from one address",
            )
