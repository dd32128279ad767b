"""`seccfg build`."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from seccfg import __version__, api
from seccfg.cli import exits, inputs
from seccfg.cli.chosen import accept_entry, gap_lines, targets_of
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import color_option, env_option, now_option, specs_argument, targets_option
from seccfg.cli.render.json import dumps
from seccfg.cli.sound import each_sound_spec, only_one
from seccfg.findings import InputError
from seccfg.record import Record
from seccfg.source import project
from seccfg.source.files import show
from seccfg.targetapi.base import Gap
from seccfg.write import Changes, check_tree


class _Wish(Record):
    """What the command line asks for."""

    targets: tuple[str, ...]
    out: str | None
    mode: str
    """`write`, `check` or `dry-run`."""
    force: bool
    as_json: bool
    day: str


@click.command("build")
@specs_argument
@targets_option
@click.option("-o", "--out", metavar="DIR", help="Where each target gets a folder.  [default: build/ beside the spec]")
@env_option
@click.option("--check", is_flag=True, help="Write nothing; exit 4 when something would change.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would change.")
@click.option("--force", is_flag=True, help="Replace files that were edited or are not of a build.")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", help="How the result is printed.", show_default=True)
@now_option
@color_option
def command(
    specs: tuple[str, ...], targets: tuple[str, ...], out: str | None, env: str | None, check: bool, dry_run: bool, force: bool,
    format_: str, now: str | None, color: ColorChoice,
) -> int:  # fmt: skip
    """Compile specs for their targets.

    Nothing is written for a spec with an error finding (exit 1) or with a gap that it does not accept (exit 5).
    """
    if check and dry_run:
        raise click.UsageError("--check and --dry-run exclude each other", click.get_current_context())
    if out is not None or format_ == "json":
        only_one(specs, "-o" if out is not None else "--format json")
    console = Console(color)
    wish = _Wish(targets, out, "check" if check else "dry-run" if dry_run else "write", force, format_ == "json", inputs.today(now))
    return each_sound_spec(specs, env, wish.day, console, lambda loaded: _build(loaded, wish, console))


def _build(loaded: api.Loaded, wish: _Wish, console: Console) -> int:
    names = targets_of(loaded, wish.targets, console)
    console.progress(f"{show(loaded.path)}: compiling for {', '.join(names)}")
    resolved = api.policy(loaded)
    built = api.build(loaded, names, wish.day, resolved)
    refused = any(made.blocking for made in built)
    folder = _folder(loaded, wish)
    if wish.as_json:
        console.out(_as_json(built))
    if refused:
        _say_refused(loaded, built, console)
        return exits.REFUSED
    changes = _changes(loaded, built, folder)
    if wish.mode == "write":
        api.write(loaded, built, folder, __version__, force=wish.force)
    if not wish.as_json:
        console.out(_as_text(loaded, built, changes, folder, wish, console))
    if wish.mode != "check":
        return exits.FINE
    edited = [f"{made.target}/{path}" for made in changes for path in made.foreign]
    for path in edited:
        console.err(f"note: {show(os.path.join(folder, path))} was edited, or is not of a build\n")
    return exits.DIFFERS if any(changes) or edited else exits.FINE


def _folder(loaded: api.Loaded, wish: _Wish) -> str:
    if wish.out is not None:
        if not wish.out:
            raise InputError("-o names no folder")
        return wish.out
    root = project.project_root(loaded.path)
    configured = project.load_config(root).output
    return os.path.join(root, configured) if configured else os.path.join(os.path.dirname(loaded.path), "build")


def _changes(loaded: api.Loaded, built: Sequence[api.Built], folder: str) -> tuple[Changes, ...]:
    digest = loaded.document.sha256()
    return tuple(
        check_tree(folder, made.target, [(f.path, f.content) for f in made.output.files], spec_sha256=digest, tool_version=__version__)
        for made in built
    )


def _as_text(
    loaded: api.Loaded, built: Sequence[api.Built], changes: Sequence[Changes], folder: str, wish: _Wish, console: Console
) -> str:
    done = wish.mode == "write"
    lines = [f"{console.style('strong', show(loaded.path))} -> {show(folder)}"]
    for made, change in zip(built, changes, strict=True):
        number = len(change.added) + len(change.changed) + len(change.removed)
        verb = "written" if done else "would change"
        files = f"{len(made.output.files)} files, {number} {verb}" if number else f"{len(made.output.files)} files, up to date"
        lines.append(f"{made.target}: {files}, {_count(made.output.gaps)}")
        if not done:
            for mark, paths in (("+", change.added), ("~", change.changed), ("-", change.removed)):
                lines += [f"  {mark} {show(path)}" for path in paths]
        for gap in made.output.gaps:
            lines += gap_lines(gap, _state(gap, made), console.style, console.width)
    return "\n".join(lines) + "\n"


def _count(gaps: Sequence[Gap]) -> str:
    return f"{len(gaps)} gap{'' if len(gaps) == 1 else 's'}" if gaps else "no gaps"


def _state(gap: Gap, made: api.Built) -> str:
    return "blocks" if gap in made.blocking else "status only" if gap.status_only else "does not block"


def _say_refused(loaded: api.Loaded, built: Sequence[api.Built], console: Console) -> None:
    number = sum(len(made.blocking) for made in built)
    lines = [f"error: {show(loaded.path)}: the build is refused: {number} gap{'' if number == 1 else 's'} it does not accept"]
    entries = []
    for made in built:
        if made.blocking:
            lines.append(f"{made.target}:")
        for gap in made.blocking:
            lines += gap_lines(gap, "blocks", console.style, console.width)
            entries.append(accept_entry(made.target, gap))
    lines += ["to accept them, say why in the spec:", "accept:", *entries]
    console.err("\n".join(lines) + "\n")


def _as_json(built: Sequence[api.Built]) -> str:
    return dumps(
        {
            "version": 1,
            "targets": {
                made.target: {
                    "files": [file.path for file in made.output.files],
                    "gaps": [
                        {
                            "id": gap.id, "at": f"{show(gap.pos.path)}:{gap.pos.line}", "kind": gap.kind, "bound": gap.bound,
                            "widens": gap.widens, "blocks": gap in made.blocking,
                        }
                        for gap in made.output.gaps
                    ],
                }
                for made in built
            },
        }
    )  # fmt: skip
