"""`seccfg targets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seccfg.cli import exits
from seccfg.cli.console import Console
from seccfg.cli.options import format_option

if TYPE_CHECKING:
    from seccfg.targetapi.base import EngineInfo


@click.command("targets")
@format_option
def command(format_: str) -> int:
    """List the targets, and the engines that can run here."""
    from seccfg.targetapi.registry import installed, load_target

    found = [load_target(name) for name in installed()]
    if format_ == "json":
        from seccfg.cli.render.json import dumps

        listed = {
            target.name: {
                "summary": target.summary,
                "engines": [
                    {"name": e.name, "runs": not e.missing, "missing": e.missing, "how": e.how_to_get}
                    for e in target.engines()
                ],
            }
            for target in found
        }
        Console().out(dumps({"version": 1, "targets": listed}))
        return exits.FINE
    lines = []
    for target in found:
        lines.append(f"{target.name}: {target.summary}")
        lines += [f"  {engine.name}: {_state(engine)}" for engine in target.engines()]
    Console().out("".join(f"{line}\n" for line in lines))
    return exits.FINE


def _state(engine: EngineInfo) -> str:
    return f"cannot run: {engine.missing}; {engine.how_to_get}" if engine.missing else "runs here"
