"""Condition text to an untyped tree.

    expr   = and {"||" and} ;      and = relation {"&&" relation} ;
    relation = sum [("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") sum] ;     a < b < c is refused
    sum    = unary {("+" | "-") unary} ;                            timestamps and durations only
    unary  = "!" unary | "-" NUMBER | member ;
    member = primary {"." METHOD "(" arguments ")"} ;
    primary = literal | list | "(" expr ")" | SIDE "." NAME | SIDE "[" STRING "]" | VARIABLE
            | "has(" attribute ")" | "size(" expr ")" | "timestamp(" STRING ")" | "duration(" STRING ")" ;

What CEL has and this language has not is refused by name. The first syntax error ends the parse; characters and
literals that are wrong in themselves, unknown names and refused names are reported together with it.
"""

from __future__ import annotations

from typing import get_args

from seccfg.expr.ast import (
    And,
    Attribute,
    Bool,
    Compare,
    CompareOp,
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
    Pos,
    Size,
    String,
    TextOp,
    TextTest,
    TimePart,
    Timestamp,
    TimeSum,
    Variable,
    children,
)
from seccfg.expr.errors import ExprError, Problem, closest
from seccfg.expr.lexer import Token, tokenize
from seccfg.expr.times import parse_duration, parse_timestamp
from seccfg.expr.types import SIDES

__all__ = ["MAX_ATOMS", "MAX_DEPTH", "MAX_LIST_ITEMS", "count_atoms", "parse", "refused_name"]

MAX_DEPTH = 32
MAX_ATOMS = 64
MAX_LIST_ITEMS = 256

_CONSTANTS = (Bool, Int, Double, String, Timestamp, Duration)
_RELATIONS: dict[object, CompareOp] = {op: op for op in get_args(CompareOp)}
_TEXT_METHODS: dict[str, TextOp] = {op: op for op in get_args(TextOp)}
_PARTS: dict[str, Part] = {part: part for part in get_args(Part)}
_METHODS = sorted({*_TEXT_METHODS, *_PARTS, "matches", "size", "exists", "all"})
_FUNCTIONS = ("has", "size", "timestamp", "duration")
_REFUSED_NAMES = frozenset(
    (
        "as", "break", "const", "constructor", "contains", "continue", "data", "default", "else", "every", "false",
        "for", "function", "if", "import", "in", "input", "let", "loop", "namespace", "not", "null", "package",
        "prototype", "return", "some", "true", "var", "void", "while", "with", "__proto__",
    )
)
_NO_ARITHMETIC = "conditions compare, they do not calculate; let the issuer or the service provide the value"
_REFUSED_METHODS = {
    "map": "lists are not transformed; use `exists` or `all`",
    "filter": "lists are not transformed; use `exists` or `all`",
    "exists_one": "use `exists`",
    "existsOne": "use `exists`",
    "getMilliseconds": "timestamps count whole seconds",
    "lowerAscii": "case is never folded; compare with the exact text",
    "upperAscii": "case is never folded; compare with the exact text",
}
_REFUSED_FUNCTIONS = {
    **dict.fromkeys(
        ("int", "uint", "double", "string", "bytes", "bool", "dyn", "type"),
        "values are never converted; declare the attribute with the type it has",
    ),
    "matches": 'write `x.matches("pattern")`',
    "now": "write `request.time`",
}


def parse(source: str) -> Expr:
    """The untyped tree of *source*; raises ExprError with every problem found."""
    problems: list[Problem] = []
    tokens = tokenize(source, problems)
    if problems and len(tokens) == 1:
        raise ExprError(problems)
    parser = _Parser(tokens, problems)
    expr: Expr | None
    try:
        expr = parser.whole()
    except _Stop:
        expr = None
    if not problems and expr is not None:
        atoms = count_atoms(expr)
        if atoms > MAX_ATOMS:
            problems.append(Problem(
                f"a condition may compare at most {MAX_ATOMS} times, this one does {atoms} times", 0, len(source),
                "split it into several named conditions; `x in [...]` is one comparison"))
    if problems or expr is None:
        raise ExprError(problems)
    return expr


def refused_name(name: str) -> bool:
    """True for names no attribute and no variable may have: they mean something else in a language we emit."""
    return name in _REFUSED_NAMES


def count_atoms(expr: Expr) -> int:
    """Comparisons in *expr*; a quantifier over a written-out list counts once for each element."""
    match expr:
        case Exists(ListLiteral(items), _, body) | ForAll(ListLiteral(items), _, body):
            return max(1, len(items)) * count_atoms(body)
        case Exists(_, _, body) | ForAll(_, _, body):
            return 1 + count_atoms(body)
        case And() | Or() | Not():
            return sum(count_atoms(child) for child in children(expr))
        case _:
            return 1


class _Stop(Exception):
    """The parse cannot go on; the reason is in the list of problems."""


class _Parser:
    __slots__ = ("_at", "_depth", "_problems", "_tokens", "_variable")

    def __init__(self, tokens: list[Token], problems: list[Problem]) -> None:
        self._tokens = tokens
        self._problems = problems
        self._at = 0
        self._depth = 0
        self._variable = ""

    # ------------------------------------------------------------------------------------------------- tokens
    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _is_op(self, op: str) -> bool:
        token = self._tokens[self._at]
        return token.kind == "op" and token.value == op

    def _expect(self, op: str, after: str) -> Token:
        if not self._is_op(op):
            raise self._fail(f"expected `{op}` {after}", self._peek())
        return self._next()

    def _problem(self, message: str, pos: Pos, help: str = "") -> None:
        self._problems.append(Problem(message, pos[0], pos[1], help))

    def _fail(self, message: str, token: Token, help: str = "") -> _Stop:
        found = " at the end" if token.kind == "end" and message.startswith("expected") else ""
        self._problem(message + found, (token.start, token.end), help)
        return _Stop()

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._fail(f"nested more than {MAX_DEPTH} levels deep", token, "split it into named conditions")

    # -------------------------------------------------------------------------------------------- operators
    def whole(self) -> Expr:
        if self._peek().kind == "end":
            raise self._fail("the condition is empty", self._peek())
        expr = self._or()
        token = self._peek()
        if token.kind != "end":
            raise self._unexpected(token)
        return expr

    def _unexpected(self, token: Token) -> _Stop:
        value = token.value
        if token.kind == "op":
            if value == "?":
                return self._fail("the conditional `? :` is not supported", token, "write `(c && a) || (!c && b)`")
            if value in ("*", "/", "%"):
                return self._fail(f"`{value}` is not supported", token, _NO_ARITHMETIC)
            if value == "{":
                return self._fail("maps and messages are not supported", token)
            if value == "[":
                return self._fail("lists have no index here", token, "use `in`, `exists` or `all`")
            if value in ("&&", "||"):
                return self._fail(f"nothing to compare before `{value}`", token)
        if token.kind == "end":
            return self._fail("the condition stops too early", token)
        if token.kind == "name" and value in ("and", "or", "not"):
            operator = {"and": "&&", "or": "||"}.get(str(value), "!")
            return self._fail(f"unexpected `{value}`", token, f"write `{operator}`")
        return self._fail(f"unexpected {_shown(token)}", token)

    def _or(self) -> Expr:
        first = self._and()
        if not self._is_op("||"):
            return first
        operands = [first]
        while self._is_op("||"):
            self._next()
            operands.append(self._and())
        return Or(tuple(operands), (operands[0].pos[0], operands[-1].pos[1]))

    def _and(self) -> Expr:
        first = self._relation()
        if not self._is_op("&&"):
            return first
        operands = [first]
        while self._is_op("&&"):
            self._next()
            operands.append(self._relation())
        return And(tuple(operands), (operands[0].pos[0], operands[-1].pos[1]))

    def _relation(self) -> Expr:
        left = self._sum()
        token = self._peek()
        if not _is_relation(token):
            return left
        self._next()
        right = self._sum()
        if _is_relation(self._peek()):
            raise self._fail("comparisons cannot be chained", self._peek(), "write `a < b && b < c`")
        pos = (left.pos[0], right.pos[1])
        if token.kind == "name":
            return In(left, right, pos)
        return Compare(_RELATIONS[token.value], left, right, pos)

    def _sum(self) -> Expr:
        expr = self._unary()
        depth = self._depth
        while True:
            token = self._peek()
            if self._is_op("+") or self._is_op("-"):
                self._deeper(self._next())
                right = self._unary()
                expr = TimeSum("+" if token.value == "+" else "-", expr, right, (expr.pos[0], right.pos[1]))
            elif token.kind == "op" and token.value in ("*", "/", "%"):
                raise self._unexpected(token)
            else:
                self._depth = depth
                return expr

    def _unary(self) -> Expr:
        token = self._peek()
        if self._is_op("!"):
            self._deeper(self._next())
            operand = self._unary()
            self._depth -= 1
            return Not(operand, (token.start, operand.pos[1]))
        if self._is_op("-"):
            self._next()
            number = self._peek()
            pos = (token.start, number.end)
            if number.kind == "int" and isinstance(number.value, int):
                self._next()
                return Int(-number.value, pos)
            if number.kind == "double" and isinstance(number.value, float):
                self._next()
                return Double(-number.value if number.value else 0.0, pos)
            raise self._fail("`-` goes before a number only", token, _NO_ARITHMETIC)
        return self._member()

    # ---------------------------------------------------------------------------------------------- operands
    def _member(self) -> Expr:
        expr = self._primary()
        depth = self._depth
        while self._is_op("."):
            self._next()
            name = self._peek()
            if name.kind != "name":
                raise self._fail("expected a name after `.`", name)
            self._next()
            if not self._is_op("("):
                raise self._fail(
                    f"unexpected `.{name.value}`", name,
                    "attributes have no parts; declare another attribute for the inner value"
                    if isinstance(expr, Attribute) else "",
                )
            self._deeper(self._next())
            expr = self._method(expr, str(name.value), name)
        self._depth = depth
        if self._is_op("[") or self._is_op("{"):
            raise self._unexpected(self._peek())
        return expr

    def _method(self, subject: Expr, method: str, name: Token) -> Expr:
        start = subject.pos[0]
        if method in _TEXT_METHODS:
            argument = self._or()
            end = self._expect(")", f"after the argument of `{method}`").end
            return TextTest(_TEXT_METHODS[method], subject, argument, (start, end))
        if method == "matches":
            pattern = self._peek()
            if pattern.kind != "string":
                raise self._fail("`matches` takes a pattern written out as text", pattern)
            self._next()
            end = self._expect(")", "after the pattern").end
            return Matches(subject, str(pattern.value), (start, end))
        if method == "exists" or method == "all":
            return self._quantifier(subject, method, name)
        if method == "size":
            return Size(subject, (start, self._expect(")", "after `size(`").end))
        if method in _PARTS:
            if self._peek().kind == "string":
                zone = self._next()
                if zone.value != "UTC":
                    self._problem("time zones are not supported", (zone.start, zone.end), "times are read in UTC")
            return TimePart(_PARTS[method], subject, (start, self._expect(")", f"after `{method}(`").end))
        if method in _REFUSED_METHODS:
            raise self._fail(f"`{method}` is not supported", name, _REFUSED_METHODS[method])
        raise self._fail(f"unknown method `{method}`", name, _did_you_mean(closest(method, _METHODS)))

    def _quantifier(self, items: Expr, method: str, name: Token) -> Expr:
        if self._variable:
            raise self._fail(f"`{method}` inside another `exists` or `all`", name, "one level is supported")
        variable = self._next()
        if variable.kind != "name":
            help = f"write `x.{method}(item, item == ...)`"
            raise self._fail(f"`{method}` takes a name and a condition", variable, help)
        text = str(variable.value)
        if refused_name(text) or text in SIDES or text in _FUNCTIONS:
            at = (variable.start, variable.end)
            self._problem(f"`{text}` cannot be the name of an element", at, "choose another name")
        self._expect(",", f"after the name in `{method}`")
        self._variable = text
        body = self._or()
        self._variable = ""
        pos = (items.pos[0], self._expect(")", f"after `{method}`").end)
        return Exists(items, text, body, pos) if method == "exists" else ForAll(items, text, body, pos)

    def _primary(self) -> Expr:
        token = self._next()
        pos = (token.start, token.end)
        value = token.value
        if token.kind == "name":
            return self._named(token, str(value), pos)
        if token.kind == "string":
            return String(str(value), pos)
        if token.kind == "int" and isinstance(value, int):
            return Int(value, pos)
        if token.kind == "double" and isinstance(value, float):
            return Double(value, pos)
        if token.kind == "op" and value == "(":
            self._deeper(token)
            expr = self._or()
            self._expect(")", "to close `(`")
            self._depth -= 1
            return expr
        if token.kind == "op" and value == "[":
            return self._list(token)
        raise self._unexpected(token)

    def _list(self, opening: Token) -> Expr:
        items: list[Bool | Int | Double | String | Timestamp | Duration] = []
        while not self._is_op("]"):
            if items:
                self._expect(",", "between list elements")
                if self._is_op("]"):
                    break
            self._deeper(opening)
            item = self._sum()
            self._depth -= 1
            if not isinstance(item, _CONSTANTS):
                self._problem("a written-out list holds constants only", item.pos, "compare with `==` and `||` instead")
                item = Bool(False, item.pos)
            items.append(item)
            if len(items) > MAX_LIST_ITEMS:
                raise self._fail(f"a list may have at most {MAX_LIST_ITEMS} elements", opening)
        return ListLiteral(tuple(items), (opening.start, self._next().end))

    def _named(self, token: Token, name: str, pos: Pos) -> Expr:
        if name == "true" or name == "false":
            return Bool(name == "true", pos)
        if name == "null":
            self._problem("`null` is not supported", pos, "null counts as absent: write `has(x.y)` or `!has(x.y)`")
            return Bool(False, pos)
        if name == "principal" or name == "resource" or name == "request":
            return self._attribute(token, name)
        if name == self._variable:
            return Variable(name, None, pos)
        if self._is_op("("):
            return self._call(token, name, pos)
        if name in ("and", "or", "not"):
            raise self._unexpected(token)
        known = [*SIDES, *([self._variable] if self._variable else [])]
        near = closest(name, known)
        self._problem(
            f"unknown name `{name}`", pos,
            _did_you_mean(near) or "an attribute is written `principal.x`, `resource.x` or `request.x`")
        while self._is_op(".") and self._tokens[self._at + 1].kind == "name":
            if self._tokens[self._at + 2].value == "(":
                break
            self._at += 2
        return Variable(name, None, pos)

    def _attribute(self, token: Token, side: str) -> Attribute:
        if self._is_op("."):
            self._next()
            name = self._peek()
            if name.kind != "name":
                raise self._fail("expected a name after `.`", name)
            self._next()
            text, pos = str(name.value), (token.start, name.end)
            if self._is_op("("):
                raise self._fail(f"`{side}` has no method `{text}`", name, f"name an attribute: `{side}.x.{text}(...)`")
        elif self._is_op("["):
            self._next()
            name = self._peek()
            if name.kind != "string":
                raise self._fail("expected a name in quotes after `[`", name)
            self._next()
            text, pos = str(name.value), (token.start, self._expect("]", "after the name").end)
        else:
            raise self._fail(f"`{side}` is no value by itself", token, f"name one of its attributes: `{side}.x`")
        if refused_name(text):
            self._problem(f"`{text}` is a reserved word and cannot name an attribute", pos)
        if side == "principal":
            return Attribute("principal", text, None, pos)
        return Attribute("resource" if side == "resource" else "request", text, None, pos)

    def _call(self, token: Token, name: str, pos: Pos) -> Expr:
        opening = self._next()
        if name == "has":
            argument = self._next()
            if argument.kind != "name" or argument.value not in SIDES:
                raise self._fail("`has` takes an attribute", argument, "write `has(principal.x)`")
            attribute = self._attribute(argument, str(argument.value))
            return Has(attribute, (pos[0], self._expect(")", "after the attribute; `has` takes one").end))
        if name == "size":
            self._deeper(opening)
            operand = self._or()
            self._depth -= 1
            return Size(operand, (pos[0], self._expect(")", "after `size`").end))
        if name == "timestamp" or name == "duration":
            text = self._peek()
            if text.kind != "string":
                raise self._fail(f"`{name}` takes a text written out", text, _TIME_HELP[name])
            self._next()
            whole = (pos[0], self._expect(")", f"after `{name}`").end)
            seconds = parse_timestamp(str(text.value)) if name == "timestamp" else parse_duration(str(text.value))
            if seconds is None:
                self._problem(f"not a {name} in whole seconds", (text.start, text.end), _TIME_HELP[name])
                seconds = 0
            return Timestamp(seconds, whole) if name == "timestamp" else Duration(seconds, whole)
        if name in _REFUSED_FUNCTIONS:
            raise self._fail(f"`{name}(...)` is not supported", token, _REFUSED_FUNCTIONS[name])
        near = closest(name, _FUNCTIONS)
        help = f"`{name}` is a method: write `x.{name}(...)`" if name in _METHODS else _did_you_mean(near)
        raise self._fail(f"unknown function `{name}`", token, help)


_TIME_HELP = {
    "timestamp": 'write `timestamp("2026-01-05T12:00:00Z")`',
    "duration": 'write `duration("1h30m")`; units are h, m and s',
}


def _is_relation(token: Token) -> bool:
    if token.kind == "op":
        return token.value in _RELATIONS
    return token.kind == "name" and token.value == "in"


def _shown(token: Token) -> str:
    return "text" if token.kind == "string" else f"`{token.value}`"


def _did_you_mean(name: str) -> str:
    return f"did you mean `{name}`?" if name else ""
