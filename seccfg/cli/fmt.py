"""`seccfg fmt`."""

from __future__ import annotations

import click

from seccfg.cli import exits, inputs
from seccfg.cli.console import Console
from seccfg.findings import InputError
from seccfg.source import files


@click.command("fmt")
@click.argument("paths", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit 4 when something would change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change, and exit 4 when something would.")
def command(paths: tuple[str, ...], check: bool, diff: bool) -> int:
    """Lay specs out the same way.

    Two spaces for each level, lists indented below their key, no space before the end of a line, one blank line at most.
    Comments, order, quotes and the choice of flow or block stay; what the spec says does not change.
    """
    from seccfg.cli.fixing import patch
    from seccfg.source.edit import NotEditable, formatted
    from seccfg.write import replace_file

    console = Console("never")
    specs = inputs.spec_paths(paths)
    if not specs:
        console.err(inputs.NO_SPEC)
        return exits.NO_INPUT
    codes: list[int] = []
    for path in specs:
        if path.endswith(".json"):
            continue
        try:
            old = files.read(path).decode()
            new = formatted(old)
        except UnicodeDecodeError:
            console.err(f"error: {files.show(path)}: not UTF-8\n")
            codes.append(exits.INVALID)
            continue
        except (InputError, NotEditable) as error:
            said = str(error) if isinstance(error, InputError) else f"{files.show(path)}: {error}; `seccfg lint` says more"
            console.err(f"error: {said}\n")
            codes.append(exits.INVALID)
            continue
        if new == old:
            continue
        if diff:
            console.out(patch(path, old, new))
        elif check:
            console.err(f"{files.show(path)}: would be laid out anew\n")
        else:
            replace_file(path, new.encode())
            console.err(f"{files.show(path)}: laid out anew\n")
        codes.append(exits.DIFFERS if check or diff else exits.FINE)
    return exits.worst(codes)
