"""Where something stands, what is wrong with it, and the errors that carry findings to the user."""

from __future__ import annotations

from typing import Literal

from seccfg.record import Record

__all__ = [
    "NOWHERE",
    "BuildRefused",
    "Finding",
    "InputError",
    "SeccfgError",
    "Severity",
    "SourceError",
    "Span",
    "SpecError",
    "SpecPath",
    "render_path",
    "value_at",
]

Severity = Literal["error", "warning", "note"]
SpecPath = tuple[str | int, ...]
"""Keys and list indexes from the top of a spec to a node: `("routes", "/orders", "get", "allow", 0)`."""


class Span(Record):
    """A place in a file. Lines and columns count from 1 as editors do; the end is exclusive, 0 when unknown."""

    path: str
    line: int
    column: int
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


NOWHERE = Span("", 0, 0)


class Related(Record):
    """The other half of a conflict, with a few words on what stands there."""

    span: Span
    label: str


class Finding(Record):
    """One thing wrong: stable `rule` id, severity, one-sentence `message`, and what to do (`help`)."""

    rule: str
    severity: Severity
    message: str
    at: Span
    help: str = ""
    related: tuple[Related, ...] = ()
    spec_path: SpecPath = ()
    ignored: str = ""
    """Why it does not count: the reason of an inline `ignore` or a `waivers:` entry; empty when it counts."""

    def __str__(self) -> str:
        return f"{self.at}: {self.severity}[{self.rule}] {self.message}"


class SeccfgError(Exception):
    """Base of every error a user can cause; anything else that escapes is our bug. `exit_code` as design section 5."""

    exit_code = 2


class InputError(SeccfgError):
    """A usage or file-system problem with a one-line message: a missing file, no permission, a directory."""


class SourceError(SeccfgError):
    """A file that is no Document (not YAML, over a limit): carries its findings in source order."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(str(f) for f in findings))
        self.findings = findings


class SpecError(SourceError):
    """The spec cannot be used. Carries every finding, in source order, never just the first."""


class BuildRefused(SeccfgError):
    """A blocking gap that the spec does not accept."""

    exit_code = 5


def render_path(path: SpecPath) -> str:
    """`routes./orders.get.allow[0]`, the form `accept:` and `waivers:` entries name places in."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def value_at(data: object, path: SpecPath) -> object:
    """What plain *data* holds at *path*; None when nothing stands there."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
            data = data[step]
        else:
            return None
    return data
