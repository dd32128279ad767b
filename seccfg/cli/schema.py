"""`seccfg schema`."""

from __future__ import annotations

import click

from seccfg.cli import exits
from seccfg.cli.console import Console


@click.command("schema")
def command() -> int:
    """Print the JSON Schema of a spec.

    Draft 7, for editors.
    """
    from seccfg.spec.forms import read_models
    from seccfg.spec.models import Spec
    from seccfg.spec.print_schema import print_schema

    Console().out(print_schema(read_models(Spec)))
    return exits.FINE
