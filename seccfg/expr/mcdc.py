"""Values that show each comparison of a condition at work: modified condition/decision coverage, and boundaries.

An atom decides where the condition holds with the atom TRUE and does not with the atom FALSE, or the other way round
(under `!`); where there is no such place, where one outcome is FALSE and the other ERR, which a forbid tells apart. For
each atom there are cases with it TRUE, FALSE and ERR, found without a solver: atoms that share attributes are tried
together over a pool of boundary values, and the signs found are combined by truth table.

The cases name attributes and values only. Which of them a request can carry, the caller knows and filters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from random import Random
from typing import Final

from seccfg.expr.ast import And, Expr, Has, Not, Or, atoms, attributes
from seccfg.expr.boundaries import MISSING, Missing, boundary_values, shape_variants
from seccfg.expr.evaluate import Context, Truth, evaluate
from seccfg.expr.types import SIDES, AttributeKey
from seccfg.record import Record

__all__ = ["MAX_ATOMS", "MISSING", "Case", "Cases", "Missing", "Values", "context_of", "mcdc_cases"]

MAX_ATOMS: Final = 10
_MAX_TRIED = 2_000
"""Value combinations looked at for each group of atoms that share attributes."""
_MAX_CLEAN, _MAX_MIXED = 520, 200
"""Combinations of the other groups' signs looked at for each atom: without errors, then drawn with them."""
_MAX_OWN, _MAX_LOOKS = 24, 2_000
"""Combinations of signs in the atom's own group, and of both together."""
_BEST_RANK = 5

Values = Mapping[AttributeKey, object]
"""A value for each attribute a condition reads; `MISSING` for one that is not there."""


class Case(Record):
    """One assignment: what it is about, and what the condition gives for it."""

    atom: int
    """Number of the atom it is about, in the order of `Cases.atoms`."""
    sign: Truth
    """What that atom gives."""
    label: str
    """What is special: `decides`, or the boundary value or shape tried."""
    values: tuple[tuple[AttributeKey, object], ...]
    expected: Truth
    """What the whole condition gives."""


class Cases(Record):
    """All cases of one condition. `unshown` are the atoms no assignment tried lets decide by themselves."""

    atoms: tuple[Expr, ...]
    cases: tuple[Case, ...]
    unshown: tuple[int, ...]


def context_of(values: Values) -> Context:
    """*values* as the evaluators take them, without the missing ones."""
    return {side: {name: value for (of, name), value in values.items() if of == side and value is not MISSING}
            for side in SIDES}


def mcdc_cases(expr: Expr, domain: Mapping[AttributeKey, Sequence[object]] | None = None) -> Cases:
    """
    Cases for the first `MAX_ATOMS` atoms of the checked condition *expr*.

    Args:
        expr: A condition `check` has typed.
        domain: For an attribute named here only these values are tried (`MISSING` only if listed).
    Returns:
        For each atom: a pair of cases in which it decides, one each way; one in which it is ERR; and one for each
        boundary value and wrong shape of each of its attributes, all others staying as in the pair. An assignment comes
        twice only where it decides for two atoms.
    """
    every = atoms(expr)
    found = _Search(expr, every, domain or {})
    cases: list[Case] = []
    seen: set[str] = set()
    unshown: list[int] = []
    for index in range(min(len(every), MAX_ATOMS)):
        pair = found.deciding(index)
        if pair is None:
            unshown.append(index)
            base = found.any_values()
        else:
            base = pair[Truth.TRUE]
            for values in pair.values():
                case = _case(expr, every[index], index, "decides", values)
                seen.add(repr(case.values))
                cases.append(case)
        for label, values in _variants(every[index], base, domain or {}):
            case = _case(expr, every[index], index, label, values)
            if repr(case.values) not in seen:
                seen.add(repr(case.values))
                cases.append(case)
    return Cases(every, tuple(cases), tuple(unshown))


def _case(expr: Expr, atom: Expr, index: int, label: str, values: Values) -> Case:
    context = context_of(values)
    assigned = tuple((attribute, values[attribute]) for attribute in sorted(values))
    return Case(index, evaluate(atom, context), label, assigned, evaluate(expr, context))


def _variants(
    atom: Expr, base: Values, domain: Mapping[AttributeKey, Sequence[object]],
) -> Iterator[tuple[str, Values]]:
    for attribute, values in boundary_values(atom).items():
        for value in domain.get(attribute, (*values, *shape_variants(atom, attribute))):
            shown = "missing" if value is MISSING else repr(value)
            yield f"{attribute[0]}.{attribute[1]} = {shown}", {**base, attribute: value}
    both = sorted(attributes(atom))
    if len(both) > 1 and not any(a in domain and MISSING not in domain[a] for a in both):
        yield "all missing", {**base, **dict.fromkeys(both, MISSING)}


class _Search:
    """Assignments by the signs they give the atoms."""

    def __init__(self, expr: Expr, every: tuple[Expr, ...], domain: Mapping[AttributeKey, Sequence[object]]) -> None:
        self._expr = expr
        self._atoms = every
        self._index = {atom: at for at, atom in enumerate(every)}
        self._groups = [_Group(members, every, domain) for members in _connected(every)]

    def any_values(self) -> Values:
        """Some assignment, preferring signs TRUE."""
        values: dict[AttributeKey, object] = {}
        for group in self._groups:
            values.update(group.first())
        return values

    def deciding(self, index: int) -> dict[Truth, Values] | None:
        """Assignments in which atom *index* decides, by its sign; TRUE and FALSE always, ERR where there is one."""
        own = next(group for group in self._groups if index in group.members)
        others = [group for group in self._groups if group is not own]
        best: dict[Truth, Values] | None = None
        best_rank = 0
        at = own.members.index(index)
        by_rest: dict[tuple[Truth, ...], dict[Truth, dict[AttributeKey, object]]] = {}
        for signs, values in own.found.items():
            by_rest.setdefault(signs[:at] + signs[at + 1:], {})[signs[at]] = values
        useful = [(rest, choices) for rest, choices in by_rest.items() if {Truth.TRUE, Truth.FALSE} <= choices.keys()]
        useful.sort(key=lambda entry: (entry[0].count(Truth.ERR), Truth.ERR not in entry[1]))
        useful = useful[:_MAX_OWN]
        looks = _MAX_LOOKS // max(1, len(useful))
        for outer_signs, outer_values in islice(self._outer_signs(others), looks):
            for rest, choices in useful:
                signs_of = {**outer_signs, **dict(zip((m for m in own.members if m != index), rest, strict=True))}
                rank = self._rank(index, signs_of) + (Truth.ERR in choices)
                if rank > max(1, best_rank):
                    best_rank = rank
                    best = {sign: {**outer_values, **values} for sign, values in choices.items()}
            if best_rank == _BEST_RANK:
                break
        return best

    def _outer_signs(self, groups: list[_Group]) -> Iterator[tuple[dict[int, Truth], Values]]:
        """Combinations of signs of *groups*: those without ERR first, then some of all."""
        every = [list(group.found.items()) for group in groups]
        clean = [[entry for entry in entries if Truth.ERR not in entry[0]] or entries for entries in every]
        for choice in islice(product(*clean), _MAX_CLEAN):
            yield _merged(groups, choice)
        if every != clean:
            draw = Random(0)  # noqa: S311 - the same choices every time
            for _ in range(_MAX_MIXED):
                yield _merged(groups, [draw.choice(entries) for entries in every])

    def _rank(self, index: int, signs: dict[int, Truth]) -> int:
        """How well atom *index* decides beside these *signs* of the others: 0 not, 2 by an error, 4 TRUE or not."""
        high = self._whole({**signs, index: Truth.TRUE}, self._expr)
        low = self._whole({**signs, index: Truth.FALSE}, self._expr)
        return 0 if high is low else 4 if Truth.TRUE in (high, low) else 2

    def _whole(self, signs: Mapping[int, Truth], expr: Expr) -> Truth:
        match expr:
            case Not(operand):
                return ~self._whole(signs, operand)
            case And(operands):
                return _dominated(Truth.FALSE, [self._whole(signs, o) for o in operands])
            case Or(operands):
                return _dominated(Truth.TRUE, [self._whole(signs, o) for o in operands])
            case _:
                return signs[self._index[expr]]


_Signs = tuple[Truth, ...]


def _merged(
    groups: list[_Group], choice: Sequence[tuple[_Signs, dict[AttributeKey, object]]],
) -> tuple[dict[int, Truth], Values]:
    signs: dict[int, Truth] = {}
    values: dict[AttributeKey, object] = {}
    for group, (found, assigned) in zip(groups, choice, strict=True):
        signs.update(zip(group.members, found, strict=True))
        values.update(assigned)
    return signs, values


def _dominated(winner: Truth, outcomes: Iterable[Truth]) -> Truth:
    found = set(outcomes)
    return winner if winner in found else Truth.ERR if Truth.ERR in found else ~winner


class _Group:
    """Atoms that share attributes, and an assignment for each combination of their signs that could be found."""

    __slots__ = ("found", "members")

    def __init__(self, members: tuple[int, ...], every: tuple[Expr, ...],
                 domain: Mapping[AttributeKey, Sequence[object]]) -> None:
        self.members = members
        self.found: dict[tuple[Truth, ...], dict[AttributeKey, object]] = {}
        mine = [every[m] for m in members]
        pools = _pools(mine, domain)
        names = list(pools)
        for choice in _spread(list(pools.values())):
            values = dict(zip(names, choice, strict=True))
            context = context_of(values)
            signs = tuple(evaluate(atom, context) for atom in mine)
            self.found.setdefault(signs, values)

    def first(self) -> dict[AttributeKey, object]:
        """The assignment with most atoms TRUE."""
        best = max(self.found, key=lambda signs: [signs.count(Truth.TRUE), signs.count(Truth.FALSE)])
        return self.found[best]


def _pools(mine: list[Expr], domain: Mapping[AttributeKey, Sequence[object]]) -> dict[AttributeKey, list[object]]:
    pools: dict[AttributeKey, list[object]] = {}
    for atom in mine:
        for attribute, values in boundary_values(atom).items():
            pool = pools.setdefault(attribute, [])
            if isinstance(atom, Has):  # present, yet of no use: what tells `has` from a comparison
                values = (*values, *shape_variants(atom, attribute)[1:2])
            pool += [value for value in domain.get(attribute, values) if not _listed(value, pool)]
    if len(mine) > 1 or len(pools) > 1:
        _share_pools(mine, pools, domain)
    return {attribute: pool or [MISSING] for attribute, pool in pools.items()}


def _share_pools(mine: list[Expr], pools: dict[AttributeKey, list[object]],
                 domain: Mapping[AttributeKey, Sequence[object]]) -> None:
    """Attributes compared with each other try each other's values, so that they can be equal."""
    for atom in mine:
        together = sorted(attributes(atom))
        for attribute in together:
            if attribute in domain:
                continue
            for other in together:
                pools[attribute] += [v for v in pools[other] if v is not MISSING and not _listed(v, pools[attribute])]


def _listed(value: object, pool: list[object]) -> bool:
    return any(type(value) is type(other) and value == other for other in pool)


def _spread(pools: list[list[object]]) -> Iterator[tuple[object, ...]]:
    """All combinations; where they are too many, those near each other's start first."""
    total = 1
    for pool in pools:
        total *= len(pool)
    if total <= _MAX_TRIED:
        yield from product(*pools)
        return
    width = max(2, int(_MAX_TRIED ** (1 / len(pools))))
    yield from product(*(pool[:width] for pool in pools))
    for at, pool in enumerate(pools):
        for value in pool[width:]:
            for rest in range(width):
                yield tuple(value if i == at else other[min(rest, len(other) - 1)] for i, other in enumerate(pools))


def _connected(every: tuple[Expr, ...]) -> list[tuple[int, ...]]:
    """Atom numbers in groups that share no attribute with each other."""
    groups: list[tuple[set[AttributeKey], list[int]]] = []
    for index, atom in enumerate(every):
        reads = set(attributes(atom))
        mine = [index]
        rest = []
        for keys, members in groups:
            if keys & reads:
                reads |= keys
                mine = members + mine
            else:
                rest.append((keys, members))
        groups = [*rest, (reads, mine)]
    return [tuple(sorted(members)) for _, members in groups]
