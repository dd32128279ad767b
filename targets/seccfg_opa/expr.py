"""Lowered conditions as Rego rules: positive bodies of guarded comparisons.

    # office-hours: request.hour >= 7 && request.hour < 19
    c_office_hours_holds if {
        request_hour := types.integer(attributes.request.hour)
        request_hour >= 7
        request_hour < 19
    }

Every slot is read through a reader that is undefined for what is no value of its type, so neither form of a condition
holds over it. Nothing is negated and nothing is tested for truth but booleans.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
from seccfg.expr.regex_print import print_regex
from seccfg.expr.types import ExprType
from seccfg.targetapi.escape import one_line, rego_string

__all__ = ["comment", "member", "print_rules", "raw_string", "rule_file"]

_READERS: Final[dict[ExprType, str]] = {
    "string": "text", "integer": "integer", "number": "number", "boolean": "boolean", "timestamp": "timestamp",
    "duration": "duration", "list<string>": "texts", "list<integer>": "integers", "list<number>": "decimals",
    "list<boolean>": "booleans", "list<timestamp>": "timestamps", "list<duration>": "durations",
}  # fmt: skip
_TEXT_TESTS: Final = {"startsWith": "startswith", "endsWith": "endswith", "contains": "contains"}
_UNIT_S: Final = {"getHours": 3_600, "getMinutes": 60, "getSeconds": 1}
_FIELDS: Final = {
    "getFullYear": ("year_of", 0), "getMonth": ("month_of", 1), "getDate": ("day_of", 0), "getDayOfMonth": ("day_of", 1),
    "getDayOfYear": ("day_of_year", 0), "getDayOfWeek": ("day_of_week", 0), "getHours": ("hours", 0),
    "getMinutes": ("minutes", 0), "getSeconds": ("seconds_of", 0),
}  # fmt: skip
_FLIPPED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_REGO_WORDS: Final = frozenset({
    "as", "contains", "data", "default", "else", "every", "false", "if", "import", "in", "input", "not", "null",
    "package", "some", "true", "with",
})  # fmt: skip


def print_rules(name: str, lowered: Lowered) -> tuple[str, ...]:
    """The rules of one form: *name* and whatever it is built of, each a text without a final line break."""
    printer = _Printer(name)
    printer.rule(name, lowered)
    return tuple(printer.rules)


def comment(text: str) -> str:
    """A comment on one line."""
    return f"# {one_line(text)}".rstrip()


def raw_string(pattern: str) -> str:
    """A pattern as a raw string; a backtick is spelt by its code."""
    return "`" + pattern.replace("`", r"\x60") + "`"


class _Body:
    """A rule's body as it grows, and the guards that hold in it."""

    def __init__(self, known: set[Guard]) -> None:
        self.lines: list[str] = []
        self.known = known
        self.terms: dict[Term, str] = {}


class _Printer:
    def __init__(self, name: str) -> None:
        self._name = name
        self._number = 0
        self.rules: list[str] = []

    def rule(self, head: str, lowered: Lowered, elements: tuple[str, ...] = ()) -> None:
        """The rules that hold when *lowered* does; nothing for what never does."""
        options = lowered.items if isinstance(lowered, Or) else (lowered,)
        place = len(self.rules)
        printed: list[str] = []
        for option in options:
            body = _Body(set())
            if not self._lines(option, body, elements):
                continue
            text = "\n".join(body.lines)
            shown = tuple(e if re.search(rf"\b{e}\b", text) else "_" for e in elements)
            whole = f"{head}({', '.join(shown)})" if elements else head
            if not body.lines:
                printed.append(f"{whole} := true")
            elif len(body.lines) == 1 and len(body.lines[0]) < 60:
                printed.append(f"{whole} if {body.lines[0]}")
            else:
                inside = "\n".join(f"\t{line}" for line in body.lines)
                printed.append(f"{whole} if {{\n{inside}\n}}")
        self.rules[place:place] = printed

    def _lines(self, lowered: Lowered, body: _Body, elements: tuple[str, ...]) -> bool:
        """Add the lines *lowered* needs; False: it never holds."""
        match lowered:
            case Const(value):
                return value
            case And(items):
                return all(
                    self._apart(item, body, elements) if isinstance(item, AnyOf) else self._lines(item, body, elements)
                    for item in items
                )
            case Or():
                return self._apart(lowered, body, elements)
            case Test(guards, op):
                self._guards(guards, body)
                body.lines += self._op(op, body)
                return True
            case AnyOf(guards, items, variable, inner):
                self._guards(guards, body)
                element = _element(variable)
                inside = _Body(set(body.known))
                if not self._lines(inner, inside, (*elements, element)):
                    return False
                used = any(re.search(rf"\b{element}\b", line) for line in inside.lines)
                body.lines += [f"some {element if used else '_'} in {_local(items)}", *inside.lines]
                return True
            case AllOf(guards, items, variable, inner):
                self._guards(guards, body)
                return self._every(items, _element(variable), inner, body, elements)

    def _every(self, items: Slot, element: str, inner: Lowered, body: _Body, elements: tuple[str, ...]) -> bool:
        inside = _Body(set(body.known))
        if not self._lines(inner, inside, (*elements, element)):
            body.lines.append(f"count({_local(items)}) == 0")
            return True
        if not inside.lines:
            body.lines.append(f"count({_local(items)}) >= 0")
            return True
        used = any(re.search(rf"\b{element}\b", line) for line in inside.lines)
        body.lines.append(f"every {element if used else '_'} in {_local(items)} {{")
        body.lines += [f"\t{line}" for line in inside.lines]
        body.lines.append("}")
        return True

    def _apart(self, lowered: Or | AnyOf, body: _Body, elements: tuple[str, ...]) -> bool:
        """A rule of its own: alternatives, and loops whose names would be those of the whole body."""
        self._number += 1
        head = f"{self._name}_{self._number}"
        before = len(self.rules)
        self.rule(head, lowered, elements)
        if len(self.rules) == before:
            return False
        body.lines.append(f"{head}({', '.join(elements)})" if elements else head)
        return True

    # ------------------------------------------------------------------------------------------------ guards
    def _guards(self, guards: tuple[Guard, ...], body: _Body) -> None:
        for guard in guards:
            if guard in body.known:
                continue
            body.known.add(guard)
            match guard:
                case Typed(slot):
                    read = f"types.{_READERS[slot.type]}({member(f'attributes.{slot.side}', slot.name)})"
                    body.lines.append(f"{_local(slot)} := {read}")
                case Ascii(text):
                    body.lines.append(f"types.ascii({self._term(text, body)}) == true")
                case Short(text):
                    body.lines.append(f"count({self._term(text, body)}) <= {MAX_SUBJECT}")
                case InRange(total):
                    body.lines.append(f"types.is_{total.type}({self._term(total, body)}) == true")

    # ----------------------------------------------------------------------------------------------- comparisons
    def _op(self, op: Op, body: _Body) -> list[str]:
        match op:
            case Cmp(sign, Value() as left, right):
                return [f"{self._term(right, body)} {_FLIPPED[sign]} {self._term(left, body)}"]
            case Cmp(sign, left, right):
                return [f"{self._term(left, body)} {sign} {self._term(right, body)}"]
            case Text(test, subject, argument, expect):
                call = f"{_TEXT_TESTS[test]}({self._term(subject, body)}, {self._term(argument, body)})"
                return [f"{call} == {_flag(expect)}"]
            case Match(subject, regex, expect):
                pattern = raw_string(print_regex(regex, "re2"))
                return [f"regex.match({pattern}, {self._term(subject, body)}) == {_flag(expect)}"]
            case OneOf(item, values, True):
                return [f"{self._term(item, body)} in {{{', '.join(_constant(v) for v in dict.fromkeys(values))}}}"]
            case OneOf(item, values):
                return [f"{self._term(item, body)} != {_constant(value)}" for value in dict.fromkeys(values)]
            case Member(item, items, True):
                return [f"{self._term(item, body)} in {_local(items)}"]
            case Member(item, items):
                return [
                    f"every listed in {_local(items)} {{", f"\tlisted != {self._term(item, body)}", "}",
                ]  # fmt: skip
            case Present(side, name, expect):
                return [f"types.present(attributes.{side}, {rego_string(name)}) == {_flag(expect)}"]

    def _term(self, term: Term, body: _Body) -> str:
        """An operand; what has to be computed gets a name of its own first."""
        match term:
            case Slot():
                return _local(term)
            case Element(name):
                return _element(name)
            case Value():
                return _constant(term)
            case Length(of):
                return f"count({self._term(of, body)})"
            case TimeField(part, of, "duration"):
                return f"types.whole_units({self._term(of, body)}, {_UNIT_S[part]})"
            case TimeField(part, of):
                function, less = _FIELDS[part]
                call = f"types.{function}({self._term(of, body)})"
                return self._named(term, f"{call} - {less}", body) if less else call
            case Sum(op, left, right):
                return self._named(term, f"{self._term(left, body)} {op} {self._term(right, body)}", body)

    def _named(self, term: Term, text: str, body: _Body) -> str:
        known = body.terms.get(term)
        if known is None:
            self._number += 1
            known = body.terms[term] = f"value_{self._number}"
            body.lines.append(f"{known} := {text}")
        return known


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _constant(value: Value) -> str:
    if isinstance(value.value, str):
        return rego_string(value.value)
    return _flag(value.value) if isinstance(value.value, bool) else repr(value.value)


def _plain(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" if c != "_" else "_" for c in name)


def _local(slot: Slot) -> str:
    return f"{slot.side}_{_plain(slot.name)}"


def _element(variable: str) -> str:
    return f"each_{_plain(variable)}"


def member(of: str, name: str) -> str:
    """A reference to a member, as `opa fmt` spells it."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name not in _REGO_WORDS:
        return f"{of}.{name}"
    return f"{of}[{rego_string(name)}]"


def rule_file(package: str, imports: Iterable[str], rules: Iterable[str], heading: str) -> str:
    """A Rego file of its parts."""
    head = "\n".join((heading, f"package {package}"))
    imported = "\n".join(f"import {name}" for name in imports)
    return "\n\n".join(part for part in (head, imported, *rules) if part) + "\n"
