"""
What the compiled loader is made of: a check function takes a node and gives what it stands for, or `BROKEN`.

Checks go on after a problem, so that one run finds all of them; a map with a broken optional key is read without that
key, and every problem that may only follow from a broken part is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from seccfg.expr.errors import closest
from seccfg.findings import NOWHERE, Finding, Related, Span, SpecError, SpecPath
from seccfg.record import Record, replace
from seccfg.spec import scalars


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


class _Broken:
    """Stands for a node that could not be read."""


BROKEN: Final = _Broken()


class Reading:
    """One run of the loader: what is wrong so far, and where nothing could be read."""

    __slots__ = ("broken", "problems")

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.broken: list[SpecPath] = []

    def refuse(self, rule: str, path: SpecPath, message: str, *, key: bool = False) -> _Broken:
        """Note a problem; the node at *path* counts as broken."""
        self.problems.append(Problem(rule, path, message, key=key))
        self.broken.append(path)
        return BROKEN

    def wrong_kind(self, path: SpecPath, node: object, what: str) -> _Broken:
        """Note that *node* is not of the kind that *what* names."""
        if node is None:
            return self.refuse("DATA007", path, f"{label(path)} is empty; it must be {what}")
        return self.refuse("DATA003", path, f"{label(path)} must be {what}, not {kind_of(node)}")


Check = Callable[[Reading, object, SpecPath], Any]


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


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message that names what *word* is a slip of, or nothing."""
    meant = closest(word[:100], known)
    return f"; did you mean `{meant}`?" if meant else ""


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


# ---------------------------------------------------------------------------------------------------------- scalars
def text(name: str) -> Check:
    """A text scalar of `seccfg.spec.scalars`."""
    scalar = scalars.SCALARS[name]
    parse, what = scalar.parse, scalar.what

    def check(run: Reading, node: object, path: SpecPath) -> object:
        if type(node) is not str:
            return run.wrong_kind(path, node, what)
        try:
            parse(node)
        except ValueError as error:
            return run.refuse("DATA004", path, f"{label(path)} {error}")
        return node

    return check


def measure(name: str, low: str, high: str) -> Check:
    """A duration or size within bounds."""
    parse, what = scalars.MEASURES[name], scalars.SCALARS[name].what
    lowest, highest = parse(low), parse(high)

    def check(run: Reading, node: object, path: SpecPath) -> object:
        if type(node) is not str:
            return run.wrong_kind(path, node, what)
        try:
            amount = parse(node)
        except ValueError as error:
            return run.refuse("DATA004", path, f"{label(path)} {error}")
        if not lowest <= amount <= highest:
            return run.refuse("DATA005", path, f"{label(path)} must be within `{low}` and `{high}`")
        return node

    return check


def opaque(name: str, what: str, parse: Callable[[object], object]) -> Check:
    """JSON that is kept as it is."""

    def check(run: Reading, node: object, path: SpecPath) -> object:
        try:
            parse(node)
        except ValueError as error:
            return run.refuse("DATA004", path, f"{label(path)} {error}; it must be {what}")
        return node

    check.__name__ = name
    return check


JSON = opaque("JSON", "JSON", scalars.check_json)
JSON_OBJECT = opaque("JSON_OBJECT", "a map", scalars.check_json_object)
NUMBER = opaque("NUMBER", "a number", scalars.check_number)


def whole(low: int, high: int) -> Check:
    """A whole number within bounds."""

    def check(run: Reading, node: object, path: SpecPath) -> object:
        if type(node) is not int:
            if type(node) is float:
                return run.refuse("DATA003", path, f"{label(path)} must be a whole number")
            return run.wrong_kind(path, node, "a whole number")
        if not low <= node <= high:
            expected = str(low) if low == high else f"within {low} and {high}"
            return run.refuse("DATA005", path, f"{label(path)} must be {expected}")
        return node

    return check


def switch(run: Reading, node: object, path: SpecPath) -> object:
    """`true` or `false`."""
    return node if type(node) is bool else run.wrong_kind(path, node, "`true` or `false`")


def choice(*words: str) -> Check:
    """One of a few words."""
    known = frozenset(words)

    def check(run: Reading, node: object, path: SpecPath) -> object:
        if type(node) is not str:
            return run.wrong_kind(path, node, listed(words))
        if node not in known:
            return run.refuse("DATA006", path, _no_choice(path, node, words))
        return node

    return check


def _no_choice(path: SpecPath, word: str, words: Iterable[str]) -> str:
    return f"{shown(word)} is no value of {label(path)}{did_you_mean(word, words) or f', which is {listed(words)}'}"


# --------------------------------------------------------------------------------------------- lists, maps and unions
def items(item: Check, low: int = 1, high: int = 10000, *, unique: bool = True) -> Check:
    """A list; *unique* when no scalar may stand in it twice."""

    def check(run: Reading, node: object, path: SpecPath) -> object:
        if type(node) is not list:
            return run.wrong_kind(path, node, "a list")
        if len(node) < low:
            return run.refuse("DATA007", path, f"{label(path)} is an empty list")
        if len(node) > high:
            return run.refuse("DATA005", path, f"{label(path)} has more than {high} items")
        if unique:
            again = scalars.repeated(node)
            if again is not None:
                run.refuse("DATA009", (*path, again), f"{label((*path, again))} stands there twice")
        found = [item(run, value, (*path, index)) for index, value in enumerate(node)]
        good = tuple(value for value in found if value is not BROKEN)
        return good if good else BROKEN

    return check


def table(key: Check, value: Check, low: int) -> Check:
    """A map whose keys the user chooses."""

    def check(run: Reading, node: object, path: SpecPath) -> object:
        if type(node) is not dict:
            return run.wrong_kind(path, node, "a map")
        if len(node) < low:
            return run.refuse("DATA007", path, f"{label(path)} is an empty map")
        found = {}
        for name, entry in node.items():
            inner = (*path, name)
            named = key(_KeyReading(run), name, inner)
            made = value(run, entry, inner)
            if named is not BROKEN and made is not BROKEN:
                found[name] = made
        return found

    return check


class _KeyReading(Reading):
    """Notes problems of a key at the key itself."""

    __slots__ = ("outer",)

    def __init__(self, outer: Reading) -> None:
        self.outer = outer

    def refuse(self, rule: str, path: SpecPath, message: str, *, key: bool = True) -> _Broken:  # noqa: ARG002
        return self.outer.refuse(rule, path, message, key=True)


def fields(
    record: Callable[..., object],
    what: str,
    keys: Mapping[str, Check],
    *,
    required: tuple[str, ...] = (),
    exactly_one: tuple[str, ...] = (),
    at_least_one: tuple[str, ...] = (),
    names: Mapping[str, str] | None = None,
    secret: bool = False,
) -> Check:
    """A map with keys of the language; *names* holds the fields whose name differs from their key."""
    renamed = names or {}

    def check(run: Reading, node: object, path: SpecPath) -> object:
        if type(node) is not dict:
            if secret and not isinstance(node, list) and node is not None:
                return run.refuse(
                    "AUTH101", path, f"{label(path)} must be a reference, `{{env: NAME}}` or `{{file: PATH}}`"
                )
            return run.wrong_kind(path, node, what)
        values = {}
        whole_enough = True
        for name, value in node.items():
            inner = keys.get(name)
            if inner is None:
                if secret:
                    run.refuse("AUTH101", path, f"{label(path)} may only say `env` or `file`")
                else:
                    _unknown_key(run, name, path, keys)
                continue
            made = inner(run, value, (*path, name)) if value is not None else _empty(run, (*path, name))
            if made is not BROKEN:
                values[renamed.get(name, name)] = made
            elif name in required:
                whole_enough = False
        for name in required:
            if name not in node:
                run.refuse("DATA002", path, f"{label(path)} lacks `{name}`", key=True)
                whole_enough = False
        if exactly_one or at_least_one:
            try:
                scalars.check_keys({*node}, exactly_one, at_least_one)
            except ValueError as error:
                return run.refuse("DATA008", path, f"{label(path)} {error}")
        return record(**values, pos=path) if whole_enough else BROKEN

    return check


def _empty(run: Reading, path: SpecPath) -> _Broken:
    return run.refuse("DATA007", path, f"{label(path)} is empty; write a value or leave the key out")


def _unknown_key(run: Reading, name: object, path: SpecPath, keys: Mapping[str, Check]) -> None:
    if not isinstance(name, str):
        run.refuse("DATA003", path, f"{label(path)} has a key that is not text")
        return
    where = "" if not path else f" in {label(path)}"
    run.refuse("DATA001", (*path, name), f"unknown key {shown(name)}{where}{did_you_mean(name, keys)}", key=True)


def tagged(tag: str, what: str, kinds: Mapping[str, Check]) -> Check:
    """One of several maps, told apart by the word under *tag*."""

    def check(run: Reading, node: object, path: SpecPath) -> object:
        if type(node) is not dict:
            return run.wrong_kind(path, node, what)
        if tag not in node:
            return run.refuse("DATA002", path, f"{label(path)} lacks `{tag}`, which is {listed(kinds)}", key=True)
        word = node[tag]
        if type(word) is not str:
            return run.wrong_kind((*path, tag), word, listed(kinds))
        if word not in kinds:
            return run.refuse("DATA006", (*path, tag), _no_choice((*path, tag), word, kinds))
        return kinds[word](run, node, path)

    return check


def by_kind(what: str, *, text: Check | None = None, items: Check | None = None, map: Check | None = None) -> Check:
    """One of several forms, told apart by whether the node is text, a list or a map."""

    def check(run: Reading, node: object, path: SpecPath) -> object:
        form = text if type(node) is str else items if type(node) is list else map if type(node) is dict else None
        return run.wrong_kind(path, node, what) if form is None else form(run, node, path)

    return check


# -------------------------------------------------------------------------------------------------------- the whole
def read(document: Positions, spec_check: Check, cross_checks: Callable[[Any], list[Problem]]) -> Any:
    """The Spec of *document*. SpecError with every finding, in source order."""
    run = Reading()
    spec = spec_check(run, document.data, ())
    problems = run.problems
    if spec is not BROKEN:
        problems += [found for found in cross_checks(spec) if not _follows(found, run.broken)]
    if problems:
        raise SpecError(findings(problems, document))
    return replace(spec, pos=document)


def _follows(problem: Problem, broken: list[SpecPath]) -> bool:
    """True when *problem* may only be there because a part it speaks of could not be read."""
    concerned = (problem.path, *problem.about)
    return any(path[: len(part)] == part or part[: len(path)] == path for path in broken for part in concerned)


def findings(problems: Iterable[Problem], document: Positions) -> tuple[Finding, ...]:
    """Problems with their places, in source order, each once."""
    from seccfg.spec.load_rules import RULES

    made = {
        Finding(
            rule=problem.rule, severity=RULES[problem.rule].severity, message=problem.message,
            at=_place(problem, document), help=problem.help or RULES[problem.rule].fix,
            related=tuple(Related(document.span(path, True), words) for path, words in problem.related),
            spec_path=problem.path,
        )
        for problem in problems
    }  # fmt: skip
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
