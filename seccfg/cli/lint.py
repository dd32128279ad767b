"""`seccfg lint`."""

from __future__ import annotations

import click

from seccfg.cli import exits, inputs
from seccfg.cli.checking import Checked, check_spec
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.render import FORMATS, render
from seccfg.findings import InputError, Severity
from seccfg.lint.selection import Selection, selection
from seccfg.source import project

_RANK: dict[Severity, int] = {"note": 0, "warning": 1, "error": 2}


@click.command("lint")
@click.argument("paths", nargs=-1)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="How findings are printed.")
@click.option("--select", multiple=True, metavar="RULE", help="Only these rules: ids, names, areas or beginnings of ids.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules.")
@click.option("--fail-level", type=click.Choice(("error", "warning", "note")), help="The least severity that fails the run.  [default: warning]")
@click.option("--now", metavar="DATE", help="Take this day for today; waivers expire by it.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Whether output is coloured.")
def command(
    paths: tuple[str, ...], format_: str | None, select: tuple[str, ...], ignore: tuple[str, ...], fail_level: Severity | None,
    now: str | None, color: ColorChoice,
) -> None:  # fmt: skip
    """Check specs against every rule.

    PATHS are specs, or folders that are searched for them. Exits 1 on errors and warnings nobody silenced, 2 on a spec that
    does not load.
    """
    console = Console(color)
    day = inputs.today(now)
    asked = selection(_split(select), _split(ignore))
    results: list[Checked] = []
    codes: list[int] = []
    chosen_format = format_
    configured: dict[str, project.Config] = {}
    specs = inputs.spec_paths(paths)
    for path in specs:
        try:
            root = project.project_root(path)
            config = configured[root] if root in configured else configured.setdefault(root, project.load_config(root))
            chosen_format = chosen_format or config.format
            rules = _merged(asked, select, ignore, config)
            checked = check_spec(path, day, rules)
        except InputError as error:
            console.err(f"error: {error}\n")
            codes.append(exits.INVALID)
            continue
        results.append(checked)
        codes.append(_code(checked, fail_level or config.fail_level))
    if not specs:
        console.err("error: no spec found: name one, or call it seccfg.yaml\n")
        raise SystemExit(exits.NO_INPUT)
    if results:
        console.out(render(results, chosen_format or "full", console))
    raise SystemExit(exits.worst(codes))


def _split(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for part in names for name in part.split(",") if name.strip())


def _merged(asked: Selection, select: tuple[str, ...], ignore: tuple[str, ...], config: project.Config) -> Selection:
    """What the command line asks for; the configuration speaks where it does not."""
    if select and ignore:
        return asked
    if not config.select and not config.ignore:
        return asked
    return selection(_split(select) or config.select, _split(ignore) or config.ignore)


def _code(checked: Checked, fail_level: Severity) -> int:
    if not checked.loads:
        return exits.INVALID
    least = _RANK[fail_level]
    return exits.FINDINGS if any(_RANK[finding.severity] >= least for finding in checked.counting()) else exits.FINE
