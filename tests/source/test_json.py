"""JSON to Documents: the same data and places as YAML, held to RFC 8259."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from seccfg.findings import Finding
from seccfg.source.yaml import load

Findings = Callable[..., tuple[Finding, ...]]

TEXT = """{
\t"seccfg": 1,
  "service": {"name": "orders", "hosts": ["a.example", "\\ud83d\\ude00 \\/"]},
  "numbers": [0, -1, 1.5, 1e3, true, false, null, {}, []]
}
"""


def test_data_and_places() -> None:
    """What `json` reads, with the place of every member."""
    document = load(TEXT.encode(), "seccfg.json")
    assert document.data == json.loads(TEXT)
    assert str(document.span(("service", "hosts", 1))) == "seccfg.json:3:56"
    assert str(document.span(("service", "hosts"), key=True)) == "seccfg.json:3:33"
    assert str(document.span(("numbers", 8))) == "seccfg.json:4:55"
    assert str(document.span(("seccfg",), key=True)) == "seccfg.json:2:2"
    assert document.span(()).end_line == 5


@pytest.mark.parametrize(
    "text, place",
    [
        ("", "YAML014 1:1"),
        (" \n", "YAML014 1:1"),
        ("[]", "YAML015 1:1"),
        ("1", "YAML015 1:1"),
        ("{", "YAML001 1:2"),
        ("{'a': 1}", "YAML001 1:2"),
        ("{a: 1}", "YAML001 1:2"),
        ('{"a" 1}', "YAML001 1:6"),
        ('{"a": 1,}', "YAML001 1:9"),
        ('{"a": [1,]}', "YAML001 1:10"),
        ('{"a": [1 2]}', "YAML001 1:10"),
        ('{"a": 1} x', "YAML001 1:10"),
        ('{"a": 1}{}', "YAML001 1:9"),
        ('{"a": 01}', "YAML001 1:8"),
        ('{"a": +1}', "YAML001 1:7"),
        ('{"a": .5}', "YAML001 1:7"),
        ('{"a": 0x1}', "YAML001 1:8"),
        ('{"a": True}', "YAML001 1:7"),
        ('{"a": yes}', "YAML001 1:7"),
        ('{"a": "x}', "YAML001 1:7"),
        ('{"a": "x\ny"}', "YAML001 1:9"),
        ('{"a": "\\q"}', "YAML001 1:8"),
        ('{"a": 1 // x\n}', "YAML001 1:9"),
        ('{"a": NaN}', "YAML016 1:7"),
        ('{"a": -Infinity}', "YAML016 1:7"),
        ('{"a": 1e999}', "YAML016 1:7"),
        ('{"a": 9007199254740992}', "YAML017 1:7"),
        ('{"a": 1, "a": 2}', "YAML003 1:10"),
        ('{"a": 1, "\\u0061": 2}', "YAML003 1:10"),
        ('{"a": "\\ud800"}', "YAML011 1:7"),
        ('{"\\udc00": 1}', "YAML011 1:2"),
        ('{"a": "\\u0000"}', "YAML011 1:7"),
        ('{"a": ' + "[" * 64 + "]" * 64 + "}", "YAML018 1:70"),
    ],
)
def test_what_is_refused(text: str, place: str, findings: Findings) -> None:
    """Exactly one finding, where the mistake is."""
    assert [f"{f.rule} {f.at.line}:{f.at.column}" for f in findings(text, "x.json")] == [place]


def test_depth_64_is_read(findings: Findings) -> None:
    """The limit is that of YAML."""
    assert findings('{"a": ' + "[" * 63 + "]" * 63 + "}", "x.json") == ()


def test_all_traps_before_a_syntax_error_are_reported(findings: Findings) -> None:
    """Traps do not stop the reading."""
    text = '{"a": 1, "a": [NaN], "b": 1e999, "b": 1, x}'
    assert [f.rule for f in findings(text, "x.json")] == ["YAML003", "YAML016", "YAML016", "YAML003", "YAML001"]


def test_a_comment_is_no_suppression() -> None:
    """JSON has no comments: text that looks like one is text."""
    document = load(b'{"a": "# seccfg: ignore[AUTH004]"}', "x.json")
    assert document.suppressions() == ()
    assert document.warnings == ()
