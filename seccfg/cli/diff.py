"""`seccfg diff`."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import click

from seccfg import api
from seccfg.cli import exits, inputs
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import color_option, env_option, now_option
from seccfg.findings import InputError
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.diff.files import FileChange
    from seccfg.diff.model import Difference
    from seccfg.diff.since import Changed

_T = TypeVar("_T")
_FORMATS: Final = ("text", "markdown", "json")
_MANIFEST: Final = "seccfg.manifest.json"
_WORDS: Final = {frozenset[str](): "", frozenset(("WIDENS",)): "WIDENS", frozenset(("NARROWS",)): "NARROWS"}


@click.command("diff")
@click.argument("versions", nargs=-1, required=True, metavar="OLD NEW | REVISION | SPEC --env NAME")
@env_option
@click.option(
    "--format", "format_", type=click.Choice(_FORMATS), default="text", help="How the result is printed.", show_default=True
)
@click.option("--exit-code", is_flag=True, help="Exit 4 when the versions differ.")
@click.option(
    "--fail-on", metavar="widens[:ROUTES]", help="Exit 1 when somebody may do what nobody could before and nobody accepted."
)
@click.option("--files", is_flag=True, help="Show what the targets' files say differently as well.")
@now_option
@color_option
def command(
    versions: tuple[str, ...], env: str | None, format_: str, exit_code: bool, fail_on: str | None, files: bool,
    now: str | None, color: ColorChoice,
) -> int:  # fmt: skip
    """Show who may do what between two versions of a spec.

    OLD and NEW are specs, folders with one, or REV:path, which is read with everything it names from that git revision;
    or two folders that `seccfg build` wrote. With a REVISION alone, every spec of the project that is different there is
    compared. One SPEC with --env shows what the overlay of that environment changes. The first line is one word: WIDENS,
    NARROWS, BOTH, EQUIVALENT, or NON-AUTHZ when access is the same and something else is not.
    """
    console = Console(color)
    pattern = _pattern(fail_on)
    day = inputs.today(now)
    console.progress("comparing")
    if len(versions) > 2:
        raise click.UsageError("give OLD and NEW, or one git revision", click.get_current_context())
    overlay = len(versions) == 1 and os.path.exists(versions[0])
    if overlay and env is None:
        raise click.UsageError(
            "name what to compare it with, an environment of it with --env, or one git revision alone",
            click.get_current_context(),
        )
    if len(versions) == 1 and not overlay:
        specs = inputs.spec_paths(())
        changed = _without_collecting(lambda: api.diff_since(versions[0], specs, env))
        _meaning_some(pattern, fail_on, lambda: (r for routes in _project(specs, changed, env) for r in routes))
        console.out(_several(changed, format_, console))
        return exits.worst([_code(one.found, exit_code, pattern, day) for one in changed] or [exits.FINE])
    old, new = versions if len(versions) == 2 else versions * 2
    if not overlay and all(_is_build(path) for path in versions):
        told = api.diff_builds(old, new)
        console.out("".join(f"{line}\n" for line in ["DIFFERENT" if told else "EQUIVALENT", *_files_lines("", told)]))
        return exits.DIFFERS if exit_code and told else exits.FINE
    found = _without_collecting(
        lambda: (
            api.diff_environment(one_spec(old), env) if overlay and env else api.diff(one_spec(old), one_spec(new), env)
        )
    )
    _meaning_some(pattern, fail_on, lambda: found.routes)
    console.out(_rendered(found, format_, console))
    if files and format_ != "json":
        envs = (None if overlay else env, env)
        for target, changes in api.diff_files(one_spec(old), one_spec(new), (), envs).items():
            lines = _files_lines(target, changes)
            console.out("".join(f"{line}\n" for line in (_folded(target, lines) if format_ == "markdown" else lines)))
    return _code(found, exit_code, pattern, day)


def _pattern(fail_on: str | None) -> object:
    """What `--fail-on` asks for; False where it is not given."""
    if fail_on is None:
        return False
    from seccfg.diff.acceptance import fail_pattern

    return fail_pattern(fail_on)


def _meaning_some(pattern: object, text: str | None, routes: Callable[[], Iterable[str]]) -> None:
    """A misspelt pattern must not pass for ever: InputError where it means no route of either version."""
    from seccfg.diff.acceptance import means_some
    from seccfg.spec.patterns import RoutePattern

    if isinstance(pattern, RoutePattern) and not means_some(pattern, routes()):
        raise InputError(
            f"`--fail-on {show(text or '')}` means no route of either version, so it would never fail; "
            "patterns are written on paths as under `routes`, without `base_path`"
        )


def _project(specs: Sequence[str], changed: Sequence[Changed], env: str | None) -> Iterator[Sequence[str]]:
    """Routes of the specs that changed, then of all others: the pattern may be meant for one that did not."""
    yield from (one.found.routes for one in changed)
    yield from (api.diff(path, path, env).routes for path in specs)


def _without_collecting(work: Callable[[], _T]) -> _T:
    """Two large trees are built and kept to the end: there is nothing to collect."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return work()
    finally:
        if collecting:
            gc.enable()


def one_spec(where: str) -> str:
    """*where* itself, or the one spec of that folder."""
    from seccfg.source.revision import split_revision

    if split_revision(where) is not None:
        return where
    found = inputs.spec_paths((where,))
    if len(found) != 1:
        raise InputError(f"{show(where)}: {'no spec is' if not found else f'{len(found)} specs are'} there; name one")
    return found[0]


def _is_build(path: str) -> bool:
    """Whether `seccfg build` wrote the folder, or those in it."""
    if not os.path.isdir(path):
        return False
    folders = [path, *(entry.path for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False))]
    return any(os.path.isfile(os.path.join(folder, _MANIFEST)) for folder in folders)


def _rendered(found: Difference, format_: str, console: Console) -> str:
    if format_ == "json":
        from seccfg.cli.render.difference_json import as_json

        return as_json(found)
    if format_ == "markdown":
        from seccfg.cli.render.difference_markdown import markdown

        return markdown(found)
    from seccfg.cli.render.difference import text

    return text(found, console.style, console.width)


def _several(changed: Sequence[Changed], format_: str, console: Console) -> str:
    """All specs that are different, below one word for them together."""
    verdict = _together([one.found.verdict for one in changed])
    if format_ == "json":
        from seccfg.cli.render.difference_json import several_as_json

        return several_as_json(verdict, changed)
    if format_ == "markdown":
        from seccfg.cli.render.difference_markdown import several

        return several(verdict, changed)
    from seccfg.cli.render.difference import text

    parts = [f"{verdict}\n"]
    for one in changed:
        parts.append(f"\n{console.style('strong', show(one.path))}{'' if one.how == 'changed' else f' ({one.how})'}\n")
        parts.append(text(one.found, console.style, console.width))
    return "".join(parts)


def _together(verdicts: Sequence[str]) -> str:
    directions = {"WIDENS", "NARROWS"} if "BOTH" in verdicts else {v for v in verdicts if v in ("WIDENS", "NARROWS")}
    if directions:
        return _WORDS.get(frozenset(directions), "BOTH")
    return "NON-AUTHZ" if "NON-AUTHZ" in verdicts else "EQUIVALENT"


def _files_lines(target: str, changes: Sequence[FileChange]) -> list[str]:
    lines: list[str] = []
    for change in changes:
        name = f"{target}/{change.path}" if target else change.path
        lines += ["", f"{change.kind} {show(name)}", *(f"  {show(line)}" for line in change.lines)]
    return lines


def _folded(target: str, lines: Sequence[str]) -> list[str]:
    """As a fold of a comment; a fence longer than any in the files."""
    if not lines:
        return []
    return ["", f"<details><summary>Files of {target}</summary>", "", "~~~~~~~~diff", *lines, "~~~~~~~~", "", "</details>"]


def _code(found: Difference, exit_code: bool, pattern: object, day: str) -> int:
    failing = exits.FINE
    if pattern is not False:
        from seccfg.diff.acceptance import counting
        from seccfg.spec.patterns import RoutePattern

        chosen = pattern if isinstance(pattern, RoutePattern) else None
        failing = exits.FINDINGS if counting(found, chosen, day) else exits.FINE
    return exits.worst((failing, exits.DIFFERS if exit_code and found.verdict != "EQUIVALENT" else exits.FINE))
