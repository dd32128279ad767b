"""JSON Schema (draft 2020-12) as Lua functions over what `runtime/json.lua` reads: true for what fits, false for the rest.

Only what means the same as in the reference is printed; anything else raises `NotPortable` with its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from seccfg.expr.regex import Regex
from seccfg.expr.regex_print import print_regex
from seccfg.targetapi.escape import json_text
from seccfg_kong.lua import Code, Constants, function, json_value, list_of, lua, set_of

__all__ = ["NotPortable", "SchemaPrinter", "check_schema", "parsed", "portable_pattern"]

_IGNORED: Final = frozenset({
    "$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "deprecated",
    "readOnly", "writeOnly", "contentMediaType", "contentEncoding", "contentSchema", "then", "else",
})  # fmt: skip
_TYPES: Final = {
    "null": "loops.is_null(v)", "boolean": 'type(v) == "boolean"', "string": 'type(v) == "string"',
    "array": "loops.is_array(v)", "object": "loops.is_object(v)", "number": 'type(v) == "number"',
    "integer": "loops.is_whole(v)",
}  # fmt: skip
_NUMBER_OPS: Final = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}
_COUNTS: Final = {
    "minLength": ("string", "loops.characters(v) >= {}"), "maxLength": ("string", "loops.characters(v) <= {}"),
    "minItems": ("array", "v.n >= {}"), "maxItems": ("array", "v.n <= {}"),
    "minProperties": ("object", "loops.members(v) >= {}"), "maxProperties": ("object", "loops.members(v) <= {}"),
}  # fmt: skip
_EXACT: Final = 2**53

Schema = object


class NotPortable(ValueError):
    """A keyword, number or pattern that Lua would read otherwise; the message names it."""


def check_schema(schema: Schema, formats: Mapping[str, Regex]) -> None:
    """NotPortable when *schema* cannot be printed."""
    SchemaPrinter(Constants("G"), Constants("T"), formats).schema(schema)


class SchemaPrinter:
    """Prints schemas as numbered functions; equal schemas of one document are one function."""

    def __init__(self, functions: Constants, tables: Constants, formats: Mapping[str, Regex]) -> None:
        self._functions = functions
        self._tables = tables
        self._formats = formats
        self._open: list[str] = []

    def schema(self, schema: Schema, root: Schema = None) -> Code:
        """The function that judges by *schema*; *root* is what its references are looked up in."""
        root = schema if root is None else root
        key = json_text(schema)
        if key in self._open:
            raise NotPortable("a `$ref` to itself")
        self._open.append(key)
        lines = self._lines(schema, root)
        self._open.pop()
        return self._functions.ref(function("\n".join([*lines, "return true"]), "v"))

    def _lines(self, schema: Schema, root: Schema) -> list[str]:
        if schema is True:
            return []
        if schema is False:
            return ["if true then", "  return false", "end"]
        if not isinstance(schema, dict):
            raise NotPortable("something that is no schema")
        lines: list[str] = []
        for key in sorted(schema, key=lambda k: (k != "type", k)):
            if key not in _IGNORED:
                lines += self._keyword(key, schema, root)
        return lines

    def _keyword(self, key: str, schema: dict[str, object], root: Schema) -> list[str]:
        value = schema[key]
        if key == "type":
            return _unless(self._type(value))
        if key in ("enum", "const"):
            allowed = value if key == "enum" and isinstance(value, list) else [value]
            return _unless(self._one_of(allowed))
        if key in _NUMBER_OPS:
            return _unless(f"v {_NUMBER_OPS[key]} {lua(_number(key, value))}", "number")
        if key == "multipleOf":
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise NotPortable("`multipleOf` with a fraction")
            return _unless(f"v % {_number(key, value)} == 0", "number")
        if key in _COUNTS:
            kind, test = _COUNTS[key]
            return _unless(test.format(_number(key, value)), kind)
        if key == "pattern":
            return _unless(f"loops.shows(v, {lua(portable_pattern(str(value)))})", "string")
        if key == "format":
            regex = self._formats.get(str(value))
            return [] if regex is None else _unless(f"loops.shows(v, {lua(print_regex(regex, 'pcre'))})", "string")
        if key == "uniqueItems":
            return _unless("loops.is_unique(v)", "array") if value is True else []
        if key in ("allOf", "anyOf", "oneOf", "not", "$ref", "if"):
            return self._combined(key, schema, root)
        if key in ("items", "prefixItems"):
            return self._items(key, schema, root)
        if key in ("properties", "required", "additionalProperties", "patternProperties", "propertyNames"):
            return self._members(key, schema, root)
        raise NotPortable(f"`{key}`")

    def _type(self, value: object) -> str:
        kinds = [value] if isinstance(value, str) else value
        if not isinstance(kinds, list) or not kinds or any(kind not in _TYPES for kind in kinds):
            raise NotPortable("a `type` that is none")
        return " or ".join(_TYPES[str(kind)] for kind in kinds)

    def _one_of(self, allowed: list[object]) -> str:
        for item in allowed:
            _exact(item)
        if all(isinstance(item, str) for item in allowed):
            return f"type(v) == \"string\" and {self._tables.ref(set_of(allowed))}[v] == true"
        return " or ".join(f"loops.same(v, {self._tables.ref(json_value(json_text(item)))})" for item in allowed)

    def _combined(self, key: str, schema: dict[str, object], root: Schema) -> list[str]:
        value = schema[key]
        if key == "$ref":
            return _unless(f"{self.schema(_referred(str(value), root), root)}(v)")
        if key == "not":
            return _unless(f"not {self.schema(value, root)}(v)")
        if key == "if":
            then, other = (self.schema(schema.get(name, True), root) for name in ("then", "else"))
            lines = [f"if {self.schema(value, root)}(v) then", *_inside(_unless(f"{then}(v)"))]
            return [*lines, "else", *_inside(_unless(f"{other}(v)")), "end"]
        parts = [self.schema(part, root) for part in value] if isinstance(value, list) else []
        if key == "allOf":
            return [line for part in parts for line in _unless(f"{part}(v)")]
        if key == "oneOf":
            return _unless(f"loops.holding(v, {list_of(parts)}) == 1")
        return _unless(" or ".join(f"{part}(v)" for part in parts) or "false")

    def _items(self, key: str, schema: dict[str, object], root: Schema) -> list[str]:
        first = schema.get("prefixItems", [])
        if not isinstance(first, list):
            raise NotPortable("`prefixItems`")
        if key == "items":
            judge = self.schema(schema["items"], root)
            return _unless(f"loops.every_item(v, {len(first) + 1}, {judge})", "array")
        tests = [f"(v.n < {n} or {self.schema(part, root)}(v.a[{n}]))" for n, part in enumerate(first, 1)]
        return _unless(" and ".join(tests) or "true", "array")

    def _members(self, key: str, schema: dict[str, object], root: Schema) -> list[str]:
        value = schema[key]
        if key == "required" and isinstance(value, list):
            return _unless(" and ".join(f"v.o[{lua(str(name))}] ~= nil" for name in sorted(set(value))) or "true", "object")
        if key == "properties" and isinstance(value, dict):
            tests = [f"(v.o[{lua(m)}] == nil or {self.schema(value[m], root)}(v.o[{lua(m)}]))" for m in sorted(value)]
            return _unless("\n    and ".join(tests) or "true", "object")
        if key == "patternProperties" and isinstance(value, dict):
            return [line for pattern in sorted(value) for line in self._named(pattern, value[pattern], root)]
        if key == "propertyNames":
            return _unless(f"loops.every_member(v, {self.schema(value, root)})", "object")
        if key == "additionalProperties" and value is not True:
            return self._additional(schema, root)
        return []

    def _named(self, pattern: str, schema: Schema, root: Schema) -> list[str]:
        shows = f"loops.lacks(name, {lua(portable_pattern(pattern))})"
        test = f"function(name, item) return {shows} or {self.schema(schema, root)}(item) end"
        return _unless(f"loops.every_member(v, {test})", "object")

    def _additional(self, schema: dict[str, object], root: Schema) -> list[str]:
        known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        tests = []
        if isinstance(known, dict) and known:
            tests.append(f"{self._tables.ref(set_of(sorted(known)))}[name]")
        if isinstance(patterns, dict):
            tests += (f"loops.shows(name, {lua(portable_pattern(pattern))})" for pattern in sorted(patterns))
        tests.append(f"{self.schema(schema['additionalProperties'], root)}(item)")
        return _unless(f"loops.every_member(v, function(name, item) return {' or '.join(tests)} end)", "object")


def _unless(test: str, kind: str = "") -> list[str]:
    """Refuses what fails *test*; only values of *kind* are asked, where one is named."""
    guarded = f"{_TYPES[kind]} and not ({test})" if kind else f"not ({test})"
    return [f"if {guarded} then", "  return false", "end"]


def _inside(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _number(key: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > _EXACT:
        raise NotPortable(f"`{key}` beyond 2^53")
    return value


def _exact(value: object) -> None:
    match value:
        case int() | float() if not isinstance(value, bool):
            _number("enum", value)
        case list():
            for item in value:
                _exact(item)
        case dict():
            for item in value.values():
                _exact(item)
        case _:
            return


def portable_pattern(pattern: str) -> str:
    """
    *pattern*, which Python searches for in ASCII terms, in the syntax of PCRE with UTF-8 and without Unicode properties.

    Raises:
        NotPortable: It uses something PCRE reads otherwise, or that takes it very long.
    """
    printed: list[str] = []
    at, in_class = 0, False
    while at < len(pattern):
        mark, two = pattern[at], pattern[at : at + 2]
        if mark == "\\":
            printed.append(_escaped(two, in_class))
            at += 2
            continue
        if two == "(?" and pattern[at : at + 3] != "(?:" and not in_class:
            raise NotPortable("a pattern with `(?`")
        if two == "(*" and not in_class:
            raise NotPortable("a pattern with `(*`")
        if two in ("*+", "++", "?+", "}+") and not in_class:
            raise NotPortable("a pattern with possessive repetition")
        if two in ("[:", "[[", "[.", "[=") and in_class:
            raise NotPortable("a pattern with a class in a class")
        if mark == "[" and not in_class:
            in_class = True
            if pattern[at + 1 : at + 2] == "]" or pattern[at + 1 : at + 3] == "^]":
                raise NotPortable("a pattern with `[]`")
        elif mark == "]" and in_class:
            in_class = False
        printed.append(r"\z" if mark == "$" and not in_class else mark)
        at += 1
    text = "".join(printed)
    if any(int(count) > 255 for count in re.findall(r"[{,]([0-9]+)", text)):
        raise NotPortable("a pattern that repeats more than 255 times")
    return text


def _escaped(two: str, in_class: bool) -> str:
    if two[1:] and (two[1] in "dDwWsStnrfv" or (two[1] in "bB" and not in_class) or not two[1].isalnum()):
        return r"\x0b" if two[1] == "v" else two
    raise NotPortable(f"a pattern with `{two}`")


def _referred(reference: str, root: Schema) -> Schema:
    if not reference.startswith("#"):
        raise NotPortable("a `$ref` out of the schema")
    node: object = root
    for part in reference[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            raise NotPortable("a `$ref` to nothing")
    return node


def parsed(schema: str) -> object:
    """A schema's text as data; times are judged as texts."""
    found = json.loads(schema)
    if isinstance(found, dict) and found.get("type") in ("timestamp", "duration"):
        found["type"] = "string"
    return found
