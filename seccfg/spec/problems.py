"""
What is wrong with a spec, by spec path, and how it becomes findings with places.

Nothing here knows the language; the checks of the loader and the checks between parts both speak through it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

from seccfg.expr.errors import closest
from seccfg.findings import NOWHERE, Finding, Related, Span, SpecPath
from seccfg.record import Record

MAX_GUESSES = 20_000
"""Comparisons made in one run to guess what was meant: a hopeless file comes to an end too."""


class Positions(Protocol):
    """What the loader reads: plain data, and where every key and value of it stands."""

    @property
    def data(self) -> object: ...

    def span(self, path: SpecPath, key: bool = False) -> Span: ...

    def line(self, path: str, number: int) -> str: ...


class _Unplaced:
    """Positions of a spec that stands in no file."""

    data: object = None

    def span(self, path: SpecPath, key: bool = False) -> Span:  # noqa: ARG002 - the protocol's signature
        return NOWHERE

    def line(self, path: str, number: int) -> str:  # noqa: ARG002 - the protocol's signature
        return ""


UNPLACED: Final[Positions] = _Unplaced()


class Slip(Record):
    """A word that may be a slip of one of `known`; `otherwise` ends the message when it is none."""

    word: str
    known: Iterable[str]
    otherwise: str = ""


class Problem(Record):
    """One thing wrong, by spec path. `key`: the key is meant, not its value. `about`: other parts it depends on."""

    rule: str
    path: SpecPath
    message: str
    help: str = ""
    key: bool = False
    about: tuple[SpecPath, ...] = ()
    related: tuple[tuple[SpecPath, str], ...] = ()
    within: tuple[int, int] | None = None
    """Start and end of the part of the text that is meant."""
    slip: Slip | None = None


def shown(text: str) -> str:
    """A word of the user's, safe to stand in a one-line message."""
    safe = "".join(c if c.isprintable() and c != "`" else "?" for c in text[:60])
    return f"`{safe}{'...' if len(text) > 60 else ''}`"


def label(path: SpecPath) -> str:
    """How a message speaks of the node at *path*."""
    if not path:
        return "the spec"
    last = path[-1]
    if isinstance(last, str):
        return shown(last)
    return f"item {last + 1} of {label(path[:-1])}"


def kind_of(node: object) -> str:
    """What a node is, in the words of YAML."""
    if isinstance(node, str):
        return "text"
    if isinstance(node, bool):
        return "true or false"
    if isinstance(node, int | float):
        return "a number"
    return "a map" if isinstance(node, dict) else "a list" if isinstance(node, list) else "empty"


def listed(words: Iterable[str]) -> str:
    """`a`, `b` or `c`."""
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


class Guesses:
    """Finds what words are slips of, as long as there are guesses left."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_GUESSES

    def message(self, problem: Problem) -> str:
        """The message of a problem with what was probably meant."""
        slip = problem.slip
        if slip is None:
            return problem.message
        word, reach = slip.word, 1 + len(slip.word) // 3
        near = [name for name in slip.known if abs(len(name) - len(word)) <= reach] if len(word) <= 100 else []
        self.left -= len(near)
        meant = closest(word, near) if self.left >= 0 else ""
        return problem.message + (f"; did you mean `{meant}`?" if meant else slip.otherwise)


def findings(problems: Iterable[Problem], document: Positions) -> tuple[Finding, ...]:
    """Problems with their places, in source order, each once."""
    from seccfg.spec.load_rules import RULES  # texts that a sound spec does not need

    guesses = Guesses()
    made = dict.fromkeys(
        Finding(
            rule=problem.rule, severity=RULES[problem.rule].severity, message=guesses.message(problem),
            at=_place(problem, document), help=problem.help or RULES[problem.rule].fix,
            related=tuple(Related(document.span(path, True), words) for path, words in problem.related),
            spec_path=problem.path,
        )
        for problem in problems
    )  # fmt: skip
    return tuple(sorted(made, key=lambda f: (f.at.path, f.at.line, f.at.column, f.rule, f.message)))


def _place(problem: Problem, document: Positions) -> Span:
    span = document.span(problem.path, problem.key and bool(problem.path))
    return span if problem.within is None else _inside(document, span, problem.path, *problem.within)


def _inside(document: Positions, span: Span, path: SpecPath, start: int, end: int) -> Span:
    """The place of characters *start* to *end* of the text at *path*, however YAML writes it; else all of it."""
    value: Any = document.data
    for step in path:
        value = value[step]
    places = _places(document, span, value)
    if not places:
        return span
    line, column = places[min(start, len(places) - 1)]
    end_line, end_column = places[min(max(end, start + 1), len(places)) - 1]
    return Span(span.path, line, column + (start >= len(places)), end_line, end_column + 1)


def _places(document: Positions, span: Span, value: str) -> list[tuple[int, int]]:
    """Line and column of each character of a text as its file has it; empty when the file writes it in another way."""
    written = []
    for number in range(span.line, max(span.line, span.end_line) + 1):
        line = document.line(span.path, number)
        first = span.column - 1 if number == span.line else 0
        if number == span.line and line[first : first + 1] in ("|", ">"):
            continue  # the header of a block
        last = span.end_column - 1 if number == span.end_line else len(line)
        written += [(character, number, column + 1) for column, character in enumerate(line[:last]) if column >= first]
        written.append(("\n", number, last + 1))
    found, at = [], 0
    for character in value:
        blank = character.isspace()
        while at < len(written) and not blank and written[at][0] != character:
            at += 1
        if at == len(written):
            return []
        found.append(written[at][1:])
        at += not blank or written[at][0].isspace()
    return found
