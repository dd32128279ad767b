"""The difference between two texts as replacements at places, as editors and code hosts apply them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from seccfg.record import Record

__all__ = ["Replacement", "replacements"]


class Replacement(Record):
    """What stands between two places of the old text, counted from 1 with the end exclusive, becomes `text`."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def replacements(old: str, new: str) -> tuple[Replacement, ...]:
    """
    What to replace in *old* to get *new*, from its top to its end, none overlapping another.

    Lines end at a line feed; a carriage return before it is part of the line.
    """
    before, after = old.split("\n"), new.split("\n")
    return tuple(_of_lines(before, after))


def _of_lines(before: list[str], after: list[str]) -> Iterator[Replacement]:
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if tag == "replace":
            yield _shortened(i1, "\n".join(before[i1:i2]), "\n".join(after[j1:j2]))
        elif i2 < len(before):  # whole lines, with the end of each
            yield Replacement(i1 + 1, 1, i2 + 1, 1, "".join(f"{line}\n" for line in after[j1:j2]))
        elif i1:  # at the end of the text, where no line end follows
            start = len(before[i1 - 1]) + 1
            end = (i1, start) if tag == "insert" else (len(before), len(before[-1]) + 1)
            yield Replacement(i1, start, *end, "".join(f"\n{line}" for line in after[j1:j2]))
        else:
            yield Replacement(1, 1, len(before), len(before[-1]) + 1, "\n".join(after[j1:j2]))


def _shortened(first: int, old: str, new: str) -> Replacement:
    """A replacement of what differs only; *old* begins the line of index *first*."""
    most = min(len(old), len(new))
    start = next((n for n in range(most) if old[n] != new[n]), most)
    back = next((n for n in range(most - start) if old[-1 - n] != new[-1 - n]), most - start)
    end = len(old) - back
    place = _place(first, old, start)
    return Replacement(*place, *_place(first, old, end), new[start : len(new) - back])


def _place(first: int, text: str, offset: int) -> tuple[int, int]:
    above = text.count("\n", 0, offset)
    return first + above + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
