"""A difference as a comment on a pull request: nothing of the spec can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from seccfg.cli.render.difference import accepted, also_on, renaming, setting
from seccfg.cli.render.witness import asker, circumstances, decided, request_line, where
from seccfg.diff.model import AccessChange, Difference
from seccfg.source.files import show

if TYPE_CHECKING:
    from seccfg.diff.since import Changed

__all__ = ["LIMIT_BYTES", "markdown", "several", "within"]

_MARKUP = re.compile(r"([\\*_{}\[\]<>()#+!|~&@-])")


LIMIT_BYTES: Final = 60_000
"""What a comment on a pull request may hold, with room to spare."""


def markdown(found: Difference) -> str:
    """All of *found* that fits a comment; the first line is the verdict alone."""
    return within(_lines(found))


def several(verdict: str, changed: Sequence[Changed]) -> str:
    """Specs that are different, one after the other."""
    return within(_several(verdict, changed))


def _several(verdict: str, changed: Sequence[Changed]) -> Iterator[str]:
    yield f"**{verdict}**"
    for one in changed:
        yield from ("", f"## {_code(one.path)} {'' if one.how == 'changed' else one.how}".rstrip(), "")
        yield from _lines(one.found)


def within(lines: Iterable[str]) -> str:
    """*lines* up to the limit, whole ones, what is folded closed; how many are left out is said."""
    kept: list[str] = []
    size, left, open_ = 0, 0, 0
    for line in lines:
        size += len(line.encode()) + 1
        if left or size > LIMIT_BYTES - 300:
            left += 1
            continue
        open_ += line.count("<details>") - line.count("</details>")
        kept.append(line)
    if left:
        kept += ["", *["</details>"] * open_, "", f"… and {left} more lines: `seccfg diff` prints them all"]
    return "".join(f"{line}\n" for line in kept)


def _lines(found: Difference) -> Iterator[str]:
    yield f"**{found.verdict}**"
    yield from _table(found)
    for direction, title in (("widens", "Newly allowed"), ("narrows", "No longer allowed")):
        listed = [change for change in found.access if change.direction == direction]
        if listed:
            yield from ("", f"### {title}", "")
            for change in listed:
                yield from _access(change)
    for strength in ("weaker", "stronger", "changed"):
        settings = [change for change in found.settings if change.strength == strength]
        if settings:
            yield from ("", f"<details><summary>Protection {strength} ({len(settings)})</summary>", "")
            yield from (f"- {_prose(setting(change))}" for change in settings)
            yield from ("", "</details>")
    if found.renamed:
        yield from ("", "### Renamed", "")
        yield from (f"- {_prose(renaming(name))}" for name in found.renamed)
    if found.rest:
        yield from ("", "<details><summary>Otherwise different</summary>", "")
        yield from (f"- {_code(c.path)}: {_code(c.before or 'none')} → {_code(c.after or 'none')}" for c in found.rest)
        yield from ("", "</details>")


def _table(found: Difference) -> Iterator[str]:
    """How much there is of each kind."""
    counts = [
        ("newly allowed", sum(c.direction == "widens" for c in found.access)),
        ("no longer allowed", sum(c.direction == "narrows" for c in found.access)),
        *((f"protection {word}", sum(c.strength == word for c in found.settings)) for word in ("weaker", "stronger", "changed")),
        ("renamed", len(found.renamed)), ("otherwise different", len(found.rest)),
    ]  # fmt: skip
    told = [(what, count) for what, count in counts if count]
    if told:
        yield from ("", f"| {' | '.join(what for what, _ in told)} |", f"|{' --- |' * len(told)}")
        yield f"| {' | '.join(str(count) for _, count in told)} |"


def _access(change: AccessChange) -> Iterator[str]:
    yield f"- **{_prose(show(change.sentence))}**"
    more = also_on(change)
    if more:
        yield f"  - {_prose(more)}"
    if change.owner:
        yield f"  - owner {_prose(show(change.owner))}"
    if change.accepted is not None:
        yield f"  - {_prose(accepted(change.accepted))}"
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
