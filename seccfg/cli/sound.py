"""Commands that work on specs: each is loaded and linted first, and one with errors is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seccfg import api
from seccfg.cli import exits, inputs
from seccfg.cli.checking import Checked, check_spec
from seccfg.cli.console import Console
from seccfg.cli.render import render
from seccfg.findings import InputError, SeccfgError, SourceError, SpecError
from seccfg.record import replace

__all__ = ["each_sound_spec", "only_one"]


def each_sound_spec(
    paths: Sequence[str], env: str | None, day: str, console: Console, work: Callable[[api.Loaded], int],
    *, prove: bool = True,
) -> int:  # fmt: skip
    """
    Call *work* on every spec *paths* mean and give the exit code of them all.

    A spec that does not load counts as invalid, one with an error finding nobody silenced as having findings; *work* is
    not called on either, and what is wrong is printed on standard error. Without *prove* a broken invariant is no error.
    """
    specs = inputs.spec_paths(paths)
    if not specs:
        console.err(inputs.NO_SPEC)
        return exits.NO_INPUT
    return exits.worst([_one(path, env, day, console, work, prove) for path in specs])


def _one(path: str, env: str | None, day: str, console: Console, work: Callable[[api.Loaded], int], prove: bool) -> int:
    try:
        console.progress(f"{path}: linting")
        checked = check_spec(path, day, prove=prove)
        if not checked.loads:
            return _refuse(checked, console, exits.INVALID)
        errors = tuple(finding for finding in checked.counting() if finding.severity == "error")
        if errors:
            return _refuse(replace(checked, findings=errors), console, exits.FINDINGS)
        return work(api.load(path, env))
    except SpecError as error:  # a file the spec names
        return _refuse(Checked(path, None, error.findings), console, exits.INVALID)
    except SourceError as error:
        return _refuse(Checked(path, None, error.findings), console, exits.INVALID)
    except SeccfgError as error:
        console.err(f"error: {error}\n")
        return error.exit_code


def _refuse(checked: Checked, console: Console, code: int) -> int:
    console.err(render((checked,), "full", console))
    return code


def only_one(paths: Sequence[str], what: str) -> None:
    """InputError unless *paths* mean at most one spec."""
    if len(inputs.spec_paths(paths)) > 1:
        raise InputError(f"{what} takes one spec, and {len(inputs.spec_paths(paths))} are meant")
