"""A DynamoDB table in memory: conditional writes, transactions and consistent reads as the service documents them.

Only what a key-value table needs: `batch_get_item` and `transact_write_items` over one table with a text key `id`, condition
expressions of comparisons, `attribute_not_exists`, AND and OR, and update expressions of SET and ADD.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["ServiceError", "Table"]

Item = dict[str, Any]
_COMPARISON = re.compile(r"(\w+) (=|<>|<|<=|>|>=) (:\w+)")
_MISSING = re.compile(r"attribute_not_exists\((\w+)\)")


class ServiceError(Exception):
    """An error of the service, shaped as its client shapes it."""

    def __init__(self, code: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.response = {
            "Error": {"Code": code},
            "CancellationReasons": [{"Code": reason} for reason in reasons],
        }


class Table:
    """The table, as its client sees it."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._down = False
        self._granted: frozenset[str] | None = None

    def grant(self, actions: frozenset[str] | None) -> None:
        """Who calls may do *actions* alone, named like `PutItem`; None: anything."""
        self._granted = actions

    def empty(self, *, down: bool) -> None:
        """No items; *down*: every call fails."""
        self._items.clear()
        self._down = down

    def seed(self, ident: str, numbers: Mapping[str, int]) -> None:
        """An item somebody put there."""
        self._items[ident] = {"id": {"S": ident}, **{name: {"N": str(value)} for name, value in numbers.items()}}

    def batch_get_item(self, *, RequestItems: Mapping[str, Item]) -> Item:
        """Items by key, at most 100 different ones."""
        self._reach("BatchGetItem")
        ((table, asked),) = RequestItems.items()
        idents = [key["id"]["S"] for key in asked["Keys"]]
        if len(set(idents)) != len(idents) or not 1 <= len(idents) <= 100:
            raise ServiceError("ValidationException")
        found = [copy.deepcopy(self._items[ident]) for ident in idents if ident in self._items]
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def transact_write_items(self, *, TransactItems: Sequence[Item]) -> Item:
        """All writes or none."""
        self._reach(*(f"{next(iter(item))}Item" for item in TransactItems))
        if not 1 <= len(TransactItems) <= 100:
            raise ServiceError("ValidationException")
        writes = [next(iter(item.items())) for item in TransactItems]
        idents = [(body["Key"] if kind == "Update" else body["Item"])["id"]["S"] for kind, body in writes]
        if len(set(idents)) != len(idents):
            raise ServiceError("ValidationException")
        reasons = [
            "None" if self._holds(body, self._items.get(ident, {})) else "ConditionalCheckFailed"
            for (_, body), ident in zip(writes, idents, strict=True)
        ]
        if any(reason != "None" for reason in reasons):
            raise ServiceError("TransactionCanceledException", reasons)
        for (kind, body), ident in zip(writes, idents, strict=True):
            self._items[ident] = copy.deepcopy(body["Item"]) if kind == "Put" else self._updated(ident, body)
        return {}

    def _reach(self, *actions: str) -> None:
        if self._down:
            raise ServiceError("ServiceUnavailable")
        if self._granted is not None and not self._granted.issuperset(actions):
            raise ServiceError("AccessDeniedException")

    def _holds(self, body: Item, item: Item) -> bool:
        expression = body.get("ConditionExpression")
        if expression is None:
            return True
        values = body.get("ExpressionAttributeValues", {})
        return any(
            all(_term(term.strip(), item, values) for term in alternative.split(" AND "))
            for alternative in expression.split(" OR ")
        )

    def _updated(self, ident: str, body: Item) -> Item:
        item = copy.deepcopy(self._items.get(ident, {"id": {"S": ident}}))
        values = body["ExpressionAttributeValues"]
        for clause, assignments in re.findall(r"(SET|ADD) ([^A-Z]+)", body["UpdateExpression"]):
            for assignment in assignments.split(","):
                if clause == "SET":
                    name, _, value = assignment.strip().partition(" = ")
                    item[name] = values[value.strip()]
                else:
                    name, value = assignment.split()
                    held = int(item.get(name, {"N": "0"})["N"])
                    item[name] = {"N": str(held + int(values[value]["N"]))}
        return item


def _term(term: str, item: Item, values: Item) -> bool:
    missing = _MISSING.fullmatch(term)
    if missing is not None:
        return missing[1] not in item
    comparison = _COMPARISON.fullmatch(term)
    if comparison is None:
        raise ServiceError("ValidationException")
    name, operator, value = comparison.groups()
    if name not in item:
        return False
    left, right = int(item[name]["N"]), int(values[value]["N"])
    return {
        "=": left == right, "<>": left != right, "<": left < right, "<=": left <= right, ">": left > right,
        ">=": left >= right,
    }[operator]  # fmt: skip
