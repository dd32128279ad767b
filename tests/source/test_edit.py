"""Edits keep what they do not change: comments, order, quotes, layout."""

from __future__ import annotations

import difflib

import pytest

from seccfg.findings import Span
from seccfg.source.edit import (
    AppendItem,
    NotEditable,
    RemoveComment,
    RemoveKey,
    RenameKey,
    ReplaceText,
    SetValue,
    edited,
    formatted,
)
from seccfg.source.yaml import load
from tests.conftest import EXAMPLES

TEXT = """\
# who made this
seccfg:   1   # the language
service: {name: "notes",  hosts: ['a.example.com']}   # odd   spaces
tls:
    # for ever
    hsts: {max_age: 90d}   # promise


    min_version: "1.2"
list:
- one   # first
- 'two'
"""


def changed(old: str, new: str) -> list[str]:
    """Lines that went and came."""
    return [line for line in difflib.ndiff(old.splitlines(), new.splitlines()) if line[:2] in ("- ", "+ ")]


def test_only_the_line_meant_changes() -> None:
    """Whatever the layout of the others."""
    assert changed(TEXT, edited(TEXT, [SetValue(("tls", "hsts", "max_age"), "365d")])) == [
        "-     hsts: {max_age: 90d}   # promise",
        "+     hsts: {max_age: 365d}   # promise",
    ]


def test_lists_grow_and_shrink() -> None:
    """In block and flow style."""
    grown = edited(TEXT, [AppendItem(("list",), "three"), AppendItem(("service", "hosts"), "b.example.com")])
    assert load(grown.encode(), "x").data["list"] == ["one", "two", "three"]
    assert load(grown.encode(), "x").data["service"]["hosts"] == ["a.example.com", "b.example.com"]
    assert "# first" in grown
    shrunk = edited(TEXT, [RemoveKey(("list", 0)), RemoveKey(("list", 0))])
    assert "list" not in load(shrunk.encode(), "x").data


def test_a_renamed_key_keeps_its_place() -> None:
    """And its comment."""
    made = edited(TEXT, [RenameKey(("tls", "hsts"), "HSTS")])
    assert list(load(made.encode(), "x").data["tls"]) == ["HSTS", "min_version"]
    assert "# promise" in made


def test_texts_and_comments_of_a_line() -> None:
    """By their places."""
    made = edited("a: yes # why\n# alone\nb: 1\n", [ReplaceText(Span("", 1, 4, 1, 7), "true"), RemoveComment(Span("", 2, 1))])
    assert made == "a: true # why\nb: 1\n"
    assert edited("a: 1  # why\n", [RemoveComment(Span("", 1, 7))]) == "a: 1\n"


@pytest.mark.parametrize(
    "edit",
    [
        SetValue(("nowhere", "x"), 1), RemoveKey(("nowhere",)), AppendItem(("tls",), 1), RenameKey(("tls",), "list"),
        RemoveComment(Span("", 2, 1)), ReplaceText(Span("", 99, 1, 99, 2), "x"), RemoveKey(()),
    ],
)  # fmt: skip
def test_an_edit_that_does_not_fit_is_refused(edit: object) -> None:
    """Nothing is half done."""
    with pytest.raises(NotEditable):
        edited(TEXT, [edit])  # type: ignore[list-item]


@pytest.mark.parametrize("text", ["a: [", "- 1\n", "a: 1\na: 2\n", "", "a: *x\n"])
def test_what_is_no_map_is_refused(text: str) -> None:
    """Without a traceback."""
    with pytest.raises(NotEditable):
        formatted(text)


CASES = sorted(EXAMPLES.glob("*/seccfg.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_layout_changes_nothing_that_is_said(path: object) -> None:
    """Data and comments are the same, and a second run finds nothing to do."""
    text = path.read_text()  # type: ignore[attr-defined]
    made = formatted(text)
    assert load(made.encode(), "x").data == load(text.encode(), "x").data
    assert formatted(made) == made
    comments = [line.partition("#")[2].strip() for line in text.splitlines() if line.lstrip().startswith("#")]
    assert [line.partition("#")[2].strip() for line in made.splitlines() if line.lstrip().startswith("#")] == comments
    assert made.count("#") == text.count("#")


def test_the_layout() -> None:
    """Two spaces, lists below their key, comments with their line, one blank line, text of blocks as it was."""
    text = "\n\n# top\n\n\na:\n    # about b\n    b:   \n    - 1\n\n\n\n    - 2\ntext: |\n  # no comment\n    deep\n\n\n"
    made = formatted(text)
    assert made == "# top\n\na:\n  # about b\n  b:\n    - 1\n\n    - 2\ntext: |\n  # no comment\n    deep\n"
