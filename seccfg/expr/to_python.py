"""Lowered conditions as Python functions over the sides' values.

    def holds_office_hours(principal: Values, resource: Values, request: Values) -> bool:
        \"""TRUE: request.hour >= 7 && request.hour < 19.\"""
        request_hour = integer(request, "hour")
        return request_hour is not None and request_hour >= 7 and request_hour < 19

Each side is a mapping from attribute name to the value as JSON gives it. The functions need the names that
`support_names` gives from the module that `support_source` is the text of, and nothing else; they raise on no input.
"""

from __future__ import annotations

from collections.abc import Iterable

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

__all__ = ["print_function", "support_names", "support_source"]

_WIDTH = 100
_READERS: dict[ExprType, str] = {
    "string": "text", "integer": "integer", "number": "number", "boolean": "boolean", "timestamp": "timestamp",
    "duration": "duration", "list<string>": "texts", "list<integer>": "integers", "list<number>": "numbers",
    "list<boolean>": "booleans", "list<timestamp>": "timestamps", "list<duration>": "durations",
}
_TEXT_METHODS = {"startsWith": "startswith", "endsWith": "endswith"}
_UNIT_S = {"getHours": 3_600, "getMinutes": 60, "getSeconds": 1}


def support_source() -> str:
    """The text of the module that reads and checks values; it imports the standard library only."""
    from importlib.resources import files

    return files("seccfg.expr").joinpath("conditions_support.py").read_text("utf-8")


def support_names() -> tuple[str, ...]:
    """What printed functions use of that module, sorted."""
    return tuple(sorted({
        "Values", "day", "day_of_year", "found", "is_duration", "is_timestamp", "month", "present", "whole_units",
        "year", *_READERS.values(),
    }))


def print_function(name: str, lowered: Lowered, doc: str = "") -> str:
    """
    A function called *name* that is True exactly when *lowered* holds.

    Args:
        name: A Python identifier that is no keyword.
        doc: One line for the docstring; any text, it cannot leave the docstring.
    Raises:
        ValueError: *name* cannot name a function.
    """
    from keyword import iskeyword

    if not name.isascii() or not name.isidentifier() or iskeyword(name):
        raise ValueError("not a name for a Python function")
    printer = _Printer(lowered)
    lines = [f"def {name}(principal: Values, resource: Values, request: Values) -> bool:"]
    if doc:
        lines.append(f'    """{_docstring(doc)}"""')
    lines += [f"    {local} = {_READERS[slot.type]}({slot.side}, {_quoted(slot.name)})"
              for slot, local in printer.locals.items()]
    body = printer.condition(lowered, set())
    if len(body) == 1:
        lines.append(f"    return {body[0]}")
    else:
        lines += ["    return (", *(f"        {line}" for line in body), "    )"]
    return "\n".join(lines) + "\n"


def _docstring(text: str) -> str:
    """*text* for between three double quotes."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.replace("\\", "\\\\"))
    return "".join(r'\"' if c == '"' and safe[at + 1:at + 2] in ('"', "") else c for at, c in enumerate(safe))


def _quoted(text: str) -> str:
    """A Python literal of *text* in ASCII."""
    plain = text.isascii() and text.isprintable() and '"' not in text and "\\" not in text
    return f'"{text}"' if plain else ascii(text)


class _Printer:
    """Prints one condition; `locals` names the local variable each slot is read into."""

    __slots__ = ("locals",)

    def __init__(self, lowered: Lowered) -> None:
        self.locals: dict[Slot, str] = {}
        self._name_slots(lowered)

    def _name_slots(self, lowered: Lowered) -> None:
        match lowered:
            case And(items) | Or(items):
                for item in items:
                    self._name_slots(item)
            case Test(guards):
                self._name_guards(guards)
            case AnyOf(guards, _, _, body) | AllOf(guards, _, _, body):
                self._name_guards(guards)
                self._name_slots(body)
            case Const():
                pass

    def _name_guards(self, guards: tuple[Guard, ...]) -> None:
        for guard in guards:
            if isinstance(guard, Typed) and guard.slot not in self.locals:
                slot = guard.slot
                plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in f"{slot.side}_{slot.name}")
                taken, name, number = set(self.locals.values()), plain, 2
                while name in taken:
                    name, number = f"{plain}_{number}", number + 1
                self.locals[slot] = name

    # ------------------------------------------------------------------------------------------------- structure
    def condition(self, lowered: Lowered, known: set[Guard]) -> list[str]:
        """The lines of an expression; *known* are the guards that hold wherever it is evaluated."""
        match lowered:
            case Const(value):
                return [str(value)]
            case Or(items):
                return _joined("or", [_in_parentheses(self.condition(item, known), item) for item in items])
            case _:
                return _joined("and", self._conjuncts(lowered, set(known)))

    def _conjuncts(self, lowered: Lowered, known: set[Guard]) -> list[list[str]]:
        """Parts that all have to hold, tested in order; the guards passed are added to *known*."""
        match lowered:
            case And(items):
                return [part for item in items for part in self._conjuncts(item, known)]
            case Test((Typed(slot),), Cmp("==", of, Value(bool())) as op) if slot == of:
                return [[self._op(op)]]  # None is neither True nor False
            case Test(guards, op):
                return [*self._guards(guards, known), [self._op(op)]]
            case AnyOf(guards, items, variable, body):
                return [*self._guards(guards, known), self._loop("any", items, variable, body, known)]
            case AllOf(guards, items, variable, body):
                return [*self._guards(guards, known), self._loop("all", items, variable, body, known)]
            case _:
                return [_in_parentheses(self.condition(lowered, known), lowered)]

    def _guards(self, guards: tuple[Guard, ...], known: set[Guard]) -> list[list[str]]:
        new = [guard for guard in guards if guard not in known]
        known.update(new)
        return [[self._guard(guard)] for guard in new]

    def _loop(self, word: str, items: Slot, variable: str, body: Lowered, known: set[Guard]) -> list[str]:
        lines = self.condition(body, {guard for guard in known if isinstance(guard, Typed)})
        head = f"for {_element(variable)} in {self.locals[items]}"
        if len(lines) == 1 and len(lines[0]) + len(head) + 6 <= _WIDTH:
            return [f"{word}({lines[0]} {head})"]
        return [f"{word}(", *(f"    {line}" for line in lines), f"    {head}", ")"]

    # ---------------------------------------------------------------------------------------------------- leaves
    def _guard(self, guard: Guard) -> str:
        match guard:
            case Typed(slot):
                return f"{self.locals[slot]} is not None"
            case Ascii(text):
                return f"{self._operand(text)}.isascii()"
            case Short(text):
                return f"len({self._term(text)}) <= {MAX_SUBJECT}"
            case InRange(total):
                return f"is_{total.type}({self._term(total)})"

    def _op(self, op: Op) -> str:
        match op:
            case Cmp("==", left, Value(bool(value))):
                return f"{self._term(left)} is {value}"
            case Cmp(sign, left, right):
                return f"{self._term(left)} {sign} {self._term(right)}"
            case Text("contains", subject, argument, expect):
                return f"{self._term(argument)} {'in' if expect else 'not in'} {self._term(subject)}"
            case Text(test, subject, argument, expect):
                found = f"{self._operand(subject)}.{_TEXT_METHODS[test]}({self._term(argument)})"
                return found if expect else f"not {found}"
            case Match(subject, regex, expect):
                found = f"found({_pattern(print_regex(regex, 'python'))}, {self._term(subject)})"
                return found if expect else f"not {found}"
            case OneOf(item, values, expect):
                listed = ", ".join(self._term(value) for value in values) + ("," if len(values) == 1 else "")
                return f"{self._term(item)} {'in' if expect else 'not in'} ({listed})"
            case Member(item, items, expect):
                return f"{self._term(item)} {'in' if expect else 'not in'} {self.locals[items]}"
            case Present(side, name, expect):
                found = f"present({side}, {_quoted(name)})"
                return found if expect else f"not {found}"

    def _term(self, term: Term) -> str:
        match term:
            case Slot():
                return self.locals[term]
            case Element(name):
                return _element(name)
            case Value(value):
                return _quoted(value) if isinstance(value, str) else repr(value)
            case Length(of):
                return f"len({self._term(of)})"
            case TimeField(part, of, "duration"):
                return f"whole_units({self._term(of)}, {_UNIT_S[part]})"
            case TimeField(part, of):
                return _timestamp_part(part, self._term(of), self._operand(of))
            case Sum(op, left, right):
                return f"{self._term(left)} {op} {self._operand(right)}"

    def _operand(self, term: Term) -> str:
        text = self._term(term)
        return f"({text})" if isinstance(term, Sum) else text


def _timestamp_part(part: str, whole: str, operand: str) -> str:
    return {
        "getFullYear": f"year({whole})", "getMonth": f"month({whole}) - 1", "getDate": f"day({whole})",
        "getDayOfMonth": f"day({whole}) - 1", "getDayOfYear": f"day_of_year({whole})",
        "getDayOfWeek": f"({operand} // 86400 + 4) % 7", "getHours": f"{operand} // 3600 % 24",
        "getMinutes": f"{operand} // 60 % 60", "getSeconds": f"{operand} % 60",
    }[part]


def _element(variable: str) -> str:
    return f"each_{variable}"


def _pattern(pattern: str) -> str:
    return ascii(pattern) if '"' in pattern else f'r"{pattern}"'


def _joined(word: str, parts: Iterable[list[str]]) -> list[str]:
    parts = list(parts)
    if all(len(part) == 1 for part in parts) and sum(len(part[0]) + len(word) + 2 for part in parts) <= _WIDTH:
        return [f" {word} ".join(part[0] for part in parts)]
    lines: list[str] = []
    for at, part in enumerate(parts):
        lines += [f"{word} {part[0]}" if at else part[0], *part[1:]]
    return lines


def _in_parentheses(lines: list[str], of: Lowered) -> list[str]:
    """One operand of `or`, or an `or` inside `and`."""
    if isinstance(of, Const) or (len(lines) == 1 and " and " not in lines[0] and not isinstance(of, Or)):
        return lines
    if len(lines) == 1:
        return [f"({lines[0]})"]
    return ["(", *(f"    {line}" for line in lines), ")"]
