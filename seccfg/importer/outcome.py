"""What an import gives back: the spec, the files beside it, and what there is to know about both."""

from __future__ import annotations

from typing import Literal

from seccfg.findings import SpecPath
from seccfg.record import Record

__all__ = ["Denied", "Edit", "EditKind", "Imported", "Note", "Notes"]

EditKind = Literal["key-records", "key-set", "certificates", "value", "routes"]


class Edit(Record):
    """Something the spec needs that the description does not say."""

    kind: EditKind
    """A file to make (`path` names it), a value to replace, or routes to write."""
    at: SpecPath
    message: str
    line: int = 0
    """Line of the spec."""
    path: str = ""
    value: str = ""
    """What stands there now; it lets nobody in."""


class Denied(Record):
    """An operation that is not in the spec, so that every request for it is refused."""

    method: str
    template: str
    reason: str
    edit: str
    source: str
    """`openapi.yaml:12`."""
    line: int = 0
    """Line of the comment in the spec that stands in its place."""


class Note(Record):
    """Something that is less exact in the spec than in the description; `count` places of which `source` is the first."""

    message: str
    source: str
    count: int


class Imported(Record):
    """A spec, the schema files beside it (by their path from its folder), and what to know about them."""

    spec: str
    files: tuple[tuple[str, bytes], ...]
    operations: int
    carried: int
    edits: tuple[Edit, ...]
    denied: tuple[Denied, ...]
    notes: tuple[Note, ...]


class Notes:
    """Collects notes; the same message at many places is one."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, int]] = {}

    def add(self, message: str, source: str) -> None:
        """One more place where *message* holds."""
        first, count = self._found.get(message, (source, 0))
        self._found[message] = first, count + 1

    def all(self) -> tuple[Note, ...]:
        """Each message once, in the order first met."""
        return tuple(Note(message, source, count) for message, (source, count) in self._found.items())
