r"""Patterns of `matches`: the part of regular expressions that means the same on every host.

A pattern is read into a small tree and printed anew for each host (`regex_print`): nothing of its spelling gets there.

- Characters: printable ASCII; `\t \n \f \r \xHH`; every punctuation mark after a backslash stands for itself.
- Classes: `[a-z_]`, `[^/]`, `\d \w \s` and `\D \W \S`, all over ASCII: `\d` is `[0-9]`, `\w` is `[0-9A-Za-z_]`, `\s`
  is `[\t\n\f\r ]`. Inside a class `[ ] ^ - & \` are written with a backslash (`-` may stand first or last).
- `(...)` and `(?:...)` group, `|` chooses, `* + ? {n} {n,} {n,m}` repeat, counts up to 255.
- `^` only at the very start, `$` only at the very end (the real end: `a\n` does not match `a$`); else the pattern is
  searched for anywhere.

What is refused means something else on some host: `.`, back references, look-around, flags, lazy and possessive
repetition, `\b`, Unicode classes, set operations. A subject that is not ASCII, or longer than `MAX_SUBJECT`, is an
error (never a match, never a mismatch): hosts count characters differently there, and backtracking ones take too long.
"""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.findings import SeccfgError
from seccfg.record import Record

__all__ = [
    "ASCII_CHARS", "MAX_REPEAT", "MAX_SUBJECT", "Chars", "Choice", "Regex", "RegexError", "RegexNode", "Repeat",
    "Sequence", "counterexamples", "examples", "full_matches", "parse_regex", "ranges_of", "regex_matches",
]

MAX_SUBJECT = 1_024
MAX_REPEAT = 255
MAX_POSITIONS = 2_000
_MAX_DEPTH = 20


class RegexError(SeccfgError):
    """The pattern is outside the language; `offset` counts characters of the pattern."""

    def __init__(self, message: str, offset: int, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.help = help


class Chars(Record):
    """One character out of a set: bit n of `mask` says that character n is in it."""

    mask: int


class Sequence(Record):
    """One after the other; no items: the empty text."""

    items: tuple[RegexNode, ...]


class Choice(Record):
    """Two or more alternatives."""

    options: tuple[RegexNode, ...]


class Repeat(Record):
    """`item` at least `low` times and at most `high`; None is without limit."""

    item: RegexNode
    low: int
    high: int | None


RegexNode = Chars | Sequence | Choice | Repeat


class Regex(Record):
    """A whole pattern; `starts` and `ends` say that it is tied to the start and the end of the subject."""

    body: RegexNode
    starts: bool
    ends: bool


def _mask(*ranges: tuple[int, int]) -> int:
    return sum(1 << code for low, high in ranges for code in range(low, high + 1))


ASCII_CHARS = _mask((1, 127))
"""Every character a subject can hold: NUL never gets this far."""
_DIGITS = _mask((48, 57))
_WORD = _mask((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = _mask((9, 10), (12, 13), (32, 32))
_CLASS_ESCAPES = {
    "d": _DIGITS, "D": ASCII_CHARS ^ _DIGITS,
    "w": _WORD, "W": ASCII_CHARS ^ _WORD,
    "s": _SPACE, "S": ASCII_CHARS ^ _SPACE,
}
_CONTROL_ESCAPES = {"t": 9, "n": 10, "f": 12, "r": 13}
_HEX = frozenset("0123456789abcdefABCDEF")


def parse_regex(pattern: str) -> Regex:
    """The tree of *pattern*; raises RegexError."""
    return _RegexParser(pattern).whole()


def regex_matches(regex: Regex, text: str) -> bool | None:
    """Whether *regex* is found in *text*; None where the answer is an error (not ASCII, NUL, too long)."""
    from seccfg.expr.regex_automaton import automaton

    if not text.isascii() or len(text) > MAX_SUBJECT or "\0" in text:
        return None
    return automaton(regex).search(text)


def full_matches(regex: Regex, text: str) -> bool | None:
    """As `regex_matches`, with the whole of *text*."""
    return regex_matches(Regex(regex.body, True, True), text)


def ranges_of(mask: int) -> tuple[tuple[int, int], ...]:
    """The runs of codes in *mask*, ascending."""
    runs: list[tuple[int, int]] = []
    code = 0
    while mask >> code:
        if mask >> code & 1:
            end = code
            while mask >> (end + 1) & 1:
                end += 1
            runs.append((code, end))
            code = end
        code += 1
    return tuple(runs)


class _RegexParser:
    __slots__ = ("_at", "_bare_choice", "_depth", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._bare_choice = False
        self._depth = 0

    def whole(self) -> Regex:
        starts = self._take("^")
        body = self._choice()
        ends = self._take("$")
        if self._at < len(self._text):
            char = self._text[self._at]
            if char == ")":
                raise self._error("unbalanced `)`", "write `\\)` for a parenthesis")
            raise self._error(f"unexpected `{char}`")
        if (starts or ends) and self._bare_choice:
            raise RegexError(
                "`^` and `$` beside a bare `|` tie one alternative only", 0, "write a group: `^(a|b)$`")
        if _positions(body) > MAX_POSITIONS:
            raise RegexError("the pattern is too large once its counts are written out", 0, "use smaller counts")
        return Regex(body, starts, ends)

    def _error(self, message: str, help: str = "") -> RegexError:
        return RegexError(message, self._at, help)

    def _take(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _choice(self) -> RegexNode:
        options = [self._sequence()]
        while self._take("|"):
            self._bare_choice |= self._depth == 0
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> RegexNode:
        items: list[RegexNode] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)$":
            items.append(self._repeat(self._item()))
        if self._text[self._at:self._at + 1] == "$" and self._at + 1 < len(self._text):
            raise self._error("`$` before the end of the pattern", "write `\\$` for a dollar sign")
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _repeat(self, item: RegexNode) -> RegexNode:
        low, high = self._counts()
        if low == high == 1:
            return item
        following = self._text[self._at:self._at + 1]
        if following and following in "*+?{":
            raise self._error(f"`{following}` after a repetition", "lazy and possessive repetition are not supported")
        if high is None and _nullable(item):
            raise self._error("what is repeated without limit can be empty", "let every alternative use up a character")
        return Repeat(item, low, high)

    def _counts(self) -> tuple[int, int | None]:
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        if self._take("?"):
            return 0, 1
        if not self._take("{"):
            return 1, 1
        start = self._at
        low = self._number()
        high: int | None = low
        if low is not None and self._take(","):
            high = self._number()
        if low is None or not self._take("}"):
            self._at = start
            raise self._error("`{` starts a count: {n}, {n,} or {n,m}", "write `\\{` for a brace")
        if low > MAX_REPEAT or (high is not None and (high > MAX_REPEAT or high < low or high == 0)):
            self._at = start
            raise self._error(f"counts go from 1 to {MAX_REPEAT}, the smaller first")
        if low == high == 1:
            raise self._error("`{1}` does nothing")
        return low, high

    def _number(self) -> int | None:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] in "0123456789" and self._at - start < 4:
            self._at += 1
        return int(self._text[start:self._at]) if self._at > start else None

    def _item(self) -> RegexNode:
        char = self._text[self._at]
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == "\\":
            return Chars(self._escape())
        if char in "*+?":
            raise self._error(f"`{char}` repeats nothing", f"write `\\{char}` for the character")
        if char in "{}]":
            raise self._error(f"bare `{char}`", f"write `\\{char}` for the character")
        if char == "^":
            raise self._error("`^` after the start of the pattern", "write `\\^` for the character")
        if char == ".":
            raise self._error(
                "`.` means something else on each host", "name the characters: `[^/]`, `[a-z]`; `\\.` for a dot")
        return Chars(1 << self._plain())

    def _plain(self) -> int:
        char = self._text[self._at]
        if not " " <= char <= "~":
            shown = f"`{char}`" if char.isprintable() else f"U+{ord(char):04X}"
            raise self._error(
                f"{shown} in a pattern", "patterns are printable ASCII; a text that is not ASCII is never matched")
        self._at += 1
        return ord(char)

    def _group(self) -> RegexNode:
        opening = self._at
        self._at += 1
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error(f"groups nested more than {_MAX_DEPTH} deep")
        if self._take("?") and not self._take(":"):
            raise self._error("only plain groups are supported", "write `(...)`: no names, no look-around, no flags")
        body = self._choice()
        if not self._take(")"):
            self._at = opening
            raise self._error("the group is not closed or holds a `$`", "write `\\(` for a parenthesis")
        self._depth -= 1
        return body

    def _escape(self) -> int:
        code = self._text[self._at + 1:self._at + 2]
        if code in _CLASS_ESCAPES:
            self._at += 2
            return _CLASS_ESCAPES[code]
        if code in _CONTROL_ESCAPES:
            self._at += 2
            return 1 << _CONTROL_ESCAPES[code]
        if code == "x":
            digits = self._text[self._at + 2:self._at + 4]
            if len(digits) == 2 and set(digits) <= _HEX and 0 < int(digits, 16) < 128:
                self._at += 4
                return 1 << int(digits, 16)
            raise self._error("`\\x` takes two digits, 01 to 7f")
        if code and "!" <= code <= "~" and not code.isalnum():
            self._at += 2
            return 1 << ord(code)
        known = {"b": "word borders", "B": "word borders", "p": "Unicode classes", "P": "Unicode classes"}
        if code in ("A", "z", "Z"):
            raise self._error(f"`\\{code}` is not supported", "write `^` at the start and `$` at the end")
        if code.isdigit():
            raise self._error("back references are not supported")
        raise self._error(known[code] + " are not supported" if code in known else "unknown escape")

    def _class(self) -> RegexNode:
        opening = self._at
        self._at += 1
        negated = self._take("^")
        mask = 0
        first = True
        while True:
            if self._at >= len(self._text):
                self._at = opening
                raise self._error("the class is not closed", "write `\\[` for a bracket")
            if self._take("]"):
                break
            mask |= self._class_item(first)
            first = False
        if negated:
            mask ^= ASCII_CHARS
        if first or not mask:
            self._at = opening
            raise self._error("the class holds no character", "write `\\]` for a bracket inside a class")
        return Chars(mask)

    def _class_item(self, first: bool) -> int:
        low = self._class_char(first)
        dash = self._text[self._at:self._at + 1] == "-" and self._text[self._at + 1:self._at + 2] not in ("]", "")
        if not dash:
            return low
        if low & (low - 1):
            raise self._error("a class as the end of a range", "write `\\-` for a dash")
        self._at += 1
        high = self._class_char(False)
        if high & (high - 1):
            raise self._error("a class as the end of a range", "write `\\-` for a dash")
        if high < low:
            raise self._error("the range runs backwards")
        return (high << 1) - low

    def _class_char(self, first: bool) -> int:
        char = self._text[self._at:self._at + 1]
        if char == "\\":
            return self._escape()
        if char == "-" and not first and self._text[self._at + 1:self._at + 2] != "]":
            raise self._error("`-` inside a class", "write `\\-`, or put it first or last")
        if char and char in "[&^":
            raise self._error(f"bare `{char}` inside a class", f"write `\\{char}`")
        if not char:
            raise self._error("the class is not closed")
        return 1 << self._plain()


def _nullable(node: RegexNode) -> bool:
    match node:
        case Chars():
            return False
        case Sequence(items):
            return all(_nullable(item) for item in items)
        case Choice(options):
            return any(_nullable(option) for option in options)
        case Repeat(item, low):
            return low == 0 or _nullable(item)


def _positions(node: RegexNode) -> int:
    """Characters of the pattern once its counts are written out."""
    match node:
        case Chars():
            return 1
        case Sequence(items) | Choice(items):
            return sum(_positions(item) for item in items)
        case Repeat(item, low, high):
            return _positions(item) * max(1, low if high is None else high)


# ------------------------------------------------------------------------------------------------------ samples
_PREFERRED = [ord(c) for c in "a1A0bz/-_. "]


def examples(regex: Regex) -> Iterator[str]:
    """Texts that match: the shortest, with repetitions one longer and every alternative taken once, and in company."""
    shortest = _sample(regex.body)
    seen: set[str] = set()
    candidates = [shortest, *_variants(regex.body)]
    if not regex.ends:
        candidates += [shortest + "\n", shortest + "!"]
    if not regex.starts:
        candidates += ["!" + shortest]
    for text in candidates:
        if text not in seen and regex_matches(regex, text):
            seen.add(text)
            yield text


def counterexamples(regex: Regex) -> Iterator[str]:
    """Texts that narrowly fail to match: cut, extended, with one character of each class violated, in another case."""
    base = _sample(regex.body)
    seen: set[str] = set()
    candidates = ["", base[:-1], base[1:], base + "\n", "\n" + base, base + "!", "!" + base, base.swapcase(), base * 2]
    for at, char in enumerate(base):
        candidates += [base[:at] + other + base[at + 1:] for other in ("~", "\x7f", "0", "a", " ") if other != char]
    for text in candidates:
        if text not in seen and regex_matches(regex, text) is False:
            seen.add(text)
            yield text


def _sample(node: RegexNode) -> str:
    """A shortest text of *node*."""
    match node:
        case Chars(mask):
            for code in _PREFERRED:
                if mask >> code & 1:
                    return chr(code)
            return chr(ranges_of(mask)[-1][0])
        case Sequence(items):
            return "".join(_sample(item) for item in items)
        case Choice(options):
            return min((_sample(option) for option in options), key=len)
        case Repeat(item, low):
            return _sample(item) * low


def _variants(node: RegexNode) -> Iterator[str]:
    """Texts of *node* that differ from its sample in one choice."""
    match node:
        case Chars(mask):
            for low, high in ranges_of(mask):
                yield chr(low)
                yield chr(high)
        case Sequence(items):
            samples = [_sample(item) for item in items]
            for at, item in enumerate(items):
                for variant in _variants(item):
                    yield "".join(samples[:at]) + variant + "".join(samples[at + 1:])
        case Choice(options):
            for option in options:
                yield _sample(option)
                yield from _variants(option)
        case Repeat(item, low, high):
            one = _sample(item)
            for count in {low + 1, low + 2} if high is None else {low + 1, high}:
                if high is None or count <= high:
                    yield one * count
            for variant in _variants(item):
                yield variant + one * max(0, low - 1)
