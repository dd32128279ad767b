"""Where everything stands in an imported spec: sections in the order of the language, refused operations as comments."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from seccfg.findings import SpecPath
from seccfg.importer.description import Description, one_line
from seccfg.importer.operations import METHODS, Operation, Refusal
from seccfg.importer.outcome import Edit
from seccfg.importer.print_yaml import Block, Comment, Entry, Plain, plain_lines
from seccfg.importer.servers import Servers
from seccfg.record import Record

__all__ = ["SCHEMA_FILE", "SpecParts", "lay_out"]

SCHEMA_FILE: Final = "seccfg.v1.schema.json"
"""The schema of the language, for editors, beside the spec."""
NOBODY: Final = "nobody"
"""The network profile that no address is in."""
_WRAP: Final = 110
_OPEN: Final = "EDIT"
"""Stands where the description does not say enough; it is the name of nothing."""
_BLANK: Final = Comment(("",))


class SpecParts(Record):
    """Everything an imported spec says."""

    source: str
    description: Description
    name: str
    title: str
    servers: Servers
    auth: dict[str, dict[str, Plain]]
    clients: dict[str, Plain]
    common_auth: tuple[Plain, ...]
    operations: tuple[Operation, ...]
    walls: dict[str, str]
    """Template -> the method that refuses everybody there."""
    bodies: dict[int, dict[str, Plain]]
    """By identity of the operation."""
    edits: tuple[Edit, ...]


def lay_out(parts: SpecParts) -> Block:
    """The spec as a block with comments."""
    items: list[Entry | Comment] = [
        Comment((
            f"yaml-language-server: $schema=./{SCHEMA_FILE}",
            f"Made from {parts.source}. What it leaves open is marked `edit:`; what could not be kept exactly is a",
            "comment marked `denied:`, and what no route declares is refused.",
        )),
        Entry("seccfg", 1),
        _BLANK,
        Entry("service", _service(parts)),
        _BLANK,
        Entry("upstreams", Block((*_edits(parts, ("upstreams",)), Entry("main", {"url": parts.servers.upstream})))),
    ]  # fmt: skip
    for section, block in (("auth", _auth(parts)), ("clients", _clients(parts)), ("network", _network(parts))):
        if block is not None:
            items += [_BLANK, Entry(section, block)]
    if parts.common_auth:
        items += [_BLANK, Entry("defaults", {"auth": list(parts.common_auth)})]
    items += [_BLANK, *_edits(parts, ("routes",)), Entry("routes", _routes(parts))]
    return Block(tuple(items))


def _edits(parts: SpecParts, at: SpecPath) -> list[Comment]:
    """The comments for what is to be edited at or below *at*."""
    return [
        Comment(tuple(textwrap.wrap(f"edit: {edit.message}", _WRAP, break_long_words=False, break_on_hyphens=False)))
        for edit in parts.edits
        if edit.at[: len(at)] == at
    ]


def _service(parts: SpecParts) -> Block:
    items: list[Entry | Comment] = [Entry("name", parts.name)]
    if parts.title:
        items.append(Entry("title", parts.title))
    if parts.servers.base_path:
        items.append(Entry("base_path", parts.servers.base_path))
    items += _edits(parts, ("service", "hosts"))
    items.append(Entry("hosts", list(parts.servers.hosts)))
    return Block(tuple(items))


def _auth(parts: SpecParts) -> Block | None:
    if not parts.auth:
        return None
    items: list[Entry] = []
    for name, method in parts.auth.items():
        inner: list[Entry | Comment] = []
        for key, value in method.items():
            inner += [*_edits(parts, ("auth", name, key)), Entry(key, value)]
        items.append(Entry(name, Block(tuple(inner))))
    return Block(tuple(items))


def _clients(parts: SpecParts) -> Block | None:
    if not parts.clients:
        return None
    items: list[Entry | Comment] = []
    for name, client in parts.clients.items():
        items += [*_edits(parts, ("clients", name)), Entry(name, client)]
    return Block(tuple(items))


def _network(parts: SpecParts) -> Block | None:
    if not parts.walls:
        return None
    profile: Plain = {NOBODY: {"deny": ["0.0.0.0/0", "::/0"]}}
    return Block((
        Comment(("for paths that are denied and that a looser path would otherwise answer",)),
        Entry("profiles", profile),
    ))  # fmt: skip


def _routes(parts: SpecParts) -> Block:
    by_path: dict[str, list[Operation]] = {}
    for operation in parts.operations:
        by_path.setdefault(operation.template or operation.path, []).append(operation)
    items: list[Entry | Comment] = []
    for operations in by_path.values():
        template = operations[0].template
        live = [operation for operation in operations if operation.access is not None]
        inner: list[Entry | Comment] = []
        wall = parts.walls.get(template) if template else None
        for operation in operations:
            if operation.refusal is not None:
                inner.append(_denied(parts, operation, operation.refusal))
            else:
                inner.append(Entry(operation.method, _route(parts, operation)))
        if wall is not None:
            inner.append(Comment(("nobody gets here, by a looser path either; the route above goes in place of this one",)))
            inner.append(Entry(wall, {"network": NOBODY, "allow": "authenticated"}))
        if live or wall is not None:
            items.append(Entry(template, Block(tuple(inner))))
        else:
            items += _left_out(operations[0], inner)
    return Block(tuple(items))


def _left_out(first: Operation, inner: Sequence[Entry | Comment]) -> list[Comment]:
    """A path of which nothing is live: its key is a comment as well."""
    key = plain_lines(first.template or one_line(first.path), None, 0)[0].removesuffix(" null")
    below = [item for item in inner if isinstance(item, Comment)]
    return [Comment((key,)), *(Comment(tuple(f"  {line}" for line in item.lines), item.mark) for item in below)]


def _route(parts: SpecParts, operation: Operation) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    if operation.access is not None:
        if tuple(operation.access.auth) != parts.common_auth:
            found["auth"] = list(operation.access.auth)
        found["allow"] = operation.access.allow
    return {**found, **_inputs(parts, operation)}


def _inputs(parts: SpecParts, operation: Operation) -> dict[str, Plain]:
    """What a route says of its parameters and its body."""
    found: dict[str, Plain] = {}
    for section, values in operation.parameters.items():
        if values:
            found[section] = dict(values)
    body = parts.bodies.get(id(operation))
    if body:
        found["body"] = dict(body)
    return found


def _denied(parts: SpecParts, operation: Operation, refusal: Refusal) -> Comment:
    """An operation that is not carried over: why, and what its route would be."""
    asked = one_line(f"{operation.method.upper()} {operation.path}", 120)
    said = f"denied: {asked}: {refusal.said()} ({parts.description.place(refusal.at)}); {refusal.edit}"
    lines = textwrap.wrap(one_line(said, 1000), _WRAP, break_long_words=False, break_on_hyphens=False)
    if operation.template and operation.method in METHODS:
        route: dict[str, Plain] = {"public": True, "reason": _OPEN} if refusal.public else {"auth": [_OPEN], "allow": [_OPEN]}
        lines += plain_lines(operation.method, {**route, **_inputs(parts, operation)}, 0)
    return Comment(tuple(lines), f"{operation.method} {operation.path}")
