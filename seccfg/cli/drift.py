"""`seccfg drift`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from seccfg.cli import exits, inputs
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import color_option, env_option, now_option
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg import api
    from seccfg.drift.compare import AccessDrift, Drifted
    from seccfg.drift.trees import Changed
    from seccfg.ir.request import Decision

_SHOWN = 40


@click.command("drift")
@click.argument("spec", required=False, default=".")
@click.option("-t", "--target", required=True, metavar="TARGET", help="The target whose state is compared.")
@click.option(
    "--state", required=True, metavar="FILE",
    help="What runs: a file or a folder in the vendor's own form; for aws also live:API-ID[/STAGE].",
)
@env_option
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--exit-code", is_flag=True, help="Exit 4 when what runs is not what the spec says.")
@now_option
@color_option
def command(
    spec: str, target: str, state: str, env: str | None, format_: str, exit_code: bool, now: str | None, color: ColorChoice
) -> int:
    """Compare what runs with what the spec says.

    The state is what the vendor exports. Orders, defaults and generated ids mean nothing. What differs is said as access
    first, with requests the state answers otherwise, then place by place. Objects the spec does not own are listed.
    """
    from seccfg import api
    from seccfg.cli.sound import each_sound_spec, only_one

    console = Console(color)

    def work(loaded: api.Loaded) -> int:
        console.progress("reading the state")
        found = api.drift(loaded, target, state, console.progress)
        console.out(_json(found) if format_ == "json" else "".join(f"{line}\n" for line in _lines(found, console)))
        return exits.DIFFERS if exit_code and found.verdict != "SAME" else exits.FINE

    only_one((spec,), "drift")
    return each_sound_spec((spec,), env, inputs.today(now), console, work)


def _lines(found: Drifted, console: Console) -> Iterator[str]:
    yield console.style("good" if found.verdict == "SAME" else "error", found.verdict)
    for one in found.access[:_SHOWN]:
        yield from _access(one, console)
    if len(found.access) > _SHOWN:
        yield f"and {len(found.access) - _SHOWN} more requests"
    if found.unread:
        yield f"access is not known: {show(found.unread)}"
    if found.changed:
        yield ""
        yield console.style("strong", "configured otherwise")
        for change in found.changed[:_SHOWN]:
            yield f"  {_place(change)}: {show(change.expected) or 'none'} -> {show(change.found) or 'none'}"
        if len(found.changed) > _SHOWN:
            yield f"  and {len(found.changed) - _SHOWN} more places"
    if found.foreign:
        yield ""
        yield console.style("strong", "not of this spec")
        yield from (f"  {show(name)}" for name in found.foreign)


def _access(one: AccessDrift, console: Console) -> Iterator[str]:
    mark = {"widens": "+", "narrows": "-", "changes": "~"}[one.direction]
    yield ""
    yield console.style("error" if one.direction == "widens" else "warning", f"{mark} {show(one.scenario)}")
    more = f" (and {one.alike} more)" if one.alike else ""
    yield f"  {show(one.request.method)} {show(one.request.target)}{more}"
    yield f"    spec:  {_decided(one.expected)}"
    yield f"    state: {_decided(one.actual)}"


def _decided(decision: Decision) -> str:
    return "passes" if decision.allowed else f"refuses with {decision.status} {decision.reason}"


def _place(one: Changed) -> str:
    return show(".".join(map(str, one.path)))


def _json(found: Drifted) -> str:
    value = {
        "version": 1, "target": found.target, "verdict": found.verdict, "requests": found.requests, "unread": found.unread,
        "access": [
            {
                "direction": one.direction, "scenario": show(one.scenario), "method": one.request.method,
                "target": show(one.request.target), "alike": one.alike, "spec": _decided(one.expected),
                "state": _decided(one.actual),
            }
            for one in found.access
        ],
        "changed": [
            {"path": [str(step) for step in c.path], "expected": show(c.expected), "found": show(c.found)} for c in found.changed
        ],
        "foreign": list(found.foreign),
    }  # fmt: skip
    return json.dumps(value, indent=2) + "\n"
