"""What body schemas rule out: a place that no body they take can have a value of some type in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.expr.types import ExprType, element_type
from seccfg.ir.policy import Route, Validate

__all__ = ["shut_out"]

_JSON: Final[Mapping[ExprType, frozenset[str]]] = {
    "string": frozenset({"string"}), "boolean": frozenset({"boolean"}),
    "integer": frozenset({"integer", "number"}), "number": frozenset({"integer", "number"}),
}  # fmt: skip
_DEPTH: Final = 32


def shut_out(path: Sequence[str], type_: ExprType, routes: Sequence[Route]) -> bool:
    """
    Whether no request that passes any of *routes* has a value of *type_* at *path* of its body.

    Such a request may be authorized where a condition reads the value; it is refused all the same, its body being none of the
    schema's. False where it cannot be told.
    """
    kinds = frozenset({"array"}) if element_type(type_) is not None else _JSON.get(type_)
    schemas = [route.one(Validate).body_schema for route in routes]
    return kinds is not None and bool(schemas) and all(text and _excludes(json.loads(text), path, kinds) for text in schemas)


def _excludes(root: object, path: Sequence[str], kinds: frozenset[str]) -> bool:
    """Whether *root* lets nothing of *kinds* stand at *path*: by the types it asks for, or by what it does not let be there."""
    node = root
    for step in path:
        node = _referred(root, node)
        if not isinstance(node, Mapping):
            return False
        if not _may_be(node, frozenset({"object"})):
            return True
        members = node.get("properties")
        if isinstance(members, Mapping) and step in members:
            node = members[step]
        else:
            return node.get("additionalProperties") is False and "patternProperties" not in node
    node = _referred(root, node)
    return isinstance(node, Mapping) and not _may_be(node, kinds)


def _may_be(node: Mapping[object, object], kinds: frozenset[str]) -> bool:
    asked = node.get("type")
    if asked is None:
        return True
    return bool(kinds & frozenset(asked if isinstance(asked, list) else [str(asked)]))


def _referred(root: object, node: object) -> object:
    """What a reference within the document leads to; the node itself where it is none or leads elsewhere."""
    for _ in range(_DEPTH):
        at = node.get("$ref") if isinstance(node, Mapping) else None
        if not isinstance(at, str) or not at.startswith("#/"):
            return node
        found: object = root
        for step in at[2:].split("/"):
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        if found is None:
            return node
        node = found
    return None
