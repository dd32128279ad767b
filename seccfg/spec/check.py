"""
What the compiled loader is made of: a check function takes a node and gives what it stands for, or `BROKEN`.

Checks go on after a problem, so that one run finds all of them; a map with a broken optional key is read without that
key, and every problem that may only follow from a broken part is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from seccfg.expr.errors import closest
from seccfg.findings import SpecError, SpecPath
from seccfg.record import replace
from seccfg.spec import scalars
from seccfg.spec.problems import Positions, Problem, Slip, findings, kind_of, label, listed, shown


class _Broken:
    """Stands for a node that could not be read."""


BROKEN: Final = _Broken()


class Reading:
    """One run of the loader: what is wrong so far, and where nothing could be read."""

    __slots__ = ("broken", "problems")

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.broken: list[SpecPath] = []

    def refuse(
        self, rule: str, path: SpecPath, message: str, *, key: bool = False, slip: Slip | None = None
    ) -> _Broken:
        """Note a problem; the node at *path* counts as broken."""
        self.problems.append(Problem(rule, path, message, key=key, slip=slip))
        self.broken.append(path)
        return BROKEN

    def wrong_kind(self, path: SpecPath, node: object, what: str) -> _Broken:
        """Note that *node* is not of the kind that *what* names."""
        if node is None:
            return self.refuse("DATA007", path, f"{label(path)} is empty; it must be {what}")
        return self.refuse("DATA003", path, f"{label(path)} must be {what}, not {kind_of(node)}")


Check = Callable[[Reading, object, SpecPath], Any]


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
            return _no_choice(run, path, node, words)
        return node

    return check


def _no_choice(run: Reading, path: SpecPath, word: str, words: Collection[str]) -> _Broken:
    slip = Slip(word, words, f", which is {listed(words)}")
    return run.refuse("DATA006", path, f"{shown(word)} is no value of {label(path)}", slip=slip)


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

    def refuse(
        self, rule: str, path: SpecPath, message: str, *, key: bool = True, slip: Slip | None = None  # noqa: ARG002
    ) -> _Broken:
        return self.outer.refuse(rule, path, message, key=True, slip=slip)


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
        strangers: list[str] = []
        for name, value in node.items():
            inner = keys.get(name)
            if inner is None:
                strangers.append(str(name))
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
                whole_enough = False
                if not any(closest(stranger[:100], [name]) for stranger in strangers[:10]):
                    run.refuse("DATA002", path, f"{label(path)} lacks `{name}`", key=True)
        if exactly_one or at_least_one:
            try:
                scalars.check_keys({*node}, exactly_one, at_least_one)
            except ValueError as error:
                # a key that was misspelt is reported already
                return BROKEN if strangers else run.refuse("DATA008", path, f"{label(path)} {error}")
        return record(**values, pos=path) if whole_enough else BROKEN

    return check


def _empty(run: Reading, path: SpecPath) -> _Broken:
    return run.refuse("DATA007", path, f"{label(path)} is empty; write a value or leave the key out")


def _unknown_key(run: Reading, name: object, path: SpecPath, keys: Mapping[str, Check]) -> None:
    if not isinstance(name, str):
        run.refuse("DATA003", path, f"{label(path)} has a key that is not text")
        return
    where = "" if not path else f" in {label(path)}"
    run.refuse("DATA001", (*path, name), f"unknown key {shown(name)}{where}", key=True, slip=Slip(name, keys))


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
            return _no_choice(run, (*path, tag), word, kinds)
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
        broken, above = frozenset(run.broken), frozenset(path[:n] for path in run.broken for n in range(len(path) + 1))
        problems += [found for found in cross_checks(spec) if not (broken and _follows(found, broken, above))]
    if problems:
        raise SpecError(findings(problems, document))
    return replace(spec, pos=document)


def _follows(problem: Problem, broken: frozenset[SpecPath], above: frozenset[SpecPath]) -> bool:
    """True when *problem* may only be there because a part it speaks of, or a part of that, could not be read."""
    concerned = (problem.path, *problem.about)
    return any(part in above or any(part[:n] in broken for n in range(len(part))) for part in concerned)
