"""All templates of a spec as one tree, so that a pattern or path finds its routes without looking at every one."""

from __future__ import annotations

from collections.abc import Iterable

_ONE = "{}"
_REST = "{+}"


class PathTree:
    """A node: what follows, the methods of the template that ends here, those of all templates that end here or below."""

    __slots__ = ("below", "children", "methods")

    def __init__(self) -> None:
        self.children: dict[str, PathTree] = {}
        self.methods: set[str] = set()
        self.below: set[str] = set()

    def add(self, template: str, methods: Iterable[str]) -> None:
        """Put a template in; *methods* in upper case."""
        node, found = self, set(methods)
        node.below |= found
        for segment in template.split("/")[1:]:
            key = segment if not segment.startswith("{") else _REST if segment.endswith("+}") else _ONE
            node = node.children.setdefault(key, PathTree())
            node.below |= found
        node.methods |= found

    def covers(self, method: str, pattern: str) -> bool:
        """Whether a pattern covers a route: `*` is any method or segment, a final `**` the path itself and all below."""
        nodes = [self]
        for wanted in pattern.split("/")[1:]:
            if wanted == "**":
                return any(_has(node.below, method) for node in nodes)
            if wanted == "*":
                nodes = [child for node in nodes for child in node.children.values()]
            else:
                keys = (_ONE, _REST) if wanted.startswith("{") else (wanted,)
                nodes = [node.children[key] for node in nodes for key in keys if key in node.children]
        return any(_has(node.methods, method) for node in nodes)

    def answers(self, method: str, path: str) -> bool:
        """Whether some route with this method matches a request path."""
        nodes = [self]
        for asked in path.split("/")[1:]:
            if asked and any(method in node.children[_REST].methods for node in nodes if _REST in node.children):
                return True
            keys = (asked, _ONE) if asked else (asked,)
            nodes = [node.children[key] for node in nodes for key in keys if key in node.children]
        return any(method in node.methods for node in nodes)


def _has(methods: set[str], method: str) -> bool:
    return bool(methods) if method == "*" else method in methods
