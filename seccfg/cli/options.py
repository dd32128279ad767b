"""Options that several commands have."""

from __future__ import annotations

import click

__all__ = ["color_option", "env_option", "format_option", "names", "now_option", "specs_argument", "targets_option"]


def names(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Names given in several options, or joined by commas."""
    return tuple(dict.fromkeys(name.strip() for part in value for name in part.split(",") if name.strip()))


specs_argument = click.argument("specs", nargs=-1, metavar="[SPEC]...")
now_option = click.option(
    "--now", metavar="DATE", help="The day to take for today; waivers and acceptances expire by it."
)
color_option = click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    help="Whether output is coloured.",
    show_default=True,
)
format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json")),
    default="text",
    help="How the result is printed.",
    show_default=True,
)
env_option = click.option("--env", metavar="NAME", help="Read the spec as this environment does.")
targets_option = click.option(
    "-t", "--target", "targets", multiple=True, metavar="TARGET", callback=names, help="Only these targets."
)
