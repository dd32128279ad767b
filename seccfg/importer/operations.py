"""Each operation of a description as a route, or as the reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from seccfg.findings import SpecPath
from seccfg.importer.bodies import ReadBody, read_body
from seccfg.importer.description import Description, Node, NotCarried, quoted
from seccfg.importer.outcome import Notes
from seccfg.importer.parameters import read_parameters
from seccfg.importer.print_yaml import Plain
from seccfg.importer.schemas import BodySchemas
from seccfg.importer.security import Access, Requirement, Security
from seccfg.importer.servers import Servers, check_own_servers
from seccfg.record import Record
from seccfg.source.document import Data, DataMap
from seccfg.spec import scalars

__all__ = ["ANY", "METHODS", "Operation", "Refusal", "read_operations"]

METHODS: Final = ("get", "head", "post", "put", "patch", "delete", "options")
ANY: Final = "*"
"""The method of an operation when nobody can tell which it has."""

_UNKNOWN: tuple[Requirement, ...] = ()
_EVERYBODY: tuple[Requirement, ...] = ({},)


class Refusal(Record):
    """Why an operation is not carried over, and what it asks for as far as that can be told (no alternative: unknown)."""

    reason: str
    edit: str
    at: SpecPath
    asks: tuple[Requirement, ...] = _UNKNOWN
    public: bool = False
    """The description says that everybody may call it."""
    instead: str = ""
    """Routes that answer requests for it and ask for as much."""

    def said(self) -> str:
        """The reason in full."""
        if not self.instead:
            return self.reason
        return f"{self.reason} (requests that fit {quoted(self.instead)}, which asks for as much, are answered there)"


class Operation(Record):
    """An operation: `access` when it is carried over, `refusal` when it is not."""

    method: str
    path: str
    """As the description writes it."""
    template: str
    """As a spec writes it; empty when none can."""
    shape: tuple[str, ...]
    """Its segments; an empty one may be anything."""
    at: SpecPath
    access: Access | None
    refusal: Refusal | None
    parameters: dict[str, dict[str, Plain]]
    body: ReadBody | None
    name: str
    """Its `operationId`, or what stands for it."""


class _Path(Record):
    """A path of the description as a path of a spec."""

    template: str
    shape: tuple[str, ...]
    renamed: dict[str, str]


def read_operations(
    description: Description, security: Security, schemas: BodySchemas, servers: Servers, notes: Notes
) -> tuple[Operation, ...]:
    """Every operation in the order written."""
    return tuple(_Reader(description, security, schemas, servers, notes).all())


class _Reader:
    def __init__(
        self, description: Description, security: Security, schemas: BodySchemas, servers: Servers, notes: Notes
    ) -> None:
        self._description = description
        self._security = security
        self._schemas = schemas
        self._servers = servers
        self._notes = notes
        self._seen: dict[tuple[str, ...], str] = {}

    def all(self) -> Iterator[Operation]:
        for path, value in self._description.map("paths").items():
            if not path.startswith("x-"):
                yield from self._path(path, value, ("paths", path))

    def _path(self, path: str, value: Data, at: SpecPath) -> Iterator[Operation]:
        problem: NotCarried | None = None
        try:
            known = self._known(path, at)
        except NotCarried as error:
            known, problem = _Path("", shape_of(path), {}), error
        try:
            item, where = self._item(value, at)
        except NotCarried as error:
            yield self._refused(ANY, path, known, at, error)
            return
        for key, operation in item.items():
            here: SpecPath = (*where, key)
            if key == "trace":
                trace = NotCarried("TRACE is refused everywhere", "leave it out", here)
                yield self._refused("trace", path, known, here, trace)
            elif key in METHODS and problem is not None:
                asked = self._asked(operation, here) if isinstance(operation, dict) else None
                yield self._refused(key, path, known, here, problem, self._asks(asked))
            elif key in METHODS:
                yield self._operation(key, path, known, operation, here, item, where)

    def _item(self, value: Data, at: SpecPath) -> tuple[DataMap, SpecPath]:
        item, where = self._description.follow(value, at)
        if not isinstance(item, dict):
            raise NotCarried("its path is no map", "correct the description", where)
        if isinstance(value, dict) and item is not value:
            item = {**item, **{key: inner for key, inner in value.items() if key != "$ref"}}
        return item, where

    def _known(self, path: str, at: SpecPath) -> _Path:
        found = path_of(path, at)
        first = self._seen.setdefault(found.shape, path)
        if first != path:
            raise NotCarried(
                f"it differs from {quoted(first)} in names of parameters only", "make one path of the two", at
            )
        return found

    def _refused(
        self, method: str, path: str, known: _Path, at: SpecPath, error: NotCarried,
        asks: tuple[Requirement, ...] = _UNKNOWN,
    ) -> Operation:  # fmt: skip
        refusal = Refusal(error.reason, error.edit, error.at, asks)
        return Operation(method, path, known.template, known.shape, at, None, refusal, {}, None, "")

    def _operation(
        self, method: str, path: str, known: _Path, value: Data, at: SpecPath, item: DataMap, item_at: SpecPath
    ) -> Operation:
        if not isinstance(value, dict):
            return self._refused(method, path, known, at, NotCarried("it is no map", "correct the description", at))
        refusal: Refusal | None = None
        access: Access | None = None
        asked = self._asked(value, at)
        try:
            access = self._access(asked, value, at, item, item_at)
        except _Explained as explained:
            refusal = explained.refusal
        except NotCarried as error:
            refusal = Refusal(error.reason, error.edit, error.at, self._asks(asked))
        parameters: dict[str, dict[str, Plain]] = {}
        body: ReadBody | None = None
        try:
            levels: tuple[Node, ...] = (
                (item.get("parameters"), (*item_at, "parameters")),
                (value.get("parameters"), (*at, "parameters")),
            )
            parameters = read_parameters(self._description, levels, known.renamed, self._notes).sections
            if "requestBody" in value:
                where: SpecPath = (*at, "requestBody")
                body = read_body(self._description, value["requestBody"], where, self._schemas, self._notes)
        except NotCarried as error:
            refusal = refusal or Refusal(error.reason, error.edit, error.at, self._asks(asked))
        if isinstance(value.get("callbacks"), dict):
            self._notes.add(
                "callbacks are requests the service makes itself; no route answers them",
                self._description.place((*at, "callbacks")),
            )
        name = value.get("operationId")
        return Operation(
            method,
            path,
            known.template,
            known.shape,
            at,
            None if refusal is not None else access,
            refusal,
            parameters,
            body,
            name if isinstance(name, str) and name else f"{method}{path}",
        )

    def _asked(self, value: DataMap, at: SpecPath) -> Node | None:
        """The `security` that holds for an operation, or None where the description has none."""
        if "security" in value:
            return value["security"], (*at, "security")
        if "security" in self._description.data:
            return self._description.data["security"], ("security",)
        return None

    def _asks(self, asked: Node | None) -> tuple[Requirement, ...]:
        if asked is None:
            return _EVERYBODY
        try:
            return self._security.requirements(*asked) or _EVERYBODY
        except NotCarried:
            return _UNKNOWN

    def _access(self, asked: Node | None, value: DataMap, at: SpecPath, item: DataMap, item_at: SpecPath) -> Access:
        for level, where in ((item, item_at), (value, at)):
            check_own_servers(
                self._description, level.get("servers"), (*where, "servers"), self._servers, self._notes
            )
        if asked is None:
            raise _Explained(
                Refusal(
                    "nothing says who may call it",
                    "write `auth` and `allow`, or `public: true` and a `reason`",
                    at,
                    _EVERYBODY,
                )
            )
        requirements = self._security.requirements(*asked)
        if not any(requirements):
            raise _Explained(
                Refusal(
                    "its security is empty: everybody may call it",
                    "if it is meant to be public, take the comment marks away and give the reason",
                    asked[1],
                    _EVERYBODY,
                    public=True,
                )
            )
        return self._security.access(*asked)


class _Explained(Exception):
    """Carries a Refusal that says more than a NotCarried does."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


# ----------------------------------------------------------------- paths


def path_of(path: str, at: SpecPath) -> _Path:
    """A path as a spec writes it; NotCarried when it cannot."""
    renamed: dict[str, str] = {}
    parts: list[str] = []
    for part in path.split("/")[1:]:
        if part[:1] == "{" and part[-1:] == "}" and not re.search(r"[{}]", part[1:-1]) and part != "{}":
            name = _parameter_name(part[1:-1], renamed)
            renamed[part[1:-1]] = name
            parts.append(f"{{{name}}}")
        elif "{" in part or "}" in part:
            raise NotCarried(
                f"the segment {quoted(part)} is a parameter in part only",
                "give the parameter a segment of its own, or take in more with a whole segment and say so",
                at,
            )
        else:
            parts.append(part)
    template = "/" + "/".join(parts)
    try:
        if not path.startswith("/"):
            raise ValueError("does not begin with `/`")
        scalars.parse_path_template(template)
    except ValueError as error:
        raise NotCarried(f"a spec cannot write its path: it {error}", "give the operation another path", at) from error
    return _Path(template, tuple("" if part[:1] == "{" else part for part in parts), renamed)


def shape_of(path: str) -> tuple[str, ...]:
    """The segments of a path that no spec can write; whatever is not plain may be anything."""
    return tuple("" if "{" in part or "}" in part else part for part in path.split("/")[1:])


def _parameter_name(name: str, taken: dict[str, str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)[:60]
    plain = f"p{plain}" if plain[:1].isdigit() else plain
    found, number = plain, 1
    while found in taken.values():
        number += 1
        found = f"{plain[:56]}_{number}"
    return found


