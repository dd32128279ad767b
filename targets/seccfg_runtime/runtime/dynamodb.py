"""Counters and revocations in one DynamoDB table, shared by every instance of the function.

The table's key is `id`, a text. Counters: `count#NAME` with what their kind holds, and `expires` for the table's time to
live. A fixed window is one number per window, added to under the condition that it has room; logs and buckets are read,
and written under the condition that nobody wrote meanwhile. All counters of a step are charged in one transaction or none
is. Revocations: `deny#VALUE`, and `principal#ID` with `version` and `not_before`.

What cannot be read or written refuses the request.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from typing import Any

from .interface import ADMITTED, Charge, Charged, PolicyError, RevocationQuery, Revoked, StoreUnavailable
from .stores import Counter, new_counter
from .structs import replace

_ATTEMPTS = 8
_ROOM = "attribute_not_exists(used) OR used < :limit"
Item = dict[str, Any]


def table_stores(table: str) -> tuple[TableLimits, TableRevocations]:
    """
    The stores of the table called *table*, through the client that comes with Lambda's Python.

    Raises:
        PolicyError: No table is named.
    """
    if not table:
        raise PolicyError("no table is named for counters and revocations")
    config = importlib.import_module("botocore.config").Config(
        connect_timeout=1, read_timeout=1, retries={"max_attempts": 2, "mode": "standard"}
    )
    client = importlib.import_module("boto3").client("dynamodb", config=config)
    return TableLimits(client, table), TableRevocations(client, table)


class TableLimits:
    """Counters."""

    local = True

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def charge(self, charges: Sequence[Charge], now: float) -> Charged:
        """Check every counter in order; charge all that `spend`, or none."""
        if not charges:
            return ADMITTED
        for _ in range(_ATTEMPTS):
            found = self._try(charges, now, checked=True)
            if found is not None:
                return found
        raise StoreUnavailable("too many requests write the same counters")

    def add(self, charges: Sequence[Charge], now: float) -> None:
        """Charge without checking."""
        for charge in charges:
            for _ in range(_ATTEMPTS):
                if self._try([replace(charge, spend=True)], now, checked=False) is not None:
                    break
            else:
                raise StoreUnavailable("too many requests write the same counter")

    async def charge_async(self, charges: Sequence[Charge], now: float) -> Charged:
        """The same."""
        return self.charge(charges, now)

    async def add_async(self, charges: Sequence[Charge], now: float) -> None:
        """The same."""
        self.add(charges, now)

    def _try(self, charges: Sequence[Charge], now: float, *, checked: bool) -> Charged | None:
        """One attempt; None when somebody wrote meanwhile."""
        windows_only = all(charge.algorithm == "fixed-window" and charge.spend for charge in charges)
        if windows_only:
            return self._write(charges, [self._window(charge, now, checked) for charge in charges], now)
        held = self._read([_id(charge, now) for charge in charges])
        writes: list[Item] = []
        for number, charge in enumerate(charges):
            item = held.get(_id(charge, now), {})
            if charge.algorithm == "fixed-window":
                used = int(item.get("used", {"N": "0"})["N"])
                if checked and used >= charge.limit:
                    return Charged(number, _left_s(charge, now))
                if charge.spend:
                    writes.append(self._window(charge, now, checked))
                continue
            counter = _restored(charge, item)
            wait_s = counter.wait_s(charge, now)
            if checked and wait_s:
                return Charged(number, wait_s)
            if charge.spend:
                counter.take(charge, now)
                writes.append(self._counter(charge, counter, item, now))
        return self._write(charges, writes, now) if writes else ADMITTED

    def _window(self, charge: Charge, now: float, checked: bool) -> Item:
        update: Item = {
            "TableName": self._table,
            "Key": {"id": {"S": _id(charge, now)}},
            "UpdateExpression": "SET expires = :expires ADD used :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":expires": _expiry(charge, now)},
        }
        if checked:
            update["ConditionExpression"] = _ROOM
            update["ExpressionAttributeValues"][":limit"] = {"N": str(charge.limit)}
        return {"Update": update}

    def _counter(self, charge: Charge, counter: Counter, item: Item, now: float) -> Item:
        version = int(item.get("version", {"N": "0"})["N"])
        put: Item = {
            "TableName": self._table,
            "Item": {
                "id": {"S": _id(charge, now)}, "state": {"S": json.dumps(counter.state())},
                "version": {"N": str(version + 1)}, "expires": _expiry(charge, now),
            },
            "ConditionExpression": "attribute_not_exists(id)",
        }  # fmt: skip
        if version:
            put["ConditionExpression"] = "version = :version"
            put["ExpressionAttributeValues"] = {":version": {"N": str(version)}}
        return {"Put": put}

    def _read(self, idents: Sequence[str]) -> dict[str, Item]:
        keys = [{"id": {"S": ident}} for ident in dict.fromkeys(idents)]
        answer = _call(self._client.batch_get_item, RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
        if answer.get("UnprocessedKeys"):
            raise StoreUnavailable("the table is too busy")
        return {item["id"]["S"]: item for item in answer["Responses"].get(self._table, ())}

    def _write(self, charges: Sequence[Charge], writes: Sequence[Item], now: float) -> Charged | None:
        try:
            self._client.transact_write_items(TransactItems=list(writes))
        except Exception as error:
            reasons = _cancelled(error)
            if reasons is None:
                raise StoreUnavailable(type(error).__name__) from error
            full = [number for number, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"]
            if not full or any("Update" not in writes[number] for number in full) or len(writes) != len(charges):
                return None
            return Charged(full[0], _left_s(charges[full[0]], now))
        return ADMITTED


class TableRevocations:
    """What was revoked."""

    local = True

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def look_up(self, queries: Sequence[RevocationQuery]) -> tuple[Revoked, ...]:
        """What is known about each token and its principal."""
        idents = {f"principal#{query.principal}" for query in queries}
        idents |= {f"deny#{query.deny}" for query in queries if query.deny}
        keys = [{"id": {"S": ident}} for ident in sorted(idents)]
        answer = _call(self._client.batch_get_item, RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
        if answer.get("UnprocessedKeys"):
            raise StoreUnavailable("the table is too busy")
        held = {item["id"]["S"]: item for item in answer["Responses"].get(self._table, ())}
        return tuple(
            Revoked(
                query.deny != "" and f"deny#{query.deny}" in held,
                _number(held.get(f"principal#{query.principal}"), "version"),
                _number(held.get(f"principal#{query.principal}"), "not_before"),
            )
            for query in queries
        )

    async def look_up_async(self, queries: Sequence[RevocationQuery]) -> tuple[Revoked, ...]:
        """The same."""
        return self.look_up(queries)


def _call(operation: Any, **arguments: object) -> Item:
    try:
        answer: Item = operation(**arguments)
    except Exception as error:
        raise StoreUnavailable(type(error).__name__) from error
    return answer


def _cancelled(error: Exception) -> list[str] | None:
    """Why each item of a transaction was not written; None when it failed otherwise."""
    response = getattr(error, "response", {})
    if response.get("Error", {}).get("Code") != "TransactionCanceledException":
        return None
    return [str(reason.get("Code", "None")) for reason in response.get("CancellationReasons", ())]


def _id(charge: Charge, now: float) -> str:
    """A fixed window has an item of its own, so that adding to it needs no reading."""
    if charge.algorithm == "fixed-window":
        return f"count#{charge.counter}#{int(now // charge.window_s)}"
    return f"count#{charge.counter}"


def _restored(charge: Charge, item: Item) -> Counter:
    counter = new_counter(charge.algorithm)
    if "state" in item:
        counter.restore(json.loads(item["state"]["S"]))
    return counter


def _left_s(charge: Charge, now: float) -> int:
    """Whole seconds until the window ends, rounded up."""
    return max(1, -int(-((now // charge.window_s + 1) * charge.window_s - now) // 1))


def _expiry(charge: Charge, now: float) -> Item:
    """When an item says no more than a missing one would, with a day for clocks that differ."""
    return {"N": str(int(now) + 2 * charge.window_s + 86_400)}


def _number(item: Item | None, name: str) -> int | None:
    return None if item is None or name not in item else int(item[name]["N"])
