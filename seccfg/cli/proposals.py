"""The fixes of findings as text to replace, for formats and editors that show or apply them."""

from __future__ import annotations

import os
from typing import Final

from seccfg.findings import Finding, InputError
from seccfg.lint.fixes import fix_of
from seccfg.record import Record
from seccfg.source import files
from seccfg.source.edit import NotEditable, edited
from seccfg.source.replacements import Replacement, replacements

__all__ = ["Proposal", "Proposals"]

_MOST_OF_A_SPEC: Final = 500
"""Fixes computed for one spec: a report with more findings than this needs `--fix`, not suggestions."""
_LONGEST_TEXT: Final = 2**20


class Proposal(Record):
    """`safe`: `--fix` tries it, and proves before it writes that nobody may do more."""

    title: str
    safe: bool
    replacements: tuple[Replacement, ...]


class Proposals:
    """
    The fixes of findings in one spec's own file.

    Args:
        data: What the spec says, None where it does not load.
        text: The text of its file; None: it is read when the first fix is asked for.
    """

    def __init__(self, path: str, data: object, text: str | None = None) -> None:
        self._path = path
        self._data = data
        self._text = text
        self._made = 0

    def of(self, finding: Finding) -> Proposal | None:
        """The fix for *finding*; None when there is none that fits the text."""
        if not _same(finding.at.path, self._path) or self._made >= _MOST_OF_A_SPEC:
            return None
        fix = fix_of(finding, self._data)
        text = self._read() if fix is not None else ""
        if fix is None or not text or len(text) > _LONGEST_TEXT:
            return None
        self._made += 1
        try:
            changed = edited(text, fix.edits)
        except NotEditable:
            return None
        return Proposal(fix.title, fix.safe, replacements(text, changed)) if changed != text else None

    def _read(self) -> str:
        if self._text is None:
            try:
                self._text = files.read(self._path).decode("utf-8")
            except (InputError, UnicodeDecodeError):
                self._text = ""
        return self._text


def _same(one: str, other: str) -> bool:
    return one == other or os.path.normpath(one) == os.path.normpath(other)
