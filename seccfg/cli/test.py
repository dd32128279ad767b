"""`seccfg test`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seccfg import api
from seccfg.cli import exits, inputs
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import color_option, env_option, now_option, specs_argument
from seccfg.cli.render.concise import place
from seccfg.cli.sound import each_sound_spec
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.verify.spec_tests import Outcome


@click.command("test")
@specs_argument
@env_option
@now_option
@color_option
def command(specs: tuple[str, ...], env: str | None, now: str | None, color: ColorChoice) -> int:
    """Run the tests and invariants of specs.

    Each test's request is decided by the reference, and each invariant is proven for every request there can be, or
    shown to be broken by one. Exits 1 when one fails.
    """
    console = Console(color)

    def work(loaded: api.Loaded) -> int:
        console.progress(f"{show(loaded.path)}: testing")
        outcomes = api.run_tests(loaded)
        failed = [outcome for outcome in outcomes if not outcome.passed]
        lines = [line for outcome in outcomes for line in _lines(outcome, console)]
        total = (
            f"{len(outcomes) - len(failed)} passed, {len(failed)} failed" if outcomes else "no tests and no invariants"
        )
        lines.append(console.style("error" if failed else "good", f"{show(loaded.path)}: {total}"))
        console.out("".join(f"{line}\n" for line in lines))
        return exits.FINDINGS if failed else exits.FINE

    return each_sound_spec(specs, env, inputs.today(now), console, work, prove=False)


def _lines(outcome: Outcome, console: Console) -> list[str]:
    word = console.style("good", "ok  ") if outcome.passed else console.style("error", "FAIL")
    lines = [f"{word} {outcome.kind}: {show(outcome.name)}"]
    if not outcome.passed:
        lines += [
            f"     at {place(outcome.span)}",
            f"     {show(outcome.request)}",
            f"     expected: {show(outcome.expected)}",
            f"     actual:   {show(outcome.actual)}",
        ]
        if outcome.judgement is not None and outcome.judgement.explanation.message:
            lines.append(f"     because:  {show(outcome.judgement.explanation.message)}")
    return lines
