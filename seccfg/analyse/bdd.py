"""Reduced ordered binary decision diagrams (Bryant 1986): equal functions are the same node, so equality is `==`.

A node is a number; `FALSE` and `TRUE` are 0 and 1, every other one asks one variable and goes on to its `low` (variable
false) or `high` node. Variables are numbers, asked in ascending order. No node is ever taken back: a diagram lives as long
as the questions of one run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

__all__ = ["FALSE", "MAX_NODES", "TRUE", "Bdd", "Node", "TooLarge"]

Node = int
FALSE: Final[Node] = 0
TRUE: Final[Node] = 1
MAX_NODES: Final = 400_000
"""A diagram beyond this gives up; a condition of 64 comparisons stays far below."""
_LAST: Final = 1 << 60
"""The variable of the two constants: after every other."""


class TooLarge(Exception):
    """The diagram outgrew `MAX_NODES`: the question is not decided."""


class Bdd:
    """A table of nodes, and the operations on them."""

    __slots__ = ("_and", "_high", "_low", "_not", "_or", "_unique", "_variable")

    def __init__(self) -> None:
        self._variable: list[int] = [_LAST, _LAST]
        self._low: list[Node] = [FALSE, TRUE]
        self._high: list[Node] = [FALSE, TRUE]
        self._unique: dict[tuple[int, Node, Node], Node] = {}
        self._and: dict[tuple[Node, Node], Node] = {}
        self._or: dict[tuple[Node, Node], Node] = {}
        self._not: dict[Node, Node] = {FALSE: TRUE, TRUE: FALSE}

    def __len__(self) -> int:
        return len(self._variable)

    def node(self, variable: int, low: Node, high: Node) -> Node:
        """*high* where *variable* is true, *low* where it is not; both ask later variables only."""
        if low == high:
            return low
        key = (variable, low, high)
        found = self._unique.get(key)
        if found is None:
            found = len(self._variable)
            if found >= MAX_NODES:
                raise TooLarge
            self._unique[key] = found
            self._variable.append(variable)
            self._low.append(low)
            self._high.append(high)
        return found

    def variable(self, number: int) -> Node:
        """True exactly where variable *number* is."""
        return self.node(number, FALSE, TRUE)

    def both(self, a: Node, b: Node) -> Node:
        """Both hold."""
        if a == b or b == TRUE:
            return a
        if a == TRUE:
            return b
        if a == FALSE or b == FALSE:
            return FALSE
        key = (a, b) if a < b else (b, a)
        found = self._and.get(key)
        if found is None:
            x, y = self._variable[a], self._variable[b]
            if x == y:
                found = self.node(x, self.both(self._low[a], self._low[b]), self.both(self._high[a], self._high[b]))
            elif x < y:
                found = self.node(x, self.both(self._low[a], b), self.both(self._high[a], b))
            else:
                found = self.node(y, self.both(a, self._low[b]), self.both(a, self._high[b]))
            self._and[key] = found
        return found

    def either(self, a: Node, b: Node) -> Node:
        """At least one holds."""
        if a == b or b == FALSE:
            return a
        if a == FALSE:
            return b
        if a == TRUE or b == TRUE:
            return TRUE
        key = (a, b) if a < b else (b, a)
        found = self._or.get(key)
        if found is None:
            x, y = self._variable[a], self._variable[b]
            if x == y:
                found = self.node(x, self.either(self._low[a], self._low[b]), self.either(self._high[a], self._high[b]))
            elif x < y:
                found = self.node(x, self.either(self._low[a], b), self.either(self._high[a], b))
            else:
                found = self.node(y, self.either(a, self._low[b]), self.either(a, self._high[b]))
            self._or[key] = found
        return found

    def no(self, a: Node) -> Node:
        """*a* does not hold."""
        found = self._not.get(a)
        if found is None:
            found = self.node(self._variable[a], self.no(self._low[a]), self.no(self._high[a]))
            self._not[a] = found
            self._not[found] = a
        return found

    def minus(self, a: Node, b: Node) -> Node:
        """*a* holds and *b* does not."""
        return self.both(a, self.no(b))

    def differ(self, a: Node, b: Node) -> Node:
        """Exactly one holds."""
        return self.either(self.minus(a, b), self.minus(b, a))

    def all(self, nodes: Iterable[Node]) -> Node:
        """Every one holds."""
        result = TRUE
        for node in nodes:
            result = self.both(result, node)
            if result == FALSE:
                break
        return result

    def any(self, nodes: Iterable[Node]) -> Node:
        """Some one holds."""
        result = FALSE
        for node in nodes:
            result = self.either(result, node)
            if result == TRUE:
                break
        return result

    def restrict(self, a: Node, values: Mapping[int, bool]) -> Node:
        """What is left of *a* when these variables have these values."""
        if not values:
            return a
        last = max(values)
        known: dict[Node, Node] = {}

        def walk(node: Node) -> Node:
            variable = self._variable[node]
            if variable > last:
                return node
            found = known.get(node)
            if found is None:
                value = values.get(variable)
                if value is None:
                    found = self.node(variable, walk(self._low[node]), walk(self._high[node]))
                else:
                    found = walk(self._high[node] if value else self._low[node])
                known[node] = found
            return found

        return walk(a)

    def one(self, a: Node) -> dict[int, bool] | None:
        """Values that make *a* hold, false wherever that will do; variables left out do not matter. None: it never holds."""
        if a == FALSE:
            return None
        values: dict[int, bool] = {}
        while a != TRUE:
            low = self._low[a]
            values[self._variable[a]] = low == FALSE
            a = self._high[a] if low == FALSE else low
        return values

    def holds(self, a: Node, values: Mapping[int, bool]) -> bool:
        """Whether *a* holds under these values; a variable left out is false."""
        while a > TRUE:
            a = self._high[a] if values.get(self._variable[a], False) else self._low[a]
        return a == TRUE

    def support(self, a: Node) -> frozenset[int]:
        """The variables *a* depends on."""
        seen: set[Node] = set()
        todo = [a]
        found: set[int] = set()
        while todo:
            node = todo.pop()
            if node > TRUE and node not in seen:
                seen.add(node)
                found.add(self._variable[node])
                todo += (self._low[node], self._high[node])
        return frozenset(found)
