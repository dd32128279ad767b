"""`seccfg drift`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from seccfg.cli import exits, inputs
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import color_option, env_option, now_option
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg import api
    from seccfg.drift.attributed import Difference
    from seccfg.drift.compare import AccessDrift, Drifted
    from seccfg.ir.request import Decision

_SHOWN = 40
_ROUTES = 2
_DIFFERS = 3
_WIDE = 72


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
    first, with requests the state answers otherwise, then as the control each place weakens, for which routes, with the
    place. Objects the spec does not own are listed.
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
    yield from _changed(found.changed, console)
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
    if one.direction == "changes" and one.expected.allowed:
        yield from (f"    {show(difference)}" for difference in one.differs[:_DIFFERS])
        return
    yield f"    spec:  {_decided(one.expected)}"
    yield f"    state: {_decided(one.actual)}"


def _decided(decision: Decision) -> str:
    return "passes" if decision.allowed else f"refuses with {decision.status} {decision.reason}"


def _changed(changed: Sequence[Difference], console: Console) -> Iterator[str]:
    """Places, those that say the same of the same control together."""
    grouped: dict[tuple[str, str, str], list[Difference]] = {}
    for one in changed:
        grouped.setdefault((one.control, one.direction, one.says), []).append(one)
    left = _SHOWN
    for (control, direction, says), places in grouped.items():
        if left <= 0:
            break
        yield ""
        if not control:
            yield console.style("strong", f"decides nothing: {says}" if direction == "nothing" else says)
        else:
            yield console.style("error" if direction == "weaker" else "warning", f"{control} {direction}: {_said(says, direction)}")
        routes = sorted({route for one in places for route in one.routes}) if all(one.routes for one in places) else []
        if routes:
            more = f" and {len(routes) - _ROUTES} more" if len(routes) > _ROUTES else ""
            yield f"  for {', '.join(map(show, routes[:_ROUTES]))}{more}"
        for one in places[:left]:
            yield from _place(one)
        left -= len(places)
    if left < 0 or sum(map(len, grouped.values())) > _SHOWN:
        yield f"and {len(changed) - _SHOWN} more places"


def _said(says: str, direction: str) -> str:
    """A sentence tells what weakening does; of what became stronger it is the other way round."""
    return f"no longer so that {says}" if direction == "stronger" else says if direction == "weaker" else f"{says}, or the opposite"


def _place(one: Difference) -> Iterator[str]:
    place = show(".".join(map(str, one.path)))
    before, after = show(one.expected) or "none", show(one.found) or "none"
    if len(place) + len(before) + len(after) <= _WIDE:
        yield f"  {place}: {before} -> {after}"
    else:
        yield f"  {place}"
        yield f"    spec:  {before}"
        yield f"    state: {after}"


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
            {
                "control": c.control, "direction": c.direction, "says": c.says, "routes": list(map(show, c.routes)),
                "path": [show(str(step)) for step in c.path], "expected": show(c.expected), "found": show(c.found),
            }
            for c in found.changed
        ],
        "foreign": list(found.foreign),
    }  # fmt: skip
    return json.dumps(value, indent=2) + "\n"
