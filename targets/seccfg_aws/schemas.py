"""Body schemas as API Gateway's models: JSON Schema draft 4, and of that what its validator is known to check."""

from __future__ import annotations

import json
from typing import Final

from seccfg.ir.policy import Json
from seccfg.targetapi.escape import json_text
from seccfg_aws.sizes import Form

__all__ = ["native"]

_AS_IT_IS: Final = frozenset({"minLength", "maxLength", "minimum", "maximum", "enum"})
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf"})
_NOTES: Final = frozenset({"title", "description", "$schema", "$id", "$comment", "default", "examples", "deprecated"})


def native(schema: Json, form: Form = "resources") -> tuple[Json, tuple[str, ...]]:
    """
    What of *schema* API Gateway checks, and the keywords left out, sorted. OpenAPI knows no lists of types and no null.

    What is left out only ever lets more through, never less: under `not` and `oneOf` nothing is left out but the whole.
    An empty first part: nothing of it can be checked.
    """
    left: set[str] = set()
    made = _schema(json.loads(schema), left, form)
    return json_text(made) if made else "", tuple(sorted(left))


def _schema(schema: object, left: set[str], form: Form) -> dict[str, object]:
    if schema is False:
        return {"not": {}}
    if not isinstance(schema, dict):
        return {}
    made: dict[str, object] = {}
    for keyword, value in schema.items():
        if keyword == "type" and form == "body" and (isinstance(value, list) or value == "null"):
            left.add("type")
        elif keyword in _AS_IT_IS or keyword == "type":
            made[keyword] = value
        elif keyword == "pattern":
            made[keyword] = _pattern(value)
        elif keyword == "const":
            made.setdefault("enum", [value])
        elif keyword == "required":
            if value:
                made[keyword] = value
        elif keyword == "additionalProperties" and isinstance(value, bool):
            made[keyword] = value
        elif keyword == "properties":
            made[keyword] = {name: _schema(inner, left, form) for name, inner in value.items()}
        elif keyword == "items" and isinstance(value, dict):
            made[keyword] = _schema(value, left, form)
        elif keyword in _LISTS or keyword == "not":
            _combined(keyword, value, made, left, form)
        elif keyword not in _NOTES:
            left.add(keyword)
    return made


def _pattern(text: str) -> str:
    """*text* with `$` as the very end, in a way every dialect reads alike."""
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
        printed.append(r"(?![\s\S])" if mark == "$" and not in_class else mark)
        at += 1
    return "".join(printed)


def _combined(keyword: str, value: object, made: dict[str, object], left: set[str], form: Form) -> None:
    within: set[str] = set()
    if keyword == "not":
        inner: object = _schema(value, within, form)
    else:
        inner = [_schema(v, within, form) for v in value]  # type: ignore[attr-defined]
    if within and keyword in ("not", "oneOf"):
        left.add(keyword)
        return
    left |= within
    made[keyword] = inner
