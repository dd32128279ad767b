"""Reading, for any input: it ends in a Document or a SourceError, and what a Document says is so."""

from __future__ import annotations

import json
import re

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seccfg.findings import Finding, SourceError, SpecPath
from seccfg.source.document import Data, Document
from seccfg.source.plain import MAX_INTEGER, Trap, resolve
from seccfg.source.yaml import load

_TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufeff\ufffe\uffff\u2028\u2029"))
_TEXT = _TEXT.filter(lambda text: not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", text))
_KEY = _TEXT.filter(bool)
_NUMBER = st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False, allow_infinity=False)
_SCALAR = st.none() | st.booleans() | _NUMBER | _TEXT
_DATA = st.recursive(_SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEY, inner, max_size=4))
_TOP = st.dictionaries(_KEY, _DATA, max_size=5)

# Pieces that real mistakes are made of.
_PIECES = st.lists(
    st.sampled_from(
        [
            "a", "b:", ": ", "- ", "\n", "\n  ", "\n\t", "[", "]", "{", "}", ",", "&x ", "*x", "!t ", "<<: ", "'",
            '"', "|", ">",
            "#", "\r", "%", "---\n", "...\n", "? ", "yes", "017", "15:00", ".nan", "\\ud800", "\x00", "\u2028", "é",
            "\ufeff",
            "# seccfg: ignore[A001]", "9" * 20, "seccfg: 1\n", "@", "`",
        ]
    ),
    max_size=25,
).map("".join)  # fmt: skip
_BYTES = (
    st.binary(max_size=200)
    | _PIECES.map(str.encode)
    | st.tuples(_PIECES, st.binary(max_size=5)).map(lambda both: both[0].encode() + both[1])
)


@settings(max_examples=500, deadline=None)
@given(_BYTES, st.sampled_from(["x.yaml", "x.json"]))
@example(b"\xef\xbb\xbf", "x.json")
@example(b"*", "x.yaml")
@example(b'"\\', "x.yaml")
@example(b"a: &x", "x.yaml")
@example(b"? - &x [*x]\n: ", "x.yaml")
def test_any_bytes_are_a_document_or_findings_with_places(data: bytes, path: str) -> None:
    """Nothing else ever escapes; findings are in source order and lie inside the file."""
    read = _read(data, path)
    if isinstance(read, Document):
        read.suppressions()
        assert all(read.span(where).line >= 1 for where in _paths(read.data))
        return
    assert any(finding.severity == "error" for finding in read)
    places = [(finding.at.line, finding.at.column) for finding in read]
    assert places == sorted(places)
    assert all(line >= 1 and column >= 1 for line, column in places)
    assert all("\n" not in finding.message and finding.at.path == path for finding in read)


def _read(data: bytes, path: str = "x.yaml") -> Document | tuple[Finding, ...]:
    try:
        return load(data, path)
    except SourceError as error:
        return error.findings


@settings(max_examples=300, deadline=None)
@given(_TOP)
def test_json_is_read_as_json_does(data: dict[str, Data]) -> None:
    """Same data from a `.json` file as the standard library reads."""
    text = json.dumps(data, ensure_ascii=False)
    assert load(text.encode(), "x.json").data == json.loads(text)


@settings(max_examples=300, deadline=None)
@given(_TOP, st.booleans(), st.sampled_from([True, False, None]))
def test_yaml_is_read_as_it_was_meant(data: dict[str, Data], flow: bool, style: bool | None) -> None:
    """Data written by PyYAML, which quotes whatever YAML 1.1 would mistake, comes back with the same types."""
    text = yaml.dump(data, default_flow_style=flow if style is None else style, allow_unicode=True, sort_keys=False)
    document = _read(text.encode())
    if not isinstance(document, Document):
        # PyYAML leaves unquoted what only YAML 1.2 reads as a number, and writes 1.0e+16 for large floats.
        assert {finding.rule for finding in document} <= {"YAML006", "YAML007", "YAML012", "YAML016", "YAML017"}
        return
    assert _agree(document.data, data)


def _agree(found: Data, meant: Data) -> bool:
    """Equal, but for text that PyYAML leaves unquoted and the core schema takes for something else (`1e5`)."""
    if isinstance(meant, str) and not isinstance(found, str):
        plain = resolve(meant)
        return plain == found or isinstance(plain, Trap)
    if isinstance(meant, dict) and isinstance(found, dict):
        return list(found) == list(meant) and all(_agree(found[key], meant[key]) for key in meant)
    if isinstance(meant, list) and isinstance(found, list):
        return len(found) == len(meant) and all(_agree(f, m) for f, m in zip(found, meant, strict=True))
    return type(found) is type(meant) and found == meant


@settings(max_examples=300, deadline=None)
@given(_TOP, st.booleans())
def test_the_text_at_a_place_is_the_value(data: dict[str, Data], flow: bool) -> None:
    """At every span stands what was read from there; reading it on its own gives the value again."""
    text = yaml.dump(data, default_flow_style=flow, allow_unicode=True, sort_keys=False, width=10_000)
    document = _read(text.encode())
    if not isinstance(document, Document):
        return
    for path in _paths(document.data):
        value = _value(document.data, path)
        piece = _piece(document, text, path)
        if isinstance(value, str) and piece[:1] not in ("'", '"', "|", ">"):
            assert piece == value
        elif isinstance(value, (bool, int, float)):
            assert resolve(piece) == value
        elif isinstance(value, (dict, list)) and piece[:1] in ("{", "["):
            assert piece[-1] == {"{": "}", "[": "]"}[piece[0]]
        elif value is None:
            assert piece in ("null", "")
        if isinstance(path[-1], str):
            key = _piece(document, text, path, key=True)
            assert key == path[-1] or key[:1] in ("'", '"')


def _piece(document: Document, text: str, path: SpecPath, key: bool = False) -> str:
    span = document.span(path, key)
    lines = text.split("\n")
    if not span.end_line:
        return ""
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    first, *middle, last = lines[span.line - 1 : span.end_line]
    return "\n".join([first[span.column - 1 :], *middle, last[: span.end_column - 1]])


def _paths(value: Data, path: SpecPath = ()) -> list[SpecPath]:
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in ((*path, key), *_paths(inner, (*path, key)))]
    if isinstance(value, list):
        return [p for index, inner in enumerate(value) for p in ((*path, index), *_paths(inner, (*path, index)))]
    return []


def _value(value: Data, path: SpecPath) -> Data:
    for step in path:
        if isinstance(value, dict):
            value = value[str(step)]
        elif isinstance(value, list):
            value = value[int(step)]
    return value
