"""Random conditions and contexts, and the attributes they are about."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
    CompareOp,
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
    Part,
    Size,
    String,
    TextOp,
    TextTest,
    TimePart,
    Timestamp,
    TimeSum,
    Variable,
)
from seccfg.expr.check import check
from seccfg.expr.evaluate import UNUSABLE, Context
from seccfg.expr.parser import parse
from seccfg.expr.types import (
    DURATION_LIMIT,
    INTEGER_LIMIT,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    AttributeKey,
    AttributeType,
    ExprType,
    ScalarType,
    TypeEnv,
    element_type,
)

DECLARED: dict[AttributeKey, AttributeType] = {
    ("principal", "department"): AttributeType("string", True),
    ("principal", "level"): AttributeType("integer"),
    ("principal", "mfa"): AttributeType("boolean", True),
    ("principal", "labels"): AttributeType("list<string>"),
    ("resource", "department"): AttributeType("string"),
    ("resource", "required"): AttributeType("integer"),
    ("resource", "score"): AttributeType("number"),
    ("resource", "ratio"): AttributeType("number", True),
    ("resource", "open"): AttributeType("boolean"),
    ("resource", "tags"): AttributeType("list<string>"),
    ("resource", "grades"): AttributeType("list<integer>"),
    ("resource", "created"): AttributeType("timestamp"),
    ("resource", "lifetime"): AttributeType("duration"),
    ("resource", "na-me"): AttributeType("string"),
}
NOON = 1_767_614_400
TEXTS = ["", "a", "ab", "A", "sales", "Sales", "sal", "a1", "1", "true", "a-b", "a/b", "é", "e\u0301", "\U0001F600", "a\n", 'q"\\']
PATTERNS = ["^[a-z]+$", "a", "^a[0-9]?", "[^/]+$", "^(sales|ops)$", "^[a-z]+(-[a-z]+)*$", r"\d", r"^\w{1,3}$", ""]
PARTS: list[Part] = [
    "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfYear", "getDayOfWeek", "getHours", "getMinutes", "getSeconds",
]


class RandomConditions:
    """Checked conditions over `DECLARED`, and contexts for them, all drawn from one source of randomness."""

    def __init__(self, source: random.Random) -> None:
        self._random = source
        self._variable: tuple[str, ScalarType] | None = None
        self._known = {**DECLARED, **dict(TypeEnv().items())}

    # ---------------------------------------------------------------------------------------------- conditions
    def condition(self, depth: int = 3) -> Expr:
        """A condition as `check` returns it."""
        r = self._random
        kind = r.randrange(8) if depth > 0 else 7
        if kind < 2:
            return And(tuple(self.condition(depth - 1) for _ in range(r.randint(2, 3))))
        if kind < 4:
            return Or(tuple(self.condition(depth - 1) for _ in range(r.randint(2, 3))))
        if kind < 6:
            return Not(self.condition(depth - 1))
        return self.atom()

    def atom(self) -> Expr:
        r = self._random
        choice = r.randrange(13 if self._variable is None else 10)
        if choice < 3:
            return self._comparison()
        if choice == 3:
            return Compare(r.choice(("==", "!=")), self.operand("string"), self.operand("string"))
        if choice == 4:
            return TextTest(self._text_op(), self.operand("string"), self.operand("string"))
        if choice == 5:
            return Matches(self.operand("string"), r.choice(PATTERNS))
        if choice == 6:
            return In(self.operand("string"), ListLiteral(tuple(self.constant("string") for _ in range(r.randint(1, 3)))))
        if choice == 7:
            listed: ExprType = r.choice(("list<string>", "list<integer>"))
            return In(self.operand(element_type(listed) or "string"), self.attribute(listed))
        if choice == 8:
            return Has(self.attribute(r.choice(("string", "boolean", "list<string>", "timestamp"))))
        if choice == 9:
            flag = self.attribute("boolean")
            return flag if r.random() < 0.5 else Compare(r.choice(("==", "!=")), flag, Bool(r.random() < 0.5))
        return self._quantifier()

    def _quantifier(self) -> Expr:
        r = self._random
        items: Expr
        if r.random() < 0.3:
            items = ListLiteral(tuple(self.constant("string") for _ in range(r.randint(1, 3))))
        else:
            items = self.attribute(r.choice(("list<string>", "list<integer>")))
        element: ScalarType = "integer" if isinstance(items, Attribute) and items.type == "list<integer>" else "string"
        name = r.choice(("t", "item", "each", "lambda"))
        self._variable = (name, element)
        body = self.condition(1)
        self._variable = None
        return (Exists if r.random() < 0.5 else ForAll)(items, name, body)

    def _comparison(self) -> Expr:
        r = self._random
        ops: list[CompareOp] = ["==", "!=", "<", "<=", ">", ">="]
        kind: ScalarType = r.choice(("integer", "integer", "number", "timestamp", "duration"))
        left = self.operand(kind)
        right = self.operand(kind)
        return Compare(r.choice(ops), left, right)

    def _text_op(self) -> TextOp:
        ops: list[TextOp] = ["startsWith", "endsWith", "contains"]
        return self._random.choice(ops)

    def operand(self, kind: ScalarType, depth: int = 1) -> Expr:
        """A value of *kind*: an attribute, a constant, the element at hand, or something computed."""
        r = self._random
        if self._variable is not None and self._variable[1] == kind and r.random() < 0.5:
            return Variable(*self._variable)
        choice = r.random()
        if choice < 0.25:
            return self.constant(kind)
        if depth and kind == "integer" and choice < 0.5:
            if r.random() < 0.5:
                return Size(self.attribute(r.choice(("list<string>", "list<integer>", "string"))))
            if r.random() < 0.3:
                return TimePart(r.choice(PARTS[6:]), self.operand("duration", 0))
            return TimePart(r.choice(PARTS), self.operand("timestamp", depth - 1))
        if depth and kind == "timestamp" and choice < 0.5:
            return TimeSum(r.choice(("+", "-")), self.operand("timestamp", depth - 1), self.operand("duration", 0))
        if depth and kind == "duration" and choice < 0.5:
            inner: ScalarType = r.choice(("timestamp", "duration"))
            return TimeSum("-", self.operand(inner, 0), self.operand(inner, 0))
        return self.attribute(kind)

    def attribute(self, kind: ExprType) -> Attribute:
        side, name = self._random.choice([key for key, known in self._known.items() if known.type == kind])
        return Attribute(side, name, kind)

    def constant(self, kind: ScalarType) -> Constant:
        r = self._random
        if kind == "string":
            return String(r.choice(TEXTS))
        if kind == "integer":
            return Int(r.choice((0, 1, 2, 3, 5, -1, 12, INTEGER_LIMIT, -INTEGER_LIMIT)))
        if kind == "number":
            return Double(r.choice((0.0, 1.0, 1.5, -2.25, 5.0, 1e-9)))
        if kind == "boolean":
            return Bool(r.random() < 0.5)
        if kind == "timestamp":
            return Timestamp(r.choice((NOON, NOON + 1, 0, TIMESTAMP_MAX, TIMESTAMP_MIN)))
        return Duration(r.choice((0, 60, 3600, 5401, -3600, DURATION_LIMIT)))

    # ------------------------------------------------------------------------------------------------ contexts
    def context(self, hostile: bool) -> Context:
        """A value for every attribute; *hostile*: about half of them missing, null, ill-typed or at a limit."""
        sides: dict[str, dict[str, object]] = {"principal": {}, "resource": {}, "request": {}}
        for (side, name), known in self._known.items():
            if not hostile or self._random.random() < 0.5:
                sides[side][name] = self._good(known.type)
            elif self._random.random() < 0.7:
                sides[side][name] = self._random.choice(HOSTILE)
        return {"principal": sides["principal"], "resource": sides["resource"], "request": sides["request"]}

    def _good(self, kind: ExprType) -> object:
        r = self._random
        element = element_type(kind)
        if element is not None:
            return [self._good(element) for _ in range(r.randrange(4))]
        constant = self.constant(element or _scalar(kind))
        value: object = constant.seconds if isinstance(constant, (Timestamp, Duration)) else constant.value
        if kind in ("integer", "timestamp") and r.random() < 0.1:
            return float(str(value))
        return value


def _scalar(kind: ExprType) -> ScalarType:
    for scalar in ("string", "integer", "number", "boolean", "timestamp", "duration"):
        if scalar == kind:
            return scalar
    raise TypeError(kind)


HOSTILE: list[object] = [
    None, UNUSABLE, True, False, 0, 1, -1, 5.0, 5.5, -0.0, float("nan"), float("inf"), -float("inf"), INTEGER_LIMIT,
    INTEGER_LIMIT + 1, -INTEGER_LIMIT - 1, 10**30, 1e300, "", "5", "true", "a\0", "\ufffd", "\ud800", "é", "a\n", "x" * 1_025,
    [], ["a"], ["a", 1], ["a", None], [1, 2.0], [1, True], [["a"]], {}, {"a": 1}, (), NOON, NOON + 0.5, TIMESTAMP_MAX + 1,
    TIMESTAMP_MIN - 1, DURATION_LIMIT + 1, b"a",
]


@pytest.fixture(scope="session")
def env() -> TypeEnv:
    """The declared attributes."""
    return TypeEnv(DECLARED)


@pytest.fixture(scope="session")
def condition(env: TypeEnv) -> Callable[[str], Expr]:
    """Text to a checked condition."""
    return lambda text: check(parse(text), env).expr


@pytest.fixture(scope="session")
def conditions() -> type[RandomConditions]:
    """Makes random conditions out of a `random.Random`."""
    return RandomConditions
