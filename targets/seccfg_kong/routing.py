"""Route entities: one for each method of a template, so that Kong and the program choose the same one.

All have the same matchers (methods and one path), every path is a regular expression with both ends, and of two
templates that can match one path the more specific has the larger priority. Kong's own path is normalised: what is not
reserved is decoded, reserved marks stay as they were sent, encoded ones in upper-case hex.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from seccfg.ir.policy import LiteralSegment, ParamSegment, Route, Segment

__all__ = ["MAX_PRIORITY", "priorities", "route_name", "route_path"]

MAX_PRIORITY: Final = 1023
"""Beyond it Kong's sort key runs into other fields."""
_RESERVED: Final = frozenset("!*'();:@&=+$,/?%#[]")
_PARAMETER: Final = "[^/]+"
_REST: Final = "[^/]+(?:/[^/]+)*"

Path = tuple[Segment, ...]


def route_path(path: Path) -> str:
    """The route's path: `~/v1/orders/[^/]+$`."""
    return f"~/{'/'.join(map(_segment, path))}$"


def _segment(segment: Segment) -> str:
    match segment:
        case LiteralSegment(text):
            return "".join(map(_char, text))
        case ParamSegment():
            return _PARAMETER
        case _:
            return _REST


def _char(char: str) -> str:
    if char in _RESERVED:
        encoded = "".join(f"%{byte:02X}" for byte in char.encode())
        return encoded if char in "%/?#" else f"(?:\\{char}|{encoded})"
    return char if char.isalnum() or char in "_~-" or not char.isascii() else f"\\{char}"


def route_name(service: str, route: Route) -> str:
    """A name that is the route's own: readable, and told apart by a digest where reading would not."""
    plain = f"{service}-{route.method.lower()}{route.template}"
    slug = re.sub(r"[^A-Za-z0-9._~-]+", "-", plain).strip("-")
    return f"{slug}-{hashlib.sha256(route.id.encode()).hexdigest()[:6]}"


def priorities(paths: Iterable[Path]) -> dict[Path, int]:
    """
    `regex_priority` of every template.

    Returns:
        A number larger than that of every less specific template that can match the same path; the smallest such.
    Raises:
        ValueError: one template stands above more than `MAX_PRIORITY` others in a row.
    """
    ordered = sorted(set(paths), key=_rank, reverse=True)
    tree = _Node()
    for path in ordered:
        tree.add(path)
    found: dict[Path, int] = {}
    for path in ordered:
        below = [found[other] for other in tree.less_specific(path) if other in found]
        found[path] = max(below, default=-1) + 1
        if found[path] > MAX_PRIORITY:
            raise ValueError("more templates overlap than Kong can put in order")
    return found


def _kind(segment: Segment) -> int:
    return 0 if isinstance(segment, LiteralSegment) else 1 if isinstance(segment, ParamSegment) else 2


def _rank(path: Path) -> tuple[tuple[int, str], ...]:
    """Least specific last; a template that ends early is compared with nothing of its own length."""
    return tuple((_kind(s), s.text if isinstance(s, LiteralSegment) else "") for s in path)


class _Node:
    """Templates as a tree of segments."""

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.rest: Path | None = None
        self.here: Path | None = None

    def add(self, path: Path) -> None:
        at = self
        for segment in path:
            match segment:
                case LiteralSegment(text):
                    at = at.literals.setdefault(text, _Node())
                case ParamSegment():
                    at.parameter = at.parameter or _Node()
                    at = at.parameter
                case _:
                    at.rest = path
                    return
        at.here = path

    def less_specific(self, path: Path) -> list[Path]:
        """Templates that can match what *path* matches and give way to it."""
        found: list[Path] = []
        self._equal_so_far(path, 0, found)
        return found

    def _equal_so_far(self, path: Sequence[Segment], at: int, found: list[Path]) -> None:
        if at == len(path):
            return
        match path[at]:
            case LiteralSegment(text):
                if self.parameter is not None:
                    self.parameter._overlapping(path, at + 1, found)
                same = self.literals.get(text)
                if same is not None:
                    same._equal_so_far(path, at + 1, found)
            case ParamSegment():
                if self.parameter is not None:
                    self.parameter._equal_so_far(path, at + 1, found)
            case _:
                return
        if self.rest is not None:
            found.append(self.rest)

    def _overlapping(self, path: Sequence[Segment], at: int, found: list[Path]) -> None:
        """Everything below that can match the rest of *path*; it differed before, in favour of *path*."""
        if at == len(path):
            if self.here is not None:
                found.append(self.here)
            return
        if self.rest is not None:
            found.append(self.rest)
        match path[at]:
            case LiteralSegment(text):
                ways = [self.literals.get(text), self.parameter]
            case ParamSegment():
                ways = [*self.literals.values(), self.parameter]
            case _:
                self._all(found)
                return
        for way in ways:
            if way is not None:
                way._overlapping(path, at + 1, found)

    def _all(self, found: list[Path]) -> None:
        for way in (*self.literals.values(), *([self.parameter] if self.parameter else ())):
            if way.here is not None:
                found.append(way.here)
            if way.rest is not None:
                found.append(way.rest)
            way._all(found)
