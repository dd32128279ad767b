"""Lowered conditions as C#: guarded comparisons, no exceptions.

Each attribute is a local: a `string`, a `double` (NaN: no value of its type), a list, or for booleans an `int` of 1, 0
and -1. A guard asks whether the local has a value, so every comparison behind it is over one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from seccfg.expr.lower import (
    AllOf,
    And,
    AnyOf,
    Ascii,
    Cmp,
    Const,
    Element,
    Guard,
    InRange,
    Length,
    Lowered,
    Match,
    Member,
    OneOf,
    Op,
    Or,
    Present,
    Short,
    Slot,
    Sum,
    Term,
    Test,
    Text,
    TimeField,
    Typed,
    Value,
)
from seccfg.expr.regex import MAX_SUBJECT
from seccfg.expr.types import DURATION_LIMIT, TIMESTAMP_MAX, TIMESTAMP_MIN, ScalarType, Side, element_type
from seccfg_azure.csharp import both, either, flag, is_match, number, policy_string

__all__ = ["ConditionPrinter"]

Attribute = Callable[[Side, str], str]
"""The local an attribute's typed value is in."""

_UNIT_S: Final = {"getHours": 3_600, "getMinutes": 60, "getSeconds": 1}
_DATE: Final = {
    "getFullYear": "Year", "getMonth": "Month - 1", "getDate": "Day", "getDayOfMonth": "Day - 1",
    "getDayOfYear": "DayOfYear - 1", "getDayOfWeek": "DayOfWeek", "getHours": "Hour", "getMinutes": "Minute",
    "getSeconds": "Second",
}  # fmt: skip
_TESTS: Final = {"startsWith": "StartsWith", "endsWith": "EndsWith"}


class ConditionPrinter:
    """Prints the two forms of conditions over the locals that *attribute* and *present* name."""

    def __init__(self, attribute: Attribute, present: Attribute) -> None:
        self._attribute = attribute
        self._present = present

    def print(self, lowered: Lowered) -> str:
        """An expression that is true exactly when *lowered* holds."""
        match lowered:
            case Const(value):
                return flag(value)
            case And(items):
                return both([self.print(item) for item in items])
            case Or(items):
                return either([self.print(item) for item in items])
            case Test(guards, op):
                return both([*(self._guard(guard) for guard in guards), self._op(op)])
            case AnyOf(guards, items, variable, body):
                inner = f"{self._slot(items)}.Any({_element(variable)} => {self.print(body)})"
                return both([*(self._guard(guard) for guard in guards), inner])
            case AllOf(guards, items, variable, body):
                inner = f"{self._slot(items)}.All({_element(variable)} => {self.print(body)})"
                return both([*(self._guard(guard) for guard in guards), inner])

    def _slot(self, slot: Slot) -> str:
        return self._attribute(slot.side, slot.name)

    def _guard(self, guard: Guard) -> str:
        match guard:
            case Typed(slot):
                local = self._slot(slot)
                if slot.type == "boolean":
                    return f"{local} >= 0"
                if slot.type == "string" or element_type(slot.type) is not None:
                    return f"{local} != null"
                return f"!double.IsNaN({local})"
            case Ascii(text):
                return f"!{self._term(text)}.Any(sign => sign > 127)"
            case Short(text):
                return f"{self._term(text)}.Length <= {MAX_SUBJECT}"
            case InRange(total):
                low, high = (
                    (TIMESTAMP_MIN, TIMESTAMP_MAX) if total.type == "timestamp" else (-DURATION_LIMIT, DURATION_LIMIT)
                )
                return f"{self._term(total)} >= {number(low)} && {self._term(total)} <= {number(high)}"

    def _op(self, op: Op) -> str:
        match op:
            case Cmp(sign, left, right):
                if _kind(left) == "string" or _kind(right) == "string":
                    equal = f"string.Equals({self._term(left)}, {self._term(right)}, StringComparison.Ordinal)"
                    return equal if sign == "==" else f"!{equal}"
                return f"{self._term(left)} {sign} {self._term(right)}"
            case Text("contains", subject, argument, expect):
                found = f"{self._term(subject)}.IndexOf({self._term(argument)}, StringComparison.Ordinal)"
                return f"{found} {'>=' if expect else '<'} 0"
            case Text(test, subject, argument, expect):
                call = f"{self._term(subject)}.{_TESTS[test]}({self._term(argument)}, StringComparison.Ordinal)"
                return call if expect else f"!{call}"
            case Match(subject, regex, expect):
                return is_match(self._term(subject), regex, expect)
            case OneOf(item, values, expect):
                found = either([self._equal(item, value) for value in dict.fromkeys(values)])
                return found if expect else f"!({found})"
            case Member(item, items, expect):
                return f"{'' if expect else '!'}{self._slot(items)}.Contains({self._term(item)})"
            case Present(side, name, expect):
                return f"{'' if expect else '!'}{self._present(side, name)}"

    def _equal(self, item: Term, value: Value) -> str:
        if isinstance(value.value, str):
            return f"string.Equals({self._term(item)}, {policy_string(value.value)}, StringComparison.Ordinal)"
        return f"{self._term(item)} == {self._term(value)}"

    def _term(self, term: Term) -> str:
        match term:
            case Slot():
                return self._slot(term)
            case Element(name):
                return _element(name)
            case Value(constant):
                if isinstance(constant, str):
                    return policy_string(constant)
                return ("1" if constant else "0") if isinstance(constant, bool) else number(constant)
            case Length(of):
                counted = self._term(of)
                return f"{counted}.{'Length' if _kind(of) == 'string' else 'Count'}"
            case TimeField(part, of, "duration"):
                return f"Math.Truncate({self._term(of)} / {_UNIT_S[part]})"
            case TimeField(part, of):
                moment = f"new DateTime(1970, 1, 1).AddSeconds({self._term(of)}).{_DATE[part]}"
                return f"(int){moment}" if part == "getDayOfWeek" else f"({moment})"
            case Sum(op, left, right):
                return f"({self._term(left)} {op} {self._term(right)})"


def _kind(term: Term) -> str:
    match term:
        case Slot() | Element():
            return str(term.type)
        case Value(constant):
            return "string" if isinstance(constant, str) else "number"
        case _:
            return "number"


def _element(variable: str) -> str:
    return "each_" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in variable)


def scalar_local(kind: ScalarType) -> str:
    """The C# type of a local that holds a value of *kind*."""
    return "string" if kind == "string" else "int" if kind == "boolean" else "double"
