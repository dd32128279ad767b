"""Lowered conditions as Lua expressions: `and` and `or` over guarded comparisons, no `not`."""

from __future__ import annotations

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
from seccfg.expr.regex_print import print_regex
from seccfg.expr.types import element_type
from seccfg_kong.lua import Code, Constants, function, lua, set_of

__all__ = ["condition_function"]

_OPERATORS = {"==": "==", "!=": "~=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_TEXT_TESTS = {"startsWith": "starts_with", "endsWith": "ends_with", "contains": "contains"}
_UNIT_S = {"getHours": 3_600, "getMinutes": 60, "getSeconds": 1}


def condition_function(lowered: Lowered, tables: Constants) -> Code:
    """A function of the request that is true exactly when *lowered* holds; lists of constants go to *tables*."""
    printer = _Printer(tables)
    body = printer.form(lowered)
    lines = [f"local {name} = {reader}" for reader, name in printer.locals.items()]
    return function("\n".join([*lines, f"return {body}"]))


class _Printer:
    def __init__(self, tables: Constants) -> None:
        self._tables = tables
        self.locals: dict[str, str] = {}
        """How a slot is read, and the local it is read into."""

    def form(self, lowered: Lowered) -> str:
        match lowered:
            case Const(value):
                return "true" if value else "false"
            case And(items):
                return " and ".join(self._inside(item) for item in items)
            case Or(items):
                return " or ".join(self._inside(item) for item in items)
            case Test(guards, op):
                return " and ".join([*(self._guard(guard) for guard in guards), self._op(op)])
            case AnyOf(guards, items, variable, body) | AllOf(guards, items, variable, body):
                test = "any" if isinstance(lowered, AnyOf) else "all"
                loop = f"loops.{test}({self._slot(items)}, function({_element(variable)}) return {self.form(body)} end)"
                return " and ".join([*(self._guard(guard) for guard in guards), loop])

    def _inside(self, lowered: Lowered) -> str:
        text = self.form(lowered)
        return text if isinstance(lowered, Const) else f"({text})"

    def _guard(self, guard: Guard) -> str:
        match guard:
            case Typed(slot):
                return f"{self._slot(slot)} ~= nil"
            case Ascii(text):
                return f"text.is_ascii({self._term(text)})"
            case Short(text):
                return f"values.is_short({self._term(text)})"
            case InRange(total):
                return f"times.is_{total.type}({self._term(total)})"

    def _op(self, op: Op) -> str:
        match op:
            case Cmp(sign, left, right):
                return f"{self._term(left)} {_OPERATORS[sign]} {self._term(right)}"
            case Text(test, subject, argument, expect):
                call = f"values.{_TEXT_TESTS[test]}({self._term(subject)}, {self._term(argument)})"
                return f"{call} == {lua(expect)}"
            case Match(subject, regex, expect):
                return f"forms.{'found' if expect else 'not_found'}({self._term(subject)}, {lua(print_regex(regex, 'pcre'))})"
            case OneOf(item, constants, expect):
                known = self._tables.ref(set_of(value.value for value in constants))
                return f"forms.{'one_of' if expect else 'none_of'}({self._term(item)}, {known})"
            case Member(item, items, expect):
                return f"values.is_in({self._term(item)}, {self._slot(items)}) == {lua(expect)}"
            case Present(side, name, expect):
                return f"values.present(q, {lua(side)}, {lua(name)}) == {lua(expect)}"

    def _term(self, term: Term) -> str:
        match term:
            case Slot():
                return self._slot(term)
            case Element(name):
                return _element(name)
            case Value(value):
                return f"({lua(value)})" if isinstance(value, (int, float)) and value < 0 else lua(value)
            case Length(of):
                return f"#{self._term(of)}"
            case TimeField(part, of, "duration"):
                return f"times.units({self._term(of)}, {_UNIT_S[part]})"
            case TimeField(part, of):
                return f"times.field({lua(part)}, {self._term(of)})"
            case Sum(op, left, right):
                return f"({self._term(left)} {op} {self._term(right)})"

    def _slot(self, slot: Slot) -> str:
        element = element_type(slot.type)
        reader = f"values.{'list' if element else 'scalar'}(q, {lua(slot.side)}, {lua(slot.name)}, {lua(element or slot.type)})"
        if reader not in self.locals:
            self.locals[reader] = f"v{len(self.locals) + 1}"
        return self.locals[reader]


def _element(name: str) -> str:
    """Variables are named by the spec; in Lua they are names of ours."""
    return "e_" + "".join(f"{byte:02x}" for byte in name.encode())
