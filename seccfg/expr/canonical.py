"""Writing a condition down again, and deciding which conditions are the same one.

`print_expr` keeps the tree: reading the text back gives an equal one. `normal_form` rewrites it, and only in ways that
keep the three-valued outcome for every request: no law that needs "either true or false" is used (`x || !x` stays).
"""

from __future__ import annotations

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
    Size,
    String,
    TextTest,
    TimePart,
    Timestamp,
    TimeSum,
    Variable,
    walk,
)
from seccfg.expr.substitute import bind
from seccfg.expr.times import print_duration, print_timestamp

__all__ = ["OPPOSITE", "expr_id", "normal_form", "print_expr"]

OPPOSITE: dict[CompareOp, CompareOp] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
"""What holds exactly when the comparison does not, both sides being values."""

_ELEMENT = "item"
_ID_HEX_DIGITS = 32


# ------------------------------------------------------------------------------------------------------ printing
def print_expr(expr: Expr) -> str:
    """*expr* as one line of text; `parse` of it gives an equal tree, types aside."""
    match expr:
        case Or(operands):
            return " || ".join(_inside(o, Or) for o in operands)
        case And(operands):
            return " && ".join(_inside(o, And) for o in operands)
        case Not(operand):
            return f"!{_operand(operand)}"
        case Compare(op, left, right):
            return f"{_side(left)} {op} {_side(right)}"
        case In(item, container):
            return f"{_side(item)} in {_side(container)}"
        case Has(attribute):
            return f"has({print_expr(attribute)})"
        case TextTest(op, subject, argument):
            return f"{_operand(subject)}.{op}({print_expr(argument)})"
        case Matches(subject, pattern):
            return f"{_operand(subject)}.matches({_pattern(pattern)})"
        case Size(operand):
            return f"size({print_expr(operand)})"
        case TimePart(part, operand):
            return f"{_operand(operand)}.{part}()"
        case TimeSum(op, left, right):
            return f"{_side(left)} {op} {_operand(right)}"
        case Exists(items, variable, body):
            return f"{_operand(items)}.exists({variable}, {print_expr(body)})"
        case ForAll(items, variable, body):
            return f"{_operand(items)}.all({variable}, {print_expr(body)})"
        case Attribute(side, name):
            return f"{side}.{name}" if _is_plain(name) else f"{side}[{_quoted(name)}]"
        case Variable(name):
            return name
        case ListLiteral(items):
            return f"[{', '.join(print_expr(item) for item in items)}]"
        case _:
            return _constant(expr)


def _constant(value: Constant) -> str:
    match value:
        case Bool(flag):
            return "true" if flag else "false"
        case Int(number):
            return str(number)
        case Double(number):
            return repr(number)
        case String(text):
            return _quoted(text)
        case Timestamp(seconds):
            return f'timestamp("{print_timestamp(seconds)}")'
        case Duration(seconds):
            return f'duration("{print_duration(seconds)}")'


def _inside(expr: Expr, parent: type[And] | type[Or]) -> str:
    text = print_expr(expr)
    return f"({text})" if isinstance(expr, (Or, parent)) else text


def _side(expr: Expr) -> str:
    """As an operand of a comparison or the left one of a sum."""
    text = print_expr(expr)
    return f"({text})" if isinstance(expr, (And, Or, Compare, In)) else text


def _operand(expr: Expr) -> str:
    """Before a dot, after `!`, on the right of a sum."""
    text = print_expr(expr)
    return f"({text})" if isinstance(expr, (And, Or, Compare, In, TimeSum)) else text


def _is_plain(name: str) -> bool:
    return name.isascii() and name.isidentifier()


def _quoted(text: str) -> str:
    return '"' + "".join(_char(c) for c in text) + '"'


def _char(char: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}.get(char)
    if named is not None:
        return named
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _pattern(pattern: str) -> str:
    raw = "\\" in pattern and pattern.isprintable() and '"' not in pattern and not pattern.endswith("\\")
    return f'r"{pattern}"' if raw else _quoted(pattern)


# --------------------------------------------------------------------------------------------------- identity
def expr_id(expr: Expr) -> str:
    """
    The same 32 hexadecimal digits for every way of writing one condition that `normal_form` sees through.

    The types of the attributes count: a comparison of integers is another condition than one of strings.
    """
    from hashlib import sha256

    normal = normal_form(expr)
    typed = sorted({f"{n.side}.{n.name}:{n.type}" for n in walk(normal) if isinstance(n, Attribute)})
    text = "\n".join([print_expr(normal), *typed])
    return sha256(text.encode()).hexdigest()[:_ID_HEX_DIGITS]


def normal_form(expr: Expr) -> Expr:
    """
    One tree for many equal ones: `!` pushed down to the atoms, `&&` and `||` flat, sorted and without repeats,
    constants folded, `>` turned round, operands of `==` sorted, lists sorted, quantifiers over written-out lists spelt
    out.
    """
    return _normal(expr, True)


def _normal(expr: Expr, positive: bool) -> Expr:
    match expr:
        case Not(operand):
            return _normal(operand, not positive)
        case And(operands):
            return _joined(operands, positive, conjunction=positive)
        case Or(operands):
            return _joined(operands, positive, conjunction=not positive)
        case Exists(ListLiteral(items), variable, body):
            return _joined(tuple(bind(body, variable, item) for item in items), positive, conjunction=not positive)
        case ForAll(ListLiteral(items), variable, body):
            return _joined(tuple(bind(body, variable, item) for item in items), positive, conjunction=positive)
        case Exists(items, variable, body) | ForAll(items, variable, body):
            # its place in the sort order must not depend on the name chosen
            element = next((n.type for n in walk(body) if isinstance(n, Variable)), None)
            renamed = _normal(bind(body, variable, Variable(_ELEMENT, element)), positive)
            kind = Exists if isinstance(expr, Exists) == positive else ForAll
            return kind(items, _ELEMENT, renamed)
        case Compare():
            return _comparison(expr, positive)
        case In(item, ListLiteral(items)):
            literals = tuple(sorted(set(items), key=print_expr))
            if len(literals) == 1:
                return _comparison(Compare("==", item, literals[0]), positive)
            return _signed(_folded(In(item, ListLiteral(literals))), positive)
        case Bool(value):
            return Bool(value == positive)
        case _:
            return _signed(_folded(expr), positive)


def _signed(atom: Expr, positive: bool) -> Expr:
    if positive:
        return atom
    return Bool(not atom.value) if isinstance(atom, Bool) else Not(atom)


def _joined(operands: tuple[Expr, ...], positive: bool, conjunction: bool) -> Expr:
    kind = And if conjunction else Or
    found: dict[str, Expr] = {}
    for operand in operands:
        normal = _normal(operand, positive)
        if isinstance(normal, Bool):
            if normal.value != conjunction:  # false && x is false and true || x is true, whatever x is
                return normal
            continue
        for part in normal.operands if isinstance(normal, kind) else (normal,):
            found[print_expr(part)] = part
    parts = tuple(found[text] for text in sorted(found))
    if not parts:
        return Bool(conjunction)
    return parts[0] if len(parts) == 1 else kind(parts)


def _comparison(expr: Compare, positive: bool) -> Expr:
    op = expr.op if positive else OPPOSITE[expr.op]
    left, right = expr.left, expr.right
    if op in (">", ">="):
        op, left, right = "<" if op == ">" else "<=", right, left
    if op in ("==", "!=") and print_expr(right) < print_expr(left):
        left, right = right, left
    for value, other in ((left, right), (right, left)):
        if isinstance(value, Bool) and op in ("==", "!="):
            return _signed(_folded(other), value.value == (op == "=="))
    return _folded(Compare(op, left, right))


def _folded(atom: Expr) -> Expr:
    """An atom without attributes as the constant it is; unchanged when it is an error."""
    if any(isinstance(node, (Attribute, Variable)) for node in walk(atom)):
        return atom
    from seccfg.expr.evaluate import Truth, evaluate

    truth = evaluate(atom, {})
    return atom if truth is Truth.ERR else Bool(truth is Truth.TRUE)
