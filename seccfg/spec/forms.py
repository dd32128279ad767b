"""The models as data, for the generators of loader, schema and reference; forms the loader cannot have are refused."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, Len, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from seccfg.record import Record, replace
from seccfg.spec.models.base import Checked, Named, Node, Span, Unique

OPAQUE = ("Json", "JsonObject", "Number")


class TextForm(Record):
    """A text scalar; `low` and `high` bound a quantity as written."""

    scalar: str
    low: str = ""
    high: str = ""


class WholeForm(Record):
    low: int
    high: int


class SwitchForm(Record):
    """`true` or `false`."""


class OpaqueForm(Record):
    """JSON that is kept as it is: `Json`, `JsonObject` or `Number`."""

    name: str


class ChoiceForm(Record):
    words: tuple[str, ...]
    name: str = ""


class ListForm(Record):
    item: Form
    low: int
    high: int
    unique: bool
    name: str = ""


class TableForm(Record):
    """A map whose keys the user chooses."""

    key: TextForm | ChoiceForm
    value: Form
    low: int


class NodeForm(Record):
    """A map with keys of the language."""

    model: str


class TagForm(Record):
    """One of several maps, told apart by the word under `tag`."""

    tag: str
    kinds: tuple[tuple[str, str], ...]
    name: str


class KindForm(Record):
    """One of several forms, told apart by whether the node is text, a list or a map."""

    text: TextForm | ChoiceForm | None
    items: ListForm | None
    map: NodeForm | OpaqueForm | None
    name: str = ""


Form = (
    TextForm | WholeForm | SwitchForm | OpaqueForm | ChoiceForm | ListForm | TableForm | NodeForm | TagForm | KindForm
)


class Key(Record):
    """One key of a map: `field` is its name in Python. `default` is None when it has none."""

    name: str
    field: str
    form: Form
    required: bool
    optional: bool
    default: str | int | bool | tuple[str, ...] | None
    description: str
    examples: tuple[Any, ...]


class Model(Record):
    """One map of the language."""

    name: str
    parent: str
    text: str
    keys: tuple[Key, ...]
    own: tuple[str, ...]
    """Names of the keys that `parent` does not have."""
    exactly_one: tuple[str, ...]
    at_least_one: tuple[str, ...]
    secret: bool


def read_models(root: type[Node]) -> dict[str, Model]:
    """Every model *root* is made of, each after those it uses; *root* is the last."""
    models: dict[str, Model] = {}
    _collect(root, models)
    return models


def forms_of(form: Form) -> Iterator[Form]:
    """*form* and all forms inside it, maps of the language not entered."""
    yield form
    match form:
        case ListForm(item):
            yield from forms_of(item)
        case TableForm(key, value):
            yield from forms_of(key)
            yield from forms_of(value)
        case KindForm(text, items, map_):
            for part in (text, items, map_):
                if part is not None:
                    yield from forms_of(part)
        case _:
            return


def _collect(model: type[Node], models: dict[str, Model]) -> None:
    if model.__name__ in models:
        return
    parent = model.__mro__[1]
    if not issubclass(parent, Node):
        raise TypeError(f"{model.__name__} is no part of the language")
    shares = parent is not Node and parent.__name__ not in ("TokenMethod", "ClientBase")
    if shares:
        _collect(parent, models)
    hints = typing.get_type_hints(model, include_extras=True)
    keys = []
    for field, info in model.model_fields.items():
        for used in _models_in(hints[field]):
            _collect(used, models)
        keys.append(_key(field, info))
    inherited = tuple(parent.model_fields) if shares else ()
    models[model.__name__] = Model(
        name=model.__name__, parent=parent.__name__ if shares else "", text=_text(model), keys=tuple(keys),
        own=tuple(key.name for key in keys if key.field not in inherited), exactly_one=model.EXACTLY_ONE,
        at_least_one=model.AT_LEAST_ONE, secret=model.SECRET,
    )  # fmt: skip


def _text(model: type[BaseModel]) -> str:
    if not model.__doc__:
        raise TypeError(f"{model.__name__} has no description")
    return " ".join(model.__doc__.split())


def _models_in(annotation: Any) -> Iterator[type[Node]]:
    if isinstance(annotation, type) and issubclass(annotation, Node):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _key(field: str, info: FieldInfo) -> Key:
    name = info.alias or field.rstrip("_")
    if not info.description:
        raise TypeError(f"`{name}` has no description")
    annotation, optional = _without_none(info.annotation)
    form = _form(annotation, [*info.metadata, info])
    default = None if info.default is PydanticUndefined else info.default
    return Key(name, field, form, info.is_required(), optional, default, info.description, tuple(info.examples or ()))


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        return (parts[0] if len(parts) == 1 else Union[tuple(parts)]), True  # noqa: UP007 - built at run time
    return annotation, False


def _form(annotation: Any, metadata: list[Any]) -> Form:
    while get_origin(annotation) is Annotated:
        annotation, *inner = get_args(annotation)
        metadata = [*metadata, *inner]
    metadata = [*metadata, *(m for info in metadata if isinstance(info, FieldInfo) for m in info.metadata)]
    checked = next((m.name for m in metadata if isinstance(m, Checked)), "")
    named = next((m.name for m in metadata if isinstance(m, Named)), "")
    origin, args = get_origin(annotation), get_args(annotation)
    if checked in OPAQUE:
        return OpaqueForm(checked)
    if checked:
        # the innermost bounds come first: a field that narrows a scalar with bounds of its own has two
        spans = [m for m in metadata if isinstance(m, Span)]
        return TextForm(checked, spans[-1].low, spans[-1].high) if spans else TextForm(checked)
    if annotation is int:
        return WholeForm(_bound(metadata, Ge, "ge"), _bound(metadata, Le, "le"))
    if annotation is bool:
        return SwitchForm()
    if origin is Literal:
        return ChoiceForm(_words(args), named)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        low, high = _lengths(metadata, 10000)
        if low < 1:
            raise TypeError(f"{annotation}: lists are never empty")
        return ListForm(_form(args[0], []), low, high, any(isinstance(m, Unique) for m in metadata), named)
    if origin is dict:
        key = _form(args[0], [])
        if not isinstance(key, TextForm | ChoiceForm):
            raise TypeError(f"{annotation}: keys are text")
        return TableForm(key, _form(args[1], []), _lengths(metadata, 0)[0])
    if isinstance(annotation, type) and issubclass(annotation, Node):
        return NodeForm(annotation.__name__)
    if origin in (Union, types.UnionType):
        tag = next((m.discriminator for m in metadata if isinstance(m, FieldInfo) and m.discriminator), None)
        return _kind_form(args, named) if tag is None else _tag_form(args, str(tag), named)
    raise TypeError(f"{annotation!r} is no form the loader can have")


def _words(args: tuple[Any, ...]) -> tuple[str, ...]:
    if not all(isinstance(word, str) for word in args):
        raise TypeError(f"{args}: only text can be chosen")
    return args


def _bound(metadata: list[Any], kind: type[Ge] | type[Le], name: str) -> int:
    for item in metadata:
        if isinstance(item, kind):
            return int(getattr(item, name))
    raise TypeError("a whole number needs both bounds")


def _lengths(metadata: list[Any], highest: int) -> tuple[int, int]:
    low, high = 0, highest
    for item in metadata:
        if isinstance(item, MinLen | Len):
            low = item.min_length
        if isinstance(item, MaxLen | Len) and item.max_length is not None:
            high = item.max_length
    return low, high


def _tag_form(args: tuple[Any, ...], tag: str, name: str) -> TagForm:
    kinds = []
    for model in args:
        (word,) = get_args(model.model_fields[tag].annotation)
        kinds.append((word, model.__name__))
    return TagForm(tag, tuple(kinds), name)


def _kind_form(args: tuple[Any, ...], name: str) -> KindForm:
    parts = KindForm(None, None, None, name)
    for form in (_form(arg, []) for arg in args):
        match form:
            case TextForm() | ChoiceForm() if parts.text is None:
                parts = replace(parts, text=form)
            case ListForm() if parts.items is None:
                parts = replace(parts, items=form)
            case NodeForm() | OpaqueForm() if parts.map is None:
                parts = replace(parts, map=form)
            case _:
                raise TypeError(f"{name or args}: its forms cannot be told apart by node kind")
    return parts
