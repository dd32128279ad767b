"""`seccfg rules`."""

from __future__ import annotations

import click

from seccfg.cli import exits
from seccfg.cli.console import Console
from seccfg.cli.options import format_option


@click.command("rules")
@format_option
def command(format_: str) -> int:
    """List the rules.

    Each with its severity, stage and kind of fix. Those of the stage `load` must be kept for a spec to be read at all;
    `--fix` puts right what has a safe fix, `--unsafe-fixes` what has an unsafe one.
    """
    from seccfg.lint.catalogue import rules

    if format_ == "json":
        from seccfg.cli.render.json import dumps

        listed = [
            {
                "id": r.id,
                "name": r.name,
                "severity": r.severity,
                "stage": r.stage,
                "confidence": r.confidence,
                "since": r.since,
                "fixed": r.fixed or None,
                "why": r.why,
                "fix": r.fix,
                "refs": list(r.refs),
            }
            for r in rules()
        ]
        Console().out(dumps({"version": 1, "rules": listed}))
        return exits.FINE
    lines = [f"{rule.id:<9} {rule.severity:<8} {rule.stage:<5} {rule.fixed or '-':<7} {rule.name}" for rule in rules()]
    Console().out("".join(f"{line}\n" for line in lines))
    return exits.FINE
