"""
Steps 5 and 7: templates as a tree. Path first, then method; literal before parameter before `{x+}`, with
backtracking.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from .interface import PolicyError
from .model import Fixed, PathPart, Rest, Segment

_R = TypeVar("_R")


class Template(Generic[_R]):
    """What is routed on one path template, by method."""

    __slots__ = ("methods",)

    def __init__(self) -> None:
        self.methods: dict[str, _R] = {}

    @property
    def allow(self) -> str:
        """Value of `Allow`: the declared methods, sorted."""
        return ", ".join(sorted(self.methods))


class _Node(Generic[_R]):
    __slots__ = ("here", "literals", "parameter", "rest")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[_R]] = {}
        self.parameter: _Node[_R] | None = None
        self.rest: Template[_R] | None = None
        self.here: Template[_R] | None = None


class Router(Generic[_R]):
    """Finds the template of a path in time that depends on the path, not on the number of routes."""

    def __init__(self) -> None:
        self._root: _Node[_R] = _Node()

    def add(self, method: str, path: Sequence[PathPart], route: _R) -> None:
        """
        Route *method* on *path* to *route*.

        Raises:
            PolicyError: Taken already, or a `{x+}` that is not last.
        """
        template = self._template(path)
        if method in template.methods:
            raise PolicyError(f"two routes for {method} on one path")
        template.methods[method] = route

    def _template(self, path: Sequence[PathPart]) -> Template[_R]:
        node = self._root
        for at, part in enumerate(path):
            match part:
                case Fixed(text):
                    node = node.literals.setdefault(text, _Node())
                case Segment():
                    if node.parameter is None:
                        node.parameter = _Node()
                    node = node.parameter
                case Rest(name):
                    if at != len(path) - 1:
                        raise PolicyError(f"`{{{name}+}}` is not the last segment of its path")
                    if node.rest is None:
                        node.rest = Template()
                    return node.rest
        if node.here is None:
            node.here = Template()
        return node.here

    def find(self, segments: Sequence[str]) -> Template[_R] | None:
        """The most specific template that matches the decoded *segments*; None: no route has this path."""
        return _find(self._root, segments, 0)


def _find(node: _Node[_R], segments: Sequence[str], at: int) -> Template[_R] | None:
    if at == len(segments):
        return node.here
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None:
        found = _find(literal, segments, at + 1)
        if found is not None:
            return found
    if node.parameter is not None and segment:
        found = _find(node.parameter, segments, at + 1)
        if found is not None:
            return found
    if node.rest is not None and all(segments[at:]):
        return node.rest
    return None


def path_values(path: Sequence[PathPart], segments: Sequence[str]) -> dict[str, str]:
    """What each parameter of *path* holds; the segments of `{x+}` joined by `/`."""
    found: dict[str, str] = {}
    for at, part in enumerate(path):
        match part:
            case Segment(name):
                found[name] = segments[at]
            case Rest(name):
                found[name] = "/".join(segments[at:])
            case Fixed():
                pass
    return found
