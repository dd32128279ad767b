"""`seccfg diff`."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Final

import click

from seccfg import api
from seccfg.cli import exits, inputs
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import color_option, env_option
from seccfg.findings import InputError
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.diff.model import Difference

_FORMATS: Final = ("text", "markdown", "json")


@click.command("diff")
@click.argument("old")
@click.argument("new")
@env_option
@click.option(
    "--format", "format_", type=click.Choice(_FORMATS), default="text", help="How the result is printed.", show_default=True
)
@click.option("--exit-code", is_flag=True, help="Exit 4 when the versions differ.")
@click.option("--fail-on", type=click.Choice(("widens",)), help="Exit 1 when somebody may do what nobody could before.")
@color_option
def command(
    old: str, new: str, env: str | None, format_: str, exit_code: bool, fail_on: str | None, color: ColorChoice
) -> int:
    """Show who may do what between two versions of a spec.

    OLD and NEW are specs, folders with one, or REV:path, which is read with everything it names from that git revision.
    The first line is one word: WIDENS, NARROWS, BOTH, EQUIVALENT, or NON-AUTHZ when access is the same and something
    else is not.
    """
    console = Console(color)
    console.progress("comparing")
    collecting = gc.isenabled()
    gc.disable()  # two large trees are built and kept to the end: there is nothing to collect
    try:
        found = api.diff(_spec(old), _spec(new), env)
    finally:
        if collecting:
            gc.enable()
    console.out(_rendered(found, format_, console))
    return _code(found, exit_code, fail_on)


def _spec(where: str) -> str:
    """*where* itself, or the one spec of that folder."""
    from seccfg.source.revision import split_revision

    if split_revision(where) is not None:
        return where
    found = inputs.spec_paths((where,))
    if len(found) != 1:
        raise InputError(f"{show(where)}: {'no spec is' if not found else f'{len(found)} specs are'} there; name one")
    return found[0]


def _rendered(found: Difference, format_: str, console: Console) -> str:
    if format_ == "json":
        from seccfg.cli.render.difference_json import as_json

        return as_json(found)
    if format_ == "markdown":
        from seccfg.cli.render.difference_markdown import markdown

        return markdown(found)
    from seccfg.cli.render.difference import text

    return text(found, console.style, console.width)


def _code(found: Difference, exit_code: bool, fail_on: str | None) -> int:
    widens = found.verdict in ("WIDENS", "BOTH")
    return exits.worst(
        (
            exits.FINDINGS if fail_on == "widens" and widens else exits.FINE,
            exits.DIFFERS if exit_code and found.verdict != "EQUIVALENT" else exits.FINE,
        )
    )
