"""A difference as people read it: the verdict, sentences with a request each, then protections, then the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from seccfg.cli.console import Style
from seccfg.cli.render.full import wrapped
from seccfg.cli.render.witness import asker, circumstances, decided, place_of, request_line, where
from seccfg.diff.model import Acceptance, AccessChange, Difference, Renaming, SettingChange
from seccfg.findings import Span
from seccfg.source.files import show

__all__ = ["accepted", "also_on", "renaming", "setting", "text"]

_ROLE: Final = {"WIDENS": "error", "BOTH": "error", "NARROWS": "warning", "NON-AUTHZ": "note", "EQUIVALENT": "good"}
_STRENGTHS: Final = ("weaker", "stronger", "changed")
_ROUTES_NAMED: Final = 3
_VALUE_SHOWN: Final = 160
_REST_SHOWN: Final = 40


def text(found: Difference, style: Style, width: int) -> str:
    """All of *found*; the first line is the verdict alone."""
    return "".join(f"{line}\n" for line in _lines(found, style, width))


def _lines(found: Difference, style: Style, width: int) -> Iterator[str]:
    yield style(_ROLE[found.verdict], found.verdict)
    for change in found.access:
        yield ""
        yield from _access(change, style, width)
    for strength in _STRENGTHS:
        yield from _section(strength, (setting(c) for c in found.settings if c.strength == strength), style, width)
    yield from _section("renamed", (renaming(name) for name in found.renamed), style, width)
    rest = [f"{show(c.path)}: {_arrow(c.before, c.after)}{_at(c.old_at, c.new_at)}" for c in found.rest]
    yield from _section("otherwise different", _cut(rest), style, width)


def _section(title: str, lines: Iterable[str], style: Style, width: int) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield ""
        yield style("strong", title)
        for line in listed:
            yield from _indented(line, width)


def _cut(lines: Sequence[str]) -> list[str]:
    left = len(lines) - _REST_SHOWN
    return [*lines[:_REST_SHOWN], *([f"and {left} more"] if left > 0 else [])]


def _indented(line: str, width: int) -> Iterator[str]:
    for number, part in enumerate(wrapped(line, width - 2, 2)):
        yield f"  {'  ' if number else ''}{part}"


def _access(change: AccessChange, style: Style, width: int) -> Iterator[str]:
    role = "error" if change.direction == "widens" else "warning"
    for number, part in enumerate(wrapped(f"{'+' if change.direction == 'widens' else '-'} {show(change.sentence)}", width, 2)):
        yield style(role, f"{'  ' if number else ''}{part}")
    more = also_on(change)
    if more:
        yield from _indented(more, width)
    told = [f"{word} {place}" for word, place in where(change)]
    places = ", ".join([*told, *([f"owner {show(change.owner)}"] if change.owner else [])])
    if places:
        yield f"  {style('dim', places)}"
    if change.accepted is not None:
        yield from _indented(accepted(change.accepted), width)
    witness = change.witness
    if witness is None:
        yield f"  {'no request can show it here' if change.decided else 'not decided: no request was found that shows it'}"
        return
    yield from _indented(", ".join([f"{request_line(witness)} {asker(witness)}", *circumstances(witness)]), width)
    yield f"    before: {decided(witness.old)}"
    yield f"    now:    {decided(witness.new)}"


def accepted(entry: Acceptance) -> str:
    """Who lets it be, why and until when."""
    return f"accepted until {entry.expires} by {show(entry.owner)}: {show(entry.reason)}"


def also_on(change: AccessChange) -> str:
    """Further routes of which the same is true."""
    others = [show(route) for route in change.routes[1:]]
    if not others:
        return ""
    left = len(others) - _ROUTES_NAMED
    return f"also {', '.join(others[:_ROUTES_NAMED])}{f' and {left} more' if left > 0 else ''}"


def setting(change: SettingChange) -> str:
    """`limits: limit `per-ip`: 100 in 900 s by address -> 200 in 900 s by address`, and where."""
    routes = [show(route) for route in change.routes]
    left = len(routes) - _ROUTES_NAMED
    on = f" on {', '.join(routes[:_ROUTES_NAMED])}{f' and {left} more' if left > 0 else ''}" if routes else ""
    return f"{change.area}: {show(change.what)}: {_arrow(change.before, change.after)}{on}{_at(change.old_at, change.new_at)}"


def _arrow(before: str, after: str) -> str:
    return f"{_value(before)} -> {_value(after)}"


def _value(text: str) -> str:
    shown = show(text)
    return f"{shown[:_VALUE_SHOWN]}…" if len(shown) > _VALUE_SHOWN else shown or "none"


def _at(old: Span, new: Span) -> str:
    told = [f"{word} {place_of(span)}" for word, span in (("old", old), ("new", new)) if place_of(span)]
    return f" ({', '.join(told)})" if told else ""


def renaming(name: Renaming) -> str:
    """`role `viewer` is now `reader``, and what has to follow."""
    follow = "; whoever issues tokens and keys has to call it so" if name.kind == "role" else ""
    return f"{name.kind} `{show(name.old)}` is now `{show(name.new)}`{follow}"
