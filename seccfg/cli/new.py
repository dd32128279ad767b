"""`seccfg new`."""

from __future__ import annotations

import os

import click

from seccfg.cli import exits
from seccfg.cli.console import Console
from seccfg.source.files import show


@click.group("new", invoke_without_command=False)
def command() -> None:
    """Begin a rule or a target: what is written passes every check."""


@command.command("rule")
@click.argument("area")
@click.argument("name")
def rule(area: str, name: str) -> int:
    """Begin a rule of lint in a checkout of seccfg.

    AREA is the letters of its id, such as AUTH; NAME says what it finds, such as token-without-audience. Its number is the
    next one that is free.
    """
    from seccfg.cli.scaffold import rule_files
    from seccfg.lint.catalogue import rules
    from seccfg.write import write_new

    ident, files = rule_files(area.upper(), name, [known.id for known in rules()], os.curdir)
    write_new(files)
    console = Console("never")
    console.out("".join(f"{show(os.path.normpath(path))}\n" for path, _ in files))
    console.err(f"{ident}: write its check and its examples, then `make generate` and `pytest tests/lint`\n")
    return exits.FINE


@command.command("target")
@click.argument("name")
@click.option("-o", "--out", metavar="DIR", help="Where.  [default: seccfg_NAME]")
def target(name: str, out: str | None) -> int:
    """Begin a target: a package of its own, with tests.

    NAME is what `targets:` of a spec and `-t` call it.
    """
    from seccfg.cli.scaffold import target_files
    from seccfg.write import write_new

    files = target_files(name, out or f"seccfg_{name}")
    write_new(files)
    console = Console("never")
    console.out("".join(f"{show(os.path.normpath(path))}\n" for path, _ in files))
    return exits.FINE
