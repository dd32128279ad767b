"""REF101."""

from __future__ import annotations

from seccfg.lint.model import Rule

RULE = Rule(
    id="REF101",
    name="stale-waiver",
    severity="warning",
    why=(
        "A waiver or an `ignore` comment that silences nothing waits for the next finding at its place and hides "
        "that one. The rule no longer fires there, the place or the rule has another name, or the comment stands "
        "on the wrong line."
    ),
    fix="Remove it, or name the rule and the place as `seccfg lint` prints them.",
    refs=("CWE-1164",),
    bad=(
        "waivers: [{rule: LIMIT001, at: routes./health.get, reason: probed every second, owner: "
        "team-notes@example.com, expires: 2099-12-31}]"
    ),
    good=(
        "routes: {/health: {get: {without: {rate_limits: [per-ip], reason: probed every second}}}}\n"
        "waivers: [{rule: LIMIT001, at: routes./health.get, reason: probed every second, owner: "
        "team-notes@example.com, expires: 2099-12-31}]"
    ),
    judges="suppressions",
)
