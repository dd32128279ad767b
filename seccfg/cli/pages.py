"""
`python -m seccfg.cli.pages [--check]`: pages on every command and every setting, from the commands and settings themselves.

`--check` writes nothing and exits 4 when a page is not what it would write.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import click

from seccfg.cli.commands import COMMANDS, main
from seccfg.source.config import Config

__all__ = ["DESCRIPTIONS", "outputs"]

DESCRIPTIONS: dict[str, str] = {
    "select": "Rules to run, by id, beginning of an id, name or area; empty: all.",
    "extend_select": "Further rules to run, those that `profile` leaves out included.",
    "ignore": "Rules not to run.",
    "profile": "`baseline` (errors and warnings of high confidence), `strict` (at least medium) or `audit` (everything).",
    "min_confidence": "`low`, `medium` or `high`: rules less sure than that are left out.",
    "mandatory": "Rules that no comment and no waiver silences.",
    "baseline": "A file of known findings that do not count, relative to the project.",
    "fail_level": "The least severity that fails `lint`.",
    "format": "How findings are printed.",
    "targets": "Targets to build when the command names none; empty: those the spec names.",
    "output": "Folder to build into, relative to the project; none: `build/` beside the spec.",
    "severity": "A table of rules with the severity they have in `lint`, as in `AUTH020 = \"error\"`.",
    "per_path": "A table of paths, each with what `ignore` adds and `severity` says for specs below it.",
}
"""Each key in a sentence, for the reference."""

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def outputs() -> dict[str, str]:
    """Every generated page, by path from the project root."""
    return {
        "docs/reference/commands.md": "\n".join(_commands()) + "\n",
        "docs/reference/configuration.md": "\n".join(_configuration()) + "\n",
    }


def _commands() -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield (main.help or "").replace("\n\n", "\n").split("\n")[0]
    yield ""
    yield (
        "SPEC is a file, or a folder that is searched; left out, every `seccfg.yaml` of the project is meant. Exit codes: 0 "
        "fine, 1 findings or failed checks, 2 usage or invalid input, 3 no input matched, 4 differences, 5 build refused, 70 "
        "a bug of seccfg."
    )
    yield ""
    # The settings too: click keeps the first `--help` option a command made, so one made here without `-h` would stay.
    context = click.Context(main, info_name="seccfg", **main.context_settings)
    for name in COMMANDS:
        command = main.get_command(context, name)
        if command is not None:
            yield from _command(command, click.Context(command, info_name=name, parent=context), "##")


def _command(command: click.Command, context: click.Context, level: str) -> Iterator[str]:
    yield f"{level} seccfg {context.command_path.removeprefix('seccfg ')}"
    yield ""
    yield "```"
    yield command.get_usage(context).removeprefix("Usage: ")
    yield "```"
    yield ""
    for paragraph in (command.help or "").strip().split("\n\n"):
        yield " ".join(paragraph.split())
        yield ""
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option) and not parameter.hidden]
    if options:
        yield "| option | what it does |"
        yield "|---|---|"
        for option in options:
            record = option.get_help_record(context)
            if record is not None:
                names, text = record
                yield f"| `{names.replace('|', chr(92) + '|')}` | {' '.join(text.split()).replace('|', chr(92) + '|')} |"
        yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _command(below, click.Context(below, info_name=name, parent=context), f"{level}#")


def _configuration() -> Iterator[str]:
    yield "# Configuration"
    yield ""
    yield (
        "A project is configured in `seccfg.toml`, or in `[tool.seccfg]` of `pyproject.toml`: the nearest one above a spec, up "
        "to the top of its repository. An option of the command line replaces a setting of the same name. `seccfg lint "
        "--show-settings` prints each setting and where it comes from. An unknown key is an error."
    )
    yield ""
    yield "| key | default | what it sets |"
    yield "|---|---|---|"
    defaults = Config()
    for name, text in DESCRIPTIONS.items():
        value = getattr(defaults, name)
        shown = "[]" if value == () else f'"{value}"' if value else "none"
        shown = "{}" if name in ("severity", "per_path") else shown
        yield f"| `{name}` | {shown if shown == 'none' else f'`{shown}`'} | {text} |"
    yield ""
    yield (
        "Paths are written from the top of the project: `*` is anything within a name, `**` any number of folders, and a folder "
        "means all below it. Later entries count before earlier ones. Severities weigh findings of `lint` and of editors alone: "
        "`build`, `verify` and `test` refuse a spec by what the rules themselves say, and rules of loading stay errors."
    )
    yield ""
    yield "```toml"
    yield "[severity]"
    yield 'AUTH020 = "error"'
    yield ""
    yield '[per_path."examples/**"]'
    yield 'ignore = ["AUTHZ014", "machine-without-owner"]'
    yield 'severity = {LIMIT001 = "note"}'
    yield "```"


def _read(path: str) -> str | None:
    try:
        with open(os.path.join(_ROOT, path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: python -m seccfg.cli.pages [--check]", file=sys.stderr)
        return 2
    stale = {path: text for path, text in outputs().items() if _read(path) != text}
    for path, text in stale.items():
        if arguments:
            print(f"{path} is out of date: run `make docs`", file=sys.stderr)
            continue
        with open(os.path.join(_ROOT, path), "w", encoding="utf-8") as file:
            file.write(text)
    return 4 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
