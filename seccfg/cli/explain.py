"""`seccfg explain`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from seccfg.cli import exits, inputs
from seccfg.cli.console import ColorChoice, Console, Style
from seccfg.cli.options import color_option, env_option
from seccfg.findings import InputError, Span
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.ir.request import ConditionValue, GrantResult, Judgement
    from seccfg.lint.catalogue import RuleText


@click.command("explain")
@click.argument("what", nargs=-1, required=True, metavar="RULE | SPEC METHOD PATH")
@click.option(
    "--as",
    "who",
    multiple=True,
    metavar="ROLE|KEY=VALUE",
    help="Who asks; the keys are auth, roles, scopes, client, subject and claim.NAME.",
)
@env_option
@color_option
def command(what: tuple[str, ...], who: tuple[str, ...], env: str | None, color: ColorChoice) -> int:
    """Explain a rule, or the decision on a request.

    With a RULE, print its page. With a SPEC, a METHOD and a PATH, print what the reference decides for that request,
    and why. The request is made over TLS from an address that is allowed; without --as nobody makes it.
    """
    console = Console(color)
    if len(what) == 1:
        if who or env:
            raise click.UsageError("--as and --env go with SPEC METHOD PATH", click.get_current_context())
        console.out(_rule(what[0], console.style))
        return exits.FINE
    if len(what) != 3:
        raise click.UsageError("give a rule, or SPEC METHOD PATH", click.get_current_context())
    path, method, target = what
    principal = _principal(who)
    from seccfg.cli.sound import each_sound_spec

    def work(loaded: api.Loaded) -> int:
        judgement = api.explain(loaded, method, target, principal)
        console.out("".join(f"{line}\n" for line in _judgement(judgement, f"{method.upper()} {target}", console)))
        return exits.FINE

    from seccfg import api
    from seccfg.cli.sound import only_one

    only_one((path,), "explain")
    return each_sound_spec((path,), env, inputs.today(None), console, work, prove=False)


def _principal(who: Sequence[str]) -> dict[str, str]:
    """`--as` as a map: a bare word is a role; roles and scopes given several times add up."""
    found: dict[str, str] = {}
    for text in who:
        key, equals, value = text.partition("=")
        if not equals:
            key, value = "roles", text
        if not value and not key.startswith("claim."):
            raise InputError(f"`--as {show(text)}` says nothing")
        if key in ("roles", "scopes") and key in found:
            found[key] = f"{found[key]},{value}"
        elif key in found:
            raise InputError(f"`--as {show(key)}=...` is given twice")
        else:
            found[key] = value
    return found


# ------------------------------------------------------------------------------------------------------------- rules
def _rule(name: str, style: Style) -> str:
    from seccfg.lint.catalogue import find, rules
    from seccfg.source.suggest import did_you_mean

    rule = find(name)
    if rule is None:
        words = [word for known in rules() for word in (known.id, known.name)]
        raise InputError(f"`{show(name)}` is no rule{did_you_mean(name, words)}")
    return "\n".join(_page(rule, style)) + "\n"


def _page(rule: RuleText, style: Style) -> Iterator[str]:
    from seccfg.cli.render.full import wrapped
    from seccfg.lint.pages import HOW_FIXED, where_it_shows

    yield f"{style('strong', rule.id)} {rule.name}"
    yield f"severity: {rule.severity}, stage: {rule.stage}" + (
        f", confidence: {rule.confidence}" if rule.stage == "lint" else ""
    )
    yield ""
    yield from wrapped(rule.why, 80)
    yield ""
    yield from wrapped(f"What to do: {rule.fix}{HOW_FIXED[rule.fixed]}", 80)
    for title, text in (("Refused:" if rule.stage == "load" else "Found:", rule.bad), ("Fine:", rule.good)):
        if text:
            yield ""
            yield style("strong", title)
            for line in text.rstrip("\n").split("\n"):
                yield f"  {show(line)}".rstrip()
    if rule.stage == "lint":
        yield ""
        for line in where_it_shows(rule):
            yield from wrapped(line, 80)
    if rule.refs:
        yield ""
        yield f"References: {', '.join(rule.refs)}"


# ---------------------------------------------------------------------------------------------------------- requests
def _judgement(judgement: Judgement, request: str, console: Console) -> Iterator[str]:
    decision, why = judgement.decision, judgement.explanation
    style = console.style
    verdict = (
        style("good", "allowed")
        if decision.allowed
        else style("error", f"refused with {decision.status} {decision.reason}")
    )
    if decision.outcome == "preflight":
        verdict = f"answered as a preflight with {decision.status}"
    yield f"{show(request)}: {verdict}"
    yield f"step: {decision.step.replace('_', ' ')}"
    if why.message:
        yield f"why: {show(why.message)}"
    yield f"route: {show(why.route) or 'none'}{_at(why.pos)}"
    if why.principal:
        yield f"principal: {show(why.principal.replace(chr(0x1F), ' '))}"
        yield f"roles: {show(', '.join(why.roles)) or 'none'}"
        yield f"scopes: {show(', '.join(why.scopes)) or 'none'}"
    for grant in why.grants:
        yield from _grant(grant)
    for condition in why.conditions:
        yield from _condition(condition, "")
    for name, value in decision.headers:
        yield f"answer header: {show(name)}: {show(value)}"
    for name, value in decision.forwarded:
        yield f"forwarded: {show(name)}: {show(value)}"
    if decision.upstream:
        yield f"upstream: {show(decision.upstream)}"
    if decision.events:
        yield f"events: {', '.join(decision.events)}"


def _grant(grant: GrantResult) -> Iterator[str]:
    result = "holds" if grant.held else f"fails by {', '.join(grant.failed)}"
    yield f"grant {show(grant.text)}: {result}{_at(grant.pos)}"
    for condition in grant.conditions:
        yield from _condition(condition, "  ")


def _condition(condition: ConditionValue, indent: str) -> Iterator[str]:
    because = f" ({show(condition.because)})" if condition.because else ""
    yield f"{indent}condition {show(condition.name)}: {condition.value}{because}{_at(condition.pos)}"
    for name, value in condition.attributes:
        yield f"{indent}  {show(name)} = {show(value)}"


def _at(span: Span) -> str:
    return f" ({show(span.path)}:{span.line})" if span.line else ""
