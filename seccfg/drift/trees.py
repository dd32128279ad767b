"""Differences between two JSON trees, and one of them told again with other keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeGuard

from seccfg.record import Record

__all__ = ["ABSENT", "Changed", "Differing", "Step", "changes", "differing", "is_list", "shown", "told_again"]

Step = str | int
_SHOWN = 120


class Absent:
    """Nothing is there."""


ABSENT: Final = Absent()


class Differing(Record):
    """One place with what is there on either side."""

    path: tuple[Step, ...]
    expected: object
    found: object


class Changed(Record):
    """One place as text. Empty text: there is nothing there."""

    path: tuple[Step, ...]
    expected: str
    found: str


def changes(expected: object, found: object) -> Iterator[Changed]:
    """Where *found* is not what was *expected*, the deepest places first found."""
    for one in differing(expected, found):
        yield Changed(one.path, shown(one.expected), shown(one.found))


def differing(
    expected: object, found: object, whole: Callable[[tuple[Step, ...]], bool] = lambda _: False, path: tuple[Step, ...] = ()
) -> Iterator[Differing]:  # fmt: skip
    """As `changes`, with values; nothing below a place of *whole* is looked at by itself."""
    if expected == found and type(expected) is type(found):
        return
    if path and whole(path):
        yield Differing(path, expected, found)
    elif isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in sorted({*expected, *found}, key=str):
            if key not in expected or key not in found:
                yield Differing((*path, key), expected.get(key, ABSENT), found.get(key, ABSENT))
            else:
                yield from differing(expected[key], found[key], whole, (*path, key))
    elif is_list(expected) and is_list(found):
        if len(expected) != len(found):
            yield from _items(expected, found, path)
            return
        for at, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differing(one, other, whole, (*path, at))
    else:
        yield Differing(path, expected, found)


def _items(expected: Sequence[object], found: Sequence[object], path: tuple[Step, ...]) -> Iterator[Differing]:
    """Lists of different length: what only one of them has."""
    rest = list(found)
    for at, item in enumerate(expected):
        if item in rest:
            rest.remove(item)
        else:
            yield Differing((*path, at), item, ABSENT)
    for item in rest:
        yield Differing((*path, list(found).index(item)), ABSENT, item)


def told_again(real: object, other: object, found: object) -> object:
    """
    *found*, with *other* wherever it says what *real* says: a state with its keys exchanged as those of an emission were.

    *real* and *other* are of one shape; they differ in key material only.
    """
    if real == other or found == real:
        return other if found == real else found
    if isinstance(real, Mapping) and isinstance(other, Mapping) and isinstance(found, Mapping):
        return {
            key: told_again(real[key], other[key], found[key]) if key in real and key in other else found[key]
            for key in found
        }
    if is_list(real) and is_list(found) and is_list(other) and len(real) == len(other):
        if len(found) == len(real):
            return [told_again(a, b, c) for a, b, c in zip(real, other, found, strict=True)]
        known = [(a, b) for a, b in zip(real, other, strict=True) if a != b]
        return [next((b for a, b in known if a == item), item) for item in found]
    if isinstance(real, str) and isinstance(other, str) and isinstance(found, str):
        return _lines_again(real, other, found)
    return found


def _lines_again(real: str, other: str, found: str) -> str:
    """As `told_again`, line by line: for code that has a key in it."""
    ours, theirs = real.splitlines(), other.splitlines()
    if len(ours) != len(theirs):
        return found
    known = {a: b for a, b in zip(ours, theirs, strict=True) if a != b}
    return "\n".join(known.get(line, line) for line in found.splitlines()) + ("\n" if found.endswith("\n") else "")


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def shown(value: object) -> str:
    """A value as text, cut where it is long; empty for nothing."""
    if value is ABSENT:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
