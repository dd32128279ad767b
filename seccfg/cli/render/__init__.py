"""Findings as people and machines want them: one module a format, imported when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from seccfg.cli.checking import Checked
    from seccfg.cli.console import Console

__all__ = ["FORMATS", "render"]

FORMATS: Final = (
    "auto", "full", "concise", "json", "json-v1", "sarif", "github", "junit", "gitlab", "markdown", "html",
)  # fmt: skip


def render(results: Sequence[Checked], format: str, console: Console) -> str:
    """The findings of *results* in *format*, in the order of the inputs and of their lines."""
    if format == "auto":
        format = "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "full"
    if format == "full":
        from seccfg.cli.render.full import full

        return full(results, console.style, console.width, console.elapsed())
    if format == "concise":
        from seccfg.cli.render.concise import concise

        return concise(results, console.style)
    if format in ("json", "json-v1"):
        from seccfg.cli.render.json import as_json

        return as_json(results)
    if format == "sarif":
        from seccfg.cli.render.sarif import sarif

        return sarif(results)
    if format == "github":
        from seccfg.cli.render.github import github

        return github(results)
    if format in ("junit", "gitlab", "markdown", "html"):
        return _document(results, format)
    raise ValueError(f"no format {format}")


def _document(results: Sequence[Checked], format: str) -> str:
    """Formats that other programs read."""
    from importlib import import_module

    text = getattr(import_module(f"seccfg.cli.render.{format}"), format)(results)
    if not isinstance(text, str):
        raise TypeError(f"{format} renders no text")
    return text
