"""Parameters of an operation: those of the path, the query and the headers, with as much of their schemas as fits."""

from __future__ import annotations

import math
from typing import Final

from seccfg.findings import SpecPath
from seccfg.importer.description import Description, Node, NotCarried, quoted
from seccfg.importer.outcome import Notes
from seccfg.importer.patterns import whole
from seccfg.importer.print_yaml import Plain
from seccfg.importer.schemas import FORMATS
from seccfg.record import Record
from seccfg.source.document import Data, DataMap
from seccfg.spec import scalars

__all__ = ["Parameters", "read_parameters"]

_SECTIONS: Final = {"path": "params", "query": "query", "header": "header_params"}
_NOT_PARAMETERS: Final = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI describes elsewhere."""
_TYPES: Final = ("string", "integer", "number", "boolean")
_MAX_INTEGER: Final = 2**53 - 1
_MAX_LENGTH: Final = 1_000_000
_MAX_ENUM: Final = 1000


class Parameters(Record):
    """What a spec says of the parameters, by section; a section without parameters is not there."""

    sections: dict[str, dict[str, Plain]]


def read_parameters(
    description: Description, levels: tuple[Node, ...], renamed: dict[str, str], notes: Notes
) -> Parameters:
    """
    The parameters of one operation.

    Args:
        levels: The lists of the path and of the operation; the later wins.
        renamed: Name of each parameter of the path -> its name in the spec.
    Raises:
        NotCarried: a parameter cannot be read.
    """
    found: dict[tuple[str, str], tuple[DataMap, SpecPath]] = {}
    for value, at in levels:
        if value is None:
            continue
        if not isinstance(value, list):
            raise NotCarried("its `parameters` are no list", "correct the description", at)
        for index, item in enumerate(value):
            data, where = description.follow(item, (*at, index))
            name, place = (data.get("name"), data.get("in")) if isinstance(data, dict) else (None, None)
            if not isinstance(data, dict) or not isinstance(name, str) or not isinstance(place, str):
                raise NotCarried("one of its parameters has no `name` and `in`", "correct the description", where)
            found[place, name.lower() if place == "header" else name] = data, where
    reader = _Reader(description, renamed, notes)
    for (place, _), (data, where) in found.items():
        reader.read(place, data, where)
    return Parameters({section: values for section, values in reader.sections.items() if values})


class _Reader:
    def __init__(self, description: Description, renamed: dict[str, str], notes: Notes) -> None:
        self._description = description
        self._renamed = renamed
        self._notes = notes
        self.sections: dict[str, dict[str, Plain]] = {section: {} for section in _SECTIONS.values()}

    def read(self, place: str, data: DataMap, at: SpecPath) -> None:
        name = str(data["name"])
        if place == "cookie":
            self._note(f"the cookie parameter {quoted(name)} is not checked", at)
        elif place == "path":
            if name in self._renamed:
                self._path(self._renamed[name], data, at)
        elif place == "query":
            self._query(name, data, at)
        elif place == "header":
            if name.lower() not in _NOT_PARAMETERS:
                self._header(name, data, at)
        else:
            raise NotCarried(f"the parameter {quoted(name)} stands in {quoted(place)}", "correct the description", at)

    def _note(self, message: str, at: SpecPath) -> None:
        self._notes.add(message, self._description.place(at))

    def _path(self, name: str, data: DataMap, at: SpecPath) -> None:
        if data.get("style", "simple") != "simple":
            self._note("a path parameter of another style than `simple` is not checked", at)
            return
        schema, where = self._schema(data, at)
        if schema.get("type") in ("array", "object"):
            self._note("a path parameter that is a list or an object is not checked", where)
            return
        checks = self._checks(schema, where)
        if checks:
            self.sections["params"][name] = checks

    def _header(self, name: str, data: DataMap, at: SpecPath) -> None:
        try:
            scalars.parse_header_name(name)
        except ValueError:
            self._note(f"the header {quoted(name)} is not checked: its name has other characters than A-Z, 0-9, `-`", at)
            return
        schema, where = self._schema(data, at)
        checks: dict[str, Plain] = {}
        if schema.get("type") in ("array", "object"):
            self._note("the parts of a header that is a list or an object are not checked", where)
        else:
            checks = self._checks(schema, where)
        self.sections["header_params"][name] = self._required(data, checks)

    def _query(self, name: str, data: DataMap, at: SpecPath) -> None:
        schema, where = self._schema(data, at)
        style, kind = data.get("style", "form"), schema.get("type")
        explode = data.get("explode", style == "form") is not False
        if kind == "object" and "content" not in data and (style == "deepObject" or (style == "form" and explode)):
            self._members(name, schema, where, deep=style == "deepObject")
            return
        if kind == "array" and style == "form" and explode and "content" not in data:
            items, inside = self._flat(schema.get("items", {}), (*where, "items"))
            self._note("a list in the query may have one item: a parameter given twice is refused", where)
            checks = {} if items.get("type") in ("array", "object") else self._checks(items, inside)
        elif kind in ("array", "object"):
            self._note("the parts of a list or an object in one query parameter are not checked", where)
            checks = {}
        else:
            checks = self._checks(schema, where)
        self._declare(name, self._required(data, checks), at)

    def _members(self, name: str, schema: DataMap, at: SpecPath, *, deep: bool) -> None:
        """An object whose members are parameters of their own: `filter[city]=x`, or `city=x`."""
        properties = schema.get("properties")
        for member, value in properties.items() if isinstance(properties, dict) else ():
            where: SpecPath = (*at, "properties", member)
            flat, inside = self._flat(value, where)
            checks = {} if flat.get("type") in ("array", "object") else self._checks(flat, inside)
            self._declare(f"{name}[{member}]" if deep else member, checks, where)
        if schema.get("additionalProperties") is not False:
            self._note("members of an object in the query that it does not declare are refused", at)

    def _declare(self, name: str, checks: dict[str, Plain], at: SpecPath) -> None:
        try:
            scalars.parse_parameter_name(name)
        except ValueError:
            self._note(f"the query parameter {quoted(name)} is not declared: its name has other characters", at)
            return
        self.sections["query"][name] = checks

    def _required(self, data: DataMap, checks: dict[str, Plain]) -> dict[str, Plain]:
        return {**checks, "required": True} if data.get("required") is True else checks

    def _schema(self, data: DataMap, at: SpecPath) -> tuple[DataMap, SpecPath]:
        if "content" in data:
            self._note("a parameter that holds a document of its own is not looked into", at)
            return {}, at
        return self._flat(data.get("schema", {}), (*at, "schema"))

    def _flat(self, value: Data, at: SpecPath) -> tuple[DataMap, SpecPath]:
        """A schema without references, the parts of its `allOf` beside its own keywords."""
        found, where = self._description.follow(value, at)
        if isinstance(found, bool):
            return {}, where
        if not isinstance(found, dict):
            raise NotCarried("the schema of a parameter is no map", "correct the description", where)
        parts = found.get("allOf")
        if not isinstance(parts, list):
            return found, where
        merged: DataMap = {}
        for index, part in enumerate(parts):
            inner, _ = self._description.follow(part, (*where, "allOf", index))
            if not isinstance(inner, dict) or "allOf" in inner or any(merged.get(k, v) != v for k, v in inner.items()):
                self._note("a parameter whose `allOf` says more than once the same is checked in part", where)
                continue
            merged |= inner
        return {**merged, **{key: inner for key, inner in found.items() if key != "allOf"}}, where

    # ------------------------------------------------------------- what its text must be

    def _checks(self, schema: DataMap, at: SpecPath) -> dict[str, Plain]:
        """The keys of a Parameter; a plain text needs none."""
        kind = self._kind(schema, at)
        checks: dict[str, Plain] = {} if kind == "string" else {"type": kind}
        for key in ("anyOf", "oneOf", "not", "if", "multipleOf"):
            if key in schema:
                self._note(f"parameters are checked without `{key}`", (*at, key))
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if values is not None:
            self._enum(values, kind, checks, at)
        if kind in ("integer", "number"):
            self._bounds(schema, kind, checks, at)
        elif kind == "string":
            self._lengths(schema, checks, at)
            self._pattern(schema, checks, at)
        self._format(schema, kind, checks, at)
        return checks

    def _kind(self, schema: DataMap, at: SpecPath) -> str:
        written = schema.get("type")
        kinds = [kind for kind in (written if isinstance(written, list) else [written]) if kind not in (None, "null")]
        if len(kinds) == 1 and kinds[0] in _TYPES:
            return str(kinds[0])
        if kinds:
            self._note("a parameter that may be of several types is taken as text", at)
        return "string"

    def _enum(self, values: Data, kind: str, checks: dict[str, Plain], at: SpecPath) -> None:
        listed = [value for value in values if value is not None] if isinstance(values, list) else []
        kept: list[Plain] = []
        for value in listed:
            if _is_of(value, kind) and value not in kept and not isinstance(value, dict | list):
                kept.append(value)
        if not kept or len(kept) > _MAX_ENUM or not all(_is_of(value, kind) for value in listed):
            self._note("parameters are checked without an `enum` whose values are not of their type", at)
            return
        checks["enum"] = kept

    def _bounds(self, schema: DataMap, kind: str, checks: dict[str, Plain], at: SpecPath) -> None:
        low, high = self._bound(schema, "minimum", kind, at), self._bound(schema, "maximum", kind, at)
        if low is not None and high is not None and low > high:
            self._note("parameters are checked without bounds that leave nothing", at)
            return
        checks |= {key: bound for key, bound in (("minimum", low), ("maximum", high)) if bound is not None}

    def _bound(self, schema: DataMap, key: str, kind: str, at: SpecPath) -> int | float | None:
        exclusive = f"exclusive{key.capitalize()}"
        flag, value = schema.get(exclusive), schema.get(key)
        excluded = flag is True
        if isinstance(flag, int | float) and not isinstance(flag, bool):
            if isinstance(value, int | float) and not isinstance(value, bool):
                self._note(f"a parameter is checked without its `{exclusive}`", (*at, exclusive))
            else:
                value, excluded = flag, True
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= _MAX_INTEGER:
            self._note(f"parameters are checked without a `{key}` that no reader keeps exactly", (*at, key))
            return None
        if kind == "number":
            if excluded:
                self._note(f"`{exclusive}` of a number is taken as `{key}`: the bound itself is accepted", at)
            return value
        nearest = math.ceil(value) if key == "minimum" else math.floor(value)
        if excluded and nearest == value:
            nearest += 1 if key == "minimum" else -1
        return nearest

    def _lengths(self, schema: DataMap, checks: dict[str, Plain], at: SpecPath) -> None:
        found: dict[str, int] = {}
        for key in ("minLength", "maxLength"):
            value = schema.get(key)
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_LENGTH:
                found[key] = value
            elif value is not None:
                self._note(f"parameters are checked without a `{key}` that is none", (*at, key))
        if found.get("minLength", 0) > found.get("maxLength", _MAX_LENGTH):
            self._note("parameters are checked without lengths that leave nothing", at)
            return
        checks |= found

    def _pattern(self, schema: DataMap, checks: dict[str, Plain], at: SpecPath) -> None:
        pattern = schema.get("pattern")
        if pattern is None:
            return
        tied = whole(pattern) if isinstance(pattern, str) else None
        if tied is None:
            self._note(
                "parameters are checked without patterns that mean different things to different engines",
                (*at, "pattern"),
            )
            return
        checks["pattern"] = tied

    def _format(self, schema: DataMap, kind: str, checks: dict[str, Plain], at: SpecPath) -> None:
        value = schema.get("format")
        if not isinstance(value, str):
            return
        if kind == "string" and value in FORMATS:
            checks["format"] = value
        else:
            self._note(f"parameters are checked without the format {quoted(value)}", (*at, "format"))


def _is_of(value: Data, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, str):
        return kind == "string"
    if isinstance(value, int):
        return kind in ("integer", "number")
    return isinstance(value, float) and kind == "number"
