"""What a command works on: the specs its arguments mean, the day it is, the project's configuration."""

from __future__ import annotations

import os
from collections.abc import Sequence

from seccfg.findings import InputError
from seccfg.source import project
from seccfg.source.files import show

__all__ = ["NO_SPEC", "from_here", "instant", "spec_paths", "today"]

NO_SPEC = "error: no spec found: name one, or call it seccfg.yaml\n"


def spec_paths(arguments: Sequence[str]) -> tuple[str, ...]:
    """
    The specs *arguments* mean: a file stands for itself, a folder for every spec below it, nothing at all for every
    spec of the project. Each once, in the order given; none when nothing matches.
    """
    if "" in arguments:
        raise InputError("an empty path names no spec")
    found: dict[str, str] = {}
    for argument in arguments or (from_here(project.project_root(".")),):
        for path in project.find_specs(argument) if _is_folder(argument) else (argument,):
            found.setdefault(_identity(path), path)
    return tuple(found.values())


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:
        return False


def _identity(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def from_here(folder: str) -> str:
    """*folder* as somebody here would write it."""
    return os.path.relpath(folder) if os.path.isabs(folder) else folder


def today(now: str | None) -> str:
    """
    The day a run takes for today, `YYYY-MM-DD`: `--now`, else SOURCE_DATE_EPOCH, else the clock, in UTC.

    Raises:
        InputError: what it is taken from is no day.
    """
    import time

    if now is not None:
        from seccfg.spec.scalars import parse_date

        try:
            parse_date(now)
        except ValueError as error:
            raise InputError(f"`--now`: `{show(now)}` {error}") from error
        return now
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    if not fixed:
        return time.strftime("%Y-%m-%d", time.gmtime())
    try:
        if not (fixed.isascii() and fixed.isdigit()):
            raise ValueError
        return time.strftime("%Y-%m-%d", time.gmtime(int(fixed)))
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"SOURCE_DATE_EPOCH: `{show(fixed[:40])}` is no number of seconds since 1970") from error


def instant(now: str | None) -> str:
    """The second a run takes for now, RFC 3339 in UTC: the first of the day of `--now`, else as `today` has it."""
    import time

    day = today(now)
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    if now is not None:
        return f"{day}T00:00:00Z"
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(fixed) if fixed else None))
