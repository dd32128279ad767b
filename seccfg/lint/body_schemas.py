"""Schemas of bodies and declarations of parameters, as rules see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from seccfg.lint.routes import METHODS, routes
from seccfg.record import Record

if TYPE_CHECKING:
    from seccfg.findings import SpecPath
    from seccfg.lint.model import Context
    from seccfg.lint.routes import Effective
    from seccfg.spec.loader import Parameter, Spec

__all__ = ["Body", "Node", "bodies", "declared_parameters", "listed_plain", "parameter_patterns", "schema_patterns"]

_BRANCHES: Final = ("allOf", "anyOf", "oneOf")
_MOST_NODES: Final = 2_000


class Node(Record):
    """One schema within a body's schema. `name`: what it describes, for messages; `member`: its last name."""

    name: str
    member: str
    schema: Mapping[str, object]
    combined: bool = False
    """It is a branch of `allOf` and the like, or has some: what closes it may stand elsewhere."""

    def is_a(self, type_: str) -> bool:
        """Whether values of *type_* fit, by `type`."""
        said = self.schema.get("type")
        return type_ in said if isinstance(said, list) else said == type_

    def says(self, *keys: str) -> bool:
        """Whether one of *keys* is written."""
        return any(key in self.schema for key in keys)


class Body(Record):
    """The schema of a body; `at`: where the spec names it, `route`: whose it is, None for all methods of a path."""

    at: SpecPath
    route: Effective | None
    schema: Mapping[str, object]

    def nodes(self) -> Iterator[Node]:
        """Every schema in it once, the outermost first; local references are followed, others are not."""
        waiting: list[tuple[str, str, object, bool]] = [("the body", "", self.schema, False)]
        seen: set[int] = set()
        while waiting and len(seen) < _MOST_NODES:
            name, member, schema, branch = waiting.pop(0)
            if not isinstance(schema, dict) or id(schema) in seen:
                continue
            seen.add(id(schema))
            yield Node(name, member, schema, branch or any(key in schema for key in (*_BRANCHES, "$ref", "if")))
            reference = schema.get("$ref")
            if isinstance(reference, str):
                waiting.append((name, member, self._found(reference), branch))
            properties = schema.get("properties")
            members = properties.items() if isinstance(properties, dict) else ()
            waiting += [(f"`{str(key)[:64].replace('`', chr(39))}`", str(key), inner, False) for key, inner in members]
            for key in ("items", "additionalProperties", "contains"):
                waiting.append(
                    (f"items of {name}" if key == "items" else f"members of {name}", "", schema.get(key), False)
                )
            for key in _BRANCHES:
                parts = schema.get(key)
                waiting += [(name, member, part, True) for part in (parts if isinstance(parts, list) else ())]

    def _found(self, reference: str) -> object:
        value: object = self.schema
        if not reference.startswith("#/"):
            return None
        for step in reference[2:].split("/"):
            value = value.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
        return value


_read: list[tuple[Spec, tuple[Body, ...]]] = []


def bodies(spec: Spec, context: Context) -> tuple[Body, ...]:
    """The schema of every body, each file once, where it is named first. What does not parse is left to the build."""
    if not _read or _read[0][0] is not spec:
        _read[:] = [(spec, tuple(_bodies(spec, context)))]
    return _read[0][1]


def _bodies(spec: Spec, context: Context) -> Iterator[Body]:
    seen: set[str] = set()
    by_at = {route.at: route for route in routes(spec)}
    for template, item in spec.routes.items():
        for at, level in (
            (("routes", template), item),
            *((("routes", template, m), getattr(item, m)) for m in METHODS),
        ):
            named = level.body.schema_ if level is not None and level.body is not None else None
            if isinstance(named, str):
                if named not in seen:
                    seen.add(named)
                    schema = _json(context.read(named) or b"")
                    if isinstance(schema, dict):
                        yield Body((*at, "body", "schema"), by_at.get(at), schema)
            elif isinstance(named, dict):
                yield Body((*at, "body", "schema"), by_at.get(at), named)


def _json(data: bytes) -> object:
    import json

    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def schema_patterns(spec: Spec, context: Context) -> Iterator[tuple[SpecPath, str]]:
    """Every `pattern` of a body's schema, each once for the place that names the schema."""
    for found in bodies(spec, context):
        patterns = {
            node.schema["pattern"]: None for node in found.nodes() if isinstance(node.schema.get("pattern"), str)
        }
        for pattern in patterns:
            yield found.at, str(pattern)


def declared_parameters(spec: Spec, section: str) -> Iterator[tuple[SpecPath, str, Parameter]]:
    """(place of the section, name, declaration) of every parameter in `params`, `query` or `header_params`."""
    for template, item in spec.routes.items():
        for at, level in (
            (("routes", template), item),
            *((("routes", template, m), getattr(item, m)) for m in METHODS),
        ):
            declared: Mapping[str, Parameter] | None = getattr(level, section) if level is not None else None
            for name, parameter in (declared or {}).items():
                yield (*at, section), name, parameter


def parameter_patterns(spec: Spec) -> Iterator[tuple[SpecPath, str]]:
    """Every pattern of a parameter."""
    for section in ("params", "query", "header_params"):
        for at, name, parameter in declared_parameters(spec, section):
            if parameter.pattern is not None:
                yield (*at, name, "pattern"), parameter.pattern


def listed_plain(names: Sequence[str], most: int = 3) -> str:
    """A few of what a schema describes, as a message shows them."""
    shown = list(dict.fromkeys(names))
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")
