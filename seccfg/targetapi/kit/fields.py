"""The field test: every field of every control and verifier, changed in the Policy, changes files or gaps."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, get_args, get_origin, get_type_hints

from seccfg.ir.policy import Control, Policy, Verifier
from seccfg.record import Record, fields, replace
from seccfg.targetapi.base import Target

__all__ = ["FieldReport", "check_fields"]

_VALUES: Final = 8
"""Different values of one field that are changed before the field counts as without effect."""
_POOL: Final = 6
"""Values of the same field elsewhere that each of them is changed to, besides made-up ones."""


class FieldReport(Record):
    """What the field test found. A field is named `RateLimit.window_s`."""

    fields: int
    silent: tuple[str, ...]
    """Fields whose change shows nowhere and that no exception names."""
    stale: tuple[str, ...]
    """Exceptions that are none."""
    missing: tuple[str, ...]
    """Kinds of control and verifier that none of the policies has."""


def check_fields(
    target: Target, policies: Sequence[Policy], options: Mapping[str, str], exceptions: Mapping[str, str]
) -> FieldReport:
    """
    Change every field of every record that controls and verifiers are made of.

    Args:
        policies: Together they should hold every kind.
        exceptions: Field whose change rightly shows nowhere -> why.
    """
    found: dict[type[Record], list[tuple[Record, Policy]]] = {}
    for policy in policies:
        for record in dict.fromkeys(_records(policy)):
            found.setdefault(type(record), []).append((record, policy))
    kinds = (*get_args(Control), *get_args(Verifier))
    missing = tuple(sorted(kind.__name__ for kind in kinds if kind not in found))
    compiled = _Compiled(target, options)
    silent: list[str] = []
    counted = 0
    for kind in sorted(found, key=lambda k: k.__name__):
        for field in fields(kind):
            if field == "pos":
                continue
            counted += 1
            if not _shows(compiled, kind, field, found[kind]):
                silent.append(f"{kind.__name__}.{field}")
    stale = tuple(sorted(exceptions.keys() - set(silent)))
    return FieldReport(counted, tuple(name for name in silent if name not in exceptions), stale, missing)


def _shows(compiled: _Compiled, kind: type[Record], field: str, known: Sequence[tuple[Record, Policy]]) -> bool:
    """Whether some other value of the field, wherever a policy has the same one, changes files or gaps."""
    tried: set[tuple[int, object]] = set()
    pool = tuple(dict.fromkeys(getattr(record, field) for record, _ in known))
    for record, policy in sorted(known, key=lambda entry: not getattr(entry[0], field)):
        value = getattr(record, field)
        if (id(policy), value) in tried:
            continue
        tried.add((id(policy), value))
        for other in (*_others(value, _hints(kind).get(field)), *[v for v in pool if v != value][:_POOL]):
            if compiled.shows(_Change(kind, field, value, other), policy):
                return True
        if len(tried) == _VALUES:
            return False
    return False


class _Change(Record):
    """In every record of *kind* whose *field* is *old*, it is *new*."""

    kind: type[Record]
    field: str
    old: object
    new: object

    def of(self, value: object) -> object:
        """*value* changed; what does not change is shared."""
        if isinstance(value, tuple):
            items = tuple(map(self.of, value))
            return value if all(a is b for a, b in zip(items, value, strict=True)) else items
        if not isinstance(value, Record):
            return value
        changes: dict[str, object] = {}
        for field in fields(value):
            before = getattr(value, field)
            if field != "pos" and isinstance(before, (Record, tuple)):
                after = self.of(before)
                if after is not before:
                    changes[field] = after
        if type(value) is self.kind and getattr(value, self.field) == self.old:
            changes[self.field] = self.new
        return replace(value, **changes) if changes else value


class _Compiled:
    def __init__(self, target: Target, options: Mapping[str, str]) -> None:
        self._target = target
        self._options = options
        self._base: dict[int, object] = {}

    def shows(self, change: _Change, policy: Policy) -> bool:
        """Whether files or gaps differ after *change*."""
        if id(policy) not in self._base:
            self._base[id(policy)] = self._compile(policy)
        changed = change.of(policy)
        if not isinstance(changed, Policy):
            raise TypeError("a Policy stays one")
        try:
            effect = self._compile(changed)
        except (ArithmeticError, LookupError, StopIteration, TypeError, ValueError):
            return False  # a Policy that no spec gives: another value may do
        return effect != self._base[id(policy)]

    def _compile(self, policy: Policy) -> object:
        output = self._target.compile(policy, self._options)
        return tuple((file.path, file.content) for file in output.files), output.gaps


def _records(policy: Policy) -> Iterator[Record]:
    """Every record below the policy's verifiers, attributes, edge and routes' controls."""
    for verifier in policy.verifiers:
        yield from _below(verifier)
    for attr in policy.attrs:
        yield from _below(attr)
    yield from _below(policy.edge)
    for route in policy.routes:
        for control in route.controls:
            yield from _below(control)


def _below(value: object) -> Iterator[Record]:
    if isinstance(value, Record):
        yield value
        for field in fields(value):
            if field != "pos":
                yield from _below(getattr(value, field))
    elif isinstance(value, tuple):
        for item in value:
            yield from _below(item)


@functools.cache
def _hints(kind: type[Record]) -> dict[str, object]:
    return get_type_hints(kind)


def _others(value: object, hint: object) -> Iterator[object]:
    """Other values a field of this type can have."""
    words = _words(hint)
    if words:
        yield from (word for word in words if word != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, str):
        yield from _other_texts(value)
    elif isinstance(value, tuple):
        yield from _other_tuples(value, hint)
    elif isinstance(value, Record):
        for field in fields(value):
            if field != "pos":
                for other in _others(getattr(value, field), _hints(type(value)).get(field)):
                    yield replace(value, **{field: other})
    elif value is None:
        yield from (other for kind, other in ((int, 7), (str, "x")) if kind in get_args(hint))


def _words(hint: object) -> tuple[object, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    return ()


def _other_texts(value: str) -> Iterator[str]:
    if value[:1] in ("{", "["):
        parsed = json.loads(value)
        changed = {**parsed, "title": "x"} if isinstance(parsed, dict) else [*parsed, "x"]
        yield json.dumps(changed, sort_keys=True, separators=(",", ":"))
    yield from (f"{value}x", f"x{value}", "x")


def _other_tuples(value: tuple[object, ...], hint: object) -> Iterator[tuple[object, ...]]:
    items = get_args(hint)
    if items and Ellipsis not in items:
        for number, (item, kind) in enumerate(zip(value, items, strict=True)):
            for other in _others(item, kind):
                yield (*value[:number], other, *value[number + 1 :])
        return
    if len(value) > 1:
        yield value[:-1]
        yield value[1:]
        yield value[::-1]
    item_hint = items[0] if items else None
    if value:
        for other in _others(value[-1], item_hint):
            yield (*value, other)
            yield (*value[:-1], other)
        if len(value) == 1:
            yield ()
    else:
        for word in (*_words(item_hint), *(("x",) if item_hint is str else ())):
            yield (word,)
