"""JSON Schema (draft 2020-12) for parameters, with the standard library alone.

A parameter is a text, a number or a boolean, so what schemas say of arrays and objects never applies; it is passed over.
`format` asserts the names in `formats` and nothing else, `pattern` is searched for in ASCII terms, `$` being the very end,
and `$ref` stays inside the schema. A keyword this module does not know is an error at start, never passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Protocol

from .formats import FORMATS, fits_format
from .interface import PolicyError

_PASSED_OVER = frozenset({
    "$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "title", "description", "default", "examples",
    "deprecated", "readOnly", "writeOnly", "example", "contentEncoding", "contentMediaType", "contentSchema",
    "additionalProperties", "contains", "maxContains", "minContains", "dependentRequired", "dependentSchemas", "items",
    "maxItems", "minItems", "maxProperties", "minProperties", "patternProperties", "prefixItems", "properties",
    "propertyNames", "required", "unevaluatedItems", "unevaluatedProperties", "uniqueItems", "format", "type",
})  # fmt: skip
"""Notes, and what is said of arrays and objects alone; `format` and `type` are looked at on their own."""
_DEEPEST = 64


class Validator(Protocol):
    """A schema ready to judge with."""

    def is_valid(self, instance: object) -> bool: ...


def compile_schema(text: str, what: str, *, as_text: bool = False) -> Validator:
    """
    The schema *text*.

    Args:
        what: What it judges, for the error.
        as_text: It judges a text whatever its `type` says.
    Raises:
        PolicyError: It is no schema, refers outside itself, or uses a keyword that is not known here.
    """
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise PolicyError(f"the schema of {what} is no JSON") from error
    if as_text and isinstance(schema, dict):
        schema = {**schema, "type": "string"}
    made = _Schema(schema)
    try:
        for example in ("", 0, True):
            made.is_valid(example)
        made.check(schema, 0)
    except (TypeError, ValueError, re.error, RecursionError) as error:
        raise PolicyError(f"the schema of {what} cannot be used: {error}") from error
    return made


class _Schema:
    def __init__(self, root: object) -> None:
        self._root = root

    def is_valid(self, instance: object) -> bool:
        """*instance*, a text, number or boolean, fits."""
        return self._fits(self._root, instance, 0)

    def check(self, schema: object, depth: int) -> None:
        """ValueError for what `is_valid` could not judge, wherever it stands."""
        if isinstance(schema, bool):
            return
        if not isinstance(schema, dict) or depth > _DEEPEST:
            raise ValueError("no schema, or one too deep")
        for keyword, value in schema.items():
            if keyword == "pattern":
                portable_pattern(value)
            elif keyword in ("allOf", "anyOf", "oneOf"):
                for inner in value:
                    self.check(inner, depth + 1)
            elif keyword in ("not", "if", "then", "else"):
                self.check(value, depth + 1)
            elif keyword not in _KNOWN:
                raise ValueError(f"unknown keyword {keyword}")

    def _fits(self, schema: object, value: object, depth: int) -> bool:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict) or depth > _DEEPEST:
            raise ValueError("no schema, or one too deep")
        return (
            _is_of(schema.get("type"), value)
            and self._combined(schema, value, depth)
            and all(_keyword(keyword, said, value) for keyword, said in schema.items() if keyword in _SCALAR)
            and (not isinstance(value, str) or _format(schema.get("format"), value))
        )

    def _combined(self, schema: Mapping[str, object], value: object, depth: int) -> bool:
        def fits(inner: object) -> bool:
            return self._fits(inner, value, depth + 1)

        def every(keyword: str) -> list[bool]:
            inner = schema[keyword]
            if not isinstance(inner, list):
                raise TypeError(f"{keyword} is no list")
            return [fits(item) for item in inner]

        if "$ref" in schema and not fits(self._resolve(schema["$ref"])):
            return False
        if "allOf" in schema and not all(every("allOf")):
            return False
        if "anyOf" in schema and not any(every("anyOf")):
            return False
        if "oneOf" in schema and sum(every("oneOf")) != 1:
            return False
        if "not" in schema and fits(schema["not"]):
            return False
        branch = "then" if "if" in schema and fits(schema["if"]) else "else"
        return "if" not in schema or branch not in schema or fits(schema[branch])

    def _resolve(self, reference: object) -> object:
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise ValueError("a reference outside the schema")
        node = self._root
        for part in reference[1:].split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
                node = node[int(key)]
            else:
                raise ValueError("a reference that leads nowhere")
        return node


def _is_of(kind: object, value: object) -> bool:
    if kind is None:
        return True
    names = kind if isinstance(kind, list) else [kind]
    return any(_is_one(name, value) for name in names)


def _is_one(name: object, value: object) -> bool:
    if name == "string":
        return isinstance(value, str)
    if name == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return name == "number" or (name == "integer" and value == int(value))


def _format(name: object, value: str) -> bool:
    return not isinstance(name, str) or name not in FORMATS or fits_format(name, value)


def _keyword(keyword: str, said: object, value: object) -> bool:
    """Whether *value* fits one keyword that says something of a text or number, or of any value."""
    if keyword == "const":
        return _same(value, said)
    if keyword == "enum":
        if not isinstance(said, list):
            raise TypeError("enum is no list")
        return any(_same(value, item) for item in said)
    if keyword == "pattern":
        return not isinstance(value, str) or portable_pattern(said).search(value) is not None
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        raise TypeError(f"{keyword} is no number")
    if isinstance(value, str):
        return {"minLength": len(value) >= said, "maxLength": len(value) <= said}.get(keyword, True)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return True
    if keyword == "multipleOf":
        from fractions import Fraction  # with `decimal` the dearest import there was, for the rarest keyword

        return Fraction(str(value)) % Fraction(str(said)) == 0
    return {
        "minimum": value >= said, "maximum": value <= said, "exclusiveMinimum": value > said,
        "exclusiveMaximum": value < said,
    }.get(keyword, True)  # fmt: skip


def _same(value: object, said: object) -> bool:
    """Equal as JSON values: `true` is no 1, `1.0` is 1."""
    return isinstance(value, bool) is isinstance(said, bool) and value == said


def portable_pattern(text: object) -> re.Pattern[str]:
    """A schema's pattern with `$` as the very end and classes in ASCII."""
    if not isinstance(text, str):
        raise TypeError("pattern is no text")
    printed, at, in_class = [], 0, False
    while at < len(text):
        mark = text[at]
        if mark == "\\":
            printed.append(text[at : at + 2])
            at += 2
            continue
        if mark == "[" and not in_class:
            in_class = True
        elif mark == "]" and in_class:
            in_class = False
        printed.append(r"\Z" if mark == "$" and not in_class else mark)
        at += 1
    return re.compile("".join(printed), re.ASCII)


_SCALAR = frozenset({
    "const", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf",
})  # fmt: skip
_KNOWN = _PASSED_OVER | _SCALAR | {"$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"}
