"""Texts that show everything a set of comparisons can say about one text.

For `==`, `in`, `startsWith`, `endsWith` and `contains` the texts *prefix filler part filler part … suffix*, with a filler
that occurs in none of them, are enough: whatever a text begins with, ends with and contains, one of these does exactly
the same, as nothing can match across a filler. With patterns the same question is put to the product of their automata,
walked breadth first, one character of each class; it is answered completely when the walk comes to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final, Protocol

from seccfg.expr.ast import Attribute, Compare, Expr, Has, In, ListLiteral, Matches, String, TextTest
from seccfg.expr.boundaries import boundary_values
from seccfg.expr.evaluate import constant_value
from seccfg.expr.regex import Chars, Choice, Regex, RegexNode, Repeat, counterexamples, examples, parse_regex
from seccfg.expr.regex import Sequence as Chain
from seccfg.expr.regex_automaton import Automaton, positions
from seccfg.expr.types import AttributeKey
from seccfg.record import Record

__all__ = ["Texts", "texts_for"]

_WORDS: Final = ("other", "another", "third", "fourth", "fifth", "sixth")
_FILLERS: Final = "xzqwvkjyu7395_-~XZQ"
_FOREIGN: Final = "éüßçñøλж語ツ"
_MAX_COMBINED: Final = 2_000
_MAX_STATES: Final = 1_500
_SAMPLES: Final = 4


class Texts(Record):
    """Texts to try, the plainest first; `complete`: no text gives the atoms a combination of signs that none of these does."""

    values: tuple[str, ...]
    complete: bool


class _Asked:
    """What the atoms ask of one text."""

    __slots__ = ("equal", "other", "parts", "patterns", "prefixes", "suffixes")

    def __init__(self, atoms: Iterable[Expr]) -> None:
        self.equal: dict[str, None] = {}
        self.prefixes: dict[str, None] = {}
        self.suffixes: dict[str, None] = {}
        self.parts: dict[str, None] = {}
        self.patterns: dict[str, None] = {}
        self.other: list[Expr] = []
        """Atoms that ask something else."""
        for atom in atoms:
            self._add(atom)

    def _add(self, atom: Expr) -> None:
        match atom:
            case Has():
                return
            case Compare("==" | "!=", Attribute(), String(text)) | Compare("==" | "!=", String(text), Attribute()):
                self.equal[text] = None
            case In(Attribute(), ListLiteral(items)):
                self.equal.update((str(constant_value(item)), None) for item in items)
            case TextTest(op, Attribute(), String(text)):
                {"startsWith": self.prefixes, "endsWith": self.suffixes}.get(op, self.parts)[text] = None
            case Matches(Attribute(), pattern):
                self.patterns[pattern] = None
            case _:
                self.other.append(atom)

    def words(self) -> tuple[str, ...]:
        return (*self.equal, *self.prefixes, *self.suffixes, *self.parts)


def texts_for(atoms: Sequence[Expr], key: AttributeKey, copies: int = 1) -> Texts:
    """
    Texts for the attribute *key*.

    Args:
        atoms: What is asked of it, by itself alone.
        copies: How many different texts each combination of signs needs, where there are as many.
    """
    asked = _Asked(atoms)
    found: dict[str, None] = {}
    complete = not asked.other
    if not asked.prefixes and not asked.suffixes and not asked.parts and not asked.patterns:
        found.update((word, None) for word in [w for w in _WORDS if w not in asked.equal][: max(copies, 1)])
        found.update(asked.equal)
        complete = complete and copies <= len(_WORDS) - len(asked.equal)
    else:
        complete = _combined(asked, copies, found, _FILLERS) and complete
        found.update(asked.equal)
    if asked.patterns:
        complete = _walked(asked, copies, found) and complete
        complete = _combined(asked, copies, found, _FOREIGN) and complete
        for pattern in asked.patterns:
            regex = parse_regex(pattern)
            found.update((text, None) for _, text in zip(range(_SAMPLES), examples(regex), strict=False))
            found.update((text, None) for _, text in zip(range(_SAMPLES), counterexamples(regex), strict=False))
    for atom in asked.other:
        found.update((v, None) for v in boundary_values(atom).get(key, ()) if isinstance(v, str))
    return Texts(tuple(found), complete)


def _combined(asked: _Asked, copies: int, found: dict[str, None], fillers: str) -> bool:
    """The texts of the module's first paragraph; whether they are all there."""
    words = asked.words()
    filler = next((c for c in fillers if not any(c in word for word in words)), None)
    if filler is None:
        return False
    for text in _chained(asked, filler, copies):
        if len(found) >= _MAX_COMBINED:
            return False
        found[text] = None
    return True


def _chained(asked: _Asked, filler: str, copies: int) -> Iterator[str]:
    parts = tuple(part for part in asked.parts if part)
    for count in range(len(parts) + 1):
        for chosen in combinations(parts, count):
            for prefix in dict.fromkeys(("", *asked.prefixes)):
                for suffix in dict.fromkeys(("", *asked.suffixes)):
                    for copy in range(1, copies + 1):
                        yield prefix + filler * copy + "".join(part + filler for part in chosen) + suffix


# ------------------------------------------------------------------------------------------------ product of automata
class _Scanner(Protocol):
    """Reads a text character by character; states are hashable, one that nothing leads out of may be any."""

    @property
    def start(self) -> int: ...

    def step(self, state: int, code: int) -> int: ...

    def accepts(self, state: int) -> bool: ...

    def sets(self) -> Iterable[int]:
        """Masks of characters between which it tells a difference."""
        ...


_FOUND: Final = -1


class _Exactly:
    """`text == word`, `text.startsWith(word)`: how much of the word has been read; -2 when it differs."""

    __slots__ = ("_prefix", "_word", "start")

    def __init__(self, word: str, prefix: bool) -> None:
        self._word = word
        self._prefix = prefix
        self.start = _FOUND if prefix and not word else 0

    def step(self, state: int, code: int) -> int:
        if state < 0:
            return state
        if state < len(self._word) and ord(self._word[state]) == code:
            return _FOUND if self._prefix and state + 1 == len(self._word) else state + 1
        return -2

    def accepts(self, state: int) -> bool:
        return state == _FOUND or (state == len(self._word) and not self._prefix)

    def sets(self) -> Iterable[int]:
        return {1 << ord(char) for char in self._word}


class _Anywhere:
    """`text.contains(word)`, `text.endsWith(word)`: how much of the word the text ends with (Knuth, Morris and Pratt)."""

    __slots__ = ("_end", "_word", "start")

    def __init__(self, word: str, end: bool) -> None:
        self._word = word
        self._end = end
        self.start = _FOUND if not word else 0

    def step(self, state: int, code: int) -> int:
        if state == _FOUND:
            return state
        seen = self._word[:state] + chr(code)
        longest = next(n for n in range(min(len(seen), len(self._word)), -1, -1) if seen.endswith(self._word[:n]))
        return _FOUND if longest == len(self._word) and not self._end else longest

    def accepts(self, state: int) -> bool:
        return state == _FOUND or state == len(self._word)

    def sets(self) -> Iterable[int]:
        return {1 << ord(char) for char in self._word}


class _Pattern:
    """`text.matches(pattern)`: the positions the automaton can be at."""

    __slots__ = ("_accept", "_machine", "_regex", "start")

    def __init__(self, regex: Regex) -> None:
        self._regex = regex
        self._machine = Automaton(regex)
        self._accept = self._machine.last | int(_can_be_empty(regex.body))
        self.start = self._settled(1)

    def _settled(self, state: int) -> int:
        return _FOUND if state & self._accept and not self._regex.ends else state

    def step(self, state: int, code: int) -> int:
        if state in (_FOUND, 0):
            return state
        reached = 0
        for at in positions(state):
            reached |= self._machine.follow[at]
        moved = sum(1 << at for at in positions(reached) if self._machine.sets[at] >> code & 1)
        return self._settled(moved if self._regex.starts else moved | 1)

    def accepts(self, state: int) -> bool:
        return state == _FOUND or bool(state & self._accept)

    def sets(self) -> Iterable[int]:
        return set(self._machine.sets[1:])


def _can_be_empty(node: RegexNode) -> bool:
    match node:
        case Chars():
            return False
        case Chain(items):
            return all(_can_be_empty(item) for item in items)
        case Choice(options):
            return any(_can_be_empty(option) for option in options)
        case Repeat(item, low):
            return low == 0 or _can_be_empty(item)


def _walked(asked: _Asked, copies: int, found: dict[str, None]) -> bool:
    """Adds ASCII texts, up to *copies*, for each combination of signs ASCII texts give; whether that was all of them."""
    scanners: list[_Scanner] = [_Pattern(parse_regex(pattern)) for pattern in asked.patterns]
    scanners += [_Exactly(word, False) for word in asked.equal if word.isascii()]
    scanners += [_Exactly(word, True) for word in asked.prefixes if word.isascii()]
    scanners += [_Anywhere(word, True) for word in asked.suffixes if word.isascii()]
    scanners += [_Anywhere(word, False) for word in asked.parts if word.isascii()]
    alphabet = _alphabet(scanners, copies)
    start = tuple(scanner.start for scanner in scanners)
    visits = {start: 1}
    shown: dict[tuple[bool, ...], int] = {}
    todo = [(start, "")]
    for states, text in todo:  # grows while it is walked: breadth first, so that texts are the shortest
        signs = tuple(scanner.accepts(state) for scanner, state in zip(scanners, states, strict=True))
        if shown.get(signs, 0) < copies:
            shown[signs] = shown.get(signs, 0) + 1
            found[text] = None
        for code in alphabet:
            after = tuple(scanner.step(state, code) for scanner, state in zip(scanners, states, strict=True))
            if visits.get(after, 0) < copies:
                if len(todo) >= _MAX_STATES * copies:
                    return False
                visits[after] = visits.get(after, 0) + 1
                todo.append((after, text + chr(code)))
    return True


_PLAINEST: Final = tuple(
    sorted(range(1, 128), key=lambda code: (not chr(code).isalnum(), not chr(code).islower(), not chr(code).isprintable(), code))
)


def _alphabet(scanners: Iterable[_Scanner], copies: int) -> tuple[int, ...]:
    """*copies* characters of each class that no scanner tells apart, the plainest it has."""
    masks = tuple(dict.fromkeys(mask for scanner in scanners for mask in scanner.sets()))
    classes: dict[tuple[int, ...], list[int]] = {}
    for code in _PLAINEST:
        members = classes.setdefault(tuple(mask >> code & 1 for mask in masks), [])
        if len(members) < copies:
            members.append(code)
    return tuple(code for members in classes.values() for code in members)
