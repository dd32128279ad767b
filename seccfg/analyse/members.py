"""A list by the elements it holds: for conditions that ask for members, and for `exists` and `all`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from seccfg.analyse.atoms import ERR, FALSE, TRUE, Sign, Situation, reader
from seccfg.analyse.bdd import FALSE as NEVER
from seccfg.analyse.bdd import TRUE as ALWAYS
from seccfg.analyse.bdd import Bdd, Node
from seccfg.analyse.cells import Part
from seccfg.analyse.values import Shape, choices_for
from seccfg.expr.ast import And, Attribute, Bool, Compare, Exists, Expr, ForAll, Has, In, Not, Or, atoms, attributes
from seccfg.expr.boundaries import MISSING
from seccfg.expr.evaluate import UNUSABLE
from seccfg.expr.substitute import bind
from seccfg.expr.types import AttributeKey, ExprType, element_type

__all__ = ["Members", "is_membership"]

_ELEMENT: Final[AttributeKey] = ("resource", "an element")


def is_membership(members: Iterable[Expr], key: AttributeKey, type_: ExprType) -> bool:
    """Whether a list is asked for its elements only, each by itself."""
    if element_type(type_) is None:
        return False
    for atom in members:
        match atom:
            case Has():
                pass
            case In(item, Attribute()) if not attributes(item):
                pass
            case Exists(Attribute(), _, body) | ForAll(Attribute(), _, body) if key not in attributes(body):
                pass
            case _:
                return False
    return True


class Members(Part):
    """A list, by the elements it holds: a variable for each cell of elements, besides those for missing and of no use."""

    __slots__ = ("_alone", "_cells", "_kinds", "_of_element", "_readers")

    def __init__(
        self, bdd: Bdd, first: int, members: Sequence[Expr], key: AttributeKey, type_: ExprType, shape: Shape
    ) -> None:
        super().__init__(first, (key,))
        element = element_type(type_)
        if element is None:
            raise TypeError("only lists have elements")
        asked = _Elements(members, element)
        choices = choices_for(_ELEMENT, element, asked.atoms, Shape(False, False))
        self.exact = choices.complete
        self._readers = tuple(reader(atom, (_ELEMENT,), {}) for atom in asked.atoms)
        cells: dict[tuple[Sign, ...], list[object]] = {}
        for value in choices.values:
            cells.setdefault(tuple([read((value,)) for read in self._readers]), []).append(value)
        if not asked.quantified:  # an element nobody asks for makes no difference
            cells = {signs: values for signs, values in cells.items() if TRUE in signs}
        self._cells = list(cells.values())
        self._of_element = {signs: at for at, signs in enumerate(cells)}
        self._kinds: list[object] = [()]
        self._kinds += [MISSING] * shape.missing + [UNUSABLE] * shape.unusable
        self._alone = first + (len(self._kinds) - 1).bit_length()
        self.last = self._alone + len(self._cells)
        usable, missing = self._kind(bdd, ()), self._kind(bdd, MISSING)
        holds = [bdd.variable(self._alone + at) for at in range(len(self._cells))]
        for atom in members:
            if isinstance(atom, Has):
                self.pairs[atom] = bdd.no(missing), missing
                continue
            truth = asked.truths(atom, tuple(cells))
            some = {sign: bdd.any(n for n, s in zip(holds, truth, strict=True) if s == sign) for sign in (TRUE, FALSE, ERR)}
            if isinstance(atom, ForAll):
                true, false = bdd.no(bdd.either(some[FALSE], some[ERR])), some[FALSE]
            else:
                true, false = some[TRUE], bdd.no(bdd.either(some[TRUE], some[ERR]))
            self.pairs[atom] = bdd.both(usable, true), bdd.both(usable, false)

    def _kind(self, bdd: Bdd, kind: object) -> Node:
        """True where the list is there (`()`), missing or of no use; a number beyond the last kind means the last."""
        if kind not in self._kinds:
            return NEVER
        wanted = self._kinds.index(kind)
        count = len(self._kinds)
        if count == 1:
            return ALWAYS
        low = bdd.variable(self._alone - 1)
        if count == 2:
            return low if wanted else bdd.no(low)
        high = bdd.variable(self.first)
        return (bdd.no(bdd.either(high, low)), bdd.minus(low, high), high)[wanted]

    def _kind_of(self, values: Mapping[int, bool]) -> object:
        number = 0
        for variable in range(self.first, self._alone):
            number = number * 2 + values.get(variable, False)
        return self._kinds[min(number, len(self._kinds) - 1)]

    def read(self, values: Mapping[int, bool]) -> dict[AttributeKey, object]:
        kind = self._kind_of(values)
        if kind != ():
            return {self.keys[0]: kind}
        held = [cell[0] for at, cell in enumerate(self._cells) if values.get(self._alone + at, False)]
        return {self.keys[0]: tuple(held)}

    def spell(self, situation: Situation) -> dict[int, bool] | None:
        value = situation.get(self.keys[0], MISSING)
        kind = value if value is MISSING or value is UNUSABLE else ()
        if kind not in self._kinds:
            return None
        number, width = self._kinds.index(kind), self._alone - self.first
        values = {self.first + at: bool(number >> (width - 1 - at) & 1) for at in range(width)}
        values.update((self._alone + at, False) for at in range(len(self._cells)))
        for element in value if isinstance(value, (tuple, list)) else ():
            at = self._of_element.get(tuple([read((element,)) for read in self._readers]))
            if at is not None:
                values[self._alone + at] = True
        return values


class _Elements:
    """What is asked of the elements of one list, as atoms over an attribute that stands for an element."""

    def __init__(self, members: Sequence[Expr], element: ExprType) -> None:
        self.quantified = False
        self._bodies: dict[Expr, Expr] = {}
        found: dict[Expr, None] = {}
        stands = Attribute(_ELEMENT[0], _ELEMENT[1], element)
        for atom in members:
            match atom:
                case In(item, _):
                    body: Expr = Compare("==", stands, item)
                case Exists(_, variable, inner) | ForAll(_, variable, inner):
                    body = bind(inner, variable, stands)
                    self.quantified = True
                case _:
                    continue
            self._bodies[atom] = body
            found.update((part, None) for part in atoms(body))
        self.atoms = tuple(found)
        self._at = {atom: at for at, atom in enumerate(self.atoms)}

    def truths(self, atom: Expr, cells: Sequence[Sequence[Sign]]) -> list[Sign]:
        """What *atom*'s body says of an element of each cell."""
        return [self._truth(self._bodies[atom], signs) for signs in cells]

    def _truth(self, body: Expr, signs: Sequence[Sign]) -> Sign:
        match body:
            case And(operands):
                found = [self._truth(operand, signs) for operand in operands]
                return FALSE if FALSE in found else ERR if ERR in found else TRUE
            case Or(operands):
                found = [self._truth(operand, signs) for operand in operands]
                return TRUE if TRUE in found else ERR if ERR in found else FALSE
            case Not(operand):
                sign = self._truth(operand, signs)
                return ERR if sign == ERR else FALSE if sign == TRUE else TRUE
            case Bool(value):
                return TRUE if value else FALSE
            case _:
                return signs[self._at[body]]
