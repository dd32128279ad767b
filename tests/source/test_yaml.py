"""YAML to Documents: data, places, traps, and going on after a problem."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import yaml

from seccfg.findings import Finding, InputError, SourceError, Span
from seccfg.source import yaml as reader
from seccfg.source.document import Document
from seccfg.source.pure import PureParser
from seccfg.source.yaml import load

Findings = Callable[..., tuple[Finding, ...]]

TEXT = """\
seccfg: 1
service: {name: orders, hosts: [a.example, "b.example"]}
roles:
  viewer: &v
    permissions: [read]   # comment
  editor: *v
list:
- one
-
  two: 2
empty:
block: |
  first
  second

last: "é → x"
"""


def document(text: str = TEXT, path: str = "seccfg.yaml") -> Document:
    return load(text.encode(), path)


def at(span: Span) -> str:
    return f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"


def test_data() -> None:
    """Plain data, in the order written."""
    data = document().data
    assert data == {
        "seccfg": 1,
        "service": {"name": "orders", "hosts": ["a.example", "b.example"]},
        "roles": {"viewer": {"permissions": ["read"]}, "editor": {"permissions": ["read"]}},
        "list": ["one", {"two": 2}],
        "empty": None,
        "block": "first\nsecond\n",
        "last": "é → x",
    }
    assert list(data)[:3] == ["seccfg", "service", "roles"]


@pytest.mark.parametrize(
    "path, key, place",
    [
        (("seccfg",), False, "1:9-1:10"),
        (("seccfg",), True, "1:1-1:7"),
        (("service",), False, "2:10-2:57"),
        (("service", "hosts"), False, "2:32-2:56"),
        (("service", "hosts", 1), False, "2:44-2:55"),
        (("service", "hosts", 1), True, "2:44-2:55"),
        (("roles",), True, "3:1-3:6"),
        (("roles",), False, "4:3-6:13"),
        (("roles", "viewer"), False, "5:5-5:24"),
        (("roles", "viewer", "permissions", 0), False, "5:19-5:23"),
        (("roles", "editor"), False, "6:11-6:13"),
        (("roles", "editor", "permissions"), False, "5:18-5:24"),
        (("list",), False, "8:1-10:9"),
        (("list", 0), False, "8:3-8:6"),
        (("list", 1, "two"), True, "10:3-10:6"),
        (("empty",), False, "11:7-0:0"),
        (("block",), False, "12:8-14:9"),
        (("last",), False, "16:7-16:14"),
        ((), False, "1:1-16:14"),
        # A path that does not exist gives the nearest ancestor that does, by its key.
        (("service", "title"), False, "2:1-2:8"),
        (("service", "hosts", 2), False, "2:25-2:30"),
        (("service", "hosts", "x"), False, "2:25-2:30"),
        (("list", 1, "three", "four"), False, "9:1-0:0"),
        (("seccfg", "x"), True, "1:1-1:7"),
        (("nothing",), False, "1:1-16:14"),
    ],
)  # fmt: skip
def test_places(path: tuple[str | int, ...], key: bool, place: str) -> None:
    """Every key and value has its line and column, counted from 1, the end exclusive."""
    if path == ("list", 1, "three", "four"):
        place = "10:3-10:9"
    assert at(document().span(path, key)) == place


def test_an_alias_stands_where_it_is_used_and_knows_its_definition() -> None:
    """The use has the place of `*v`; what it refers to is one step away."""
    assert document().definition(("roles", "editor")) == Span("seccfg.yaml", 5, 5, 5, 24)
    assert document().definition(("roles", "viewer")) is None
    assert document().definition(("roles", "nobody")) is None


def test_a_scalar_behind_an_anchor_starts_at_its_text() -> None:
    """The place of an anchored value is that of the value, not of the anchor."""
    doc = document("a: &x   value\nb: [&y 1, *y, *x]\nc: &z {k: 1}\nd: &e\n  # note\n  k: 1\n")
    assert at(doc.span(("a",))) == "1:9-1:14"
    assert at(doc.span(("b", 0))) == "2:8-2:9"
    assert at(doc.span(("c",))) == "3:7-3:13"
    assert at(doc.span(("d",))) == "6:3-6:7"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_system_writes_them(line_break: str) -> None:
    """Line and column do not depend on the kind of line break."""
    doc = document("a: 1\nb:\n  c: [x]\n".replace("\n", line_break))
    assert at(doc.span(("b", "c", 0))) == "3:7-3:8"
    assert doc.line("seccfg.yaml", 3) == "  c: [x]"
    assert doc.line("seccfg.yaml", 9) == ""
    assert doc.line("other.yaml", 1) == ""


def test_a_byte_order_mark_is_no_column() -> None:
    """A UTF-8 byte order mark is accepted and not counted."""
    assert at(load(b"\xef\xbb\xbfa: 1\n", "x.yaml").span(("a",), key=True)) == "1:1-1:2"


def test_the_digest_of_one_file_is_that_of_its_bytes() -> None:
    """`sha256sum` prints the same."""
    import hashlib

    assert document().sha256() == hashlib.sha256(TEXT.encode()).hexdigest()


# ----------------------------------------------------------------- what is refused


def test_a_duplicate_key_shows_the_first(findings: Findings) -> None:
    """The finding stands at the second, `related` at the first, also after keys that are no text."""
    (finding,) = findings("a: {x: 1, y: {z: [1, 2]}, w: 1}\nb:\n  k: {p: [q]}\n  j: 1\n  'k': 2\n")
    assert (finding.rule, finding.at.line, finding.at.column) == ("YAML003", 5, 3)
    assert [(r.span.line, r.span.column) for r in finding.related] == [(3, 3)]
    rules = [(f.rule, f.at.line) for f in findings("1: a\n? [x, y]\n: {q: r}\nk: 1\nk: 2\nk: 3\n")]
    assert rules == [("YAML006", 1), ("YAML006", 2), ("YAML003", 5), ("YAML003", 6)]


def test_every_occurrence_is_reported(findings: Findings) -> None:
    """A trap met twice is two findings."""
    assert [(f.rule, f.at.line) for f in findings("a: yes\nb: yes\nc: 010\nd: 010\n")] == [
        ("YAML009", 1), ("YAML009", 2), ("YAML007", 3), ("YAML007", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text, place",
    [
        ("on: push\n", "YAML009 1:1"),
        ("010: x\n", "YAML007 1:1"),
        ("a: {null: 1}\n", "YAML006 1:5"),
        ("a:\n  ? \n  : 1\n", "YAML006 2:4"),
        ("a:\n  true: 1\n", "YAML006 2:3"),
        ("? {a: 1}\n: x\n", "YAML006 1:3"),
        ("a: &x 1\n*x : 2\n", "YAML006 2:1"),
        ("a: !<tag:example.com,2000:x> 1\n", "YAML005 1:4"),
        ("a: !x {b: 1}\n", "YAML005 1:4"),
        ("a: ! 1\n", "YAML005 1:4"),
        ("a: !e!x 1\n", "YAML005 1:4"),
        ("%TAG !e! tag:example.com,2000:\n---\na: 1\n", "YAML021 1:1"),
        ("%YAML 1.3\n---\na: 1\n", "YAML021 1:1"),
        ("a: &x [*x]\n", "YAML020 1:8"),
        ("a: &x 1\nb: &x 2\n", "YAML020 2:4"),
        ('a: "\\ud800"\n', "YAML011 1:7"),
        ('a: "x\\0y"\n', "YAML011 1:4"),
        ("a: b\x07c\n", "YAML011 1:5"),
        ("a: b\x7fc\n", "YAML011 1:5"),
        ("a: b\u0085c\n", "YAML011 1:5"),
        ("a: b\u2028c\n", "YAML011 1:5"),
        ("a: b\ufeffc\n", "YAML011 1:5"),
        ("a: b\u202ec\n", "YAML012 1:5"),
        ("a: 1\n...\nb: 2\n", "YAML001 3:1"),
        ("a: 1\n...\n---\nb: 2\n", "YAML013 3:1"),
        ("--- {a: 1}\n--- {b: 1}\n", "YAML013 2:1"),
        ("", "YAML014 1:1"),
        ("---\n", "YAML014 1:1"),
        ("just text\n", "YAML015 1:1"),
        ("null\n", "YAML015 1:1"),
        ("a: [1, 2\n", "YAML001 1:4"),
        ('a: "open\nb: 1\n', "YAML001 1:4"),
        ("a: b: c\n", "YAML001 1:5"),
        ("a: 1\n b: 2\n", "YAML001 2:3"),
        ("a: @x\n", "YAML001 1:4"),
        ("a: [1}\n", "YAML001 1:6"),
        ("a: |9x\n", "YAML001 1:6"),
        ("a: * b\n", "YAML001 1:5"),
        ('a: "\\q"\n', "YAML001 1:5"),
        ("- - x\n", "YAML015 1:1"),
    ],
)
def test_what_is_refused(text: str, place: str, findings: Findings) -> None:
    """Exactly one finding, at the place an editor should jump to."""
    assert [f"{f.rule} {f.at.line}:{f.at.column}" for f in findings(text)] == [place]


def test_messages_are_one_line_of_plain_words(findings: Findings) -> None:
    """No message has a line break, a Python type or an upper-case start, whatever the file holds."""
    hostile = 'a: 1\n"x\\ny": 1\n"x\\ny": 2\n? |\n  k\n: 1\n'
    for text in (hostile, "a: [1\n", "a: b: c\n", "%FOO\n", "a: !!python/object:x 1\n", "\x00", "a:\n\t- b\n"):
        for finding in findings(text):
            assert "\n" not in finding.message
            assert not finding.message.startswith(("<", "None", "Not"))
            assert finding.help


def test_a_value_is_never_repeated(findings: Findings) -> None:
    """A scalar in the wrong place may be a secret: messages show keys, never values."""
    for text in (
        'k: "hunter2\n',
        "k: 0777123\n",
        "k: 77:11\n",
        "k: [hunter2\n",
        "k: !x hunter2\n",
        "k: {a: hunter2, a: hunter2}\n",
    ):
        for finding in findings(text):
            assert "hunter2" not in finding.message + finding.help
            assert "77" not in finding.message + finding.help


def test_reading_goes_on_after_syntax_errors(findings: Findings) -> None:
    """One run shows what is wrong in every section that can still be read, in source order."""
    text = 'a: 1\nb:\n\tc: 2\n\td: 3\ne: 017\ne: yes\nf: [1\ng: 15:00\nh: "abc\ni: no\n'
    assert [f"{f.rule} {f.at.line}" for f in findings(text)] == [
        "YAML002 3", "YAML002 4", "YAML007 5", "YAML003 6", "YAML009 6", "YAML001 8", "YAML008 8", "YAML001 9",
        "YAML009 10",
    ]  # fmt: skip


def test_after_a_syntax_error_a_missing_anchor_is_no_news(findings: Findings) -> None:
    """The definition may stand in the part that could not be read."""
    assert [f.rule for f in findings("a: [&x 1, }\nb: *x\n")] == ["YAML001"]


def test_bad_bytes_do_not_hide_the_rest(findings: Findings) -> None:
    """Each byte that is no UTF-8 has a place, and what follows is read."""
    found = findings(b"a: \xff\xfe\nb: caf\xe9\nc: yes\n")
    assert [f"{f.rule} {f.at.line}:{f.at.column}" for f in found] == [
        "YAML010 1:4", "YAML010 1:5", "YAML010 2:7", "YAML009 3:4",
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_other_encodings_are_named(encoding: str, findings: Findings) -> None:
    """UTF-16 and UTF-32, with and without byte order mark, are one finding."""
    assert [f.rule for f in findings("a: b\n".encode(encoding))] == ["YAML010"]


def test_findings_are_bounded(findings: Findings) -> None:
    """A file that is wrong everywhere does not make millions of findings."""
    assert len(findings("- yes\n" * 100_000)) == 500
    assert len(findings("\x00" * 100_000)) == 100


# ----------------------------------------------------------------- limits


def nested(depth: int) -> str:
    return "a: " + "[" * (depth - 1) + "]" * (depth - 1) + "\n"


def test_nesting_of_64_is_read_and_65_is_not(findings: Findings) -> None:
    """The limit is exact for flow, block and aliased values."""
    assert findings(nested(64)) == ()
    assert [f.rule for f in findings(nested(65))] == ["YAML018"]
    block = "".join(" " * n + "k:\n" for n in range(64))
    assert findings(block) == ()
    assert [f.rule for f in findings(block + " " * 64 + "k: 1\n")] == ["YAML018"]
    deep = "a: &a " + "[" * 30 + "]" * 30 + "\n"
    assert findings(deep + "b: " + "[" * 33 + "*a" + "]" * 33 + "\n") == ()
    assert [f.rule for f in findings(deep + "b: " + "[" * 34 + "*a" + "]" * 34 + "\n")] == ["YAML018"]
    chain = deep + "b: &b " + "[" * 30 + "*a" + "]" * 30 + "\n"
    assert [f.rule for f in findings(chain + "c: [[[[*b]]]]\n")] == ["YAML018"]


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 200_000, "- " * 200_000, "? " * 200_000])
def test_hostile_nesting_ends_early(text: str, findings: Findings) -> None:
    """Depth is noticed while reading, not by a stack that overflows."""
    assert "YAML018" in [f.rule for f in findings(text)]


def test_aliases_may_stand_for_10_000_nodes(findings: Findings) -> None:
    """The limit counts what aliases expand to, through aliases of aliases, and is exact."""
    ten = "a: &a [" + ", ".join("123456789") + "]\n"  # ten nodes
    assert findings(ten + "b: [" + ", ".join(["*a"] * 1000) + "]\n") == ()
    assert [f.rule for f in findings(ten + "b: [" + ", ".join(["*a"] * 1001) + "]\n")] == ["YAML019"]
    bomb = ten + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True))
    assert [f.rule for f in findings(bomb)] == ["YAML019"]


def test_sixteen_mebibytes_are_read_and_no_more() -> None:
    """One byte more is refused with one line."""
    with pytest.raises(InputError, match=r"^x.yaml: larger than 16 MiB, the most that is read$"):
        load(b"a: 1\n#" + b"x" * (16 * 1024 * 1024 - 5), "x.yaml")
    assert load(b"a: 1\n#" + b"x" * (16 * 1024 * 1024 - 6), "x.yaml").data == {"a": 1}


# ----------------------------------------------------------------- the parser behind it


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML without libyaml")
def test_the_c_parser_is_used_where_there_is_one() -> None:
    """The slow parser is only a fallback."""
    assert type(reader._new_parser("a: 1")).__name__ == "CParser"


def test_the_python_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data and places do not depend on libyaml, nor does what is refused."""
    fast = document()
    refused = [
        "a: [1\n",
        "a:\n\tb: 1\n",
        "a: yes\na: 1\n",
        'a: "x\nb: 1\n',
        "a: b: c\n",
        "a: !e!x 1\n",
        'a: "\\ud800"\n',
    ]
    before = [_rules(text) for text in refused]
    monkeypatch.setattr(reader, "_new_parser", PureParser)
    slow = document()
    assert slow.data == fast.data
    for path in ((), ("service",), ("service", "hosts", 1), ("roles", "editor"), ("block",), ("empty",)):
        assert slow.span(path) == fast.span(path)
    assert [_rules(text) for text in refused[:6]] == before[:6]


def _rules(text: str) -> list[str]:
    with pytest.raises(SourceError) as refused:
        document(text)
    return [finding.rule for finding in refused.value.findings]


def test_reading_imports_nothing_heavy() -> None:
    """`lint` starts with this module."""
    heavy = "pydantic jsonschema jinja2 dataclasses inspect importlib.metadata importlib.resources pathlib subprocess"
    heavy += " json tomllib hashlib difflib ctypes"
    code = f"import sys, seccfg.source.project as p; print([m for m in {heavy.split()!r} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"], capture_output=True, text=True
    )
    assert run.stdout.strip() == "[]", run.stderr
