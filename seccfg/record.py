"""Frozen, slotted records: the base of every Spec, IR and result type.

A record behaves like `dataclass(frozen=True, slots=True)` and type checkers see it as one, but importing it costs
none of `dataclasses` and `inspect`, which would be a third of the start-up of `seccfg lint`.

Rules for subclasses: fields are annotated class attributes, defaults are immutable values, fields without a default come
first. A field named `pos` (where something stands in a file) takes no part in equality, hash or repr: two policies that
mean the same are equal wherever they were written.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar, dataclass_transform

__all__ = ["Record", "fields", "replace"]

_R = TypeVar("_R", bound="Record")
_UNCOMPARED = "pos"
_WORTH_COMPILING = 24
_set = object.__setattr__


class _RecordMeta(type):
    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _RecordMeta:
        own = tuple(field for field, kind in namespace.get("__annotations__", {}).items() if not _is_class_var(kind))
        defaults = {field: namespace.pop(field) for field in own if field in namespace}
        inherited: tuple[str, ...] = ()
        for base in bases:
            inherited += tuple(f for f in getattr(base, "_fields", ()) if f not in inherited)
            defaults = {**getattr(base, "_defaults", {}), **defaults}
        own = tuple(field for field in own if field not in inherited)
        namespace["__slots__"] = own
        namespace["_fields"] = inherited + own
        namespace["_compared"] = tuple(f for f in inherited + own if f != _UNCOMPARED)
        namespace["_defaults"] = defaults
        namespace["_made"] = 0
        namespace["__match_args__"] = inherited + own
        if "__init__" not in namespace:
            namespace["__init__"] = _first_init
        if "__eq__" not in namespace and "__hash__" not in namespace:
            namespace["__eq__"], namespace["__hash__"] = _first_eq, _first_hash
        return super().__new__(mcls, name, bases, namespace)


def _is_class_var(kind: object) -> bool:
    return str(kind).startswith(("ClassVar", "typing.ClassVar"))


def _first_init(self: Record, *args: Any, **kwargs: Any) -> None:
    """
    Sets the fields one by one, and compiles the class's real `__init__` once so many are made that it pays.

    Most runs make no record of most classes they import, and few of the rest. What does not fit the fields is left to the
    real one, whose errors are Python's own.
    """
    cls = type(self)
    names = cls._fields
    cls._made += 1
    if cls._made <= _WORTH_COMPILING and len(args) <= len(names):
        values = {**cls._defaults, **dict(zip(names, args, strict=False)), **kwargs}
        if len(values) == len(names) and values.keys() == set(names) and kwargs.keys().isdisjoint(names[: len(args)]):
            for name, value in values.items():
                _set(self, name, value)
            return
    cls.__init__ = _compile_init(cls)  # type: ignore[method-assign]
    cls.__init__(self, *args, **kwargs)


def _compile_init(cls: type[Record]) -> Any:
    scope: dict[str, Any] = {}
    parameters, body = [], []
    for field in cls._fields:
        scope[f"_set_{field}"] = getattr(cls, field).__set__  # the slot's own setter: `__setattr__` is closed
        body.append(f"    _set_{field}(self, {field})")
        if field in cls._defaults:
            scope[f"_default_{field}"] = cls._defaults[field]
            parameters.append(f"{field}=_default_{field}")
        else:
            parameters.append(field)
    signature = ", ".join(["self", *parameters])
    exec("\n".join([f"def __init__({signature}):", *(body or ["    pass"])]), scope)  # noqa: S102 - field names only
    init = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _first_eq(self: Record, other: object) -> bool:
    """As `_first_init`: records are compared and hashed by the hundred thousand in analysis."""
    cls = type(self)
    cls.__eq__, cls.__hash__ = _compile_comparison(cls)  # type: ignore[method-assign]
    return cls.__eq__(self, other)


def _first_hash(self: Record) -> int:
    cls = type(self)
    cls.__eq__, cls.__hash__ = _compile_comparison(cls)  # type: ignore[method-assign]
    return cls.__hash__(self)


def _compile_comparison(cls: type[Record]) -> tuple[Any, Any]:
    equal = " and ".join(f"self.{f} == other.{f}" for f in cls._compared) or "True"
    hashed = ", ".join(["cls", *(f"self.{f}" for f in cls._compared)])
    scope: dict[str, Any] = {"cls": cls}
    exec(  # noqa: S102 - field names only
        "def __eq__(self, other):\n"
        "    if self is other:\n"
        "        return True\n"
        "    if type(other) is not cls:\n"
        "        return NotImplemented\n"
        f"    return {equal}\n"
        f"def __hash__(self):\n    return hash(({hashed},))\n",
        scope,
    )
    return scope["__eq__"], scope["__hash__"]


@dataclass_transform(frozen_default=True)
class Record(metaclass=_RecordMeta):
    """Base of all frozen data; see the module's text."""

    _fields: ClassVar[tuple[str, ...]]
    _compared: ClassVar[tuple[str, ...]]
    _defaults: ClassVar[dict[str, Any]]
    _made: ClassVar[int]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __repr__(self) -> str:
        inner = ", ".join(f"{f}={getattr(self, f)!r}" for f in self._compared)
        return f"{type(self).__name__}({inner})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, f) for f in self._fields)


def fields(record: Record | type[Record]) -> tuple[str, ...]:
    """Field names in declaration order, inherited ones first."""
    return record._fields


def replace(record: _R, **changes: Any) -> _R:
    """A copy of *record* with *changes*; TypeError for a name that is no field."""
    values = {field: getattr(record, field) for field in record._fields}
    unknown = changes.keys() - values.keys()
    if unknown:
        raise TypeError(f"{type(record).__name__} has no field {', '.join(sorted(unknown))}")
    values.update(changes)
    return type(record)(**values)
