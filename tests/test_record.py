"""Records compare and hash by value, class by class, and never by where they stand."""

from __future__ import annotations

import pickle

import pytest

from seccfg.record import Record, fields, replace


class Point(Record):
    x: int
    y: int = 0
    pos: int = 0


class Deep(Point):
    z: str = ""


class Twin(Record):
    x: int
    y: int = 0


class Nothing(Record):
    pass


def test_equal_by_value() -> None:
    """`pos` takes no part; the class does."""
    assert Point(1, 2, pos=3) == Point(1, 2, pos=4)
    assert hash(Point(1, 2, pos=3)) == hash(Point(1, 2, pos=4))
    assert Point(1, 2) != Point(1, 3)
    assert Point(1) != Twin(1)
    assert Point(1).__eq__(1) is NotImplemented
    assert Nothing() == Nothing()


def test_subclass_compares_its_own_fields() -> None:
    """Comparing the base first must not leave the subclass with the base's comparison."""
    assert Point(1) == Point(1)
    assert Deep(1, z="a") != Deep(1, z="b")
    assert Deep(1) != Point(1)
    assert len({Deep(1, z="a"), Deep(1, z="b"), Deep(1, z="a")}) == 2


def test_frozen_replaced_and_pickled() -> None:
    """Fields cannot be set; `replace` knows its fields; a pickle reads back equal."""
    with pytest.raises(AttributeError):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(TypeError, match="no field w"):
        replace(Point(1), w=1)
    assert replace(Point(1), y=5) == Point(1, 5)
    assert fields(Deep) == ("x", "y", "pos", "z")
    assert pickle.loads(pickle.dumps(Deep(1, z="q"))) == Deep(1, z="q")
