"""
An OpenAPI description as a spec.

What the description says about access is kept exactly or refused, never widened: an operation that cannot be kept
stands in the spec as a comment, and what no route declares is refused. What it leaves open (keys, issuers) is
written so that nobody comes in, and listed.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence

from seccfg.findings import SpecError, SpecPath
from seccfg.importer.description import Description, one_line, quoted
from seccfg.importer.layout import SpecParts, lay_out
from seccfg.importer.names import Names, dns_label, slug
from seccfg.importer.operations import Operation, Refusal, read_operations
from seccfg.importer.outcome import Denied, Edit, Imported, Notes
from seccfg.importer.print_yaml import Plain, print_block
from seccfg.importer.schemas import BodySchemas
from seccfg.importer.security import Security
from seccfg.importer.servers import NO_HOST, Servers, read_servers
from seccfg.importer.shadows import settle
from seccfg.record import replace
from seccfg.source.yaml import load
from seccfg.spec import loader

__all__ = ["import_openapi"]

_INLINE = 240
"""The longest schema, as JSON text, that stands in the spec itself."""


def import_openapi(data: bytes, path: str) -> Imported:
    """
    The spec for the description *data*, read from *path*; writes nothing.

    Raises:
        SourceError: *data* is no YAML or JSON document.
        InputError: it is no OpenAPI description of version 3.0 or 3.1.
    """
    description = Description(data, path)
    notes = Notes()
    servers = read_servers(description, notes)
    security = Security(description, notes)
    operations = read_operations(description, security, BodySchemas(description, notes), servers, notes)
    while True:
        settled, walls = settle(operations)
        made = _make(description, security, servers, settled, walls)
        refused = _refused_by_the_language(made.text, settled)
        if not refused:
            break
        operations = tuple(refused.get(id(operation), operation) for operation in settled)
    _note_the_rest(description, security, notes)
    return _imported(description, made, settled, notes)


class _Made:
    """The text of a spec and what was put into it."""

    def __init__(
        self, text: str, marks: dict[str, int], files: tuple[tuple[str, bytes], ...], edits: tuple[Edit, ...]
    ) -> None:
        self.text = text
        self.marks = marks
        self.files = files
        self.edits = edits


def _make(
    description: Description, security: Security, servers: Servers, operations: Sequence[Operation],
    walls: dict[str, str],
) -> _Made:  # fmt: skip
    live = [operation for operation in operations if operation.access is not None]
    used = {name for operation in live if operation.access is not None for name in operation.access.methods}
    methods = [security.method(name) for name in sorted(used)]
    order = {ident: number for number, ident in enumerate(security.declared())}
    methods.sort(key=lambda scheme: order.get(scheme.ident, 0))
    clients, client_edits = security.clients([scheme.name for scheme in methods])
    keys, files = _bodies(operations)
    edits = [
        *_service_edits(servers),
        *(edit for scheme in methods for edit in scheme.edits),
        *client_edits,
    ]
    if not live:
        edits.append(Edit("routes", ("routes",), "write at least one route: no operation could be carried over"))
    info = description.map("info")
    title = one_line(str(info.get("title", ""))) if isinstance(info.get("title", ""), str) else ""
    parts = SpecParts(
        one_line(os.path.basename(description.path)),
        description,
        dns_label(title, "api"),
        title,
        servers,
        {scheme.name: scheme.method for scheme in methods},
        clients,
        _common_auth(live),
        tuple(operations),
        walls,
        keys,
        tuple(edits),
    )
    printed = print_block(lay_out(parts))
    return _Made(printed.text, printed.marks, files, tuple(edits))


def _common_auth(live: Sequence[Operation]) -> tuple[Plain, ...]:
    """The `auth` most routes have, for `defaults`."""
    counted = Counter(json.dumps(operation.access.auth) for operation in live if operation.access is not None)
    if not counted:
        return ()
    (text, _), *_ = counted.most_common(1)
    found: list[Plain] = json.loads(text)
    return tuple(found)


def _service_edits(servers: Servers) -> list[Edit]:
    edits = []
    if servers.hosts == (NO_HOST,):
        edits.append(
            Edit("value", ("service", "hosts", 0), "write the host name the API is reached by", value=NO_HOST)
        )
    edits.append(
        Edit(
            "value",
            ("upstreams", "main", "url"),
            "write where the service itself listens, if that is not the public address",
            value=servers.upstream,
        )
    )
    return edits


def _bodies(operations: Sequence[Operation]) -> tuple[dict[int, dict[str, Plain]], tuple[tuple[str, bytes], ...]]:
    """The `body` of each operation, by identity, and the schema files they name; equal schemas are one file."""
    names = Names()
    files: dict[str, bytes] = {}
    by_text: dict[str, str] = {}
    found: dict[int, dict[str, Plain]] = {}
    for operation in operations:
        if operation.body is None:
            continue
        keys: dict[str, Plain] = {}
        schema = operation.body.schema
        if schema is not True:
            text = json.dumps(schema, sort_keys=True, ensure_ascii=False)
            if len(text) <= _INLINE and isinstance(schema, dict) and "$defs" not in schema:
                keys["schema"] = schema
            else:
                if operation.access is not None and text not in by_text:
                    path = f"schemas/{names.new(slug(operation.body.name or operation.name))}.json"
                    by_text[text] = path
                    files[path] = (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()
                if text in by_text:
                    keys["schema"] = by_text[text]
        keys |= operation.body.keys
        if "schema" not in keys and keys.get("required") is False:
            del keys["required"]
        if keys:
            found[id(operation)] = keys
    return found, tuple(files.items())


def _refused_by_the_language(text: str, operations: Sequence[Operation]) -> dict[int, Operation]:
    """Live operations, by identity, that the language itself refuses, each with the reason."""
    if not any(operation.access is not None for operation in operations):
        return {}
    document = load(text.encode(), "seccfg.yaml")
    try:
        loader.load(document)
    except SpecError as error:
        found: dict[int, Operation] = {}
        for finding in error.findings:
            for operation in operations:
                if operation.access is None or not _is_about(finding.spec_path, operation):
                    continue
                reason = f"the language refuses it: {finding.message} [{finding.rule}]"
                refusal = Refusal(reason, finding.help or "see the rule", operation.at, operation.access.requirements)
                found[id(operation)] = replace(operation, access=None, refusal=refusal)
        if not found:
            raise RuntimeError(f"an imported spec does not load: {error.findings[0]}") from error
        return found
    return {}


def _is_about(path: SpecPath, operation: Operation) -> bool:
    return path[:2] == ("routes", operation.template) and path[2:3] in ((), (operation.method,))


def _note_the_rest(description: Description, security: Security, notes: Notes) -> None:
    if isinstance(description.data.get("webhooks"), dict):
        notes.add("webhooks are requests the service makes itself; no route answers them", description.place(("webhooks",)))
    for ident in security.declared():
        if ident not in security.asked_for():
            place = description.place(("components", "securitySchemes", ident))
            notes.add(f"the security scheme {quoted(ident)} is used by no operation and left out", place)


def _imported(
    description: Description, made: _Made, operations: Sequence[Operation], notes: Notes
) -> Imported:
    document = load(made.text.encode(), "seccfg.yaml")
    edits = tuple(replace(edit, line=document.span(edit.at, key=True).line) for edit in made.edits)
    denied = tuple(
        Denied(
            operation.method,
            operation.path,
            operation.refusal.said(),
            operation.refusal.edit,
            description.place(operation.at),
            made.marks[f"{operation.method} {operation.path}"],
        )
        for operation in operations
        if operation.refusal is not None
    )
    carried = sum(operation.access is not None for operation in operations)
    return Imported(made.text, made.files, len(operations), carried, edits, denied, notes.all())
