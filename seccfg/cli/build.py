"""`seccfg build`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from seccfg import __version__, api
from seccfg.cli import exits, inputs
from seccfg.cli.chosen import ACCEPTED, BLOCKS, HARMLESS, STATUS_ONLY, accept_entry, gap_lines, targets_of
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import color_option, env_option, format_option, now_option, specs_argument, targets_option
from seccfg.cli.render.json import dumps
from seccfg.cli.sound import each_sound_spec, only_one
from seccfg.cli.vendor import check_all
from seccfg.findings import InputError
from seccfg.record import Record, replace
from seccfg.source import project
from seccfg.source.files import show
from seccfg.targetapi.base import Gap
from seccfg.targetapi.gaps import acceptance
from seccfg.write import Changes, check_tree

if TYPE_CHECKING:
    from seccfg.ir.policy import Policy


class _Wish(Record):
    """What the command line asks for."""

    targets: tuple[str, ...]
    out: str | None
    mode: str
    """`write`, `check` or `dry-run`."""
    force: bool
    as_json: bool
    day: str
    vendor: bool
    """The vendors' own programs judge the files first."""


@click.command("build")
@specs_argument
@targets_option
@click.option("-o", "--out", metavar="DIR", help="Where each target gets a folder.  [default: build/ beside the spec]")
@env_option
@click.option("--check", is_flag=True, help="Write nothing; exit 4 when something would change.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would change.")
@click.option("--check-with-vendor", is_flag=True, help="Run the vendor's own checks (kong, deck) first; exit 1 if they refuse.")
@click.option("--force", is_flag=True, help="Replace files that were edited or are not of a build.")
@format_option
@now_option
@color_option
def command(
    specs: tuple[str, ...], targets: tuple[str, ...], out: str | None, env: str | None, check: bool, dry_run: bool,
    check_with_vendor: bool, force: bool, format_: str, now: str | None, color: ColorChoice,
) -> int:  # fmt: skip
    """Compile specs for their targets.

    Nothing is written for a spec with an error finding (exit 1) or with a gap that it does not accept (exit 5).
    """
    if check and dry_run:
        raise click.UsageError("--check and --dry-run exclude each other", click.get_current_context())
    if out is not None or format_ == "json":
        only_one(specs, "-o" if out is not None else "--format json")
    console = Console(color)
    mode = "check" if check else "dry-run" if dry_run else "write"
    wish = _Wish(targets, out, mode, force, format_ == "json", inputs.today(now), check_with_vendor)
    used: dict[str, str] = {}
    return each_sound_spec(specs, env, wish.day, console, lambda loaded: _build(loaded, wish, used, console))


class _Made(Record):
    """What one target makes of a spec: each gap with what becomes of it, and what a build changes."""

    target: str
    files: tuple[str, ...]
    gaps: tuple[tuple[Gap, str], ...]
    changes: Changes | None = None

    def blocking(self) -> tuple[Gap, ...]:
        return tuple(gap for gap, state in self.gaps if state == BLOCKS)


def _build(loaded: api.Loaded, wish: _Wish, used: dict[str, str], console: Console) -> int:
    folder = _folder(loaded, wish)
    if used.setdefault(os.path.abspath(folder), loaded.path) != loaded.path:
        raise InputError(f"{show(loaded.path)}: {show(used[os.path.abspath(folder)])} is built into {show(folder)} too")
    names = targets_of(loaded, wish.targets, console)
    console.progress(f"{show(loaded.path)}: compiling for {', '.join(names)}")
    policy = api.policy(loaded)
    built = api.build(loaded, names, wish.day, policy)
    made = tuple(_made(one, policy, wish.day) for one in built)
    if wish.as_json:
        console.out(_as_json(made))
    if any(one.blocking() for one in made):
        console.err(_refusal(loaded, made, console))
        return exits.REFUSED
    if wish.vendor and (code := check_all(loaded, built, console)):
        return code
    digest = loaded.document.sha256()
    made = tuple(
        replace(one, changes=check_tree(folder, one.target, _files(b), spec_sha256=digest, tool_version=__version__))
        for one, b in zip(made, built, strict=True)
    )
    if wish.mode == "write":
        api.write(loaded, built, folder, __version__, force=wish.force)
    if not wish.as_json:
        console.out(_as_text(loaded, made, folder, wish.mode == "write", console))
    return _stale(made, folder, console) if wish.mode == "check" else exits.FINE


def _made(built: api.Built, policy: Policy, day: str) -> _Made:
    gaps = tuple((gap, _state(gap, built, policy, day)) for gap in built.output.gaps)
    return _Made(built.target, tuple(file.path for file in built.output.files), gaps)


def _state(gap: Gap, built: api.Built, policy: Policy, day: str) -> str:
    if gap in built.blocking:
        return BLOCKS
    if acceptance(gap, built.target, policy, day) is not None:
        return ACCEPTED
    return STATUS_ONLY if gap.status_only else HARMLESS


def _files(built: api.Built) -> list[tuple[str, bytes]]:
    return [(file.path, file.content) for file in built.output.files]


def _folder(loaded: api.Loaded, wish: _Wish) -> str:
    if wish.out is not None:
        if not wish.out:
            raise InputError("`-o` names no folder")
        return wish.out
    root = project.project_root(loaded.path)
    configured = project.load_config(root).output
    return (
        inputs.from_here(os.path.join(root, configured))
        if configured
        else os.path.join(os.path.dirname(loaded.path), "build")
    )


def _stale(made: Sequence[_Made], folder: str, console: Console) -> int:
    """The exit code of `--check`; files that are not as a build wrote them are named."""
    changes = [one.changes for one in made if one.changes is not None]
    foreign = [os.path.join(folder, change.target, path) for change in changes for path in change.foreign]
    for path in foreign:
        console.err(f"note: {show(path)} was edited, or is not of a build\n")
    return exits.DIFFERS if foreign or any(changes) else exits.FINE


def _as_text(loaded: api.Loaded, made: Sequence[_Made], folder: str, written: bool, console: Console) -> str:
    lines = [f"{console.style('strong', show(loaded.path))} -> {show(folder)}"]
    for one in made:
        change = one.changes or Changes(one.target, (), (), ())
        marked = [("+", path) for path in change.added] + [("~", path) for path in change.changed]
        marked += [("-", path) for path in change.removed]
        what = f"{len(marked)} {'written or removed' if written else 'would change'}" if marked else "up to date"
        lines.append(f"{one.target}: {_count(len(one.files), 'file')}, {what}; {_count(len(one.gaps), 'gap')}")
        if not written:
            lines += [f"  {mark} {show(path)}" for mark, path in sorted(marked, key=lambda item: item[1])]
        for gap, state in one.gaps:
            lines += gap_lines(gap, state, console.style, console.width)
    return "\n".join(lines) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _refusal(loaded: api.Loaded, made: Sequence[_Made], console: Console) -> str:
    number = sum(len(one.blocking()) for one in made)
    lines = [f"error: {show(loaded.path)}: the build is refused: {_count(number, 'gap')} that it does not accept"]
    for one in made:
        if one.blocking():
            lines.append(f"{one.target}:")
        for gap in one.blocking():
            lines += gap_lines(gap, BLOCKS, console.style, console.width)
    lines += ["to accept them, say in the spec who does, why and until when:", "accept:"]
    lines += [accept_entry(one.target, gap) for one in made for gap in one.blocking()]
    return "\n".join(lines) + "\n"


def _as_json(made: Sequence[_Made]) -> str:
    targets = {}
    for one in made:
        gaps = [
            {
                "id": gap.id, "at": f"{show(gap.pos.path)}:{gap.pos.line}", "kind": gap.kind, "bound": gap.bound,
                "widens": gap.widens, "accepted": state == ACCEPTED, "blocks": state == BLOCKS,
            }
            for gap, state in one.gaps
        ]  # fmt: skip
        targets[one.target] = {"files": list(one.files), "gaps": gaps}
    return dumps({"version": 1, "targets": targets})
