"""Forms of the Program as C#: an expression that is true exactly when the form holds.

A text that is absent is null, a number NaN (every comparison with it is false), a list null, an address of family 0.
`Scope` collects the locals an expression needs, in the order they have to be declared in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from seccfg.expr.lower import Lowered
from seccfg.program.model import (
    All,
    Always,
    Any,
    BodyFits,
    Compare,
    Exactly,
    Fits,
    Form,
    Holds,
    HoldsAll,
    Is,
    Known,
    Matches,
    Meets,
    NoneShows,
    OneOf,
    Program,
    Readable,
    SameText,
    Sendable,
    Size,
    Slot,
    Subset,
    Whole,
    Within,
)
from seccfg_azure.csharp import both, either, flag, is_match, number, policy_string, texts, within

__all__ = ["LONE_HALVES", "UNREADABLE", "FormPrinter", "Slots", "text_is"]

LONE_HALVES = r"[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]"
UNREADABLE = rf"[\x00\ufffd]|{LONE_HALVES}"
_SENDABLE = r"\A(?:[\x21-\x7e\xa0-\xff](?:[\x20-\x7e\xa0-\xff]*[\x21-\x7e\xa0-\xff])?)?\z"


class Slots(Protocol):
    """Where the value of a slot is found; a local, or an expression over locals."""

    def text(self, slot: Slot) -> str: ...

    def number(self, slot: Slot) -> str: ...

    def flag(self, slot: Slot) -> str: ...

    def texts(self, slot: Slot) -> str: ...

    def condition(self, lowered: Lowered) -> str: ...

    def schema(self, number: int, value: str) -> str: ...

    def parameter(self, slot: Slot, kind: str) -> str: ...

    def body_value(self) -> str: ...

    def shows(self, slot: Slot, screen: str) -> str: ...


_ADDRESSES: Mapping[str, str] = {"peer": "peerFamily", "client": "family"}
_LISTS = frozenset({"requested_headers", "credentials", "header_names", "claim_texts", "principal_roles", "principal_scopes",
                    "query_names", "inputs"})  # fmt: skip
_NUMBERS = frozenset({
    "count", "now", "declared_length", "body_length", "filled", "credential_size", "claim_number", "key_not_before",
    "key_expires", "lowest_version", "not_before", "wait", "given",
})  # fmt: skip


class FormPrinter:
    """Prints forms over the slots of one block."""

    def __init__(self, program: Program, slots: Slots) -> None:
        self._slots = slots
        self._conditions = {condition.id: condition for condition in program.conditions}
        self._known: dict[Form, str] = {}

    def form(self, form: Form) -> str:
        """The form as an expression."""
        found = self._known.get(form)
        if found is None:
            found = self._known[form] = self._form(form)
        return found

    def _form(self, form: Form) -> str:
        match form:
            case Always(constant):
                return flag(constant)
            case All(items):
                return both([self.form(item) for item in items])
            case Any(items):
                return either([self.form(item) for item in items])
            case Holds(ident, expect):
                condition = self._conditions[ident]
                return self._slots.condition(condition.holds if expect else condition.fails)
            case BodyFits(schema):
                return f"({self._slots.body_value()} != null && {self._slots.schema(schema, self._slots.body_value())})"
            case Fits(slot, kind, schema):
                value = self._slots.parameter(slot, kind)
                return f"({value} != null && {self._slots.schema(schema, value)})"
            case NoneShows(slot, screen):
                return f"!{self._slots.shows(slot, screen)}"
            case Known(slot, expect):
                return self._present(slot, expect)
            case Compare(left, op, right, plus):
                added = "" if plus == 0 else f" + {plus}" if plus > 0 else f" - {-plus}"
                return f"{self._side(left)} {op} {self._side(right)}{added}"
            case Is(slot, expect):
                return f"{'' if expect else '!'}{self._slots.flag(slot)}"
            case Whole(slot):
                value = self._slots.number(slot)
                return f"{value} == Math.Floor({value})"
            case Within(_, blocks, expect):
                inside = within(blocks, "family", "low4", "high", "low")
                return f"(family != 0 && {'' if expect else '!'}{inside})"
            case SameText(left, right):
                a, b = self._slots.text(left), self._slots.text(right)
                return f"({a} != null && string.Equals({a}, {b}, StringComparison.OrdinalIgnoreCase))"
            case OneOf() | Matches() | Readable() | Sendable():
                return self._of_text(form)
            case Meets() | HoldsAll() | Subset() | Exactly() | Size():
                return self._of_texts(form)

    def _present(self, slot: Slot, expect: bool) -> str:
        sign = "!=" if expect else "=="
        if slot.name in _ADDRESSES:
            return f"{_ADDRESSES[slot.name]} {sign} 0"
        if slot.name in _NUMBERS:
            return f"{'!' if expect else ''}double.IsNaN({self._slots.number(slot)})"
        if slot.name in _LISTS:
            return f"{self._slots.texts(slot)} {sign} null"
        return f"{self._slots.text(slot)} {sign} null"

    def _side(self, side: Slot | int) -> str:
        return self._slots.number(side) if isinstance(side, Slot) else number(side)

    def _of_text(self, form: OneOf | Matches | Readable | Sendable) -> str:
        value = self._slots.text(form.slot)
        match form:
            case OneOf(_, values, True):
                return either([text_is(value, wanted) for wanted in values])
            case OneOf(_, values):
                return both([f"{value} != null", *(f"!{text_is(value, wanted)}" for wanted in values)])
            case Matches(_, regex, expect):
                return f"({value} != null && {is_match(value, regex, expect)})"
            case Readable():
                return f"(!string.IsNullOrEmpty({value}) && !Regex.IsMatch({value}, {policy_string(UNREADABLE)}))"
            case Sendable():
                return f"({value} != null && Regex.IsMatch({value}, {policy_string(_SENDABLE)}))"

    def _of_texts(self, form: Meets | HoldsAll | Subset | Exactly | Size) -> str:
        found = self._slots.texts(form.slot)
        match form:
            case Meets(_, values, expect):
                return f"({found} != null && {'' if expect else '!'}{found}.Intersect({texts(values)}).Any())"
            case HoldsAll(_, values):
                return f"({found} != null && !{texts(values)}.Except({found}).Any())"
            case Subset(_, values):
                return f"({found} != null && !{found}.Except({texts(values)}).Any())"
            case Exactly(_, values):
                return f"({found} != null && {found}.Count == {len(values)} && !{texts(values)}.Except({found}).Any())"
            case Size(_, op, value):
                return f"({found} != null && {found}.Count {op} {value})"


def text_is(value: str, wanted: str) -> str:
    """The text *value* (an expression) is *wanted*; false for null."""
    return f"string.Equals({value}, {policy_string(wanted)}, StringComparison.Ordinal)"


Declare = Callable[[str, str, str], str]
"""`declare(kind of local, base of its name, value)`: the local's name."""
