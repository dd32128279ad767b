"""`seccfg verify`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from seccfg import api
from seccfg.cli import exits, inputs
from seccfg.cli.chosen import ACCEPTED, BLOCKS, HARMLESS, STATUS_ONLY, gap_lines, targets_of
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import (
    color_option,
    env_option,
    format_option,
    names,
    now_option,
    specs_argument,
    targets_option,
)
from seccfg.cli.sound import each_sound_spec, only_one
from seccfg.findings import InputError
from seccfg.source.files import show
from seccfg.source.suggest import did_you_mean
from seccfg.targetapi.registry import load_target

if TYPE_CHECKING:
    from seccfg.ir.request import Decision
    from seccfg.verify.run import Difference, EngineReport, GapReport, Report, TargetReport

_SHOWN = 10


@click.command("verify")
@specs_argument
@targets_option
@click.option("--engine", "engines", multiple=True, metavar="ENGINE", callback=names, help="Only these engines.")
@env_option
@format_option
@now_option
@color_option
def command(
    specs: tuple[str, ...], targets: tuple[str, ...], engines: tuple[str, ...], env: str | None, format_: str,
    now: str | None, color: ColorChoice,
) -> int:  # fmt: skip
    """Run what is built on boundary requests and compare.

    Every engine must answer every request as the reference does for what its target says it enforces. Exits 1 for any
    difference, 5 where a build would be refused. Keys and certificates are exchanged for generated ones.
    """
    if format_ == "json":
        only_one(specs, "--format json")
    console = Console(color)
    day = inputs.today(now)

    def work(loaded: api.Loaded) -> int:
        chosen = targets_of(loaded, targets, console)
        _known(engines, chosen)
        report = api.verify(loaded, chosen, day, engines, console.progress)
        console.out(
            report.as_json() if format_ == "json" else "".join(f"{line}\n" for line in _lines(loaded, report, console))
        )
        return _code(report, console)

    return each_sound_spec(specs, env, day, console, work)


def _known(engines: Sequence[str], targets: Sequence[str]) -> None:
    """InputError for an engine that none of *targets* has: a misspelt one would verify nothing."""
    known = [engine.name for target in targets for engine in load_target(target).engines()]
    for engine in engines:
        if engine not in known:
            hint = did_you_mean(engine, known) or f"; there are {', '.join(known)}"
            raise InputError(f"no engine `{show(engine)}`{hint}")


def _code(report: Report, console: Console) -> int:
    """What cannot be run is not verified: a target without an engine fails, and so does an engine that broke off."""
    if report.blocked:
        return exits.REFUSED
    failed = False
    for target in report.targets:
        if not target.engines:
            console.err(f"error: {target.name}: no engine could run, so nothing is verified\n")
        failed = failed or not target.engines or any(engine.failure for engine in target.engines)
    return exits.FINDINGS if failed or report.differ else exits.FINE


def _lines(loaded: api.Loaded, report: Report, console: Console) -> Iterator[str]:
    style = console.style
    yield f"{style('strong', show(loaded.path))}: {report.boundary} boundary requests; keys were exchanged"
    for route in report.unreached:
        yield f"note: no boundary request passes on {show(route)}"
    for limit in report.uncounted:
        yield f"note: the limit {show(limit)} was not exhausted"
    for target in report.targets:
        yield from _target(target, console)
    yield style("error" if report.differ else "good", _counts(report.requests, report.differ))


def _counts(requests: int, differ: int) -> str:
    return f"{requests} requests, {requests - differ} agree, {differ} differ"


def _target(target: TargetReport, console: Console) -> Iterator[str]:
    for engine in target.engines:
        yield f"{target.name} on {engine.name}: {_counts(engine.requests, engine.differ)}"
        yield from _differences(engine)
        if engine.failure:
            yield f"  broke off: {show(engine.failure)}"
    for name, why, how in target.missing:
        yield f"{target.name} on {name}: not run: {why}; {how}"
    if target.gaps:
        yield f"{target.name}: {len(target.gaps)} gap{'' if len(target.gaps) == 1 else 's'}"
    for gap in target.gaps:
        yield from gap_lines(gap.gap, _state(gap), console.style, console.width)
        yield f"    {_price(gap)}"


def _state(gap: GapReport) -> str:
    if gap.accepted or gap.blocking:
        return ACCEPTED if gap.accepted else BLOCKS
    return STATUS_ONLY if gap.gap.status_only else HARMLESS


def _price(gap: GapReport) -> str:
    if not gap.differs:
        in_requests = gap.gap.kind in ("approximate", "delegated")
        return "no request shows it" + (": it is unneeded, as far as these requests tell" if in_requests else "")
    return f"{gap.differs} scenarios are decided differently, such as {show(gap.witness)}"


def _differences(engine: EngineReport) -> Iterator[str]:
    for difference in engine.differences[:_SHOWN]:
        yield from _difference(difference)
    left = engine.differ - min(len(engine.differences), _SHOWN)
    if left:
        yield f"  and {left} more"


def _difference(difference: Difference) -> Iterator[str]:
    request = difference.request
    yield f"  {show(difference.scenario)}, request {difference.number}: {show(request.method)} {show(request.target)}"
    yield f"    reference: {_decision(difference.expected)}"
    yield f"    engine:    {_decision(difference.actual)}"
    yield f"    differ in: {', '.join(difference.fields)}"
    mine, theirs = dict(difference.expected.headers), dict(difference.actual.headers)
    for name in difference.fields:
        if name in mine or name in theirs:
            yield f"    {show(name)}: {_header(mine, name)}, not {_header(theirs, name)}"
    if "forwarded" in difference.fields:
        yield f"    forwarded: {_forwarded(difference.expected)}, not {_forwarded(difference.actual)}"


def _header(headers: dict[str, str], name: str) -> str:
    return f"`{show(headers[name])}`" if name in headers else "none"


def _forwarded(decision: Decision) -> str:
    return ", ".join(f"`{show(name)}: {show(value)}`" for name, value in decision.forwarded) or "nothing"


def _decision(decision: Decision) -> str:
    return f"{decision.outcome} {decision.status} {decision.reason}"
