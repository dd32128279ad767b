"""`seccfg history`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from seccfg.cli import exits
from seccfg.cli.console import ColorChoice, Console, Style
from seccfg.cli.options import color_option, env_option
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.diff.since import Step

_SENTENCES = 5


@click.command("history")
@click.argument("spec", required=False, default=".")
@click.option("--last", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many commits.")
@env_option
@color_option
def command(spec: str, last: int, env: str | None, color: ColorChoice) -> int:
    """Say of each commit what it did to who may do what.

    The newest first: the commits that touched the spec, or a file in its folder, each compared with the one before it.
    """
    from seccfg import api
    from seccfg.cli.diff import one_spec

    console = Console(color)
    console.progress("reading commits")
    for step in api.history(one_spec(spec), last, env):
        console.out("".join(f"{line}\n" for line in _lines(step, console.style)))
    return exits.FINE


def _lines(step: Step, style: Style) -> Iterator[str]:
    role = {"WIDENS": "error", "BOTH": "error", "NARROWS": "warning", "EQUIVALENT": "good"}.get(step.verdict, "note")
    yield f"{step.commit[:10]} {step.day} {style(role, f'{step.verdict:<10}')} {show(step.subject)}"
    for sentence in step.sentences[:_SENTENCES]:
        yield f"  {show(sentence)}"
    if len(step.sentences) > _SENTENCES:
        yield f"  and {len(step.sentences) - _SENTENCES} more"
