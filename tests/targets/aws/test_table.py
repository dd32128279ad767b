"""Counters in the table: as exact as those in memory, whoever writes at the same time."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from seccfg_aws.engine_table import ServiceError, Table
from seccfg_runtime.runtime.dynamodb import TableLimits, TableRevocations
from seccfg_runtime.runtime.interface import ADMITTED, Charge, RevocationQuery, StoreUnavailable
from seccfg_runtime.runtime.stores import MemoryLimits

ALGORITHMS = ("fixed-window", "sliding-window", "token-bucket")


def _charge(name: str, algorithm: Any, *, spend: bool = True) -> Charge:
    return Charge(name, algorithm, 3, 10, 4, spend)


@pytest.mark.parametrize("seed", range(20))
def test_counts_as_memory_does(seed: int) -> None:
    """Any row of steps over three counters of any kind is admitted and refused alike, with the same wait."""
    rng = random.Random(seed)
    table, memory = TableLimits(Table(), "t"), MemoryLimits()
    now = 1_767_614_400
    for _ in range(60):
        now += rng.choice((0, 0, 1, 2, 5))
        names = rng.sample(("a", "b", "c"), rng.randint(1, 3))
        charges = [_charge(f"{n}{k}", ALGORITHMS[k], spend=rng.random() < 0.8) for k, n in enumerate(names)]
        if rng.random() < 0.1:
            table.add(charges, now)
            memory.add(charges, now)
        else:
            assert table.charge(charges, now) == memory.charge(charges, now)


class Contended(Table):
    """Somebody else always writes first, *times* times."""

    def __init__(self, times: int, theirs: Charge) -> None:
        super().__init__()
        self._left = times
        self._theirs = theirs
        self._inside = False

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> Any:
        if self._left and not self._inside:
            self._left -= 1
            self._inside = True
            TableLimits(self, "t").charge([self._theirs], 1000)
            self._inside = False
        return super().transact_write_items(TransactItems=TransactItems)


def test_a_write_in_between_is_seen_and_counted() -> None:
    """The second of two writers reads again; nothing is lost."""
    charge = replace(_charge("a", "token-bucket"), burst=5, limit=100)
    limits = TableLimits(Contended(3, charge), "t")
    assert limits.charge([charge], 1000) is ADMITTED
    assert limits.charge([charge], 1000).exhausted == -1
    assert limits.charge([charge], 1000).exhausted == 0


def test_too_many_writers_refuse() -> None:
    """Who never gets through is refused, not let through."""
    charge = replace(_charge("a", "token-bucket"), burst=5000, limit=100)
    with pytest.raises(StoreUnavailable):
        TableLimits(Contended(1000, charge), "t").charge([charge], 1000)


def test_a_table_that_fails_refuses() -> None:
    """Reading, writing, and answers that are cut short."""
    table = Table()
    table.empty(down=True)
    for algorithm in ALGORITHMS:
        with pytest.raises(StoreUnavailable):
            TableLimits(table, "t").charge([_charge("a", algorithm)], 1000)
        with pytest.raises(StoreUnavailable):
            TableLimits(table, "t").add([_charge("a", algorithm)], 1000)
    with pytest.raises(StoreUnavailable):
        TableRevocations(table, "t").look_up([RevocationQuery("x", "p")])


def test_the_model_of_the_table_is_as_strict_as_the_service() -> None:
    """A key twice in one call, no keys and no writes are errors; a failed condition writes nothing."""
    table = Table()
    with pytest.raises(ServiceError):
        table.batch_get_item(RequestItems={"t": {"Keys": [{"id": {"S": "a"}}, {"id": {"S": "a"}}]}})
    with pytest.raises(ServiceError):
        table.transact_write_items(TransactItems=[])
    put = {"Put": {"Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}}
    other = {"Put": {"Item": {"id": {"S": "b"}}}}
    table.transact_write_items(TransactItems=[put])
    with pytest.raises(ServiceError) as refused:
        table.transact_write_items(TransactItems=[other, put])
    reasons = refused.value.response["CancellationReasons"]
    assert reasons == [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]
    held = table.batch_get_item(RequestItems={"t": {"Keys": [{"id": {"S": "b"}}]}})
    assert held["Responses"]["t"] == []
