"""
Questions the cells leave open, put to z3: the extra `seccfg[prove]`, loaded when there is such a question and not before.

An atom becomes a pair of formulas, where it is TRUE and where it is FALSE, as the reference has it: both fail where an
operand is an error. A list becomes as many elements as the conditions can tell apart; where they might tell more apart, an
answer "no" is no proof and is not given. What z3 finds is a situation like any other, evaluated by the reference before it
is believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from seccfg.analyse.atoms import Situation
from seccfg.analyse.values import ANYTHING, Shape
from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
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
    attributes,
    walk,
)
from seccfg.expr.boundaries import MISSING
from seccfg.expr.evaluate import UNUSABLE, is_duration
from seccfg.expr.regex import MAX_SUBJECT, Chars, Choice, Regex, RegexNode, Repeat, parse_regex, ranges_of
from seccfg.expr.regex import Sequence as InOrder
from seccfg.expr.types import (
    DURATION_LIMIT,
    INTEGER_LIMIT,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    AttributeKey,
    ExprType,
    element_type,
)
from seccfg.record import Record

__all__ = ["TIMEOUT_MS", "UNDECIDED", "Proof", "installed", "newly_allowed"]

TIMEOUT_MS: Final = 3_000
"""For one question; what takes longer is not decided."""
_WISHES: Final = 200_000
"""Steps the prover takes for one wish about a situation it has found."""
_MAX_ELEMENTS: Final = 12
_SECONDS: Final = {"getHours": (3_600, 24), "getMinutes": (60, 60), "getSeconds": (1, 60)}
_LIMITS: Final = {
    "integer": (-INTEGER_LIMIT, INTEGER_LIMIT), "number": (-INTEGER_LIMIT, INTEGER_LIMIT),
    "timestamp": (TIMESTAMP_MIN, TIMESTAMP_MAX), "duration": (-DURATION_LIMIT, DURATION_LIMIT),
}  # fmt: skip
Pair = tuple[Any, Any]
"""Where it is TRUE, and where it is FALSE."""
Operand = tuple[Any, Any]
"""Where there is a value, and the value."""


class Proof(Record):
    """`none`: proven that there is no such request. `situation`: one, not yet evaluated. Neither: not decided."""

    none: bool = False
    situation: Situation | None = None


UNDECIDED: Final = Proof()


class _Unknown(Exception):
    """A form the encoding has no words for."""


def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("z3") is not None


def newly_allowed(
    old: Expr, new: Expr, shapes: Mapping[AttributeKey, Shape] | None = None, fixed: Situation | None = None,
    timeout_ms: int = TIMEOUT_MS,
) -> Proof:  # fmt: skip
    """Whether some request that *old* does not allow is allowed by *new*; *fixed* attributes have that value."""
    if not installed():
        return UNDECIDED
    try:
        encoding = _Encoding((old, new), shapes or {}, fixed or {}, timeout_ms)
        return encoding.ask(encoding.pair(new)[0], encoding.pair(old)[0])
    except _Unknown:
        return UNDECIDED


class _List(Record):
    """Elements and how many of them count."""

    items: tuple[Any, ...]
    size: Any


class _Encoding:
    """Some conditions over the attributes they read."""

    def __init__(
        self, conditions: Sequence[Expr], shapes: Mapping[AttributeKey, Shape], fixed: Situation, timeout_ms: int
    ) -> None:
        self._z3: Any = import_module("z3")
        self._solver = self._z3.Solver()
        self._solver.set("timeout", timeout_ms)
        self._shapes = shapes
        self._fixed = fixed
        self._keys = sorted({key for condition in conditions for key in attributes(condition)})
        self._operands: dict[AttributeKey, tuple[ExprType, Any, Any, Any]] = {}
        """(type, is there, is of use, value)."""
        self._capped = False
        self._elements = self._needed(conditions)

    def _needed(self, conditions: Sequence[Expr]) -> int:
        """How many elements of a list the conditions can tell apart."""
        count = 2
        for condition in conditions:
            for node in walk(condition):
                match node:
                    case In():
                        count += 1
                    case Exists() | ForAll():
                        count += 2
                    case Compare(_, Size(_), Int(number)) | Compare(_, Int(number), Size(_)):
                        count += max(number, 0) + 1
                    case _:
                        pass
        self._capped = count > _MAX_ELEMENTS
        return min(count, _MAX_ELEMENTS)

    # ---------------------------------------------------------------------------------------------------- the question
    def ask(self, true: Any, untrue: Any) -> Proof:
        """A situation where *true* holds and *untrue* does not."""
        z3, solver = self._z3, self._solver
        solver.add(true, z3.Not(untrue))
        answer = solver.check()
        if answer == z3.unsat:
            return UNDECIDED if self._capped else Proof(none=True)
        if answer != z3.sat:
            return UNDECIDED
        model = solver.model()
        solver.set("rlimit", _WISHES)  # counted in steps, not in time: the same situation on every machine
        for preferred in self._preferences():  # the plainest first: what can be left out is, texts are of plain characters
            solver.push()
            solver.add(preferred)
            if solver.check() == z3.sat:
                model = solver.model()
            else:
                solver.pop()
        return Proof(situation=self._read(model))

    def _preferences(self) -> list[Any]:
        z3 = self._z3
        found = []
        for type_, there, usable, value in self._operands.values():
            found.append(z3.Not(there))
            found.append(usable)
            if type_ == "string":
                found.append(z3.InRe(value, self._plain()))
                found.append(z3.Length(value) > 0)
            if isinstance(value, _List):
                found.append(value.size == 0)
                found += [z3.InRe(item, self._plain()) for item in value.items if element_type(type_) == "string"]
        return found

    def _plain(self) -> Any:
        z3 = self._z3
        ranges = [z3.Range("0", "9"), z3.Range("A", "Z"), z3.Range("a", "z"), *map(z3.Re, "_.:@!~*+=-")]
        return z3.Star(z3.Union(*ranges))

    def _read(self, model: Any) -> Situation:
        z3 = self._z3
        found: dict[AttributeKey, object] = dict(self._fixed)
        for key, (type_, there, usable, value) in self._operands.items():
            if not z3.is_true(model.eval(there, model_completion=True)):
                found[key] = MISSING
            elif not z3.is_true(model.eval(usable, model_completion=True)):
                found[key] = UNUSABLE
            elif isinstance(value, _List):
                size = model.eval(value.size, model_completion=True).as_long()
                kind = element_type(type_)
                found[key] = tuple(self._constant(model, item, kind) for item in value.items[:size])
            else:
                found[key] = self._constant(model, value, type_)
        return found

    def _constant(self, model: Any, term: Any, type_: ExprType | None) -> object:
        value = model.eval(term, model_completion=True)
        if type_ == "string":
            return _unescaped(value.as_string())
        if type_ == "boolean":
            return bool(self._z3.is_true(value))
        if type_ == "number":
            return value.numerator_as_long() / value.denominator_as_long()
        return value.as_long()

    # ------------------------------------------------------------------------------------------------------ conditions
    def pair(self, expr: Expr, element: Operand | None = None) -> Pair:
        """Where *expr* is TRUE and where it is FALSE."""
        z3 = self._z3
        match expr:
            case Bool(value):
                return z3.BoolVal(value), z3.BoolVal(not value)
            case And(operands):
                pairs = [self.pair(operand, element) for operand in operands]
                return z3.And([t for t, _ in pairs]), z3.Or([f for _, f in pairs])
            case Or(operands):
                pairs = [self.pair(operand, element) for operand in operands]
                return z3.Or([t for t, _ in pairs]), z3.And([f for _, f in pairs])
            case Not(operand):
                true, false = self.pair(operand, element)
                return false, true
            case Has(Attribute(side, name, type_)):
                there = self._attribute((side, name), type_)[1]
                return there, z3.Not(there)
            case Compare(op, left, right):
                return self._compared(op, self._value(left, element), self._value(right, element))
            case In(item, container):
                return self._among(self._value(item, element), container, element)
            case TextTest(op, subject, argument):
                (good, text), (fine, part) = self._value(subject, element), self._value(argument, element)
                test = {"contains": z3.Contains(text, part), "startsWith": z3.PrefixOf(part, text)}
                return self._guarded(z3.And(good, fine), test.get(op, z3.SuffixOf(part, text)))
            case Matches(subject, pattern):
                good, text = self._value(subject, element)
                ascii_ = z3.InRe(text, z3.Star(z3.Range("\x01", "\x7f")))
                good = z3.And(good, ascii_, z3.Length(text) <= MAX_SUBJECT)
                return self._guarded(good, z3.InRe(text, self._regex(parse_regex(pattern))))
            case Exists(items, _, body):
                good, pairs = self._each(items, body, element)
                return z3.And(good, z3.Or([z3.And(n, t) for n, (t, _) in pairs])), z3.And(
                    good, *[z3.Or(z3.Not(n), f) for n, (_, f) in pairs]
                )
            case ForAll(items, _, body):
                good, pairs = self._each(items, body, element)
                return z3.And(good, *[z3.Or(z3.Not(n), t) for n, (t, _) in pairs]), z3.And(
                    good, z3.Or([z3.And(n, f) for n, (_, f) in pairs])
                )
            case _:
                good, flag = self._value(expr, element)
                return self._guarded(good, flag)

    def _guarded(self, good: Any, holds: Any) -> Pair:
        return self._z3.And(good, holds), self._z3.And(good, self._z3.Not(holds))

    def _compared(self, op: str, left: Operand, right: Operand) -> Pair:
        (good, a), (fine, b) = left, right
        if isinstance(a, _List) or isinstance(b, _List):
            raise _Unknown
        holds = {"==": lambda: a == b, "!=": lambda: a != b, "<": lambda: a < b, "<=": lambda: a <= b, ">": lambda: a > b}
        return self._guarded(self._z3.And(good, fine), holds.get(op, lambda: a >= b)())

    def _among(self, item: Operand, container: Expr, element: Operand | None) -> Pair:
        z3 = self._z3
        good, wanted = item
        if isinstance(container, ListLiteral):
            return self._guarded(good, z3.Or([wanted == self._value(c, None)[1] for c in container.items]))
        fine, listed = self._value(container, element)
        if not isinstance(listed, _List):
            raise _Unknown
        holds = z3.Or([z3.And(number < listed.size, wanted == one) for number, one in enumerate(listed.items)])
        return self._guarded(z3.And(good, fine), holds)

    def _each(self, items: Expr, body: Expr, element: Operand | None) -> tuple[Any, list[tuple[Any, Pair]]]:
        z3 = self._z3
        if isinstance(items, ListLiteral):
            return z3.BoolVal(True), [(z3.BoolVal(True), self.pair(body, self._value(i, None))) for i in items.items]
        good, listed = self._value(items, element)
        if not isinstance(listed, _List):
            raise _Unknown
        true = z3.BoolVal(True)
        return good, [(number < listed.size, self.pair(body, (true, one))) for number, one in enumerate(listed.items)]

    # ---------------------------------------------------------------------------------------------------------- values
    def _value(self, expr: Expr, element: Operand | None) -> Operand:
        z3 = self._z3
        true = z3.BoolVal(True)
        match expr:
            case Attribute(side, name, type_):
                _, there, usable, value = self._attribute((side, name), type_)
                return z3.And(there, usable), value
            case Variable():
                if element is None:
                    raise _Unknown
                return element
            case Bool(value):
                return true, z3.BoolVal(value)
            case Int(value):
                return true, z3.IntVal(value)
            case Double(value):
                return true, z3.RealVal(repr(value))
            case String(value):
                return true, z3.StringVal(_escaped(value))
            case Timestamp() | Duration():
                return true, z3.IntVal(expr.seconds)
            case Size(operand):
                good, counted = self._value(operand, element)
                if isinstance(counted, _List):
                    return good, counted.size
                return z3.And(good, z3.InRe(counted, z3.Star(z3.Range("\x00", "\x7f")))), z3.Length(counted)
            case TimePart(part, operand):
                return self._part(part, operand, element)
            case TimeSum(op, left, right):
                (good, a), (fine, b) = self._value(left, element), self._value(right, element)
                total = a + b if op == "+" else a - b
                low, high = _LIMITS["duration" if is_duration(expr) else "timestamp"]
                return z3.And(good, fine, total >= low, total <= high), total
            case _:
                raise _Unknown

    def _part(self, part: str, operand: Expr, element: Operand | None) -> Operand:
        good, seconds = self._value(operand, element)
        if is_duration(operand):
            raise _Unknown
        if part in _SECONDS:
            size, around = _SECONDS[part]
            return good, (seconds / size) % around
        if part == "getDayOfWeek":
            return good, (seconds / 86_400 + 4) % 7
        raise _Unknown

    def _attribute(self, key: AttributeKey, type_: ExprType | None) -> tuple[ExprType, Any, Any, Any]:
        found = self._operands.get(key)
        if found is None:
            if type_ is None:
                raise _Unknown
            found = self._operands[key] = self._declared(key, type_)
        return found

    def _declared(self, key: AttributeKey, type_: ExprType) -> tuple[ExprType, Any, Any, Any]:
        z3 = self._z3
        name, shape = ".".join(key), self._shapes.get(key, ANYTHING)
        there, usable = z3.Bool(f"{name} is there"), z3.Bool(f"{name} is of use")
        kind = element_type(type_)
        value: Any
        if kind is None:
            value = self._constant_of(name, type_)
        else:
            value = _List(tuple(self._constant_of(f"{name} {n}", kind) for n in range(self._elements)), z3.Int(f"{name} size"))
            self._solver.add(value.size >= 0, value.size <= self._elements)
            if not shape.missing and not shape.unusable:  # roles and scopes are sets: no element stands there twice
                self._solver.add(z3.Distinct(*value.items))
        if key in self._fixed:
            known = self._fixed[key]
            self._solver.add(there == (known is not MISSING), usable == (known is not UNUSABLE))
            if known is not MISSING and known is not UNUSABLE:
                raise _Unknown
        if not shape.missing:
            self._solver.add(there)
        if not shape.unusable:
            self._solver.add(usable)
        if shape.only is not None:
            self._solver.add(z3.Or([value == self._literal(one) for one in shape.only]))
        return type_, there, usable, value

    def _literal(self, value: object) -> Any:
        if isinstance(value, str):
            return self._z3.StringVal(_escaped(value))
        if isinstance(value, (bool, int, float)):
            return value
        raise _Unknown

    def _constant_of(self, name: str, type_: ExprType) -> Any:
        z3 = self._z3
        if type_ == "string":
            return z3.String(name)
        if type_ == "boolean":
            return z3.Bool(name)
        term = z3.Real(name) if type_ == "number" else z3.Int(name)
        low, high = _LIMITS[str(type_)]
        self._solver.add(term >= low, term <= high)
        return term

    # --------------------------------------------------------------------------------------------------------- patterns
    def _regex(self, pattern: Regex) -> Any:
        z3 = self._z3
        anything = z3.Star(z3.Range("\x00", "\x7f"))
        parts = [self._node(pattern.body)]
        if not pattern.starts:
            parts.insert(0, anything)
        if not pattern.ends:
            parts.append(anything)
        return z3.Concat(*parts) if len(parts) > 1 else parts[0]

    def _node(self, node: RegexNode) -> Any:
        z3 = self._z3
        match node:
            case Chars(mask):
                ranges = [z3.Range(chr(low), chr(high)) for low, high in ranges_of(mask)]
                return z3.Union(*ranges) if len(ranges) > 1 else ranges[0]
            case InOrder(items):
                parts = [self._node(item) for item in items]
                return z3.Concat(*parts) if len(parts) > 1 else parts[0] if parts else z3.Re("")
            case Choice(options):
                return z3.Union(*[self._node(option) for option in options])
            case Repeat(item, low, high):
                inner = self._node(item)
                if high is None:
                    return z3.Star(inner) if low == 0 else z3.Concat(z3.Loop(inner, low, low), z3.Star(inner))
                return z3.Loop(inner, low, high) if high else z3.Re("")


def _escaped(text: str) -> str:
    """*text* as z3 reads it: what is not printable ASCII, and the backslash, by number."""
    return "".join(c if " " <= c <= "~" and c != "\\" else f"\\u{{{ord(c):x}}}" for c in text)


def _unescaped(text: str) -> str:
    import re

    return re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda found: chr(int(found[1], 16)), text)
