"""Values of one attribute that show everything a set of comparisons can say about it: bounds and what lies between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, pairwise
from typing import Final

from seccfg.analyse.atoms import CONSTANTS
from seccfg.analyse.texts import texts_for
from seccfg.expr.ast import Attribute, Compare, Expr, Has, In, Int, ListLiteral, Size, TimePart
from seccfg.expr.boundaries import MISSING, boundary_values
from seccfg.expr.evaluate import UNUSABLE, constant_value, typed_value
from seccfg.expr.types import AttributeKey, ExprType, element_type
from seccfg.record import Record

__all__ = ["ANYTHING", "Choices", "Shape", "choices_for"]

NOON: Final = 1_767_614_400  # 2026-01-05T12:00:00Z, a Monday
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_PLAIN: Final[dict[str, tuple[int, ...]]] = {"integer": (1,), "timestamp": (NOON,), "duration": (60,)}
_MAX_LISTED: Final = 5
"""Constants of a list up to which every subset of them is tried together with its sizes."""


class Shape(Record):
    """
    What the place an attribute comes from can deliver.

    `only`: nothing but these values. `also`: values worth trying whatever is asked. `fits`: values that place can carry; it
    decides which value is shown first, and excludes none.
    """

    missing: bool = True
    unusable: bool = True
    only: tuple[object, ...] | None = None
    also: tuple[object, ...] = ()
    fits: Callable[[object], bool] | None = None


ANYTHING: Final = Shape()


class Choices(Record):
    """Values to choose from, the plainest first. `complete`: no value gives the atoms signs that none of these does."""

    values: tuple[object, ...]
    complete: bool


def choices_for(key: AttributeKey, type_: ExprType, atoms: Sequence[Expr], shape: Shape, copies: int = 1) -> Choices:
    """
    Values of the attribute *key* for what *atoms* ask of it alone.

    Args:
        copies: How many different values each combination of signs needs, where there are as many.
    """
    if shape.only is not None:
        values: Iterable[object] = shape.only
        complete = True
    else:
        found = _of_type(key, type_, atoms, copies)
        values, complete = (*found.values, *shape.also), found.complete
    typed = [value for value in (typed_value(v, type_) for v in values) if value is not None]
    fits = shape.fits
    if fits is not None:
        typed.sort(key=lambda value: not fits(value))
    rest = [mark for mark, possible in ((MISSING, shape.missing), (UNUSABLE, shape.unusable)) if possible]
    return Choices((*dict.fromkeys(typed), *rest), complete)


def _of_type(key: AttributeKey, type_: ExprType, atoms: Sequence[Expr], copies: int) -> Choices:
    if element_type(type_) is not None:
        return _lists(key, type_, atoms)
    if type_ == "boolean":
        return Choices((True, False), not _others(atoms))
    if type_ == "string":
        texts = texts_for(atoms, key, copies)
        return Choices(texts.values, texts.complete)
    if type_ == "number":
        return _fractions(key, atoms, copies)
    return _whole(key, type_, atoms, copies)


def _constants(atoms: Iterable[Expr]) -> list[object]:
    """What the attribute is compared with, directly."""
    found: dict[object, None] = {}
    for atom in atoms:
        match atom:
            case Compare(_, Attribute(), other) | Compare(_, other, Attribute()) if isinstance(other, CONSTANTS):
                found[constant_value(other)] = None
            case In(Attribute(), ListLiteral(items)):
                found.update((constant_value(item), None) for item in items)
            case _:
                pass
    return list(found)


def _others(atoms: Iterable[Expr]) -> list[Expr]:
    """Atoms that ask more than presence and a direct comparison with constants."""
    return [atom for atom in atoms if not _is_direct(atom)]


def _is_direct(atom: Expr) -> bool:
    match atom:
        case Has() | Attribute() | In(Attribute(), ListLiteral()):
            return True
        case Compare(_, Attribute(), other) | Compare(_, other, Attribute()):
            return isinstance(other, CONSTANTS)
        case _:
            return False


def _whole(key: AttributeKey, type_: ExprType, atoms: Sequence[Expr], copies: int) -> Choices:
    constants = [value for value in _constants(atoms) if isinstance(value, int)]
    values: dict[object, None] = {}
    values.update((value, None) for value in constants or _PLAIN[type_])
    for distance in range(1, copies + 1):
        for value in constants or _PLAIN[type_]:
            values[value - distance] = None
            values[value + distance] = None
    others = _others(atoms)
    if not others:
        return Choices(tuple(values), True)
    if type_ == "timestamp" and copies == 1 and all(_is_clock(atom) for atom in others):
        for start in (NOON, *values):
            if isinstance(start, int):
                values.update((moment, None) for moment in _hours_after(start))
        return Choices(tuple(values), True)
    for atom in others:
        values.update((value, None) for value in boundary_values(atom).get(key, ()) if value is not MISSING)
    return Choices(tuple(values), False)


def _is_clock(atom: Expr) -> bool:
    match atom:
        case Compare(_, TimePart("getHours" | "getDayOfWeek", Attribute()), Int()):
            return True
        case Compare(_, Int(), TimePart("getHours" | "getDayOfWeek", Attribute())):
            return True
        case _:
            return False


def _hours_after(start: int) -> Iterable[int]:
    """The beginning of every hour of the week after *start*: whatever hour and weekday come, one of these has them."""
    first = start - start % _HOUR_S + _HOUR_S
    return range(first, first + 7 * _DAY_S, _HOUR_S)


def _fractions(key: AttributeKey, atoms: Sequence[Expr], copies: int) -> Choices:
    constants = sorted(value for value in _constants(atoms) if isinstance(value, (int, float)) and not isinstance(value, bool))
    values: dict[object, None] = dict.fromkeys(constants)
    complete = not _others(atoms) and copies == 1
    if not constants:
        values[1.5] = None
    for low, high in pairwise(constants):
        middle = low + (high - low) / 2
        if low < middle < high:
            values[middle] = None
    if constants:
        values[constants[0] - 1] = None
        values[constants[-1] + 1] = None
    for atom in _others(atoms):
        values.update((value, None) for value in boundary_values(atom).get(key, ()) if value is not MISSING)
    return Choices(tuple(values), complete)


def _lists(key: AttributeKey, type_: ExprType, atoms: Sequence[Expr]) -> Choices:
    """Lists for what is asked of a list as a whole; `seccfg.analyse.space` knows a better way for mere membership."""
    wanted: dict[object, None] = {}
    sizes: set[int] = {0, 1}
    complete = True
    for atom in atoms:
        match atom:
            case Has():
                pass
            case In(item, Attribute()) if isinstance(item, CONSTANTS):
                wanted[constant_value(item)] = None
            case Compare(_, Size(Attribute()), Int(count)) | Compare(_, Int(count), Size(Attribute())):
                sizes |= {count - 1, count, count + 1}
            case _:
                complete = False
    values: dict[object, None] = {}
    if type_ == "list<string>" and len(wanted) <= _MAX_LISTED:
        for number in range(len(wanted) + 1):
            for chosen in combinations(wanted, number):
                values.update((_filled(chosen, size, wanted), None) for size in (number, *sorted(sizes)) if number <= size <= 64)
        complete = complete and max(sizes) <= 64
    else:
        complete = False
    for atom in atoms:
        for value in boundary_values(atom).get(key, ()):
            if isinstance(value, list):
                values[tuple(value)] = None
    return Choices(tuple(values), complete)


def _filled(chosen: tuple[object, ...], size: int, wanted: Iterable[object]) -> tuple[object, ...]:
    taken = set(wanted)
    fillers = (word for word in (f"other{n}" for n in range(1, 200)) if word not in taken)
    return (*chosen, *(next(fillers) for _ in range(size - len(chosen))))
