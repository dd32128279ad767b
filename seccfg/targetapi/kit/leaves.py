"""The leaf test: every value of a spec, changed, changes something a user sees, or stands in a list with the reason."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seccfg.findings import SpecPath, render_path
from seccfg.record import Record
from seccfg.targetapi.kit.mutation import mutants
from seccfg.targetapi.kit.project import Project, replaced

__all__ = ["LeafReport", "check_leaves", "leaves"]

_SPELLING: Final = ("DATA", "YAML")
"""Rules about how a value is spelled, not about what it means."""
_TRIED: Final = 3
"""Changes of one leaf that load and are looked at before it counts as without effect."""


class LeafReport(Record):
    """What the leaf test found."""

    leaves: int
    silent: tuple[str, ...]
    """Leaves whose change shows nowhere and that no exception names."""
    stale: tuple[str, ...]
    """Exceptions that are none: the leaf is gone, or its change shows."""


def leaves(data: object, path: SpecPath = ()) -> Iterator[tuple[SpecPath, object]]:
    """(path, value) of every scalar, in order."""
    if isinstance(data, dict):
        for key, inner in data.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(data, list):
        for number, inner in enumerate(data):
            yield from leaves(inner, (*path, number))
    else:
        yield path, data


def check_leaves(project: Project, exceptions: Mapping[str, str], values: Mapping[str, object]) -> LeafReport:
    """
    Change every leaf of the project's spec in turn, but for what is addressed to other targets.

    Args:
        exceptions: Path of a leaf whose change rightly shows nowhere -> why.
        values: Path of a leaf -> another value to try first, for words that only the target knows.
    """
    data = project.data()
    varied = _Varied(project, data, values)
    silent: list[str] = []
    counted = 0
    for path, value in leaves(data):
        if _for_another_target(path, data, project.target.name):
            continue
        counted += 1
        if not varied.shows(path, value):
            silent.append(render_path(path))
    stale = tuple(sorted(exceptions.keys() - set(silent)))
    return LeafReport(counted, tuple(name for name in silent if name not in exceptions), stale)


def _for_another_target(path: SpecPath, data: Mapping[str, object], name: str) -> bool:
    """Options of another target, or a gap of another target that the spec accepts."""
    if path[0] == "targets":
        return path[1] != name
    accepted = data.get("accept")
    if path[0] != "accept" or not isinstance(accepted, list) or not isinstance(path[1], int):
        return False
    return bool(accepted[path[1]]["target"] != name)


class _Varied:
    def __init__(self, project: Project, data: dict[str, object], values: Mapping[str, object]) -> None:
        self._project = project
        self._values = values
        self._data = data
        self._names = _names(data)
        self._other_files = _other_files(project)
        self._effects = {"": project.effect(data)}
        self._before: dict[tuple[str, str], tuple[object, ...]] = {}

    def shows(self, path: SpecPath, value: object) -> bool:
        """Whether some change of the leaf that loads changes files, gaps, findings or the outcome of tests."""
        env = str(path[1]) if path[0] == "environments" and len(path) > 2 else ""
        if env not in self._effects:
            self._effects[env] = self._project.effect(self._data, env)
        tried = 0
        refused = False
        known = self._values.get(render_path(path))
        for other in (*(() if known is None else (known,)), *self._others(value)):
            changed = replaced(self._data, path, other)
            if not isinstance(changed, dict):
                raise TypeError("a spec is a map")
            effect = self._project.effect(changed, env)
            if effect.refused:
                if _is_measure(value) and not any(text.startswith(_SPELLING) for text in effect.refused):
                    return True
                refused = True
                continue
            if effect != self._effects[env] or self._judged(path, changed, env):
                return True
            tried += 1
            if tried == _TRIED:
                return False
        return refused and not tried

    def _judged(self, path: SpecPath, changed: dict[str, object], env: str) -> bool:
        """
        Whether lint says something else, or a test comes out otherwise. Tests are asked only about themselves: they see
        the rest of a spec through its Policy, and what changes that was looked at in the files.
        """
        judges = [("lint", self._project.linted)]
        if path[0] in ("tests", "invariants"):
            judges.append(("tests", self._project.tested))
        for name, judge in judges:
            if (name, env) not in self._before:
                self._before[name, env] = judge(self._data, env)
            if judge(changed, env) != self._before[name, env]:
                return True
        return False

    def _others(self, value: object) -> Iterator[object]:
        if isinstance(value, bool):
            yield not value
        elif isinstance(value, int):
            yield from (value + 1, value - 1, 0)
        elif isinstance(value, str):
            seen = {value}
            for other in self._texts(value):
                if other not in seen:
                    seen.add(other)
                    yield other
        else:
            yield "x"

    def _texts(self, value: str) -> Iterator[str]:
        yield from self._other_files.get(value, ())
        for choice in _choices():
            if value in choice:
                yield from choice
        yield from _stepped(value)
        yield from self._names.get(value, ())
        yield f"{value}x"
        yield f"{value} x"
        yield f"x{value}"
        yield f"{value} && true"
        yield f"!({value})"


def _names(data: dict[str, object]) -> dict[str, tuple[str, ...]]:
    """Name -> other names of the same kind: keys of one map, or texts that stand in lists of one key."""
    kinds: list[set[str]] = []
    lists: dict[object, set[str]] = {}

    def walk(value: object, key: object) -> None:
        if isinstance(value, dict):
            kinds.append({name for name in value if isinstance(name, str)})
            for name, inner in value.items():
                walk(inner, name)
        elif isinstance(value, list):
            lists.setdefault(key, set()).update(item for item in value if isinstance(item, str))
            for inner in value:
                walk(inner, key)

    walk(data, "")
    found: dict[str, set[str]] = {}
    for group in [*kinds, *lists.values()]:
        for name in group:
            found.setdefault(name, set()).update(group)
    return {name: tuple(sorted(others - {name})) for name, others in found.items()}


def _other_files(project: Project) -> dict[str, tuple[str, ...]]:
    """File -> others to name instead: changed copies first."""
    known = project.files()
    found: dict[str, tuple[str, ...]] = {}
    for path in known:
        others = [other for other in known if other != path and other.rpartition(".")[2] == path.rpartition(".")[2]]
        if path.endswith(".json"):
            for number, mutant in enumerate(mutants({path: project.read(path)})):
                if number >= _TRIED:
                    break
                copy = f"{path.removesuffix('.json')}.{number}.json"
                project.add(copy, mutant.content)
                others.insert(number, copy)
        found[path] = tuple(others)
    return found


@functools.cache
def _choices() -> tuple[tuple[str, ...], ...]:
    """Every closed list of words in the language."""
    from seccfg.spec.models.spec import Spec

    found: set[tuple[str, ...]] = set()

    def walk(schema: object) -> None:
        if isinstance(schema, dict):
            listed = schema.get("enum")
            if isinstance(listed, list):
                found.add(tuple(word for word in listed if isinstance(word, str)))
            for inner in schema.values():
                walk(inner)
        elif isinstance(schema, list):
            for inner in schema:
                walk(inner)

    walk(Spec.model_json_schema())
    return tuple(sorted(found))


_STEPS: Final[Sequence[tuple[re.Pattern[str], str]]] = (
    (re.compile(r"([0-9]+)(s|m|h|d|B|KiB|MiB|GiB)"), "{number}{rest}"),
    (re.compile(r"([0-9]+)(\.[0-9]+\.[0-9]+\.[0-9]+/[0-9]+)"), "{number}{rest}"),
)


def _stepped(value: str) -> Iterator[str]:
    """The next duration, size, date, address, host or version."""
    for pattern, form in _STEPS:
        found = pattern.fullmatch(value)
        if found is not None:
            for number in (int(found[1]) + 1, int(found[1]) - 1):
                yield form.format(number=number, rest=found[2])
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        for days in (1, -1000):
            yield (datetime.date.fromisoformat(value) + datetime.timedelta(days=days)).isoformat()
    if "://" in value:
        scheme, _, rest = value.partition("://")
        yield f"{scheme}://x-{rest}"
    block = re.fullmatch(r"(.+)/([0-9]+)", value)
    if block is not None:
        for bits in (int(block[2]) + 1, int(block[2]) - 1):
            yield f"{block[1]}/{bits}"
    if re.fullmatch(r"[0-9a-f:.]+", value):
        yield f"{value[:-1]}{'8' if value[-1] == '9' else '9'}"
    if re.fullmatch(r"[0-9]+\.[0-9]+", value):
        yield f"{value[:-1]}{int(value[-1]) + 1}"
    if re.search(r"[0-9]", value) is not None:
        yield re.sub(r"[0-9]+", lambda digits: str(int(digits[0]) + 1), value, count=1)
        yield re.sub(r"([0-9]+)([^0-9]*)$", lambda m: f"{int(m[1]) + 1}{m[2]}", value)
    if value.startswith("/"):
        yield f"{value}-x"


def _is_measure(value: object) -> bool:
    """A number, duration, size or date: refusing another one of them takes reading it."""
    if isinstance(value, str):
        return re.fullmatch(r"[0-9]+(s|m|h|d|B|KiB|MiB|GiB)|[0-9]{4}-[0-9]{2}-[0-9]{2}", value) is not None
    return isinstance(value, int)
