"""Differences of two trees, each told as the control it weakens, for whom, and which way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Literal

from seccfg.drift.programs import Hunk, Program, hunks
from seccfg.drift.trees import ABSENT, Step, differing, is_list, shown
from seccfg.record import Record, replace
from seccfg.targetapi.attribution import AttributedDrift, Attribution, Code, Meaning, Weaker
from seccfg.targetapi.drift import Drift, Tree

__all__ = ["Difference", "Direction", "direction", "fits", "told"]

Direction = Literal["weaker", "stronger", "changed", "nothing"]
UNKNOWN = "not a place this spec configures"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class Difference(Record):
    """
    One place that is configured otherwise.

    `nothing`: the place decides nothing, and `says` tells why. `control` is empty for a place nobody attributed. `routes`
    empty: not some routes alone. Empty text: there is nothing on that side.
    """

    path: tuple[Step, ...]
    control: str
    direction: Direction
    says: str
    routes: tuple[str, ...]
    expected: str
    found: str


def told(
    drift: Drift, expected: Tree, found: Tree, program: Programs | None = None
) -> tuple[Difference, ...]:  # fmt: skip
    """
    Every difference of the normalised states of *drift*, those that weaken something first.

    Args:
        program: The code of *expected*, where it was read before.
    """
    if not isinstance(drift, AttributedDrift):
        return tuple(
            Difference(d.path, "", "changed", UNKNOWN, (), shown(d.expected), shown(d.found))
            for d in differing(expected, found)
        )
    order: dict[Direction, int] = {"weaker": 0, "changed": 1, "stronger": 2, "nothing": 3}
    return tuple(sorted(_each(drift, expected, found, program), key=lambda one: order[one.direction]))


def _each(drift: AttributedDrift, expected: Tree, found: Tree, read: Programs | None) -> Iterator[Difference]:
    said = drift.attribution
    programs = read or Programs(said, expected), Programs(said, found)
    for one in differing(expected, found, lambda path: code_at(said, path) is not None):
        code = code_at(said, one.path)
        if code is not None and _is_code(one.expected) and _is_code(one.found):
            for found_in_code in _in_code(one.path, lines_of(one.expected), lines_of(one.found), code, programs):
                yield _with_routes(found_in_code, one.path, drift, expected)
            continue
        tree = found if one.expected is ABSENT else expected
        means, silent = meaning_at(said, one.path)
        if silent:
            yield Difference(one.path, "", "nothing", silent, (), shown(one.expected), shown(one.found))
            continue
        way: Direction = direction(means.weaker, one.expected, one.found) if means else "changed"
        before, after = _beside(shown(one.expected), shown(one.found))
        yield Difference(
            one.path,
            means.control if means else "",
            way,
            means.says if means else UNKNOWN,
            drift.routes(one.path, tree),
            before,
            after,
        )


def _with_routes(one: Difference, path: tuple[Step, ...], drift: AttributedDrift, tree: Tree) -> Difference:
    """Routes by their names in the spec, for what code calls them."""
    routes = (named for route in one.routes for named in drift.routes((*path, route), tree) or (route,))
    return replace(one, routes=tuple(sorted(dict.fromkeys(routes)))) if one.routes else one


# ------------------------------------------------------------------------------------------------------------ in a tree
def meaning_at(said: Attribution, path: tuple[Step, ...]) -> tuple[Meaning | None, str]:
    """What the place is for, or why it decides nothing; neither: nobody says."""
    for place in said.places:
        if fits(place.where, path):
            return place.means, place.reason
    return None, ""


def fits(where: str, path: tuple[Step, ...]) -> bool:
    """Whether *path* is one of *where*."""
    steps, below = _steps(where)
    if len(path) < len(steps) or (len(path) > len(steps) and not below):
        return False
    return all(fnmatchcase(str(step), glob) for glob, step in zip(steps, path, strict=False))


@cache
def _steps(where: str) -> tuple[tuple[str, ...], bool]:
    steps = tuple(where.split())
    return (steps[:-1], True) if steps[-1] == "**" else (steps, False)


def direction(weaker: Weaker, expected: object, found: object) -> Direction:
    """Which way a change from *expected* to *found* goes; each may be ABSENT."""
    if weaker == "any":
        return "weaker"
    if weaker in ("true", "false"):
        flags = [
            value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
            for value in (expected, found)
        ]
        if flags[1] is None:
            return "changed" if flags[0] is None else "stronger" if flags[0] is (weaker == "true") else "changed"
        return "weaker" if flags[1] is (weaker == "true") else "stronger"
    if weaker == "unknown":
        return "changed"
    more = _more(expected, found)
    return "changed" if more is None else "weaker" if more is (weaker == "more") else "stronger"


def _more(expected: object, found: object) -> bool | None:
    """Whether *found* is more than *expected*; None: neither more nor less."""
    if expected in (ABSENT, "", None) or found in (ABSENT, "", None):
        return None if expected == found else found not in (ABSENT, "", None)
    if isinstance(expected, bool) and isinstance(found, bool):
        return found
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return _superset(set(expected), set(found))
    if is_list(expected) and is_list(found):
        return _superset({shown(item) for item in expected}, {shown(item) for item in found})
    one, other = str(expected), str(found)
    if _NUMBER.sub("", one) != _NUMBER.sub("", other):
        return None
    sizes = [tuple(float(number) for number in _NUMBER.findall(text)) for text in (one, other)]
    return sizes[1] > sizes[0] if len(sizes[0]) == len(sizes[1]) and sizes[0] != sizes[1] else None


def _superset(one: set[Any], other: set[Any]) -> bool | None:
    return True if other > one else False if one > other else None


# -------------------------------------------------------------------------------------------------------------- in code
class Programs:
    """The code of one tree, each read once when it is asked for."""

    def __init__(self, said: Attribution, tree: Tree) -> None:
        self._said = said
        self._tree = tree
        self._read: Program | None = None

    @property
    def program(self) -> Program:
        """All of the tree's code together: one file's names are used in another."""
        if self._read is None:
            self._read = Program([(path, lines, code) for path, lines, code in codes(self._said, self._tree)])
        return self._read


def codes(
    said: Attribution, tree: object, path: tuple[Step, ...] = ()
) -> Iterator[tuple[tuple[Step, ...], list[str], Code]]:
    """Every piece of code of *tree*, with its lines."""
    code = code_at(said, path) if path else None
    if code is not None and _is_code(tree):
        yield path, lines_of(tree), code
    elif isinstance(tree, Mapping):
        for key, below in tree.items():
            yield from codes(said, below, (*path, key))
    elif is_list(tree):
        for at, below in enumerate(tree):
            yield from codes(said, below, (*path, at))


def code_at(said: Attribution, path: tuple[Step, ...]) -> Code | None:
    """The code *path* is, if it is one."""
    return next((code for code in said.code if fits(code.where, path)), None)


def _is_code(value: object) -> bool:
    return isinstance(value, str) or (is_list(value) and all(isinstance(line, str) for line in value))


def lines_of(value: object) -> list[str]:
    """Code as lines, whether it is one text or several."""
    texts = [value] if isinstance(value, str) else value if is_list(value) else []
    return [line for text in texts for line in str(text).splitlines() or [""]]


def _in_code(
    path: tuple[Step, ...], expected: list[str], found: list[str], code: Code, programs: tuple[Programs, Programs]
) -> Iterator[Difference]:
    """Differing lines, neighbours that say the same together."""
    last: Difference | None = None
    for hunk in hunks(expected, found):
        one = _hunk(path, hunk, code, programs)
        if (
            last
            and (last.control, last.says, last.direction, last.routes)
            == (one.control, one.says, one.direction, one.routes)
            and hunk.follows
        ):
            continue
        last = one
        yield one


def _hunk(path: tuple[Step, ...], hunk: Hunk, code: Code, programs: tuple[Programs, Programs]) -> Difference:
    program = (programs[1] if hunk.expected is None else programs[0]).program
    line, at = (hunk.found or "", hunk.found_at) if hunk.expected is None else (hunk.expected, hunk.expected_at)
    place = (*path, f"line {at + 1}")
    before, after = _beside((hunk.expected or "").strip(), (hunk.found or "").strip())
    silent = next(
        (why for starts, why in code.silent if re.search(starts, line)), "" if line.strip() else "an empty line"
    )
    if silent and not (hunk.expected and hunk.found):
        return Difference(place, "", "nothing", silent, (), before, after)
    means, removed, added = program.meaning(path, at, hunk.expected, hunk.found)
    if means is None:
        return Difference(place, "", "changed", UNKNOWN, (), before, after)
    return Difference(
        place,
        means.control,
        direction(means.weaker, removed, added),
        means.says,
        program.routes(path, at),
        before,
        after,
    )


def _beside(expected: str, found: str) -> tuple[str, str]:
    """Both cut to where they part, when they are long."""
    if len(expected) <= 60 and len(found) <= 60:
        return expected, found
    same = next(
        (at for at, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), min(len(expected), len(found))
    )
    start = max(0, same - 24) if expected and found else 0
    return _cut(expected, start), _cut(found, start)


def _cut(text: str, start: int) -> str:
    head, tail = "…" if start and text else "", "…" if len(text) > start + 60 else ""
    return f"{head}{text[start : start + 60]}{tail}"
