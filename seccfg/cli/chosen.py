"""Which targets a command works on, and the gaps of a target as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seccfg import api
from seccfg.cli.console import Console, Style
from seccfg.cli.render.full import wrapped
from seccfg.findings import InputError
from seccfg.source import project
from seccfg.source.files import show
from seccfg.targetapi.base import Gap

__all__ = ["ACCEPTED", "BLOCKS", "HARMLESS", "STATUS_ONLY", "accept_entry", "gap_lines", "targets_of"]

BLOCKS: Final = "blocks"
ACCEPTED: Final = "accepted"
STATUS_ONLY: Final = "another status only"
HARMLESS: Final = "does not block"


def targets_of(loaded: api.Loaded, named: Sequence[str], console: Console) -> tuple[str, ...]:
    """
    The installed targets to work on: *named*, else those of the configuration, else those of the spec.

    Raises:
        InputError: one that was named is not installed, or none is left.
    """
    wanted = tuple(named) or project.load_config(project.project_root(loaded.path)).targets
    found, missing = api.target_names(loaded.spec, wanted)
    if missing and named:
        from seccfg.targetapi.registry import load_target

        load_target(missing[0])  # says which targets there are
    if missing:
        console.err(f"note: {show(loaded.path)}: targets that are not installed are left out: {', '.join(missing)}\n")
    if not found:
        raise InputError(
            f"{show(loaded.path)}: none of its targets is installed; `seccfg targets` lists those that are"
        )
    return found


def gap_lines(gap: Gap, state: str, style: Style, width: int) -> Iterator[str]:
    """A gap as people read it: what, where, of which kind, whether it is accepted, and what it means."""
    role = "error" if state == BLOCKS else "dim"
    yield f"  {style('strong', gap.id)} at {show(gap.place)} ({show(gap.pos.path)}:{gap.pos.line})"
    widens = "widens access" if gap.widens else "widens nothing"
    yield f"    {style(role, state)}: {gap.kind}, {widens}"
    if gap.bound:
        yield from _paragraph(f"instead: {gap.bound}", width)
    yield from _paragraph(gap.why, width)


def _paragraph(text: str, width: int) -> Iterator[str]:
    for number, line in enumerate(wrapped(text, width - 4, 2)):
        yield f"    {'  ' if number else ''}{show(line)}"


def accept_entry(target: str, gap: Gap) -> str:
    """The line of `accept:` that would accept *gap*, its reason left to whoever accepts it."""
    bound = f", bound: {_quoted(gap.bound)}" if gap.bound else ""
    return f"  - {{target: {target}, gap: {gap.id}, at: {_quoted(gap.place)}{bound}, reason: , owner: , expires: }}"


def _quoted(text: str) -> str:
    if text and all(c.isalnum() or c in "-_./ " for c in text) and text == text.strip() and not text.isdigit():
        return text
    return "'" + text.replace("'", "''") + "'"
