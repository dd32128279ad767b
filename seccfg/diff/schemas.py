"""Whether one JSON Schema lets through more than another, as far as their keywords tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from seccfg.diff.model import Strength
from seccfg.ir.policy import Json

__all__ = ["strength_of", "together"]

_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_TEXTS: Final = ("title", "description", "examples", "$comment", "default", "$id", "$schema")


def together(strengths: Iterator[Strength]) -> Strength:
    """What several changes come to; none at all changes nothing that counts."""
    found = set(strengths)
    return next(iter(found)) if len(found) == 1 else "changed"


def strength_of(old: Json, new: Json) -> Strength:
    """`weaker` where *new* takes more values, `stronger` where fewer, else `changed`; empty text: any value."""
    if not old or not new:
        return "stronger" if new else "weaker"
    return together(_changes(json.loads(old), json.loads(new)))


def _changes(old: object, new: object) -> Iterator[Strength]:
    if _text(old) == _text(new):
        return
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield "stronger" if new is False or old is True else "weaker" if new is True or old is False else "changed"
        return
    for keyword in sorted(old.keys() | new.keys()):
        same = keyword in old and keyword in new and _text(old[keyword]) == _text(new[keyword])
        if keyword not in _TEXTS and not same:
            yield from _keyword(keyword, old, new)


def _text(value: object) -> str:
    """A value as text: in JSON 1, 1.0 and true are different, in Python they are equal."""
    return json.dumps(value, sort_keys=True)


def _keyword(keyword: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Strength]:
    before, after = old.get(keyword), new.get(keyword)
    if keyword in ("properties", "$defs", "definitions") and isinstance(before or {}, dict) and isinstance(after or {}, dict):
        yield from _properties(before if isinstance(before, dict) else {}, after if isinstance(after, dict) else {}, old, new)
    elif keyword in ("items", "additionalProperties") and keyword in old and keyword in new:
        yield from _changes(before, after)
    elif keyword not in new:
        yield "weaker"
    elif keyword not in old:
        yield "stronger"
    elif keyword in (*_UPPER, *_LOWER) and isinstance(before, (int, float)) and isinstance(after, (int, float)):
        yield "weaker" if (after > before) == (keyword in _UPPER) else "stronger"
    elif keyword in ("enum", "required", "type"):
        yield from _sets(before, after, more_is="stronger" if keyword == "required" else "weaker")
    else:
        yield "changed"


def _properties(
    before: Mapping[str, object], after: Mapping[str, object], old: Mapping[str, object], new: Mapping[str, object]
) -> Iterator[Strength]:
    for name in sorted(before.keys() | after.keys()):
        if name in before and name in after:
            yield from _changes(before[name], after[name])
        elif name in after:  # a name nobody declared was anything, or nothing at all
            yield "weaker" if old.get("additionalProperties") is False else "stronger"
        else:
            yield "stronger" if new.get("additionalProperties") is False else "weaker"


def _sets(before: object, after: object, more_is: Strength) -> Iterator[Strength]:
    less_is: Strength = "weaker" if more_is == "stronger" else "stronger"
    one, other = ({json.dumps(item) for item in (value if isinstance(value, list) else [value])} for value in (before, after))
    if one != other:
        yield more_is if one < other else less_is if other < one else "changed"
