"""The group of all commands: each is imported when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final

import click

from seccfg.cli import exits
from seccfg.cli.console import Console
from seccfg.source.files import show

__all__ = ["COMMANDS", "call", "main"]

COMMANDS: Final = {
    "lint": "Check specs against every rule.",
    "fmt": "Lay specs out the same way.",
    "build": "Compile specs for their targets.",
    "verify": "Run what is built on boundary requests and compare.",
    "test": "Run the tests and invariants of specs.",
    "diff": "Show who may do what between two versions of a spec.",
    "history": "Say of each commit what it did to who may do what.",
    "drift": "Compare what runs with what the spec says.",
    "query": "Say who can reach routes, or what somebody can do.",
    "explain": "Explain a rule, or the decision on a request.",
    "report": "Say who may do what, and what is evidence for which control.",
    "init": "Write a spec to start from.",
    "keys": "Keep the key sets that specs name.",
    "new": "Begin a rule or a target: what is written passes every check.",
    "lsp": "Serve an editor, by the Language Server Protocol.",
    "rules": "List the rules.",
    "targets": "List the targets, and the engines that can run here.",
    "schema": "Print the JSON Schema of a spec.",
    "version": "Print the version.",
}
"""Each command with its line in the list of commands; its module has its name."""


class _Commands(click.Group):
    """Imports a command's module when somebody calls it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"seccfg.cli.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is no command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from seccfg.source.suggest import did_you_mean

            raise click.UsageError(f"no command `{show(args[0])}`{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(ctx: click.Context) -> None:
    """One security spec for an API: linted, compiled for every place that enforces it, and verified there.

    SPEC is a file, or a folder that is searched; left out, every seccfg.yaml of the project is meant.

    Exit codes: 0 fine, 1 findings or failed checks, 2 usage or invalid input, 3 no input matched, 4 differences,
    5 build refused, 70 a bug of seccfg.
    """
    if ctx.invoked_subcommand is None:
        raise click.UsageError("which command? `seccfg --help` lists them", ctx)


def call(arguments: Sequence[str]) -> int:
    """Run the command *arguments* name; its exit code. What is wrong with the usage is said in one line."""
    try:
        code = main.main(list(arguments), prog_name="seccfg", standalone_mode=False)
    except click.Abort:
        Console("never").err("interrupted\n")
        return exits.INTERRUPTED
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        usage = f"{context.get_usage()}\n" if context is not None else ""
        message = show(error.format_message().replace("\n", " ").replace("'", "`")).rstrip(".")
        Console("never").err(f"{usage}error: {message[:1].lower()}{message[1:]}\n")
        return exits.INVALID
    return code if isinstance(code, int) else exits.FINE
