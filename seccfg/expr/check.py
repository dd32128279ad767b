"""Types: an untyped tree to a typed one, or every type error in it."""

from __future__ import annotations

from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
    Constant,
    Double,
    Duration,
    Exists,
    Expr,
    ForAll,
    Has,
    In,
    Int,
    ListLiteral,
    Matches,
    Not,
    Or,
    Size,
    String,
    TextTest,
    TimePart,
    Timestamp,
    TimeSum,
    Variable,
    children,
    walk,
)
from seccfg.expr.errors import ExprError, Problem, closest
from seccfg.expr.parser import parse
from seccfg.expr.substitute import constant_type
from seccfg.expr.types import SIDES, ExprType, ScalarType, TypeEnv, element_type
from seccfg.record import Record

__all__ = ["PORTABLE_LIST_ITEMS", "CheckResult", "check", "check_text"]

PORTABLE_LIST_ITEMS = 32
"""More elements than this CEL promises on no engine."""

_CONSTANTS = (Bool, Int, Double, String, Timestamp, Duration)
_ORDERED = frozenset({"integer", "number", "timestamp", "duration"})
_EXAMPLES: dict[ExprType, str] = {
    "timestamp": 'a timestamp is written `timestamp("2026-01-05T12:00:00Z")`',
    "duration": 'a duration is written `duration("1h30m")`',
    "string": "text is written in quotes",
    "boolean": "a boolean is `true` or `false`, without quotes",
    "integer": "whole numbers are written without quotes and without a point",
}


class CheckResult(Record):
    """A typed tree, its type, and what is allowed but doubtful.

    Codes of `warnings`: `optional-without-has` (an optional attribute is read where nothing asks for its presence),
    `number-equality`, `constant` (a comparison that no request changes), `empty-text` (a prefix, suffix or part that
    every text has), `not-nfc`, `portability`.
    """

    expr: Expr
    type: ExprType
    warnings: tuple[Problem, ...] = ()


def check(expr: Expr, env: TypeEnv, expected: ExprType | None = "boolean") -> CheckResult:
    """
    *expr* with types filled in and whole-number literals widened where a `number` is meant.

    Args:
        expected: The type the whole must have; None for any.
    Raises:
        ExprError: something does not fit; all problems at once.
    """
    checker = _Checker(env)
    typed, found = checker.visit(expr)
    if found is not None and expected is not None and found != expected:
        checker.error(expr, f"this is {_a(found)}, a condition is true or false", _what_to_compare(found))
    if checker.problems or found is None:
        raise ExprError(checker.problems)
    warnings = [*checker.warnings, *_presence_warnings(typed, env)]
    return CheckResult(typed, found, tuple(sorted(warnings, key=lambda w: (w.start, w.end, w.code))))


_KEPT = 16_384
_known: dict[tuple[str, TypeEnv], CheckResult] = {}


def check_text(source: str, env: TypeEnv) -> CheckResult:
    """As `check` of what `parse` makes of *source*; the same text among the same attributes is read once a run."""
    found = _known.get((source, env))
    if found is None:
        if len(_known) >= _KEPT:
            _known.clear()
        found = _known[source, env] = check(parse(source), env)
    return found


Typed = tuple[Expr, ExprType | None]
"""A rebuilt node and its type; None after an error that has been reported."""


class _Checker:
    __slots__ = ("_element", "_env", "_in_body", "problems", "warnings")

    def __init__(self, env: TypeEnv) -> None:
        self._env = env
        self._element: ScalarType | None = None
        self._in_body = False
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def error(self, at: Expr, message: str, help: str = "") -> None:
        self.problems.append(Problem(message, at.pos[0], at.pos[1], help))

    def _warn(self, at: Expr, code: str, message: str, help: str = "") -> None:
        self.warnings.append(Problem(message, at.pos[0], at.pos[1], help, code))

    def visit(self, expr: Expr) -> Typed:
        match expr:
            case And(operands):
                return And(tuple(self._condition(o, "&&") for o in operands), expr.pos), "boolean"
            case Or(operands):
                return Or(tuple(self._condition(o, "||") for o in operands), expr.pos), "boolean"
            case Not(operand):
                return Not(self._condition(operand, "!"), expr.pos), "boolean"
            case Compare():
                return self._compare(expr)
            case In():
                return self._in(expr)
            case Has(attribute):
                typed, found = self._attribute(attribute)
                return (Has(typed, expr.pos) if isinstance(typed, Attribute) else expr), found and "boolean"
            case TextTest(op, subject, argument):
                left, right = self._text(subject, op), self._text(argument, op)
                if isinstance(right, String) and not right.value:
                    self._warn(argument, "empty-text", f"`{op}` of the empty text is always true")
                return self._atom(TextTest(op, left, right, expr.pos)), "boolean"
            case Matches(subject, pattern):
                typed = self._text(subject, "matches")
                self._pattern(expr, pattern)
                return self._atom(Matches(typed, pattern, expr.pos)), "boolean"
            case Size(operand):
                typed, found = self.visit(operand)
                if found is not None and found != "string" and element_type(found) is None:
                    self.error(operand, f"`size` counts a list or a text, not {_a(found)}")
                    found = None
                return Size(typed, expr.pos), found and "integer"
            case TimePart():
                return self._time_part(expr)
            case TimeSum():
                return self._time_sum(expr)
            case Exists(items, variable, body):
                typed, body, known = self._quantifier(items, variable, body)
                return Exists(typed, variable, body, expr.pos), "boolean" if known else None
            case ForAll(items, variable, body):
                typed, body, known = self._quantifier(items, variable, body)
                return ForAll(typed, variable, body, expr.pos), "boolean" if known else None
            case Attribute():
                return self._attribute(expr)
            case Variable(name):
                if not self._in_body:
                    self.error(expr, f"unknown name `{name}`")
                return Variable(name, self._element, expr.pos), self._element
            case ListLiteral():
                return self._list(expr)
            case String(value):
                self._nfc(expr, value)
                return expr, "string"
            case _:
                return expr, constant_type(expr)

    # ------------------------------------------------------------------------------------------------ conditions
    def _condition(self, expr: Expr, op: str) -> Expr:
        typed, found = self.visit(expr)
        if found is not None and found != "boolean":
            self.error(expr, f"`{op}` joins conditions, this is {_a(found)}", _what_to_compare(found))
        elif isinstance(expr, Bool):
            self._warn(expr, "constant", f"`{'true' if expr.value else 'false'}` is the same for every request")
        return typed

    def _atom(self, expr: Expr) -> Expr:
        if not any(isinstance(node, (Attribute, Variable)) for node in walk(expr)):
            self._warn(expr, "constant", "no request changes what this says")
        return expr

    def _compare(self, expr: Compare) -> Typed:
        left, right = self._operand(expr.left), self._operand(expr.right)
        (a, a_type), (b, b_type) = _widened(left, right), _widened(right, left)
        rebuilt = Compare(expr.op, a, b, expr.pos)
        if a_type is None or b_type is None:
            return rebuilt, None
        if a_type != b_type:
            self._mismatch(expr, (a, a_type), (b, b_type))
            return rebuilt, None
        if element_type(a_type) is not None:
            self.error(expr, "lists are not compared", "ask `x in list`, `list.exists(...)` or `list.all(...)`")
            return rebuilt, None
        if expr.op in ("==", "!="):
            if a_type == "number":
                message = f"`{expr.op}` on numbers that can have fractions depends on rounding"
                help = "compare with `<` or `>`, or declare the attribute as integer"
                self._warn(expr, "number-equality", message, help)
        elif a_type not in _ORDERED:
            help = "hosts sort text differently; compare with `==`, `startsWith` or `in`" if a_type == "string" else ""
            self.error(expr, f"`{expr.op}` has no meaning for {_a(a_type)}", help)
            return rebuilt, None
        return self._atom(rebuilt), "boolean"

    def _mismatch(self, at: Expr, left: tuple[Expr, ExprType], right: tuple[Expr, ExprType]) -> None:
        literal, wanted = (left, right[1]) if isinstance(left[0], _CONSTANTS) else (right, left[1])
        help = "declare both with the same type"
        if isinstance(literal[0], _CONSTANTS):
            help = _EXAMPLES.get(wanted, "")
            if element_type(wanted) is not None:
                help = "write `x in list` to look for an element"
        self.error(at, f"{_a(left[1])} is never compared with {_a(right[1])}", help)

    def _in(self, expr: In) -> Typed:
        item = self._operand(expr.item)
        container, found = self.visit(expr.container)
        if found is not None and element_type(found) is None:
            help = "`text.contains(part)` looks into text" if found == "string" else ""
            self.error(expr.container, f"`in` needs a list, this is {_a(found)}", help)
            found = None
        if found is None or item[1] is None:
            return In(item[0], container, expr.pos), None
        element = element_type(found)
        if isinstance(container, ListLiteral):
            literals = tuple(_widen(literal, item) for literal in container.items)
            if literals != container.items:
                container, element = ListLiteral(literals, container.pos), "number"
        elif element is not None:
            item = _widened(item, (container, element))
        if item[1] != element:
            if item[1] is not None:
                self.error(expr, f"{_a(item[1])} is never in {_a(found)}", "declare both with the same type")
            return In(item[0], container, expr.pos), None
        return self._atom(In(item[0], container, expr.pos)), "boolean"

    def _quantifier(self, items: Expr, variable: str, body: Expr) -> tuple[Expr, Expr, bool]:
        typed, found = self.visit(items)
        element = None if found is None else element_type(found)
        if found is not None and element is None:
            self.error(items, f"`exists` and `all` look at a list, this is {_a(found)}")
        self._element, self._in_body = element, True
        checked, body_type = self.visit(body)
        self._element, self._in_body = None, False
        if body_type is not None and body_type != "boolean":
            self.error(body, f"this is {_a(body_type)}, the part after `{variable},` is true or false",
                       _what_to_compare(body_type))
        if element is not None and not any(isinstance(n, Variable) for n in walk(checked)):
            self._warn(body, "constant", f"`{variable}` is not looked at")
        return typed, checked, element is not None and body_type == "boolean"

    # -------------------------------------------------------------------------------------------------- operands
    def _operand(self, expr: Expr) -> Typed:
        typed, found = self.visit(expr)
        simple = isinstance(expr, (*_CONSTANTS, Attribute, Variable, Size, TimePart, TimeSum, ListLiteral))
        if found == "boolean" and not simple:
            help = "join conditions with `&&`, `||`, `!`"
            self.error(expr, "the outcome of a comparison is not compared again", help)
            return typed, None
        return typed, found

    def _text(self, expr: Expr, op: str) -> Expr:
        typed, found = self.visit(expr)
        if found is not None and found != "string":
            help = "write `x in list`" if op == "contains" and element_type(found) is not None else ""
            self.error(expr, f"`{op}` works on text, not on {_a(found)}", help)
        return typed

    def _attribute(self, expr: Attribute) -> Typed:
        declared = self._env.lookup(expr.side, expr.name)
        if declared is not None:
            return Attribute(expr.side, expr.name, declared.type, expr.pos), declared.type
        near = closest(expr.name, self._env.names(expr.side))
        side = expr.side
        if not near:
            elsewhere = [s for s in SIDES if self._env.lookup(s, expr.name) is not None]
            side, near = (elsewhere[0], expr.name) if elsewhere else (side, "")
        self.error(expr, f"unknown attribute `{expr.side}.{expr.name}`",
                   f"did you mean `{side}.{near}`?" if near else f"declare it under `attributes.{expr.side}`")
        return expr, None

    def _list(self, expr: ListLiteral) -> Typed:
        if not expr.items:
            self.error(expr, "an empty list holds nothing to compare with")
            return expr, None
        if len(expr.items) > PORTABLE_LIST_ITEMS:
            self._warn(expr, "portability", f"CEL promises lists of up to {PORTABLE_LIST_ITEMS} elements only")
        first = constant_type(expr.items[0])
        numbers = {constant_type(item) for item in expr.items} == {"integer", "number"}
        items: list[Constant] = []
        for item in expr.items:
            if isinstance(item, String):
                self._nfc(item, item.value)
            kind = constant_type(item)
            if numbers and isinstance(item, Int):
                items.append(Double(float(item.value), item.pos))
            elif kind != first and not numbers:
                self.error(item, f"{_a(kind)} in a list that starts with {_a(first)}")
                items.append(item)
            else:
                items.append(item)
        listed: dict[ExprType, ExprType] = {
            "string": "list<string>", "integer": "list<integer>", "number": "list<number>", "boolean": "list<boolean>",
            "timestamp": "list<timestamp>", "duration": "list<duration>",
        }
        return ListLiteral(tuple(items), expr.pos), listed["number" if numbers else first]

    def _time_part(self, expr: TimePart) -> Typed:
        typed, found = self.visit(expr.operand)
        if found is not None and found != "timestamp":
            if found != "duration":
                self.error(expr.operand, f"`{expr.part}` works on a timestamp, not on {_a(found)}")
                found = None
            elif expr.part not in ("getHours", "getMinutes", "getSeconds"):
                self.error(expr, f"a duration has no `{expr.part}`")
                found = None
        return TimePart(expr.part, typed, expr.pos), found and "integer"

    def _time_sum(self, expr: TimeSum) -> Typed:
        left, a = self.visit(expr.left)
        right, b = self.visit(expr.right)
        rebuilt = TimeSum(expr.op, left, right, expr.pos)
        if a is None or b is None:
            return rebuilt, None
        result: dict[tuple[str, ExprType, ExprType], ExprType] = {
            ("+", "timestamp", "duration"): "timestamp", ("+", "duration", "timestamp"): "timestamp",
            ("-", "timestamp", "duration"): "timestamp", ("-", "timestamp", "timestamp"): "duration",
            ("+", "duration", "duration"): "duration", ("-", "duration", "duration"): "duration",
        }
        found = result.get((expr.op, a, b))
        if found is None:
            timely = {"timestamp", "duration"}
            help = "" if {a, b} <= timely else "conditions compare, they do not calculate"
            if (a in timely or b in timely) and {a, b} & {"integer", "number"}:
                help = _EXAMPLES["duration"]
            self.error(expr, f"`{expr.op}` has no meaning for {_a(a)} and {_a(b)}", help)
        return rebuilt, found

    def _nfc(self, at: Expr, text: str) -> None:
        if text.isascii():
            return
        from unicodedata import is_normalized

        if not is_normalized("NFC", text):
            message = "the text is not in Unicode normal form C"
            self._warn(at, "not-nfc", message, "other spellings of it will not match")

    def _pattern(self, at: Matches, pattern: str) -> None:
        from seccfg.expr.regex import RegexError, parse_regex
        from seccfg.expr.regex_automaton import slowness

        try:
            regex = parse_regex(pattern)
        except RegexError as error:
            self.error(at, f"pattern, character {error.offset + 1}: {error.message}", error.help)
            return
        slow = slowness(regex)
        if slow:
            help = "tie it with `^`, and let neighbouring repetitions take different characters"
            self.error(at, f"pattern: {slow}", help)


def _a(type_: ExprType) -> str:
    listed = element_type(type_)
    if listed is not None:
        return f"a list of {listed}s"
    return {"string": "text", "integer": "an integer"}.get(type_, f"a {type_}")


def _what_to_compare(found: ExprType) -> str:
    return "compare it with something" if element_type(found) is None else "ask `x in list`, `list.exists(...)`"


def _widened(operand: Typed, other: Typed) -> Typed:
    """A whole-number literal beside a `number` that is no literal becomes a `number`."""
    if isinstance(operand[0], Int) and other[1] == "number" and not isinstance(other[0], Double):
        return Double(float(operand[0].value), operand[0].pos), "number"
    return operand


def _widen(literal: Constant, beside: Typed) -> Constant:
    if isinstance(literal, Int) and beside[1] == "number" and not isinstance(beside[0], Double):
        return Double(float(literal.value), literal.pos)
    return literal


def _presence_warnings(expr: Expr, env: TypeEnv) -> list[Problem]:
    asked = {(node.attribute.side, node.attribute.name) for node in walk(expr) if isinstance(node, Has)}
    found: dict[tuple[str, str], Problem] = {}
    for node in _read_attributes(expr):
        key = (node.side, node.name)
        declared = env.lookup(*key)
        if declared is not None and declared.optional and key not in asked and key not in found:
            name = f"{node.side}.{node.name}"
            found[key] = Problem(
                f"`{name}` is optional; without it the comparison is an error, which allows nothing and forbids",
                node.pos[0], node.pos[1], f"say what is meant: `has({name}) && ...`", "optional-without-has")
    return list(found.values())


def _read_attributes(expr: Expr) -> list[Attribute]:
    if isinstance(expr, Has):
        return []
    if isinstance(expr, Attribute):
        return [expr]
    return [attribute for child in children(expr) for attribute in _read_attributes(child)]
