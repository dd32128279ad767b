"""`seccfg version`."""

from __future__ import annotations

import click

from seccfg import __version__
from seccfg.cli import exits
from seccfg.cli.console import Console


@click.command("version")
def command() -> int:
    """Print the version."""
    Console().out(f"seccfg {__version__}\n")
    return exits.FINE
