"""Decision diagrams: the operations are those of logic, and equal functions are one node."""

from __future__ import annotations

import itertools
import random

import pytest

from seccfg.analyse.bdd import FALSE, TRUE, Bdd, Node, TooLarge

VARIABLES = 5
ROWS = [dict(enumerate(values)) for values in itertools.product((False, True), repeat=VARIABLES)]


def random_node(bdd: Bdd, r: random.Random, depth: int = 4) -> tuple[Node, list[bool]]:
    """A node, and its truth table worked out beside it."""
    if depth == 0:
        number = r.randrange(VARIABLES)
        return bdd.variable(number), [row[number] for row in ROWS]
    a, table_a = random_node(bdd, r, depth - 1)
    b, table_b = random_node(bdd, r, depth - 1)
    kind = r.randrange(4)
    if kind == 0:
        return bdd.both(a, b), [x and y for x, y in zip(table_a, table_b, strict=True)]
    if kind == 1:
        return bdd.either(a, b), [x or y for x, y in zip(table_a, table_b, strict=True)]
    if kind == 2:
        return bdd.no(a), [not x for x in table_a]
    return bdd.minus(a, b), [x and not y for x, y in zip(table_a, table_b, strict=True)]


@pytest.mark.parametrize("seed", range(20))
def test_operations_are_those_of_logic(seed: int) -> None:
    """Every node holds exactly where its truth table says; two of one table are one node."""
    bdd, r = Bdd(), random.Random(seed)
    known: dict[tuple[bool, ...], Node] = {}
    for _ in range(30):
        node, table = random_node(bdd, r)
        assert [bdd.holds(node, row) for row in ROWS] == table
        assert known.setdefault(tuple(table), node) == node


@pytest.mark.parametrize("seed", range(10))
def test_one_gives_a_row_that_holds(seed: int) -> None:
    """`one` gives values that make the node hold, whatever the variables it leaves out are; none where it never holds."""
    bdd, r = Bdd(), random.Random(seed)
    for _ in range(30):
        node, table = random_node(bdd, r)
        values = bdd.one(node)
        assert (values is None) == (not any(table))
        if values is not None:
            assert all(bdd.holds(node, row) for row in ROWS if values.items() <= row.items())


@pytest.mark.parametrize("seed", range(10))
def test_restricting_is_substituting(seed: int) -> None:
    """Fixing variables gives what the function is where they have those values."""
    bdd, r = Bdd(), random.Random(seed)
    for _ in range(20):
        node, _ = random_node(bdd, r)
        fixed = {number: r.random() < 0.5 for number in r.sample(range(VARIABLES), 2)}
        rest = bdd.restrict(node, fixed)
        assert not bdd.support(rest) & fixed.keys()
        assert all(bdd.holds(rest, row) == bdd.holds(node, {**row, **fixed}) for row in ROWS)


def test_constants() -> None:
    bdd = Bdd()
    x = bdd.variable(0)
    assert bdd.either(x, bdd.no(x)) == TRUE
    assert bdd.both(x, bdd.no(x)) == FALSE
    assert bdd.one(FALSE) is None
    assert bdd.one(TRUE) == {}


def test_a_diagram_beyond_all_use_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of a run is bounded: a larger diagram is an exception, not a swapping machine."""
    monkeypatch.setattr("seccfg.analyse.bdd.MAX_NODES", 50)
    bdd = Bdd()
    with pytest.raises(TooLarge):
        bdd.any(bdd.both(bdd.variable(n), bdd.variable(40 + n)) for n in range(20))
