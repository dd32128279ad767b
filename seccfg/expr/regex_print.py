"""A pattern written for one host, from its tree: no spelling of the user reaches the host.

Every host is asked whether the pattern is found anywhere (`re.search`, RE2 partial match, `RegExp.test`,
`Matcher.find`, `Regex.IsMatch`, `ngx.re.find`), without flags, and only about subjects that are ASCII.
"""

from __future__ import annotations

from typing import Literal

from seccfg.expr.regex import ASCII_CHARS, Chars, Choice, Regex, RegexNode, Repeat, Sequence, ranges_of

__all__ = ["Dialect", "print_regex"]

Dialect = Literal["python", "re2", "pcre", "js", "dotnet", "java"]

# `$` matches before a final newline in Python, PCRE, Java and .NET.
_END: dict[Dialect, str] = {
    "python": r"\Z", "re2": r"\z", "pcre": r"\z", "js": "$", "dotnet": r"\z", "java": r"\z",
}
_SPECIAL = frozenset(r"\.[]{}()*+?^$|")
_SPECIAL_IN_CLASS = frozenset(r"\[]^-")
_BY_CODE_IN_CLASS = frozenset("&~|")  # doubled ones are set operations in Java, and warned of by Python
_NAMED = {9: r"\t", 10: r"\n", 12: r"\f", 13: r"\r"}


def print_regex(regex: Regex, dialect: Dialect) -> str:
    """*regex* in the syntax of *dialect*, printable ASCII."""
    choice = isinstance(regex.body, Choice) and (regex.starts or regex.ends)
    body = f"(?:{_node(regex.body)})" if choice else _node(regex.body)
    return ("^" if regex.starts else "") + body + (_END[dialect] if regex.ends else "")


def _node(node: RegexNode) -> str:
    match node:
        case Chars(mask):
            return _chars(mask)
        case Sequence(items):
            return "".join(_grouped(item) for item in items)
        case Choice(options):
            return "|".join(_grouped(option) for option in options)
        case Repeat(item, low, high):
            text = _node(item) if isinstance(item, Chars) else f"(?:{_node(item)})"
            return text + _counts(low, high)


def _grouped(node: RegexNode) -> str:
    return f"(?:{_node(node)})" if isinstance(node, Choice) else _node(node)


def _counts(low: int, high: int | None) -> str:
    if high is None:
        return "*" if low == 0 else "+" if low == 1 else f"{{{low},}}"
    if (low, high) == (0, 1):
        return "?"
    return f"{{{low}}}" if low == high else f"{{{low},{high}}}"


def _chars(mask: int) -> str:
    if not mask & (mask - 1):
        return _char(mask.bit_length() - 1, _SPECIAL)
    inside, outside = ranges_of(mask), ranges_of(ASCII_CHARS ^ mask)
    if outside and len(outside) < len(inside):
        return f"[^{_ranges(outside)}]"
    return f"[{_ranges(inside)}]"


def _ranges(ranges: tuple[tuple[int, int], ...]) -> str:
    parts = []
    for low, high in ranges:
        first, last = _char(low, _SPECIAL_IN_CLASS), _char(high, _SPECIAL_IN_CLASS)
        parts.append(first if low == high else first + last if high == low + 1 else f"{first}-{last}")
    return "".join(parts)


def _char(code: int, special: frozenset[str]) -> str:
    char = chr(code)
    if code in _NAMED:
        return _NAMED[code]
    if not " " <= char <= "~" or (special is _SPECIAL_IN_CLASS and char in _BY_CODE_IN_CLASS):
        return f"\\x{code:02x}"
    return f"\\{char}" if char in special else char
