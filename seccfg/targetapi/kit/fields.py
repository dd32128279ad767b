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

_INSTANCES: Final = 12
"""Different records of one class that are tried before a field counts as without effect."""


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
        seen: set[Record] = set()
        for record in _records(policy):
            if record not in seen:
                seen.add(record)
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
            if not any(compiled.shows(record, field, policy) for record, policy in _varied(found[kind], field)):
                silent.append(f"{kind.__name__}.{field}")
    stale = tuple(sorted(exceptions.keys() - set(silent)))
    return FieldReport(counted, tuple(name for name in silent if name not in exceptions), stale, missing)


def _varied(known: Sequence[tuple[Record, Policy]], field: str) -> list[tuple[Record, Policy]]:
    """Up to `_INSTANCES` records, those first whose field is not empty, and with different values in it."""
    ordered = sorted(known, key=lambda entry: not getattr(entry[0], field))
    return ordered[:_INSTANCES]


class _Compiled:
    def __init__(self, target: Target, options: Mapping[str, str]) -> None:
        self._target = target
        self._options = options
        self._base: dict[int, object] = {}

    def shows(self, record: Record, field: str, policy: Policy) -> bool:
        """Whether some other value of the field, in every equal record of the policy, changes files or gaps."""
        if id(policy) not in self._base:
            self._base[id(policy)] = self._compile(policy)
        hint = _hints(type(record)).get(field)
        for value in _others(getattr(record, field), hint):
            changed = _exchanged(policy, record, replace(record, **{field: value}))
            if not isinstance(changed, Policy):
                raise TypeError("a Policy stays one")
            try:
                effect = self._compile(changed)
            except (ArithmeticError, LookupError, TypeError, ValueError):
                continue  # a Policy that no spec gives: try another value
            if effect != self._base[id(policy)]:
                return True
        return False

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


def _exchanged(value: object, old: Record, new: Record) -> object:
    """*value* with *new* wherever it holds a record equal to *old*; what does not change is shared."""
    if isinstance(value, Record):
        if type(value) is type(old) and value == old:
            return new
        changes: dict[str, object] = {}
        for field in fields(value):
            before = getattr(value, field)
            if field != "pos" and isinstance(before, (Record, tuple)):
                after = _exchanged(before, old, new)
                if after is not before:
                    changes[field] = after
        return replace(value, **changes) if changes else value
    if isinstance(value, tuple):
        items = tuple(_exchanged(item, old, new) for item in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


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
    elif value is None:
        yield from (7, "x")


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
    if len(value) > 1:
        yield value[:-1]
        yield value[1:]
        yield value[::-1]
    items = get_args(hint)
    item_hint = items[0] if items else None
    if value:
        for other in _others(value[-1], item_hint):
            yield (*value, other)
            yield (*value[:-1], other)
        if len(value) == 1:
            yield ()
    else:
        for word in (*_words(item_hint), "x"):
            yield (word,)
