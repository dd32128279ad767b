"""Request bodies: media types, and one schema for those that are JSON."""

from __future__ import annotations

from seccfg.findings import SpecPath
from seccfg.importer.description import Description, NotCarried, quoted
from seccfg.importer.outcome import Notes
from seccfg.importer.print_yaml import Plain
from seccfg.importer.schemas import BodySchemas
from seccfg.record import Record
from seccfg.source.document import Data
from seccfg.spec import scalars

__all__ = ["ReadBody", "read_body"]

_PLAIN = ["application/json"]


class ReadBody(Record):
    """What a spec says of a body besides its schema, and the schema (True: none)."""

    keys: dict[str, Plain]
    schema: Plain
    name: str
    """What the description calls the schema; empty when it has no name."""


def read_body(description: Description, value: Data, at: SpecPath, schemas: BodySchemas, notes: Notes) -> ReadBody:
    """
    The `requestBody` at *at*.

    Raises:
        NotCarried: it cannot be read, or refers to another document.
    """
    body, where = description.follow(value, at)
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(content, dict):
        raise NotCarried("its `requestBody` has no `content`", "correct the description", where)
    types: list[Plain] = []
    found: list[tuple[Plain, str]] = []
    others = False
    for written, media in content.items():
        here: SpecPath = (*where, "content", written)
        name = written.partition(";")[0].strip().lower()
        try:
            scalars.parse_media_type(name)
        except ValueError:
            notes.add(f"bodies of the type {quoted(written)} are refused: a spec names each type", description.place(here))
            continue
        types += [] if name in types else [name]
        if name != "application/json" and not name.endswith("+json"):
            others = True
        elif isinstance(media, dict) and "schema" in media:
            found.append((schemas.of(media["schema"], (*here, "schema")), _name_of(media["schema"])))
    keys: dict[str, Plain] = {}
    if types and types != _PLAIN:
        keys["content_types"] = types
    schema, name = _joined(found)
    required = body.get("required") is True
    if others:
        notes.add("bodies that are not JSON are not looked into, and none may be above 1 MiB", description.place(where))
        schema, name = True, ""
    if schema is True:
        return ReadBody({**keys, "required": True} if required else keys, True, "")
    return ReadBody(keys if required else {**keys, "required": False}, schema, name)


def _joined(found: list[tuple[Plain, str]]) -> tuple[Plain, str]:
    """One schema for a body of any of the JSON types."""
    if not found:
        return True, ""
    if all(schema == found[0][0] for schema, _ in found):
        return found[0]
    if any(schema is True for schema, _ in found):
        return True, ""
    definitions: dict[str, Plain] = {}
    options: list[Plain] = []
    for schema, _ in found:
        if isinstance(schema, dict):
            own = schema.get("$defs")
            definitions |= own if isinstance(own, dict) else {}
            options.append({key: value for key, value in schema.items() if key != "$defs"})
        else:
            options.append(schema)
    return ({"anyOf": options, "$defs": definitions} if definitions else {"anyOf": options}), ""


def _name_of(schema: Data) -> str:
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    return reference.rpartition("/")[2] if isinstance(reference, str) else ""
