"""Records as `dataclasses` makes them, at a small part of its start-up: a function that starts keeps a request waiting.

`@dataclass(slots=True)` and `@dataclass(frozen=True, slots=True)` alone are known. What a class needs is compiled when the
first record of it is made or compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast, dataclass_transform

_T = TypeVar("_T")


class _Field:
    """`field(...)` of a class body."""

    __slots__ = ("default_factory",)

    def __init__(self, default_factory: Callable[[], object]) -> None:
        self.default_factory = default_factory


def field(*, default_factory: Callable[[], _T]) -> _T:
    """A field whose default is made anew for each record."""
    return cast("_T", _Field(default_factory))


@dataclass_transform(field_specifiers=(field,))
def dataclass(*, frozen: bool = False, slots: bool) -> Callable[[type[_T]], type[_T]]:
    """The class with `__init__`, `__eq__`, `__repr__`, `__match_args__` and slots; frozen ones have a hash and no setters."""
    if not slots:
        raise TypeError("records have slots")
    return lambda cls: _slotted(cls, frozen=frozen)


def replace(record: _T, **changes: Any) -> _T:
    """A copy of *record* with *changes*."""
    names: tuple[str, ...] = type(record).__match_args__  # type: ignore[attr-defined]
    return type(record)(**{name: getattr(record, name) for name in names} | changes)


def _slotted(cls: type[_T], *, frozen: bool) -> type[_T]:
    body = dict(cls.__dict__)
    names = tuple(body.get("__annotations__", ()))
    defaults = {name: body.pop(name) for name in names if name in body}
    for name in ("__dict__", "__weakref__"):
        body.pop(name, None)
    body["__slots__"] = body["__match_args__"] = names
    body["__qualname__"] = cls.__qualname__
    made: Any = type(cls.__name__, cls.__bases__, body)

    def first_init(self: Any, *args: Any, **kwargs: Any) -> None:
        made.__init__ = _init(made, names, defaults)
        made.__init__(self, *args, **kwargs)

    def values(record: Any) -> tuple[Any, ...]:
        return tuple([getattr(record, name) for name in names])

    def equal(self: Any, other: object) -> bool:
        return values(self) == values(other) if type(other) is made else NotImplemented

    def shown(self: Any) -> str:
        return f"{made.__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    ours: dict[str, Any] = {"__init__": first_init, "__eq__": equal, "__repr__": shown, "__hash__": None}
    if frozen:
        ours |= {"__hash__": lambda self: hash(values(self)), "__setattr__": _closed, "__delattr__": _closed}
    for name, function in ours.items():
        if name not in body or name == "__hash__":
            setattr(made, name, function)
    return cast("type[_T]", made)


def _closed(self: object, *_: object) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen")


def _init(made: type, names: tuple[str, ...], defaults: dict[str, object]) -> Callable[..., None]:
    """`__init__` over the slots' own setters; of what it compiles only names of fields are text."""
    scope: dict[str, object] = {}
    parameters, lines = ["self"], []
    for name in names:
        scope[f"set_{name}"] = getattr(made, name).__set__
        default = defaults.get(name)
        if isinstance(default, _Field):
            scope[f"make_{name}"], scope["UNSET"] = default.default_factory, _UNSET
            parameters.append(f"{name}=UNSET")
            lines.append(f"    set_{name}(self, make_{name}() if {name} is UNSET else {name})")
            continue
        if name in defaults:
            scope[f"default_{name}"] = default
        parameters.append(f"{name}=default_{name}" if name in defaults else name)
        lines.append(f"    set_{name}(self, {name})")
    exec("\n".join([f"def __init__({', '.join(parameters)}):", *(lines or ["    pass"])]), scope)  # noqa: S102
    return cast("Callable[..., None]", scope["__init__"])


_UNSET = object()
