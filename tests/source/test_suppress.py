"""Inline `# seccfg: ignore[...]` comments."""

from __future__ import annotations

import pytest

from seccfg.source.yaml import load


def test_a_comment_counts_on_its_own_line_or_the_next_with_content() -> None:
    """After content it counts there; alone on a line, on the next that holds something."""
    document = load(
        b'a: 1  # seccfg: ignore[AUTH004] reason="one audience" owner=team-a expires=2027-06-30\n'
        b"# seccfg: ignore[LIMIT001,TLS002]\n"
        b"\n"
        b"# a note\n"
        b"b:\n"
        b"  - x # seccfg: ignore[ TLS001 , AUTH001 ]  # and why\n",
        "seccfg.yaml",
    )
    first, second, third = document.suppressions()
    assert (first.rules, first.line, first.reason, first.owner, first.expires) == (
        ("AUTH004",), 1, "one audience", "team-a", "2027-06-30",
    )  # fmt: skip
    assert str(first.at) == "seccfg.yaml:1:7"
    assert (second.rules, second.line, second.reason) == (("LIMIT001", "TLS002"), 5, "")
    assert (third.rules, third.line) == (("TLS001", "AUTH001"), 6)
    assert document.warnings == ()


def test_text_is_no_comment() -> None:
    """Inside quotes or a block text the words are data; beside a block header they are a comment."""
    document = load(
        b"a: '# seccfg: ignore[AUTH001]'\n"
        b'b: "x\n  # seccfg: ignore[AUTH002]"\n'
        b"c: |  # seccfg: ignore[AUTH003]\n"
        b"  # seccfg: ignore[AUTH004]\n"
        b"  # seccfg: ignore\n"
        b"# seccfg: ignore[AUTH005]\n"
        b"d: x\n",
        "seccfg.yaml",
    )
    assert [(item.rules, item.line) for item in document.suppressions()] == [(("AUTH003",), 4), (("AUTH005",), 8)]
    assert document.warnings == ()


@pytest.mark.parametrize(
    "comment",
    [
        "# seccfg: ignore",
        "# seccfg: ignore AUTH004",
        "# seccfg: ignore[]",
        "# seccfg: ignore[auth004]",
        "# seccfg: ignore[AUTH004",
        "# seccfg: ignore[AUTH004] because we said so",
        "# seccfg: ignore[AUTH004] why=x",
        '# seccfg: ignore[AUTH004] reason="a" reason="b"',
        '# seccfg: ignore[AUTH004] reason="open',
        "# seccfg: ignore[AUTH004] expires=soon",
        "# seccfg: ignore[AUTH004] expires=2027-02-30",
        "# seccfg: ignore[AUTH004] reason=",
    ],
)
def test_a_comment_that_is_not_understood_is_a_warning_and_ignores_nothing(comment: str) -> None:
    """A typing error must not pass for a suppression, nor for nothing."""
    document = load(f"a: 1  {comment}\n".encode(), "seccfg.yaml")
    assert document.suppressions() == ()
    (warning,) = document.warnings
    assert (warning.rule, warning.severity, str(warning.at)) == ("YAML022", "warning", "seccfg.yaml:1:7")


def test_other_comments_are_none_of_ours() -> None:
    """Only the exact words are read."""
    document = load(b"a: 1  # seccfg: ignored\n# seccfg ignore[AUTH004]\n# see seccfg: ignore-file\n", "seccfg.yaml")
    assert (document.suppressions(), document.warnings) == ((), ())
