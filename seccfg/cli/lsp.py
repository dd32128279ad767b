"""`seccfg lsp`."""

from __future__ import annotations

import click

from seccfg.cli import exits
from seccfg.cli.options import now_option
from seccfg.findings import InputError


@click.command("lsp")
@now_option
def command(now: str | None) -> int:
    """Serve an editor, by the Language Server Protocol. It speaks on standard input and output.

    Findings as they are typed, what keys and names mean, completion, definitions, quick fixes, layout. The configuration
    is that of the command line. Needs the extra `seccfg[lsp]`.
    """
    try:
        from seccfg.cli.editor.server import make_server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise InputError("the language server needs pygls: pip install 'seccfg[lsp]'") from error
    make_server(now).start_io()
    return exits.FINE
