"""
Conditions over cells of values: what the questions of `seccfg.analyse.questions` are answered on.

The comparisons that read one attribute cut its values into cells that none of them tells apart, with `missing` and `of no
use` as cells of their own; comparisons that read several attributes cut the combinations of their values. A cell is found
with a value in it, so the domain's own laws (bounds are ordered, a text equals one word at most, a longer prefix implies a
shorter one, an absent attribute makes a comparison an error) hold by construction, and a satisfying assignment of cells
already is a situation. The diagram's variables spell the number of each attribute's cell; a list has one for each element
it may hold.

Where the cells found may not be all (`exact` is false) a second, outer space takes every comparison for free to be true,
false or an error: what cannot hold there cannot hold at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from seccfg.analyse.atoms import Situation
from seccfg.analyse.bdd import FALSE as NEVER
from seccfg.analyse.bdd import TRUE as ALWAYS
from seccfg.analyse.bdd import Bdd, Node, TooLarge
from seccfg.analyse.cells import Cells, Free, Pair, Part
from seccfg.analyse.fixing import Settled, settle
from seccfg.analyse.members import Members, is_membership
from seccfg.analyse.values import ANYTHING, Shape
from seccfg.expr.ast import And, Attribute, Bool, Expr, Not, Or, atoms, attributes, walk
from seccfg.expr.evaluate import Truth
from seccfg.expr.types import AttributeKey, ExprType

__all__ = ["Pair", "Space"]

_MAX_VARIABLES: Final = 600


class Space:
    """Some conditions and everything that can happen to them. Raises TooLarge where a diagram grows beyond all use."""

    def __init__(
        self,
        conditions: Iterable[Expr],
        shapes: Mapping[AttributeKey, Shape] | None = None,
        fixed: Situation | None = None,
        *,
        outer: bool = False,
    ) -> None:
        """
        Args:
            conditions: Every condition that will be asked about, checked.
            shapes: What the places of attributes can deliver; anything, where left out.
            fixed: Attributes whose value is known.
            outer: Make the outer space instead.
        """
        self.bdd = Bdd()
        self.exact = True
        self.fixed: Situation = fixed or {}
        self._outer = outer
        self._shapes = shapes or {}
        self._conditions = tuple(conditions)
        self._settled: dict[Expr, Settled] = {}
        self._pairs: dict[Expr, Pair] = {}
        self._by_id: dict[int, Pair] = {}
        self._parts: list[Part] = []
        self._next = 0
        types: dict[AttributeKey, ExprType] = {}
        free: dict[Expr, None] = {}
        for condition in self._conditions:
            for atom in atoms(condition):
                if atom not in self._settled:
                    settled = self._settled[atom] = settle(atom, self.fixed)
                    if not isinstance(settled, Truth):
                        free[settled] = None
                        _collect_types(settled, types)
        for members, keys in _connected(free):
            self._add_part(members, keys, types)

    # ----------------------------------------------------------------------------------------------------- diagrams
    def true(self, condition: Expr) -> Node:
        """Where *condition* is TRUE."""
        return self.pair(condition)[0]

    def false(self, condition: Expr) -> Node:
        """Where *condition* is FALSE."""
        return self.pair(condition)[1]

    def pair(self, condition: Expr) -> Pair:
        """Where *condition*, one of those the space was made for or made of their atoms, is TRUE, and where FALSE."""
        found = self._by_id.get(id(condition))
        if found is not None:
            return found
        bdd = self.bdd
        match condition:
            case And(operands):
                pairs = [self.pair(operand) for operand in operands]
                return bdd.all(t for t, _ in pairs), bdd.any(f for _, f in pairs)
            case Or(operands):
                pairs = [self.pair(operand) for operand in operands]
                return bdd.any(t for t, _ in pairs), bdd.all(f for _, f in pairs)
            case Not(operand):
                true, false = self.pair(operand)
                return false, true
            case Bool(value):
                return (ALWAYS, NEVER) if value else (NEVER, ALWAYS)
            case _:
                return self._atom(condition)

    def knows(self, atom: Expr) -> bool:
        """Whether *atom* is one of those the space was made for."""
        return atom in self._settled

    def remember(self, condition: Expr) -> Pair:
        """As `pair`, for a condition that is kept and asked about again."""
        found = self._by_id[id(condition)] = self.pair(condition)
        return found

    def _atom(self, atom: Expr) -> Pair:
        settled = self._settled.get(atom)
        if settled is None:
            raise LookupError("the space was not made for this condition")
        if settled is Truth.TRUE:
            return ALWAYS, NEVER
        if settled is Truth.FALSE:
            return NEVER, ALWAYS
        if isinstance(settled, Truth):
            return NEVER, NEVER
        return self._pairs[settled]

    # ---------------------------------------------------------------------------------------------------- situations
    def situation(self, node: Node) -> dict[AttributeKey, object] | None:
        """Values under which *node* holds, for the attributes that matter to it; None when it never holds."""
        values = self.bdd.one(node)
        if values is None:
            return None
        found: dict[AttributeKey, object] = dict(self.fixed)
        for part in self._parts:
            if any(number in values for number in range(part.first, part.last)):
                found.update(part.read(values))
        return found

    def alternatives(self, node: Node) -> Iterator[dict[AttributeKey, object]]:
        """Further values of the same cells as `situation` gives, one attribute changed at a time."""
        values = self.bdd.one(node)
        if values is None:
            return
        found = self.situation(node) or {}
        for part in self._parts:
            if any(number in values for number in range(part.first, part.last)):
                for other in part.others(values):
                    yield {**found, **other}

    def at(self, situation: Situation) -> dict[int, bool] | None:
        """The variables of the cells *situation* lies in; None when it lies in none that was found."""
        values: dict[int, bool] = {}
        for part in self._parts:
            spelt = part.spell(situation)
            if spelt is None:
                return None
            values.update(spelt)
        return values

    def of(self, keys: Iterable[AttributeKey]) -> frozenset[int]:
        """The variables that spell the cells of these attributes."""
        wanted = set(keys)
        return frozenset(number for part in self._parts if wanted & set(part.keys) for number in range(part.first, part.last))

    # ------------------------------------------------------------------------------------------------------- building
    def _add_part(self, members: Sequence[Expr], keys: Sequence[AttributeKey], types: Mapping[AttributeKey, ExprType]) -> None:
        if self._outer:
            part: Part = Free(self.bdd, self._next, members, keys)
        elif len(keys) == 1 and is_membership(members, keys[0], types[keys[0]]):
            part = Members(self.bdd, self._next, members, keys[0], types[keys[0]], self._shapes.get(keys[0], ANYTHING))
        else:
            part = Cells(self.bdd, self._next, members, keys, types, self._shapes, self.fixed)
        self.exact = self.exact and part.exact
        self._next = part.last
        if self._next > _MAX_VARIABLES:
            raise TooLarge
        self._parts.append(part)
        self._pairs.update(part.pairs)


def _collect_types(expr: Expr, types: dict[AttributeKey, ExprType]) -> None:
    for node in walk(expr):
        if isinstance(node, Attribute):
            if node.type is None:
                raise TypeError("only checked conditions can be analysed")
            types[node.side, node.name] = node.type


def _connected(every: Iterable[Expr]) -> list[tuple[list[Expr], tuple[AttributeKey, ...]]]:
    """Atoms in groups that share no attribute, with the attributes of each group."""
    groups: list[tuple[dict[AttributeKey, None], list[Expr]]] = []
    for atom in every:
        reads = dict.fromkeys(sorted(attributes(atom)))
        mine, rest = [atom], []
        for keys, members in groups:
            if keys.keys() & reads.keys():
                reads = {**keys, **reads}
                mine = members + mine
            else:
                rest.append((keys, members))
        groups = [*rest, (reads, mine)]
    return [(members, tuple(keys)) for keys, members in groups]
