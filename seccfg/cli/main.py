"""The `seccfg` command: a group whose commands are imported when they are called, and the one place that ends the process."""

from __future__ import annotations

import sys
from importlib import import_module
from types import TracebackType
from typing import Final, NoReturn

import click

from seccfg.cli import exits
from seccfg.cli.console import Console
from seccfg.findings import SeccfgError, SourceError

__all__ = ["COMMANDS", "main", "run"]

COMMANDS: Final = {
    "lint": "Check specs against every rule.",
    "build": "Compile specs for their targets.",
    "verify": "Run what is built on boundary requests and compare it with the reference.",
    "test": "Run the tests and invariants of specs.",
    "explain": "Explain a rule, or the decision on a request.",
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

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from seccfg.source.files import show
            from seccfg.source.suggest import did_you_mean

            raise click.UsageError(f"no command `{show(args[0])}`{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands, no_args_is_help=False, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """One security spec for an API: linted, compiled for every place that enforces it, and verified there.

    SPEC is a file, or a folder that is searched; left out, every seccfg.yaml of the project is meant.

    Exit codes: 0 fine, 1 findings or failed checks, 2 usage or invalid input, 3 no input matched, 4 differences,
    5 build refused, 70 a bug of seccfg.
    """
    if ctx.invoked_subcommand is None:
        raise click.UsageError("which command? `seccfg --help` lists them", ctx)


def run() -> NoReturn:
    """The entry point: whatever happens, the process ends with one of the codes of `exits`, and never with a traceback."""
    sys.excepthook = _report_bug
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files are bytes, and need not be UTF-8
    try:
        code = main(standalone_mode=False, prog_name="seccfg")
    except click.ClickException as error:
        code = _usage(error)
    except (KeyboardInterrupt, click.Abort):
        Console("never").err("\ninterrupted\n")
        code = 130
    except SourceError as error:
        Console("never").err("".join(f"{finding}\n" for finding in error.findings))
        code = error.exit_code
    except SeccfgError as error:
        Console("never").err(f"error: {error}\n")
        code = error.exit_code
    except OSError as error:
        Console("never").err(f"error: {(error.strerror or 'the system refused').lower()}\n")
        code = exits.INVALID
    sys.exit(code if isinstance(code, int) else exits.FINE)


def _usage(error: click.ClickException) -> int:
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"{error.ctx.get_usage()}\n"
    from seccfg.source.files import show

    message = show(error.format_message().replace("\n", " ").replace("'", "`"))
    Console("never").err(f"{hint}error: {message}\n")
    return exits.INVALID


def _report_bug(kind: type[BaseException], _: BaseException, where: TracebackType | None) -> None:
    """Set as the interpreter's last resort: what arrives here no one foresaw."""
    if issubclass(kind, KeyboardInterrupt):
        raise SystemExit(130)
    from seccfg import __version__
    from seccfg.source.files import show

    place = ""
    while where is not None:
        code = where.tb_frame.f_code
        place = f"{code.co_filename.replace(chr(92), '/').rpartition('/seccfg/')[2]}:{where.tb_lineno} in {code.co_name}"
        where = where.tb_next
    Console("never").err(
        f"error: this is a bug in seccfg {__version__}, not in your spec: {kind.__name__} at {show(place)}\n"
        "please report it to the project, with the command, this line and, if you may share it, the spec\n"
    )
    raise SystemExit(exits.BUG)
