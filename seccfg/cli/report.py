"""`seccfg report`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from seccfg import __version__, api
from seccfg.cli import exits, inputs
from seccfg.cli.checking import check_spec
from seccfg.cli.chosen import ACCEPTED, BLOCKS, HARMLESS, STATUS_ONLY, targets_of
from seccfg.cli.console import Console
from seccfg.cli.linting import Wish, settings_of
from seccfg.cli.options import env_option, names, now_option, specs_argument, targets_option
from seccfg.cli.sound import each_sound_spec, only_one
from seccfg.record import Record
from seccfg.report.render import FORMATS

if TYPE_CHECKING:
    from seccfg.ir.policy import Policy
    from seccfg.report.model import Executed, TargetSummary
    from seccfg.targetapi.base import Gap


class _Wish(Record):
    """What the command line asks for."""

    format: str
    out: str
    targets: tuple[str, ...]
    frameworks: tuple[str, ...]
    mappings: tuple[str, ...]
    run: bool
    day: str
    timestamp: str


@click.command("report")
@specs_argument
@click.option("--format", "format_", type=click.Choice(FORMATS), default="markdown", show_default=True, help="Its form.")
@click.option("-o", "--out", metavar="FILE", help="Write it there instead of to standard output.")
@targets_option
@click.option("--framework", "frameworks", multiple=True, metavar="NAME", callback=names,
              help="Only these.  [default: those `compliance` names, else all]")  # fmt: skip
@click.option("--mapping", "mappings", multiple=True, metavar="FILE", help="A further framework, as docs/guide/report.md has it.")
@click.option("--no-run", is_flag=True, help="Execute no request on any engine.")
@env_option
@now_option
def command(
    specs: tuple[str, ...], format_: str, out: str | None, targets: tuple[str, ...], frameworks: tuple[str, ...],
    mappings: tuple[str, ...], no_run: bool, env: str | None, now: str | None,
) -> int:  # fmt: skip
    """Say who may do what, and what is evidence for which control.

    Verdicts rest on what lint finds, what the spec says, what each target can enforce, and requests executed on the
    built files. A report is evidence; it judges no organisation.
    """
    only_one(specs, "report")
    console = Console("never")
    day = inputs.today(now)
    wish = _Wish(format_, out or "", targets, frameworks, mappings, not no_run, day, inputs.instant(now))
    return each_sound_spec(specs, env, day, console, lambda loaded: _report(loaded, wish, console))


def _report(loaded: api.Loaded, wish: _Wish, console: Console) -> int:
    from seccfg.report.assemble import Material, assemble
    from seccfg.report.mapping import built_in, from_folder
    from seccfg.report.render import render
    from seccfg.source.revision import commit_of

    selected = settings_of(loaded.path, Wish(), {}).selected
    checked = check_spec(loaded.path, wish.day, selected)
    policy = api.policy(loaded)
    chosen = targets_of(loaded, wish.targets, console)
    console.progress(f"{loaded.path}: compiling")
    targets = _targets(loaded, policy, chosen, wish.day)
    executed = _executed(loaded, policy, chosen, wish.run, console)
    material = Material(
        path=loaded.path, env=loaded.env, document=loaded.document, spec=loaded.spec, policy=policy,
        findings=checked.findings, ran=selected.has, targets=targets, executed=executed, today=wish.day,
        tool_version=__version__, git_commit=commit_of(loaded.path), timestamp=wish.timestamp,
    )  # fmt: skip
    report = assemble(material, (*built_in(), *from_folder(wish.mappings)), wish.frameworks)
    content = render(report, wish.format)
    if wish.out:
        from seccfg.write import replace_file

        replace_file(wish.out, content)
    else:
        console.clear()
        _print(content, console)
    for conflict in report.conflicts:
        console.err(f"error: {conflict.places[0]}: {conflict.message}" + "".join(f"; {p}" for p in conflict.places[1:]) + "\n")
    return exits.FINDINGS if report.conflicts else exits.FINE


def _print(content: bytes, console: Console) -> None:
    """The bytes themselves, line ends of CSV included, where standard output takes bytes."""
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        console.out(content.decode())
        return
    sys.stdout.flush()
    try:
        stream.write(content)
        stream.flush()
    except BrokenPipeError:
        console.discard()


def _targets(loaded: api.Loaded, policy: Policy, chosen: tuple[str, ...], day: str) -> tuple[TargetSummary, ...]:
    from seccfg.report.assemble import summary

    return tuple(
        summary(built.target, built.output, [(gap, _state(gap, built, policy, day)) for gap in built.output.gaps])
        for built in api.build(loaded, chosen, day, policy)
    )


def _state(gap: Gap, built: api.Built, policy: Policy, day: str) -> str:
    from seccfg.targetapi.gaps import acceptance

    if gap in built.blocking:
        return BLOCKS
    entry = acceptance(gap, built.target, policy, day)
    if entry is not None:
        return f"{ACCEPTED} by {entry.owner} until {entry.expires}: {entry.reason}"
    return STATUS_ONLY if gap.status_only else HARMLESS


def _executed(
    loaded: api.Loaded, policy: Policy, chosen: tuple[str, ...], run: bool, console: Console
) -> Executed:
    from seccfg.report.model import Executed

    if not run:
        return Executed()
    from seccfg.report.executed import execute

    return execute(policy, {name: api.options_of(loaded.spec, name) for name in chosen}, console.progress)
