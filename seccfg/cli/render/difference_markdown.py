"""A difference as a comment on a pull request: nothing of the spec can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.cli.render.difference import also_on, renaming, setting
from seccfg.cli.render.witness import asker, circumstances, decided, request_line, where
from seccfg.diff.model import AccessChange, Difference
from seccfg.source.files import show

__all__ = ["markdown"]

_MARKUP = re.compile(r"([\\*_{}\[\]<>()#+!|~&@-])")


def markdown(found: Difference) -> str:
    """All of *found*; the first line is the verdict alone."""
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: Difference) -> Iterator[str]:
    yield f"**{found.verdict}**"
    for direction, title in (("widens", "Newly allowed"), ("narrows", "No longer allowed")):
        listed = [change for change in found.access if change.direction == direction]
        if listed:
            yield from ("", f"### {title}", "")
            for change in listed:
                yield from _access(change)
    for strength in ("weaker", "stronger", "changed"):
        settings = [change for change in found.settings if change.strength == strength]
        if settings:
            yield from ("", f"### Protection {strength}", "")
            yield from (f"- {_prose(setting(change))}" for change in settings)
    if found.renamed:
        yield from ("", "### Renamed", "")
        yield from (f"- {_prose(renaming(name))}" for name in found.renamed)
    if found.rest:
        yield from ("", "<details><summary>Otherwise different</summary>", "")
        yield from (f"- {_code(c.path)}: {_code(c.before or 'none')} → {_code(c.after or 'none')}" for c in found.rest)
        yield from ("", "</details>")


def _access(change: AccessChange) -> Iterator[str]:
    yield f"- **{_prose(show(change.sentence))}**"
    more = also_on(change)
    if more:
        yield f"  - {_prose(more)}"
    witness = change.witness
    if witness is None:
        yield f"  - {'no request can show it here' if change.decided else 'not decided: no request was found that shows it'}"
    else:
        told = ", ".join([asker(witness), *circumstances(witness)])
        yield f"  - {_code(request_line(witness))} {_prose(told)}: {decided(witness.old)} → {decided(witness.new)}"
    places = [f"{word} {_code(place)}" for word, place in where(change)]
    if places:
        yield f"  - {', '.join(places)}"


def _code(text: str) -> str:
    """*text* in a code span, whatever back-ticks it has."""
    shown = show(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    mark = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{mark}{pad}{shown}{pad}{mark}"


def _prose(text: str) -> str:
    """*text* with names in back-ticks as code, and everything else literal."""
    parts = show(text).split("`")
    if len(parts) % 2 == 0:  # a back-tick of a name's own: nothing is code then
        return _MARKUP.sub(r"\\\1", show(text).replace("`", "'"))
    return "".join(_code(part) if at % 2 else _MARKUP.sub(r"\\\1", part) for at, part in enumerate(parts))
