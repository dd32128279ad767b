"""
Which route of the old version and which of the new one answer the same requests.

Mostly the two of one method and template. Where templates come or go, paths change hands: a new `/orders/export` takes its
requests from `/orders/{id}`. So paths are put into classes, each answered by one template in either version: the templates
themselves, and for each that only one version has, what it shares with others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from seccfg.ir.policy import LiteralSegment, ParamSegment, Policy, RestSegment, Route, Segment
from seccfg.record import Record
from seccfg.resolve.values import template_rank

__all__ = ["Paired", "Path", "near_paths", "overlap", "paired"]

Path = tuple[Segment, ...]
Rank = tuple[tuple[int, str], ...]
_MAX_CLASSES: Final = 20_000


class Paired(Record):
    """A method on a class of paths, and the route that answers it in each version; None: none does."""

    method: str
    path: Path
    old: Route | None
    new: Route | None

    @property
    def kept(self) -> bool:
        """Both versions have this very route."""
        return self.old is not None and self.new is not None and rank(self.old.path) == rank(self.new.path) == rank(self.path)

    @property
    def id(self) -> str:
        """`GET /orders/{id}`, in the new version's words where it has the template."""
        for route in (self.new, self.old):
            if route is not None and rank(route.path) == rank(self.path):
                return route.id
        return f"{self.method} {_text(self.path, self.new or self.old)}"


def rank(path: Sequence[Segment]) -> Rank:
    """The template without the names of its parameters; sorts the most specific first."""
    return template_rank(path)


class _Tree:
    """Paths by their segments: quick to say which ones share anything with another."""

    __slots__ = ("_here", "_literals", "_parameter", "_rest")

    def __init__(self) -> None:
        self._literals: dict[str, _Tree] = {}
        self._parameter: _Tree | None = None
        self._rest: Path | None = None
        self._here: Path | None = None

    def add(self, path: Path, at: int = 0) -> None:
        if at == len(path):
            self._here = path
            return
        match path[at]:
            case LiteralSegment(text):
                self._literals.setdefault(text, _Tree()).add(path, at + 1)
            case ParamSegment():
                if self._parameter is None:
                    self._parameter = _Tree()
                self._parameter.add(path, at + 1)
            case RestSegment():
                self._rest = path

    def near(self, path: Path, at: int = 0) -> Iterator[Path]:
        """The paths that may share something with *path*."""
        segment = _at(path, at)
        if segment is None or (isinstance(segment, RestSegment) and at >= len(path)):
            if self._here is not None:
                yield self._here
            if segment is None:
                return
        if self._rest is not None:
            yield self._rest
        if isinstance(segment, LiteralSegment):
            below = [self._literals[segment.text]] if segment.text in self._literals else []
        else:
            below = list(self._literals.values())
        for tree in [*below, *([self._parameter] if self._parameter is not None else [])]:
            yield from tree.near(path, at + 1)


class _Templates:
    """One version's templates, the most specific first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.methods: dict[Rank, dict[str, Route]] = {}
        self.paths: dict[Rank, Path] = {}
        self._tree = _Tree()
        for route in routes:
            key = rank(route.path)
            if key not in self.paths:
                self.paths[key] = route.path
                self._tree.add(route.path)
            self.methods.setdefault(key, {})[route.method] = route

    def answering(self, path: Path, key: Rank) -> dict[str, Route]:
        """The methods of the template every path of the class *path* finds."""
        if key in self.methods:
            return self.methods[key]
        found = min((rank(other) for other in self._tree.near(path) if _covers(other, path)), default=None)
        return {} if found is None else self.methods[found]


def paired(old: Policy, new: Policy) -> Iterator[Paired]:
    """Every method of every class of paths that some version answers, the most specific paths first."""
    before, after = _Templates(old.routes), _Templates(new.routes)
    classes = {**before.paths, **after.paths}
    lone = [path for key, path in classes.items() if (key in before.paths) != (key in after.paths)]
    _add_shared(classes, lone)
    for key in sorted(classes):
        path = classes[key]
        olds, news = before.answering(path, key), after.answering(path, key)
        for method in sorted(olds.keys() | news.keys()):
            yield Paired(method, path, olds.get(method), news.get(method))


def _add_shared(classes: dict[Rank, Path], todo: list[Path]) -> None:
    """Adds to *classes* what each path of *todo* shares with others, and what that shares with others in turn."""
    if not todo:
        return
    tree = _Tree()
    for path in classes.values():
        tree.add(path)
    while todo:
        path = todo.pop()
        for other in list(tree.near(path)):
            shared = overlap(path, other)
            if shared is not None and rank(shared) not in classes:
                if len(classes) >= _MAX_CLASSES:
                    return
                classes[rank(shared)] = shared
                tree.add(shared)
                todo.append(shared)


def near_paths(paths: Mapping[str, Path], names: Iterable[str]) -> frozenset[str]:
    """Which of *paths* share something with one of *names*."""
    tree = _Tree()
    for path in paths.values():
        tree.add(path)
    by_rank = {rank(path): name for name, path in paths.items()}
    found = {rank(other) for name in names for other in tree.near(paths[name])}
    return frozenset(by_rank[key] for key in found)


def overlap(one: Path, other: Path) -> Path | None:
    """The paths both match, as a template; None when there are none."""
    found: list[Segment] = []
    for at in range(max(len(one), len(other))):
        a, b = _at(one, at), _at(other, at)
        if a is None or b is None:
            return None
        if isinstance(a, RestSegment) and isinstance(b, RestSegment):
            found.append(a)
            if len(one) <= at + 1 and len(other) <= at + 1:
                return tuple(found)
        elif isinstance(a, LiteralSegment) and isinstance(b, LiteralSegment):
            if a.text != b.text:
                return None
            found.append(a)
        else:
            found.append(a if isinstance(a, LiteralSegment) else b if isinstance(b, LiteralSegment) else ParamSegment(""))
    return tuple(found)


def _at(path: Path, at: int) -> Segment | None:
    """The segment at that place; the last one's rest goes on."""
    if at < len(path):
        return path[at]
    return path[-1] if path and isinstance(path[-1], RestSegment) else None


def _covers(template: Path, path: Path) -> bool:
    """Whether *template* matches every path of the class *path*."""
    shared = overlap(template, path)
    return shared is not None and rank(shared) == rank(path)


def _text(path: Path, like: Route | None) -> str:
    """The class as a template, its parameters named as *like* names them."""
    named = like.path if like is not None else ()
    parts = []
    for at, segment in enumerate(path):
        match segment:
            case LiteralSegment(text):
                parts.append(text)
            case ParamSegment(name):
                own = named[at] if at < len(named) else None
                parts.append("{" + (own.name if isinstance(own, (ParamSegment, RestSegment)) else name or f"p{at}") + "}")
            case RestSegment(name):
                parts.append("{" + name + "+}")
    return "/" + "/".join(parts)
