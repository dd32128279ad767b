"""Every encoder: what it writes is read back as exactly the text that went in, as one token."""

from __future__ import annotations

import ast
import html.parser
import json
import re
import shutil
import subprocess
import tokenize
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from io import BytesIO

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seccfg.targetapi import escape
from seccfg.targetapi.hostile import HOSTILE

_ANY = st.text(st.characters(), max_size=40)
_WHOLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def _from_xml(encoder: Callable[[str], str], text: str) -> str:
    return ElementTree.fromstring(f"<a>{encoder(text)}</a>").text or ""


def _from_xml_attribute(text: str) -> str:
    return ElementTree.fromstring(f"<a b={escape.xml_attribute(text)}/>").attrib["b"]


def _from_lua(literal: str) -> str:
    """A reader of Lua's double-quoted strings: `\\ddd`, `\\"` and `\\\\`, all the encoder may use."""
    assert literal[0] == literal[-1] == '"'
    body, raw, at = literal[1:-1], bytearray(), 0
    while at < len(body):
        if body[at] != "\\":
            assert body[at] not in '"\n\r'
            assert body[at].isascii()
            raw.append(ord(body[at]))
            at += 1
        elif body[at + 1].isdigit():
            raw.append(int(body[at + 1 : at + 4]))
            at += 4
        else:
            assert body[at + 1] in '"\\'
            raw.append(ord(body[at + 1]))
            at += 2
    return raw.decode()


def _from_utf16_escapes(literal: str) -> str:
    """C# and JavaScript share these escapes with JSON."""
    assert literal.isascii()
    return str(json.loads(literal))


_READERS: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "python": (escape.python_literal, ast.literal_eval),
    "json": (escape.json_text, json.loads),
    "yaml": (escape.yaml_scalar, yaml.safe_load),
    "toml": (escape.toml_string, lambda t: tomllib.loads(f"a = {t}")["a"]),
    "lua": (escape.lua_string, _from_lua),
    "csharp": (escape.csharp_string, _from_utf16_escapes),
    "js": (escape.js_string, _from_utf16_escapes),
    "rego": (escape.rego_string, json.loads),
}


@pytest.mark.parametrize("language", sorted(_READERS))
@given(text=_WHOLE)
def test_any_text_is_read_back(language: str, text: str) -> None:
    """Whatever whole code points a text holds, the language's own reader gives the same text."""
    write, read = _READERS[language]
    written = write(text)
    assert written.isascii()
    assert "\n" not in written
    assert read(written) == text


@pytest.mark.parametrize("language", sorted(_READERS))
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_is_read_back(language: str, text: str) -> None:
    """The collected hostile strings survive every language."""
    write, read = _READERS[language]
    assert read(write(text)) == text


@pytest.mark.parametrize("language", sorted(set(_READERS) - {"python", "json"}))
def test_half_a_surrogate_pair_is_refused(language: str) -> None:
    """A text no other reader could hold is an error, not a replacement character."""
    with pytest.raises(escape.Unrepresentable):
        _READERS[language][0]("a\ud83d")


@given(text=_ANY)
def test_xml_is_read_back_or_refused(text: str) -> None:
    """XML holds a text exactly or the encoder refuses it."""
    try:
        written = escape.xml_text(text)
    except escape.Unrepresentable:
        assert re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", text)
        return
    assert written.isascii()
    assert _from_xml(escape.xml_text, text) == text
    assert _from_xml_attribute(text) == text


_NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_SCALAR = st.none() | st.booleans() | _NUMBER | _ANY | st.binary(max_size=8)


@given(value=st.recursive(
    _SCALAR,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(_ANY, inner, max_size=3)
    ),
    max_leaves=8,
))  # fmt: skip
def test_python_literals_of_any_data(value: object) -> None:
    """A Python literal evaluates to the value, with its types."""
    read = ast.literal_eval(escape.python_literal(value))
    assert read == value
    assert repr(read) == repr(value)


@given(value=st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none())
def test_yaml_scalars_keep_their_type(value: bool | int | float | None) -> None:
    """A number is a number and a boolean a boolean to a YAML 1.1 reader."""
    read = yaml.safe_load(escape.yaml_scalar(value))
    assert read == value
    assert type(read) is type(value)


@given(text=_ANY)
def test_a_python_comment_is_one_comment(text: str) -> None:
    """A comment ends where its line ends, and no tool takes it as an instruction."""
    source = f"x = 1  {escape.python_comment(text)}\ny = 2\n".encode("utf-8", "surrogatepass")
    kinds = [tokenize.tok_name[t.type] for t in tokenize.tokenize(BytesIO(source).readline)]
    assert kinds.count("COMMENT") == 1
    assert kinds.count("NEWLINE") == 2
    assert len(ast.parse(source).body) == 2


@pytest.mark.parametrize(
    "text", ["noqa", "type: ignore", "NOQA: S105", "ruff: noqa", "# type: ignore", "coding: latin-1", "x # noqa"]
)
def test_comments_give_no_orders(text: str) -> None:
    """What linters, type checkers or the tokenizer would obey is quoted."""
    comment = escape.python_comment(text)
    assert not re.search(r"#\s*(noqa|type:|ruff:)", comment, re.IGNORECASE)
    assert not re.match(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", comment)


@given(text=_ANY)
def test_a_docstring_stays_inside_its_quotes(text: str) -> None:
    """The text cannot end the string it stands in."""
    (only,) = ast.parse(f'def f():\n    """{escape.python_docstring(text)}"""\n').body
    assert isinstance(only, ast.FunctionDef)
    assert ast.get_docstring(only, clean=False) is not None


@pytest.mark.parametrize("text", [t for t in HOSTILE if "\0" not in t], ids=ascii)
def test_a_shell_word_is_one_word(text: str) -> None:
    """A real shell hands the text on as one argument."""
    shell = shutil.which("sh")
    assert shell is not None
    done = subprocess.run([shell, "-c", f"printf %s {escape.shell_word(text)}"], capture_output=True, check=True)
    assert done.stdout.decode() == text


def test_a_shell_word_cannot_hold_nul() -> None:
    """NUL would end the word early."""
    with pytest.raises(escape.Unrepresentable):
        escape.shell_word("a\0b")


class _Seen(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_html_holds_no_foreign_tag(text: str) -> None:
    """Text stays text, and an attribute value stays inside its quotes."""
    seen = _Seen()
    seen.feed(f"<p title={escape.html_attribute(text)}>{escape.html_text(text)}</p>")
    seen.close()
    assert [tag for tag, _ in seen.tags] == ["p"]
    assert len(seen.tags[0][1]) == 1
    if all(c.isprintable() for c in text):
        assert seen.tags[0][1][0][1] == seen.text == text


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_markdown_text_has_no_markup(text: str) -> None:
    """A Markdown reader sees one paragraph of plain text; a code span one span."""
    MarkdownIt = pytest.importorskip("markdown_it").MarkdownIt
    tokens = MarkdownIt().parse(f"x {escape.markdown_text(text)} y")
    assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {c.type for c in tokens[1].children or ()} <= {"text", "text_special"}
    code = MarkdownIt().parse(f"x {escape.markdown_code(text)} y")
    assert [c.type for c in code[1].children or ()].count("code_inline") == 1
    assert {c.type for c in code[1].children or ()} <= {"text", "code_inline"}


def test_numbers_without_a_spelling_are_refused() -> None:
    """Infinity is no JSON, no YAML everyone reads, and no Python literal."""
    for encoder in (escape.python_literal, escape.json_text, escape.yaml_scalar):
        with pytest.raises(escape.Unrepresentable):
            encoder(float("inf"))
