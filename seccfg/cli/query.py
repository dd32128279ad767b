"""`seccfg query`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from seccfg.cli import exits, inputs
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.options import color_option, env_option, now_option
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg import api
    from seccfg.diff.query import Access


@click.command("query")
@click.argument("spec")
@click.argument("question")
@env_option
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@now_option
@color_option
def command(spec: str, question: str, env: str | None, format_: str, now: str | None, color: ColorChoice) -> int:
    """Say who can reach routes, or what somebody can do.

    QUESTION is "who can DELETE /orders/**", with `*` for any method, or "what can viewer do", with a role, a client, an
    auth method or `anonymous`. Each answer comes with a request that the reference lets pass.
    """
    from seccfg import api
    from seccfg.cli.sound import each_sound_spec, only_one

    console = Console(color)

    def work(loaded: api.Loaded) -> int:
        found = api.query(loaded, question)
        console.out(_json(found) if format_ == "json" else _text(found, console))
        return exits.FINE

    only_one((spec,), "query")
    return each_sound_spec((spec,), env, inputs.today(now), console, work, prove=False)


def _text(found: tuple[Access, ...], console: Console) -> str:
    if not found:
        return "nobody, and nothing\n"
    lines = []
    for access in found:
        lines.append(console.style("good", show(access.sentence)))
        lines.append(f"  {show(_asked(access))}")
    return "".join(f"{line}\n" for line in lines)


def _asked(access: Access) -> str:
    if access.asked is None:
        return "no request was found that shows it" if access.decided else "not decided: no request was found that shows it"
    request = access.asked.request
    who = ", ".join(persona.describe() for persona in access.asked.personas) or "nobody"
    return f"{request.method} {request.target} as {who}"


def _json(found: tuple[Access, ...]) -> str:
    entries = [
        {"route": a.route, "sentence": a.sentence, "request": "" if a.asked is None else _asked(a), "decided": a.decided}
        for a in found
    ]
    return json.dumps({"version": 1, "access": entries}, indent=2) + "\n"
