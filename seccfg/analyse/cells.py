"""Atoms that share attributes, as variables of a diagram: tables of cells, and atoms left free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from seccfg.analyse.atoms import FALSE, TRUE, Reader, Sign, Situation, reader
from seccfg.analyse.bdd import FALSE as NEVER
from seccfg.analyse.bdd import TRUE as ALWAYS
from seccfg.analyse.bdd import Bdd, Node
from seccfg.analyse.values import ANYTHING, Choices, Shape, choices_for
from seccfg.expr.ast import Attribute, Compare, Expr, attributes
from seccfg.expr.boundaries import MISSING
from seccfg.expr.evaluate import UNUSABLE
from seccfg.expr.types import AttributeKey, ExprType

__all__ = ["Cells", "Free", "Pair", "Part"]

Pair = tuple[Node, Node]
"""Where an expression is TRUE, and where it is FALSE."""
_MAX_ROWS: Final = 20_000
_VALUES_KEPT: Final = 3


class Part:
    """Atoms that share attributes, and the variables *first* to *last* that say what they are."""

    __slots__ = ("exact", "first", "keys", "last", "pairs")

    def __init__(self, first: int, keys: Sequence[AttributeKey]) -> None:
        self.first = first
        self.last = first
        self.keys = tuple(keys)
        self.exact = True
        self.pairs: dict[Expr, Pair] = {}

    def read(self, values: Mapping[int, bool]) -> dict[AttributeKey, object]:
        """The attributes' values when the variables have these values."""
        raise NotImplementedError

    def others(self, values: Mapping[int, bool]) -> Iterator[dict[AttributeKey, object]]:
        """Other values the atoms cannot tell from those `read` gives."""
        del values
        yield from ()

    def spell(self, situation: Situation) -> dict[int, bool] | None:
        """The variables of the cell *situation* lies in."""
        raise NotImplementedError


class Free(Part):
    """Atoms of the outer space: each true, false or an error, whatever the others are."""

    __slots__ = ()

    def __init__(self, bdd: Bdd, first: int, members: Sequence[Expr], keys: Sequence[AttributeKey]) -> None:
        super().__init__(first, keys)
        for atom in members:
            true, false = bdd.variable(self.last), bdd.variable(self.last + 1)
            self.pairs[atom] = true, bdd.minus(false, true)
            self.last += 2

    def read(self, values: Mapping[int, bool]) -> dict[AttributeKey, object]:
        del values
        return {}

    def spell(self, situation: Situation) -> dict[int, bool] | None:
        del situation
        return None


class Cells(Part):
    """A table: each row a combination of signs and some values that give it; the variables spell the row's number."""

    __slots__ = ("_alone", "_rows", "_signs", "_together")

    def __init__(
        self, bdd: Bdd, first: int, members: Sequence[Expr], keys: Sequence[AttributeKey],
        types: Mapping[AttributeKey, ExprType], shapes: Mapping[AttributeKey, Shape], fixed: Situation,
    ) -> None:  # fmt: skip
        super().__init__(first, keys)
        alone = [[atom for atom in members if attributes(atom) == {key}] for key in keys]
        together = [atom for atom in members if len(attributes(atom)) != 1]
        self._alone = tuple(tuple(reader(atom, (key,), fixed) for atom in mine) for key, mine in zip(keys, alone, strict=True))
        self._together: tuple[Reader, ...] = tuple(reader(atom, keys, fixed) for atom in together)
        rows: dict[tuple[Sign, ...], list[tuple[object, ...]]] = {}
        choices = _choices(members, keys, types, shapes)
        self.exact = all(choice.complete for choice in choices) and (len(keys) == 1 or _only_compared(members, keys, types))
        signed = [
            [(value, tuple([read((value,)) for read in mine])) for value in choice.values]
            for mine, choice in zip(self._alone, choices, strict=True)
        ]
        for tried, picked in enumerate(product(*signed)):
            if tried >= _MAX_ROWS:
                self.exact = False
                break
            values = tuple([value for value, _ in picked])
            own = [sign for _, signs in picked for sign in signs]
            kept = rows.setdefault((*own, *[read(values) for read in self._together]), [])
            if len(kept) < _VALUES_KEPT:
                kept.append(values)
        self._signs = {signs: number for number, signs in enumerate(rows)}
        self._rows = list(rows.values())
        self.last = first + max(len(self._rows) - 1, 0).bit_length()
        for at, atom in enumerate([*(atom for mine in alone for atom in mine), *together]):
            self.pairs[atom] = (
                self._where(bdd, [signs[at] == TRUE for signs in rows]),
                self._where(bdd, [signs[at] == FALSE for signs in rows]),
            )

    def _signs_of(self, values: Sequence[object]) -> tuple[Sign, ...]:
        own = [read((value,)) for mine, value in zip(self._alone, values, strict=True) for read in mine]
        return (*own, *[read(values) for read in self._together])

    def _where(self, bdd: Bdd, wanted: Sequence[bool]) -> Node:
        """True in the rows that are *wanted*; a number beyond the last row means the last row."""

        def build(low: int, size: int, variable: int) -> Node:
            if low >= len(wanted):
                return ALWAYS if wanted[-1] else NEVER
            if size == 1:
                return ALWAYS if wanted[low] else NEVER
            half = size // 2
            return bdd.node(variable, build(low, half, variable + 1), build(low + half, half, variable + 1))

        return build(0, 1 << (self.last - self.first), self.first) if wanted else NEVER

    def _row(self, values: Mapping[int, bool]) -> list[tuple[object, ...]]:
        number = 0
        for variable in range(self.first, self.last):
            number = number * 2 + values.get(variable, False)
        return self._rows[min(number, len(self._rows) - 1)]

    def read(self, values: Mapping[int, bool]) -> dict[AttributeKey, object]:
        return dict(zip(self.keys, self._row(values)[0], strict=True))

    def others(self, values: Mapping[int, bool]) -> Iterator[dict[AttributeKey, object]]:
        for row in self._row(values)[1:]:
            yield dict(zip(self.keys, row, strict=True))

    def spell(self, situation: Situation) -> dict[int, bool] | None:
        number = self._signs.get(self._signs_of([situation.get(key, MISSING) for key in self.keys]))
        if number is None:
            return None
        width = self.last - self.first
        return {self.first + at: bool(number >> (width - 1 - at) & 1) for at in range(width)}


def _choices(
    members: Sequence[Expr], keys: Sequence[AttributeKey], types: Mapping[AttributeKey, ExprType],
    shapes: Mapping[AttributeKey, Shape],
) -> list[Choices]:  # fmt: skip
    """Values to combine: attributes that are compared with each other need each other's, and different ones alike."""
    if len(keys) == 1:
        return [choices_for(keys[0], types[keys[0]], members, shapes.get(keys[0], ANYTHING))]
    alone = {key: [atom for atom in members if attributes(atom) == {key}] for key in keys}
    together = [atom for atom in members if len(attributes(atom)) > 1]
    own = {
        key: choices_for(key, types[key], [*alone[key], *_boundaries(together, key)], shapes.get(key, ANYTHING), len(keys))
        for key in keys
    }
    found = []
    for key in keys:
        values = dict.fromkeys(own[key].values)
        if shapes.get(key, ANYTHING).only is None:
            marks = [value for value in (MISSING, UNUSABLE) if value in values]
            for mark in marks:
                del values[mark]
            for other in keys:
                if types[other] == types[key]:
                    values.update((v, None) for v in own[other].values if v is not MISSING and v is not UNUSABLE)
            values.update((mark, None) for mark in marks)
        found.append(Choices(tuple(values), own[key].complete))
    return found


def _boundaries(together: Iterable[Expr], key: AttributeKey) -> list[Expr]:
    """The atoms over several attributes whose constants give values to try, such as sums of times."""
    return [atom for atom in together if key in attributes(atom) and not _compares_two(atom)]


def _compares_two(atom: Expr) -> bool:
    return isinstance(atom, Compare) and isinstance(atom.left, Attribute) and isinstance(atom.right, Attribute)


def _only_compared(members: Sequence[Expr], keys: Sequence[AttributeKey], types: Mapping[AttributeKey, ExprType]) -> bool:
    """
    Whether the attributes are related by nothing but comparisons of two whole values, all of one type that has values
    enough beside each bound for as many attributes as there are; then the values tried show every case.
    """
    if len({types[key] for key in keys}) > 1 or types[keys[0]] not in ("string", "integer", "timestamp", "duration", "boolean"):
        return False
    return all(len(attributes(atom)) == 1 or _compares_two(atom) for atom in members)
