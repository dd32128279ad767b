"""REF102."""

from __future__ import annotations

from seccfg.lint.model import Rule

RULE = Rule(
    id="REF102",
    name="expired-waiver",
    severity="warning",
    why="Somebody accepted the finding until a day that has passed; since then it counts again.",
    fix="Put the finding right, or decide anew and give a later `expires`.",
    refs=(),
    bad=(
        "waivers: [{rule: LIMIT001, at: routes./health.get, reason: probed every second, owner: "
        "team-notes@example.com, expires: 2020-01-31}]"
    ),
    good=(
        "routes: {/health: {get: {without: {rate_limits: [per-ip], reason: probed every second}}}}\n"
        "waivers: [{rule: LIMIT001, at: routes./health.get, reason: probed every second, owner: "
        "team-notes@example.com, expires: 2099-12-31}]"
    ),
    judges="suppressions",
)
