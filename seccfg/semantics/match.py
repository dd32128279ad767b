"""Steps 5 and 7: the route of a request (404, 405), and the look-up every earlier step reads.

Path first, then method: among the templates that match, segment by segment, a literal is taken before a parameter
before `{x+}`, going back where the first choice leads nowhere. If that template lacks the method the answer is 405,
even where a looser one has it. A malformed path matches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seccfg.ir.policy import LiteralSegment, ParamSegment, RestSegment, Segment
from seccfg.semantics.case import Case, Refusal

if TYPE_CHECKING:
    from seccfg.semantics.compiled import RouteView

__all__ = ["Node", "Template", "check_method", "check_route", "find", "insert", "path_values"]


class Template:
    """The routes of one path template."""

    __slots__ = ("methods",)

    def __init__(self) -> None:
        self.methods: dict[str, RouteView] = {}

    @property
    def allow(self) -> str:
        """Value of `Allow`: the declared methods, sorted."""
        return ", ".join(sorted(self.methods))

    @property
    def text(self) -> str:
        """The template as the spec writes it."""
        return next(iter(self.methods.values())).route.template


class Node:
    """One place in the tree of templates."""

    __slots__ = ("here", "literals", "parameter", "rest")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.parameter: Node | None = None
        self.rest: Template | None = None
        self.here: Template | None = None


def insert(root: Node, path: Sequence[Segment]) -> Template:
    """The template of *path* in the tree, made when it is new."""
    node = root
    for segment in path:
        match segment:
            case LiteralSegment(text):
                node = node.literals.setdefault(text, Node())
            case ParamSegment():
                if node.parameter is None:
                    node.parameter = Node()
                node = node.parameter
            case RestSegment():
                if node.rest is None:
                    node.rest = Template()
                return node.rest
    if node.here is None:
        node.here = Template()
    return node.here


def find(node: Node, segments: Sequence[str], at: int = 0) -> Template | None:
    """The most specific template that matches the decoded *segments* from *at* on."""
    if at == len(segments):
        return node.here
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None:
        found = find(literal, segments, at + 1)
        if found is not None:
            return found
    if node.parameter is not None and segment:
        found = find(node.parameter, segments, at + 1)
        if found is not None:
            return found
    if node.rest is not None and all(segments[at:]):
        return node.rest
    return None


def path_values(path: Sequence[Segment], segments: Sequence[str]) -> dict[str, str]:
    """What each parameter of *path* holds; the segments of `{x+}` joined by `/`, which none of them can contain."""
    found: dict[str, str] = {}
    for at, segment in enumerate(path):
        match segment:
            case ParamSegment(name):
                found[name] = segments[at]
            case RestSegment(name):
                found[name] = "/".join(segments[at:])
            case _:
                pass
    return found


def check_route(case: Case) -> Refusal | None:
    """Refuse a path no template matches."""
    if case.template is None or (not _routed(case) and case.compiled.policy.host.hides_methods):
        return Refusal("no_route", "no route has this path")
    return None


def check_method(case: Case) -> Refusal | None:
    """Refuse a method the matched template does not declare; a path without template is step 5's."""
    if _routed(case) or case.template is None:
        return None
    return Refusal("method", "the path has no such method", (("allow", case.template.allow),))


def _routed(case: Case) -> bool:
    return case.view is not None and case.view is not case.compiled.everywhere
