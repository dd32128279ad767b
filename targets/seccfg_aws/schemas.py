"""Body schemas as API Gateway's models: JSON Schema draft 4, and of that what its validator is known to check."""

from __future__ import annotations

import json
from typing import Final

from seccfg.ir.policy import Json
from seccfg.targetapi.escape import json_text

__all__ = ["native"]

_AS_IT_IS: Final = frozenset({"minLength", "maxLength", "minimum", "maximum", "enum"})
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf"})
_NOTES: Final = frozenset({"title", "description", "$schema", "$id", "$comment", "default", "examples", "deprecated"})


def native(schema: Json) -> tuple[Json, tuple[str, ...]]:
    """
    What of *schema* API Gateway checks, and the keywords left out, sorted.

    What is left out only ever lets more through, never less: under `not` and `oneOf` nothing is left out but the whole.
    An empty first part: nothing of it can be checked.
    """
    left: set[str] = set()
    made = _schema(json.loads(schema), left)
    return json_text(made) if made else "", tuple(sorted(left))


def _schema(schema: object, left: set[str]) -> dict[str, object]:
    if schema is False:
        return {"not": {}}
    if not isinstance(schema, dict):
        return {}
    made: dict[str, object] = {}
    for keyword, value in schema.items():
        if keyword in _AS_IT_IS or keyword == "type":
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
            made[keyword] = {name: _schema(inner, left) for name, inner in value.items()}
        elif keyword == "items" and isinstance(value, dict):
            made[keyword] = _schema(value, left)
        elif keyword in _LISTS or keyword == "not":
            _combined(keyword, value, made, left)
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


def _combined(keyword: str, value: object, made: dict[str, object], left: set[str]) -> None:
    within: set[str] = set()
    inner = _schema(value, within) if keyword == "not" else [_schema(v, within) for v in value]  # type: ignore[attr-defined]
    if within and keyword in ("not", "oneOf"):
        left.add(keyword)
        return
    left |= within
    made[keyword] = inner
