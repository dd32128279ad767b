"""Lowered conditions as ES5 functions over a run: true exactly when the form holds, whatever the attributes are."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

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
from seccfg.expr.regex import MAX_SUBJECT, Regex
from seccfg.expr.regex_print import print_regex
from seccfg.expr.types import Side, element_type
from seccfg.targetapi.escape import js_string, js_value

__all__ = ["print_condition", "regex_literal"]

_UNITS = {"getHours": 3_600, "getMinutes": 60, "getSeconds": 1}
_TESTS = {"startsWith": "startsWith", "endsWith": "endsWith"}

Read = Callable[[Side, str], str]
"""The expression that reads an attribute, whatever its type."""


@lru_cache(maxsize=4096)
def regex_literal(regex: Regex) -> str:
    """A regular expression literal; `/` cannot end it."""
    text, escaped = "", False
    for mark in print_regex(regex, "js"):
        text += "\\/" if mark == "/" and not escaped else mark
        escaped = mark == "\\" and not escaped
    return f"/{text or '(?:)'}/"


def print_condition(lowered: Lowered, read: Read, given: Read) -> list[str]:
    """
    The statements of a function body that returns whether *lowered* holds for `run`.

    Args:
        given: The expression that is true when the attribute is there at all.
    """
    printer = _Printer(given)
    printer.name_slots(lowered)
    names = ", ".join(f"{local} = {_typed(slot, read)}" for slot, local in printer.locals.items())
    body = [f"var {names};"] if names else []
    return [*body, f"return {printer.form(lowered)};"]


def _typed(slot: Slot, read: Read) -> str:
    element = element_type(slot.type)
    if element is not None:
        return f"typedList({read(slot.side, slot.name)}, {js_string(element)})"
    return f"typed({read(slot.side, slot.name)}, {js_string(slot.type)})"


class _Printer:
    def __init__(self, given: Read) -> None:
        self.locals: dict[Slot, str] = {}
        self._given = given

    def name_slots(self, lowered: Lowered) -> None:
        """A local variable for every slot a guard asks about."""
        match lowered:
            case And(items) | Or(items):
                for item in items:
                    self.name_slots(item)
            case Test(guards):
                self._guarded(guards)
            case AnyOf(guards, _, _, body) | AllOf(guards, _, _, body):
                self._guarded(guards)
                self.name_slots(body)
            case Const():
                pass

    def _guarded(self, guards: tuple[Guard, ...]) -> None:
        for guard in guards:
            if isinstance(guard, Typed) and guard.slot not in self.locals:
                self.locals[guard.slot] = f"v{len(self.locals)}"

    # ------------------------------------------------------------------------------------------------- structure
    def form(self, lowered: Lowered) -> str:
        match lowered:
            case Const(value):
                return "true" if value else "false"
            case And(items):
                return "(" + " && ".join(map(self.form, items)) + ")"
            case Or(items):
                return "(" + " || ".join(map(self.form, items)) + ")"
            case Test(guards, op):
                return "(" + " && ".join([*map(self._guard, guards), self._op(op)]) + ")"
            case AnyOf(guards, items, variable, body):
                return self._loop("some", guards, items, variable, body)
            case AllOf(guards, items, variable, body):
                return self._loop("every", guards, items, variable, body)

    def _loop(self, word: str, guards: tuple[Guard, ...], items: Slot, variable: str, body: Lowered) -> str:
        tested = f"{self.locals[items]}.{word}(function ({_element(variable)}) {{ return {self.form(body)}; }})"
        return "(" + " && ".join([*map(self._guard, guards), tested]) + ")"

    # ---------------------------------------------------------------------------------------------------- leaves
    def _guard(self, guard: Guard) -> str:
        match guard:
            case Typed(slot):
                return f"{self.locals[slot]} !== null"
            case Ascii(text):
                return f"isAscii({self._term(text)})"
            case Short(text):
                return f"{self._term(text)}.length <= {MAX_SUBJECT}"
            case InRange(total):
                return f"is{total.type.capitalize()}({self._term(total)})"

    def _op(self, op: Op) -> str:
        match op:
            case Cmp(sign, left, right):
                word = {"==": "===", "!=": "!=="}.get(sign, sign)
                return f"{self._term(left)} {word} {self._term(right)}"
            case Text("contains", subject, argument, expect):
                return f"{self._term(subject)}.indexOf({self._term(argument)}) {'>=' if expect else '<'} 0"
            case Text(test, subject, argument, expect):
                return f"{_TESTS[test]}({self._term(subject)}, {self._term(argument)}) === {_flag(expect)}"
            case Match(subject, regex, expect):
                return f"{regex_literal(regex)}.test({self._term(subject)}) === {_flag(expect)}"
            case OneOf(item, values, expect):
                return f"contains([{', '.join(map(self._term, values))}], {self._term(item)}) === {_flag(expect)}"
            case Member(item, items, expect):
                return f"contains({self.locals[items]}, {self._term(item)}) === {_flag(expect)}"
            case Present(side, name, expect):
                return f"{self._given(side, name)} === {_flag(expect)}"

    def _term(self, term: Term) -> str:
        match term:
            case Slot():
                return self.locals[term]
            case Element(name):
                return _element(name)
            case Value(value):
                return js_string(value) if isinstance(value, str) else js_value(value)
            case Length(of):
                return f"{self._term(of)}.length"
            case TimeField(part, of, "duration"):
                return f"wholeUnits({self._term(of)}, {_UNITS[part]})"
            case TimeField(part, of):
                return f"timestampPart({self._term(of)}, {js_string(part)})"
            case Sum(op, left, right):
                return f"({self._term(left)} {op} {self._term(right)})"


def _element(variable: str) -> str:
    return f"each_{variable}"


def _flag(value: bool) -> str:
    return "true" if value else "false"
