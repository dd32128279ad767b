"""Writes baselines and keeps them short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seccfg.cli import exits, inputs
from seccfg.cli.checking import check_spec
from seccfg.cli.console import Console
from seccfg.cli.linting import Settings, Wish, in_baseline_terms, settings_of
from seccfg.findings import SeccfgError
from seccfg.lint import baseline
from seccfg.source.files import show
from seccfg.write import replace_file

__all__ = ["finish", "write_baseline"]


def write_baseline(paths: Sequence[str], wish: Wish, out: str, now: str | None) -> int:
    """Write every finding that counts to *out*. A spec that does not load has none to write: the run is refused."""
    console = Console("never")
    day = inputs.today(now)
    specs = inputs.spec_paths(paths)
    if not specs:
        console.err(inputs.NO_SPEC)
        return exits.NO_INPUT
    known: dict[str, Settings] = {}
    entries: list[baseline.Entry] = []
    for path in specs:
        try:
            checked = check_spec(path, day, settings_of(path, wish, known).selected)
        except SeccfgError as error:
            console.err(f"error: {error}\n")
            return exits.INVALID
        if not checked.loads:
            console.err("".join(f"{finding}\n" for finding in checked.findings))
            console.err(f"error: {show(path)} does not load, so no baseline is written\n")
            return exits.INVALID
        entries += baseline.entries_of(checked.findings, checked.data, in_baseline_terms(path, out))
    replace_file(out, baseline.text(entries).encode())
    count = len(entries)
    console.err(f"{show(out)}: {count} finding{'' if count == 1 else 's'}\n")
    return exits.FINE


def finish(used: Mapping[str, object], prune: bool, console: Console) -> None:
    """Name the entries that nothing was found for, or with *prune* rewrite the file without them."""
    for path, found in used.items():
        if not isinstance(found, baseline.Baseline):
            continue
        stale = found.stale()
        if not stale:
            continue
        if prune:
            left = list(found.entries)
            for entry in stale:
                left.remove(entry)
            replace_file(path, baseline.text(left).encode())
        what = "removed" if prune else "no longer found; --prune takes them out"
        console.err(f"note: {show(path)}: {len(stale)} of {len(found.entries)} entries {what}\n")
        for entry in () if prune else stale:
            console.err(f"note:   {show(entry.spec)}: {entry.rule} at {show(entry.at)}\n")
