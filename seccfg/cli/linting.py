"""What `seccfg lint` does once its options are known."""

from __future__ import annotations

from collections.abc import Sequence

from seccfg.cli import exits, inputs
from seccfg.cli.checking import Checked, check_spec
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.render import render
from seccfg.findings import InputError, Severity
from seccfg.lint.selection import Selection, selection
from seccfg.source import project

__all__ = ["lint"]

_RANK: dict[Severity, int] = {"note": 0, "warning": 1, "error": 2}


def lint(
    paths: Sequence[str], *, format: str = "", select: Sequence[str] = (), ignore: Sequence[str] = (),
    fail_level: Severity | None = None, now: str | None = None, color: ColorChoice = "auto",
) -> int:  # fmt: skip
    """
    Check the specs *paths* mean and print what is found; the exit code.

    Args:
        format, select, ignore, fail_level: Empty or None leave it to the configuration of each spec's project.
    """
    console = Console(color)
    day = inputs.today(now)
    selection(select, ignore)  # a misspelt rule is an error of usage, whatever the configuration says
    results: list[Checked] = []
    codes: list[int] = []
    specs = inputs.spec_paths(paths)
    if not specs:
        console.err(inputs.NO_SPEC)
        return exits.NO_INPUT
    configured: dict[str, tuple[project.Config, Selection]] = {}
    for path in specs:
        try:
            root = project.project_root(path)
            if root not in configured:
                config = project.load_config(root)
                configured[root] = config, selection(select or config.select, ignore or config.ignore)
            config, selected = configured[root]
            format = format or config.format
            checked = check_spec(path, day, selected)
        except InputError as error:
            console.err(f"error: {error}\n")
            codes.append(exits.INVALID)
            continue
        results.append(checked)
        codes.append(_code(checked, fail_level or config.fail_level))
    if results:
        console.out(render(results, format, console))
    return exits.worst(codes)


def _code(checked: Checked, fail_level: Severity) -> int:
    if not checked.loads:
        return exits.INVALID
    least = _RANK[fail_level]
    return exits.FINDINGS if any(_RANK[finding.severity] >= least for finding in checked.counting()) else exits.FINE
