"""JSON Schema (draft 2020-12) for parameters and bodies, judged by jsonschema-rs, with the meaning every target gives
it.

`format` asserts the names in `formats` and nothing else, `pattern` is searched for in ASCII terms, `$ref` stays
inside the schema and nothing is ever fetched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Protocol

import jsonschema_rs

from .formats import FORMATS, fits_format
from .interface import PolicyError

_ONE = frozenset({
    "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
_LIST = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
_SPACE = r"\t\n\x0b\f\r "


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
        PolicyError: It is no schema, or refers outside itself.
    """
    try:
        schema = portable(json.loads(text))
        if not isinstance(schema, (dict, bool)):
            raise PolicyError(f"the schema of {what} is no JSON Schema")
        if as_text and isinstance(schema, dict):
            schema = {**schema, "type": "string"}
        return jsonschema_rs.Draft202012Validator(
            schema, formats={name: _format(name) for name in FORMATS}, validate_formats=True, offline=True
        )
    except (ValueError, jsonschema_rs.ValidationError, RecursionError) as error:
        raise PolicyError(f"the schema of {what} cannot be used") from error


def _format(name: str) -> Callable[[str], bool]:
    return lambda text: fits_format(name, text)


def portable(schema: object) -> object:
    """*schema* without formats that assert nothing and with patterns in ASCII terms."""
    if not isinstance(schema, dict):
        return schema
    out: dict[str, object] = {}
    for key, value in schema.items():
        if key == "format" and value not in FORMATS:
            continue
        if key == "pattern" and isinstance(value, str):
            out[key] = portable_pattern(value)
        elif key == "patternProperties" and isinstance(value, dict):
            out[key] = {portable_pattern(name): portable(inner) for name, inner in value.items()}
        else:
            out[key] = _inside(key, value)
    return out


def _inside(key: str, value: object) -> object:
    if key in _ONE:
        return portable(value)
    if key in _LIST and isinstance(value, list):
        return [portable(inner) for inner in value]
    if key in _NAMED and isinstance(value, Mapping):
        return {name: portable(inner) for name, inner in value.items()}
    return value


def portable_pattern(pattern: str) -> str:
    """*pattern* with white space classes in ASCII; digits and words are ASCII to the validator already."""
    printed: list[str] = []
    in_class = False
    at = 0
    while at < len(pattern):
        mark = pattern[at]
        if mark == "\\":
            escape = pattern[at : at + 2]
            if escape == r"\s":
                printed.append(_SPACE if in_class else f"[{_SPACE}]")
            elif escape == r"\S" and not in_class:
                printed.append(f"[^{_SPACE}]")
            else:
                printed.append(escape)
            at += 2
            continue
        if mark == "[" and not in_class:
            in_class = True
        elif mark == "]" and in_class:
            in_class = False
        printed.append(mark)
        at += 1
    return "".join(printed)
