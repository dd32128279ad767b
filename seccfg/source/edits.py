"""What can be changed in the text of a spec; `seccfg.source.edit` makes the changes."""

from __future__ import annotations

from seccfg.findings import Span, SpecPath
from seccfg.record import Record

__all__ = ["AppendItem", "Edit", "NotEditable", "RemoveComment", "RemoveKey", "RenameKey", "ReplaceText", "SetValue"]


class NotEditable(Exception):
    """The edit does not fit the text."""


class SetValue(Record):
    """The value at `path` becomes `value`; its last key may be new."""

    path: SpecPath
    value: object


class AppendItem(Record):
    """`value` is added to the list at `path`."""

    path: SpecPath
    value: object


class RemoveKey(Record):
    """The key or item at `path` goes, and a map or list it leaves empty."""

    path: SpecPath


class RenameKey(Record):
    """The last key of `path` is called `name` from now on, in its place."""

    path: SpecPath
    name: str


class ReplaceText(Record):
    """The text between the two ends of `at`, on one line, becomes `text`."""

    at: Span
    text: str


class RemoveComment(Record):
    """The comment that begins at `at` goes, and its line if nothing else stands there."""

    at: Span


Edit = SetValue | AppendItem | RemoveKey | RenameKey | ReplaceText | RemoveComment
