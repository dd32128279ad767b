"""REF103."""

from __future__ import annotations

from seccfg.lint.model import Rule

RULE = Rule(
    id="REF103",
    name="ignore-without-reason",
    severity="warning",
    why="An `ignore` comment without a reason cannot be reviewed, now or later; it silences nothing until it has one.",
    fix='Say why in the comment: `# seccfg: ignore[RULE] reason="..."`.',
    refs=(),
    bad="# seccfg: ignore[LIMIT001]\nroutes: {/health: {get: {public: true}}}",
    good="routes: {/health: {get: {public: true}}}",
    judges="suppressions",
)
