"""What a fix is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable

from seccfg.findings import Finding, SpecPath
from seccfg.record import Record
from seccfg.source.edits import Edit

__all__ = ["Case", "Fix", "Maker"]


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
        value = self.data
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

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
