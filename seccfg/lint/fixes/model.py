"""What a fix is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable

from seccfg.findings import Finding, SpecPath, value_at
from seccfg.record import Record
from seccfg.source.edits import AppendItem, Edit, SetValue

__all__ = ["Case", "Fix", "Maker", "to_list", "to_map"]


class Fix(Record):
    """
    Edits to the file the finding is in.

    `safe`: nobody may do more, no protection is weaker, and no request or answer that is meant to work stops working. The
    first two are proven by `seccfg diff` before `--fix` writes anything; all the others wait for `--unsafe-fixes`.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool


class Case(Record):
    """A finding and what the spec says as plain data; None where it did not load."""

    finding: Finding
    data: object

    @property
    def path(self) -> SpecPath:
        return self.finding.spec_path

    def get(self, *path: str | int) -> object:
        """What the spec says at *path*; None when nothing."""
        return value_at(self.data, path)

    def named(self, *path: str | int) -> dict[str, object]:
        """The map at *path*; empty when there is none."""
        value = self.get(*path)
        return value if isinstance(value, dict) else {}

    def listed(self, *path: str | int) -> list[object]:
        """The list at *path*; empty when there is none."""
        value = self.get(*path)
        return value if isinstance(value, list) else []

    def text(self, *path: str | int) -> str:
        """The text at *path*; empty when there is none."""
        value = self.get(*path)
        return value if isinstance(value, str) else ""


Maker = Callable[[Case], Fix | None]


def to_list(case: Case, at: SpecPath, item: object) -> Edit:
    """*item* in the list at *at*, which is written where there is none."""
    return AppendItem(at, item) if case.listed(*at) else SetValue(at, [item])


def to_map(case: Case, at: SpecPath, key: str, value: object) -> Edit:
    """*value* under *key* of the map at *at*, which is written where there is none."""
    return SetValue((*at, key), value) if case.named(*at) else SetValue(at, {key: value})
