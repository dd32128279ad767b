"""
Body schemas: what OpenAPI says of a JSON body as JSON Schema of draft 2020-12 with its references below `$defs`.

Texts for people are dropped. What no engine judges alike is dropped and noted: the body is then checked less closely;
who may call is never concerned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from seccfg.findings import SpecPath
from seccfg.importer.description import Description, NotCarried, quoted
from seccfg.importer.names import Names, slug
from seccfg.importer.outcome import Notes
from seccfg.importer.patterns import searched
from seccfg.importer.print_yaml import Plain
from seccfg.record import Record
from seccfg.source.document import Data, DataMap

__all__ = ["FORMATS", "BodySchemas"]

FORMATS: Final = frozenset({"uuid", "date", "date-time", "email", "ipv4", "ipv6", "uri"})
"""The formats of the language."""
_TYPES: Final = frozenset({"string", "integer", "number", "boolean", "object", "array", "null"})
_FOR_PEOPLE: Final = frozenset({
    "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "xml",
    "externalDocs", "discriminator", "$comment", "nullable", "contentMediaType", "contentEncoding", "contentSchema",
    "$ref", "$defs", "definitions", "$schema", "$id", "$anchor",
})  # fmt: skip
_MAX_INTEGER: Final = 2**53 - 1
_MAX_DEFINITIONS: Final = 5000


class _Converted(Record):
    """A schema, the references in it (as pointers), and what was dropped from it."""

    schema: Plain
    refers: tuple[str, ...]


class _Sink:
    """Collects the references met while one schema is converted."""

    __slots__ = ("refers",)

    def __init__(self) -> None:
        self.refers: dict[str, None] = {}


class BodySchemas:
    """Converts the schemas of one description; what several bodies refer to is converted once."""

    def __init__(self, description: Description, notes: Notes) -> None:
        self._description = description
        self._notes = notes
        self._done: dict[str, _Converted] = {}
        self._at: dict[str, tuple[Data, SpecPath]] = {}
        self._names = Names()
        self._name_of: dict[str, str] = {}
        self._keywords: dict[str, Callable[[str, Data, SpecPath, _Sink], Plain]] = {
            **dict.fromkeys(("maximum", "minimum", "multipleOf", "exclusiveMaximum", "exclusiveMinimum"), self._number),
            **dict.fromkeys(
                ("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties", "maxContains",
                 "minContains"),
                self._count,
            ),
            **dict.fromkeys(
                ("items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"), self._one
            ),
            **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), self._list),
            "properties": self._named,
            "patternProperties": self._pattern_properties,
            "type": self._type,
            "enum": self._enum,
            "const": lambda _, value, at, __: self._json(value, at),
            "pattern": self._pattern,
            "format": self._format,
            "required": self._texts,
            "uniqueItems": lambda _, value, at, __: self._checked(isinstance(value, bool), value, at),
            "dependentRequired": self._dependent,
        }  # fmt: skip

    def of(self, schema: Data, at: SpecPath) -> Plain:
        """
        The schema at *at* with everything it refers to; True when it asks for nothing.

        Raises:
            NotCarried: it refers to another document, or to nothing.
        """
        sink = _Sink()
        top = self._visit(schema, at, sink)
        definitions: dict[str, Plain] = {}
        pending = list(sink.refers)
        while pending:
            pointer = pending.pop()
            name = self._name_of[pointer]
            if name in definitions:
                continue
            if len(definitions) >= _MAX_DEFINITIONS:
                raise NotCarried("the schema of its body has too many parts", "write the schema by hand", at)
            found = self._converted(pointer)
            definitions[name] = found.schema
            pending.extend(found.refers)
        if not definitions or not isinstance(top, dict):
            return True if top == {} else top
        return {**top, "$defs": {name: definitions[name] for name in sorted(definitions)}}

    # ------------------------------------------------------------- one schema

    def _converted(self, pointer: str) -> _Converted:
        found = self._done.get(pointer)
        if found is None:
            sink = _Sink()
            value, at = self._at[pointer]
            schema = self._visit(value, at, sink)
            found = self._done[pointer] = _Converted(schema, tuple(sink.refers))
        return found

    def _visit(self, value: Data, at: SpecPath, sink: _Sink) -> Plain:
        if isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            raise NotCarried("a schema of it is no map", "correct the description", at)
        reference = value.get("$ref")
        out: dict[str, Plain] = {}
        if isinstance(reference, str):
            out["$ref"] = self._reference(reference, at, sink)
            if self._description.is_30 or len(value) == 1:  # 3.0 ignores what stands beside a reference
                return out
        for key, inner in value.items():
            where: SpecPath = (*at, key)
            convert = self._keywords.get(key)
            if convert is None:
                if key not in _FOR_PEOPLE and not key.startswith("x-"):
                    self._drop(f"`{key}`" if key.isalnum() else quoted(key), where)
                continue
            try:
                out[key] = convert(key, inner, where, sink)
            except _Dropped as dropped:
                self._drop(dropped.what or f"a `{key}` that is none", where)
        if self._description.is_30:
            self._as_2020(value, out)
        self._without_read_only(value, at, out)
        return out

    def _reference(self, reference: str, at: SpecPath, sink: _Sink) -> str:
        value, where = self._description.follow({"$ref": reference}, at)
        pointer = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in where)
        if pointer not in self._name_of:
            self._name_of[pointer] = self._names.new(slug(str(where[-1]) if where else "top"))
            self._at[pointer] = value, where
        sink.refers[pointer] = None
        return f"#/$defs/{self._name_of[pointer]}"

    def _as_2020(self, value: DataMap, out: dict[str, Plain]) -> None:
        """What 3.0 says in words of its own: `nullable`, and bounds that are exclusive by a flag."""
        if value.get("nullable") is True and isinstance(out.get("type"), str):
            out["type"] = [out["type"], "null"]
        for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if value.get(flag) is True and bound in out:
                out[flag] = out.pop(bound)
            elif isinstance(value.get(flag), bool):
                out.pop(flag, None)

    def _without_read_only(self, value: DataMap, at: SpecPath, out: dict[str, Plain]) -> None:
        """A property that only answers have is not required of a request."""
        required, properties = out.get("required"), value.get("properties")
        if not isinstance(required, list) or not isinstance(properties, dict):
            return
        kept = [name for name in required if not self._is_read_only(properties.get(str(name)), at)]
        if kept:
            out["required"] = kept
        else:
            out.pop("required", None)

    def _is_read_only(self, value: Data, at: SpecPath) -> bool:
        try:
            found, _ = self._description.follow(value, at)
        except NotCarried:
            return False
        return any(isinstance(item, dict) and item.get("readOnly") is True for item in (value, found))

    # ------------------------------------------------------------- keywords

    def _drop(self, what: str, at: SpecPath) -> None:
        self._notes.add(f"bodies are checked without {what}", self._description.place(at))

    def _checked(self, sound: bool, value: Data, at: SpecPath) -> Plain:
        if not sound:
            raise _Dropped
        return self._json(value, at)

    def _json(self, value: Data, at: SpecPath) -> Plain:
        if isinstance(value, list):
            return [self._json(item, at) for item in value]
        if isinstance(value, dict):
            return {key: self._json(item, at) for key, item in value.items()}
        return value

    def _number(self, key: str, value: Data, _: SpecPath, __: _Sink) -> Plain:
        if isinstance(value, bool):
            if key.startswith("exclusive") and self._description.is_30:
                return value
            raise _Dropped
        if not isinstance(value, int | float) or abs(value) > _MAX_INTEGER or (key == "multipleOf" and value <= 0):
            raise _Dropped(f"a `{key}` that no reader keeps exactly")
        return value

    def _count(self, _key: str, value: Data, at: SpecPath, _: _Sink) -> Plain:
        return self._checked(isinstance(value, int) and not isinstance(value, bool) and value >= 0, value, at)

    def _one(self, _: str, value: Data, at: SpecPath, sink: _Sink) -> Plain:
        return self._visit(value, at, sink)

    def _list(self, _: str, value: Data, at: SpecPath, sink: _Sink) -> Plain:
        if not isinstance(value, list) or not value:
            raise _Dropped
        return [self._visit(item, (*at, index), sink) for index, item in enumerate(value)]

    def _named(self, _: str, value: Data, at: SpecPath, sink: _Sink) -> Plain:
        if not isinstance(value, dict):
            raise _Dropped
        return {name: self._visit(inner, (*at, name), sink) for name, inner in value.items()}

    def _pattern_properties(self, _: str, value: Data, at: SpecPath, sink: _Sink) -> Plain:
        if not isinstance(value, dict):
            raise _Dropped
        found: dict[str, Plain] = {}
        for pattern, inner in value.items():
            portable = searched(pattern)
            if portable is None:
                raise _Dropped("patterns that mean different things to different engines")
            found[portable] = self._visit(inner, (*at, pattern), sink)
        return found

    def _type(self, _: str, value: Data, at: SpecPath, __: _Sink) -> Plain:
        listed = value if isinstance(value, list) else [value]
        known = all(isinstance(item, str) and item in _TYPES for item in listed)
        return self._checked(known and 0 < len(listed) == len({str(item) for item in listed}), value, at)

    def _enum(self, _: str, value: Data, at: SpecPath, __: _Sink) -> Plain:
        return self._checked(isinstance(value, list) and bool(value), value, at)

    def _texts(self, _: str, value: Data, __: SpecPath, ___: _Sink) -> Plain:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _Dropped
        return list(dict.fromkeys(str(item) for item in value))

    def _dependent(self, key: str, value: Data, at: SpecPath, sink: _Sink) -> Plain:
        if not isinstance(value, dict):
            raise _Dropped
        return {name: self._texts(key, inner, at, sink) for name, inner in value.items()}

    def _pattern(self, _: str, value: Data, __: SpecPath, ___: _Sink) -> Plain:
        portable = searched(value) if isinstance(value, str) else None
        if portable is None:
            raise _Dropped("patterns that mean different things to different engines")
        return portable

    def _format(self, _: str, value: Data, __: SpecPath, ___: _Sink) -> Plain:
        if not isinstance(value, str) or value not in FORMATS:
            raise _Dropped(f"the format {quoted(value)}" if isinstance(value, str) else "")
        return value


class _Dropped(Exception):
    """A keyword that is not carried over; `what` is said of it."""

    def __init__(self, what: str = "") -> None:
        super().__init__(what)
        self.what = what
