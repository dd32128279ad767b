"""`seccfg lint`."""

from __future__ import annotations

import click

from seccfg.cli.console import ColorChoice
from seccfg.cli.linting import lint
from seccfg.cli.options import color_option, names, now_option
from seccfg.cli.render import FORMATS
from seccfg.findings import Severity


@click.command("lint")
@click.argument("paths", nargs=-1)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="How findings are printed.")
@click.option(
    "--select", multiple=True, metavar="RULE", callback=names, help="Only these: ids or their beginnings, names, areas."
)
@click.option("--ignore", multiple=True, metavar="RULE", callback=names, help="Not these.")
@click.option(
    "--fail-level", type=click.Choice(("error", "warning", "note")), help="The least severity that fails the run."
)
@now_option
@color_option
def command(
    paths: tuple[str, ...], format_: str | None, select: tuple[str, ...], ignore: tuple[str, ...],
    fail_level: Severity | None, now: str | None, color: ColorChoice,
) -> int:  # fmt: skip
    """Check specs against every rule.

    PATHS are specs, or folders that are searched for them. Exits 1 on errors and warnings that nobody silenced, 2 on a
    spec that does not load.
    """
    return lint(paths, format=format_ or "", select=select, ignore=ignore, fail_level=fail_level, now=now, color=color)
