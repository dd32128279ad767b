"""JSON Schema (draft 2020-12) as ES5 functions over the keywords of `runtime/seccfg-values.js`.

Only what means the same there as in the reference is printed; anything else raises `NotPortable` with its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from seccfg.expr.regex import Regex
from seccfg.targetapi.escape import js_string, js_value, json_text
from seccfg_apigee.conditions import regex_literal

__all__ = ["NotPortable", "SchemaPrinter", "check_schema"]

_IGNORED: Final = frozenset({
    "$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "deprecated",
    "readOnly", "writeOnly", "contentMediaType", "contentEncoding", "contentSchema",
})  # fmt: skip
_NUMBERS: Final = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
    "minProperties", "maxProperties",
)  # fmt: skip
_TYPES: Final = ("null", "boolean", "string", "array", "object", "number", "integer")

_OTHERS: Final = r"(?:[^{}\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])"
"""Every character but some; one beyond the BMP is two units in JavaScript."""

Schema = object


class NotPortable(ValueError):
    """A keyword or pattern without an exact counterpart; the message names it."""


def check_schema(schema: Schema) -> None:
    """NotPortable when *schema* cannot be printed."""
    SchemaPrinter({}).schema("check", schema)


class SchemaPrinter:
    """Prints schemas as functions; `lines` collects them."""

    def __init__(self, formats: Mapping[str, Regex]) -> None:
        self._formats = formats
        self._open: set[str] = set()
        self.lines: list[str] = []

    def schema(self, name: str, schema: Schema) -> None:
        """A function *name* that judges by *schema*."""
        self.lines += [f"function {name}(value) {{", '  "use strict";', f"  return {self._judged(schema, schema)};", "}"]

    def _judged(self, schema: Schema, root: Schema) -> str:
        """The expression that judges `value`."""
        if schema is True:
            return "true"
        if schema is False:
            return "false"
        if not isinstance(schema, dict):
            raise NotPortable("something that is no schema")
        pairs = [pair for key in sorted(schema) for pair in self._keyword(key, schema, root)]
        if "if" in schema:
            branches = [schema["if"], schema.get("then", True), schema.get("else", True)]
            pairs.append(("conditional", self._list(branches, root)))
        return "fits(value, {" + ", ".join(f"{key}: {text}" for key, text in pairs) + "})"

    def _judge(self, schema: Schema, root: Schema) -> str:
        return f"function (value) {{ return {self._judged(schema, root)}; }}"

    def _list(self, schemas: list[Schema], root: Schema) -> str:
        return "[" + ", ".join(self._judge(item, root) for item in schemas) + "]"

    def _keyword(self, key: str, schema: dict[str, object], root: Schema) -> list[tuple[str, str]]:
        value = schema[key]
        if key in _IGNORED or key in ("if", "then", "else"):
            return []
        if key == "type":
            names = [value] if isinstance(value, str) else value
            if not isinstance(names, list) or not all(name in (*_TYPES, "timestamp", "duration") for name in names):
                raise NotPortable("an unknown `type`")
            return [("type", js_value(["string" if n in ("timestamp", "duration") else n for n in names]))]
        if key in ("enum", "const"):
            allowed = value if key == "enum" and isinstance(value, list) else [value]
            return [("oneOfValues", "[" + ", ".join(js_string(json_text(item)) for item in allowed) + "]")]
        if key in _NUMBERS:
            return [(key, js_value(value))]
        if key == "multipleOf":
            if not isinstance(value, int) or isinstance(value, bool):
                raise NotPortable("`multipleOf` with a fraction")
            return [(key, js_value(value))]
        if key == "pattern":
            return [(key, js_pattern(str(value)))]
        if key == "format":
            regex = self._formats.get(str(value))
            return [] if regex is None else [("allOf", f"[function (value) {{ return !isText(value) || {regex_literal(regex)}"
                                                       ".test(value); }]")]
        if key in ("not", "propertyNames", "additionalProperties", "items"):
            return [(key, self._judge(value, root))]
        if key in ("anyOf", "oneOf", "prefixItems") and isinstance(value, list):
            return [(key, self._list(value, root))]
        if key == "uniqueItems":
            return [(key, "true")] if value is True else []
        if key == "required" and isinstance(value, list):
            return [(key, js_value(value))]
        if key in ("properties", "patternProperties") and isinstance(value, dict):
            named = (
                f"[{js_string(name) if key == 'properties' else js_pattern(name)}, {self._judge(value[name], root)}]"
                for name in sorted(value)
            )
            return [(key, "[" + ", ".join(named) + "]")]
        return self._combined(key, schema, root)

    def _combined(self, key: str, schema: dict[str, object], root: Schema) -> list[tuple[str, str]]:
        value = schema[key]
        if key == "allOf" and isinstance(value, list) and "format" not in schema and "$ref" not in schema:
            return [(key, self._list(value, root))]
        if key == "$ref" and isinstance(value, str) and "allOf" not in schema and "format" not in schema:
            if value in self._open:
                raise NotPortable("a `$ref` to itself")
            self._open.add(value)
            printed = self._judge(_referred(value, root), root)
            self._open.discard(value)
            return [("allOf", f"[{printed}]")]
        raise NotPortable(f"`{key}`")


def js_pattern(pattern: str) -> str:
    """
    *pattern*, which Python searches for in ASCII terms, as a JavaScript literal.

    Raises:
        NotPortable: It uses something JavaScript lacks or reads otherwise.
    """
    try:
        re.compile(pattern, re.ASCII)
    except re.error as error:
        raise NotPortable("a pattern that is none") from error
    printed: list[str] = []
    at, in_class, negated = 0, False, -1
    while at < len(pattern):
        mark, two = pattern[at], pattern[at : at + 2]
        if mark == "\\":
            printed.append(_escape(two, in_class))
            at += 2
            continue
        if not " " <= mark <= "~":
            raise NotPortable("a pattern with more than printable ASCII")
        if not in_class and mark == "(" and pattern[at : at + 2] == "(?" and pattern[at : at + 3] != "(?:":
            raise NotPortable("a pattern with `(?`")
        if not in_class and two in ("*+", "++", "?+", "}+"):
            raise NotPortable("a pattern with possessive repetition")
        if not in_class and mark == ".":
            printed.append(_OTHERS.format("\\n"))
            at += 1
            continue
        if not in_class and two == "[^":
            negated, at = len(printed), at + 2
            in_class = True
            if pattern[at : at + 1] == "]":
                raise NotPortable("a pattern with `[^]`")
            continue
        if mark == "[" and not in_class:
            in_class = True
            if pattern[at + 1 : at + 2] == "]":
                raise NotPortable("a pattern with `[]`")
        elif mark == "[" and in_class:
            raise NotPortable("a pattern with a class in a class")
        elif mark == "]" and in_class and negated >= 0:
            inside = "".join(printed[negated:])
            printed[negated:] = [_OTHERS.replace("{}", inside)]
            in_class, negated = False, -1
            at += 1
            continue
        elif mark == "]" and in_class:
            in_class = False
        elif mark in "{}" and not in_class and not re.match(r"\{[0-9]+(,[0-9]*)?\}|\}", pattern[at:]):
            raise NotPortable("a pattern with a brace of its own")
        printed.append("\\/" if mark == "/" else mark)
        at += 1
    return f"/{''.join(printed) or '(?:)'}/"


def _escape(two: str, in_class: bool) -> str:
    if two == r"\s":
        return r"\t-\r " if in_class else r"[\t-\r ]"
    if two in (r"\d", r"\w", r"\t", r"\n", r"\r", r"\f", r"\v") or (two in (r"\b",) and not in_class):
        return two
    if two[1:] and " " <= two[1] <= "~" and not two[1].isalnum():
        return two
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


def parse(text: str) -> Schema:
    """A schema of the Policy."""
    found: Schema = json.loads(text)
    return found
