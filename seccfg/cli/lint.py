"""`seccfg lint`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from seccfg.cli.console import ColorChoice
from seccfg.cli.linting import Wish, lint
from seccfg.cli.options import color_option, names, now_option
from seccfg.cli.render import FORMATS
from seccfg.findings import Severity
from seccfg.lint.selection import PROFILES

_F = TypeVar("_F", bound=Callable[..., object])


def _rules(flag: str, help_: str) -> Callable[[_F], _F]:
    return click.option(flag, multiple=True, metavar="RULE", callback=names, help=help_)


@click.command("lint")
@click.argument("paths", nargs=-1)
@click.option("--format", "format_", type=click.Choice(FORMATS), metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")
@_rules("--select", "Only these: ids or their beginnings, names, areas.")
@_rules("--extend-select", "These too, whatever the profile leaves out.")
@_rules("--ignore", "Not these.")
@click.option("--profile", type=click.Choice(PROFILES), help="How much is looked at.  [default: audit, which is everything]")
@click.option("--min-confidence", type=click.Choice(("low", "medium", "high")), help="Leave out rules less sure than this.")
@click.option(
    "--fail-level", type=click.Choice(("error", "warning", "note")), help="The least severity that fails the run."
)
@_rules("--deny-suppressions", "Findings of these count whatever comments and waivers say.")
@click.option("--no-ignores", is_flag=True, help="Comments and waivers count for nothing.")
@click.option("--baseline", metavar="FILE", help="Findings this file lists do not count.")
@click.option("--write-baseline", metavar="FILE", help="Write the findings that count there, and exit 0.")
@click.option("--prune", is_flag=True, help="Take out of the baseline what is no longer found.")
@click.option("--fix", is_flag=True, help="Put right what can be put right safely.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: those that may change what is allowed too.")
@click.option("--diff", is_flag=True, help="Show what --fix would write; exit 4 when something would change.")
@click.option("--show-settings", is_flag=True, help="Print every setting and where it comes from.")
@now_option
@color_option
def command(
    paths: tuple[str, ...], format_: str | None, select: tuple[str, ...], extend_select: tuple[str, ...],
    ignore: tuple[str, ...], profile: str | None, min_confidence: str | None, fail_level: Severity | None,
    deny_suppressions: tuple[str, ...], no_ignores: bool, baseline: str | None, write_baseline: str | None, prune: bool,
    fix: bool, unsafe_fixes: bool, diff: bool, show_settings: bool, now: str | None, color: ColorChoice,
) -> int:  # fmt: skip
    """Check specs against every rule.

    PATHS are specs, or folders that are searched for them. Exits 1 on errors and warnings that nobody silenced, 2 on a
    spec that does not load.
    """
    wish = Wish(
        format=format_ or "", select=select, extend_select=extend_select, ignore=ignore, profile=profile or "",
        min_confidence=min_confidence or "", fail_level=fail_level, deny_suppressions=deny_suppressions,
        no_ignores=no_ignores, baseline=baseline or "", prune=prune,
    )  # fmt: skip
    context = click.get_current_context()
    if unsafe_fixes and not (fix or diff):
        raise click.UsageError("--unsafe-fixes goes with --fix or --diff", context)
    if fix and diff:
        raise click.UsageError("--fix and --diff exclude each other", context)
    if show_settings:
        from seccfg.cli.settings import show_settings as shown

        return shown(paths, wish, color)
    if write_baseline is not None:
        from seccfg.cli.baselines import write_baseline as write

        return write(paths, wish, write_baseline, now)
    if fix or diff:
        from seccfg.cli.fixing import fix_specs

        code = fix_specs(paths, wish, unsafe=unsafe_fixes, write=fix, now=now, color=color)
        if diff or code:
            return code
    return lint(paths, wish, now=now, color=color)
