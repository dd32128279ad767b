"""LIMIT007."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import routes
from seccfg.spec.loader import RateLimit, Spec
from seccfg.spec.scalars import duration_s

RULE = Rule(
    id="LIMIT007",
    name="limit-without-effect",
    severity="note",
    why=(
        "Another limit of the same route counts the same callers and always runs out first, so this one never "
        "refuses anybody."
    ),
    fix="Remove it, or make it the tighter one over its own window.",
    refs=("CWE-561",),
    needs=("rate_limits",),
    bad=(
        "rate_limits: {per-ip: {limit: 100, window: 15m}, burst: {limit: 200, window: 1m, by: ip}}\n"
        "routes: {/notes: {get: {rate_limits: [burst]}}}"
    ),
    good=(
        "rate_limits: {per-ip: {limit: 100, window: 15m}, burst: {limit: 20, window: 1m, by: ip}}\n"
        "routes: {/notes: {get: {rate_limits: [burst]}}}"
    ),
)


@RULE.check
def limits_can_run_out(spec: Spec) -> Iterator[Hit]:
    limits = spec.rate_limits or {}
    together = {route.rate_limits: None for route in routes(spec)}
    seen: set[str] = set()
    for names in together:
        for name in names:
            tighter = next(
                (other for other in names if other != name and _never_runs_out(limits[name], limits[other])), None
            )
            if tighter is not None and name not in seen:
                seen.add(name)
                yield Hit(
                    ("rate_limits", name),
                    f"`{name}` never runs out before `{tighter}` does",
                    key=True,
                    related=((("rate_limits", tighter), "always runs out first"),),
                )


def _never_runs_out(one: RateLimit, other: RateLimit) -> bool:
    """
    Whether *other* refuses within every window of *one* before *one* could.

    Fixed windows are aligned to the epoch, so a window of *one* lies within one of *other* when its length divides that.
    """
    if not (one.algorithm == other.algorithm == "fixed-window" and one.by == other.by and one.count == other.count):
        return False
    if one.tiers or other.tiers or one.per != "shared" or other.per != "shared":
        return False
    short, long = duration_s(one.window), duration_s(other.window)
    return long % short == 0 and one.limit >= other.limit and (short, one.limit) != (long, other.limit)
