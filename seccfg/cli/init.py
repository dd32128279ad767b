"""`seccfg init`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from seccfg.cli import exits
from seccfg.cli.console import Console
from seccfg.cli.options import format_option
from seccfg.findings import InputError
from seccfg.source.files import read, show

if TYPE_CHECKING:
    from seccfg.importer.outcome import Imported

_SPEC_NAME = "seccfg.yaml"


@click.command("init")
@click.argument("folder", required=False, metavar="[DIR]")
@click.option("-o", "--out", metavar="FILE", help="Where the spec goes.  [default: seccfg.yaml in DIR]")
@click.option("--from-openapi", "description", metavar="FILE", help="Start from an OpenAPI 3.0 or 3.1 description.")
@format_option
def command(folder: str | None, out: str | None, description: str | None, format_: str) -> int:
    """Write a spec to start from.

    DIR is the current folder if left out. Nothing that exists is overwritten. From an OpenAPI description every
    operation becomes a route that asks for exactly what its security says; one that cannot becomes a comment and is
    refused, and the summary says what to edit.
    """
    path = _place(folder, out)
    console = Console()
    if description is None:
        return _minimal(path, format_, console)
    from seccfg.importer.openapi import import_openapi

    imported = import_openapi(read(description), description)
    beside = os.path.dirname(path)
    files = [(path, imported.spec.encode())]
    files += [(os.path.join(beside, name), content) for name, content in imported.files]
    _write(files, path)
    console.out(_as_json(imported, path, description) if format_ == "json" else _as_text(imported, path, description))
    return exits.FINE


def _place(folder: str | None, out: str | None) -> str:
    if folder is not None and out is not None:
        raise click.UsageError("-o goes without DIR", click.get_current_context())
    if "" in (folder, out):
        raise InputError("an empty path names no file")
    if out is None:
        return os.path.join(folder, _SPEC_NAME) if folder is not None else _SPEC_NAME
    if not out.endswith((".yaml", ".yml")):
        raise InputError(f"{show(out)}: a spec with comments is YAML; name it `.yaml`")
    return out


def _write(files: list[tuple[str, bytes]], spec: str) -> None:
    """Write *files* and, unless it is there, the schema of the language for editors."""
    from seccfg.importer.layout import SCHEMA_FILE
    from seccfg.spec.forms import read_models
    from seccfg.spec.models import Spec
    from seccfg.spec.print_schema import print_schema
    from seccfg.write import write_new

    schema = os.path.join(os.path.dirname(spec), SCHEMA_FILE)
    if not os.path.lexists(schema):
        files = [*files, (schema, print_schema(read_models(Spec)).encode())]
    write_new(files)


def _minimal(path: str, format_: str, console: Console) -> int:
    from seccfg.importer.minimal import KEY_FILE, minimal_spec

    name = os.path.basename(os.path.dirname(os.path.abspath(path)))
    _write([(path, minimal_spec(name).encode())], path)
    if format_ == "json":
        from seccfg.cli.render.json import dumps

        console.out(dumps({"version": 1, "spec": path, "files": [path]}))
        return exits.FINE
    shown = show(path)
    console.out(
        f"wrote {shown}: what no route declares is refused\n"
        "next:\n"
        f"  edit what is marked `edit:` in {shown}\n"
        f"  seccfg keys pin {shown} users    fetch the issuer's keys into {KEY_FILE}\n"
        f"  seccfg lint {shown}\n"
        f"  seccfg build {shown}\n"
    )
    return exits.FINE


def _as_text(imported: Imported, path: str, description: str) -> str:
    shown = show(path)
    denied = len(imported.denied)
    lines = [
        f"wrote {shown} from {show(description)}: {_count(imported.operations, 'operation')}, {imported.carried} carried "
        f"over, {denied} denied; {_count(len(imported.files), 'schema file')}"
    ]
    if imported.edits:
        lines.append("to edit:")
        lines += [f"  {shown}:{edit.line}: {edit.message}" for edit in imported.edits]
    if denied:
        lines.append("denied:")
    for entry in imported.denied:
        what = show(f"{entry.method.upper()} {entry.template}")
        lines.append(f"  {shown}:{entry.line}: {what}: {entry.reason}; {entry.edit} ({entry.source})")
    if imported.notes:
        lines.append("less exact than the description:")
    for note in imported.notes:
        more = f" and {_count(note.count - 1, 'more place')}" if note.count > 1 else ""
        lines.append(f"  {note.source}{more}: {note.message}")
    return "".join(f"{line}\n" for line in lines)


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _as_json(imported: Imported, path: str, description: str) -> str:
    from seccfg.cli.render.json import dumps
    from seccfg.findings import render_path

    edits = [
        {
            "kind": edit.kind, "line": edit.line, "at": render_path(edit.at), "message": edit.message,
            "path": edit.path, "value": edit.value,
        }
        for edit in imported.edits
    ]  # fmt: skip
    denied = [
        {
            "method": entry.method.upper(), "path": entry.template, "line": entry.line, "reason": entry.reason,
            "edit": entry.edit, "source": entry.source,
        }
        for entry in imported.denied
    ]  # fmt: skip
    notes = [{"message": note.message, "source": note.source, "count": note.count} for note in imported.notes]
    return dumps({
        "version": 1,
        "spec": path,
        "from": description,
        "operations": imported.operations,
        "carried": imported.carried,
        "files": [name for name, _ in imported.files],
        "edits": edits,
        "denied": denied,
        "notes": notes,
    })  # fmt: skip
