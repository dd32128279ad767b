"""Mutants of XML and of generated JavaScript: the operators of `mutation`, by element and by token.

XML is changed through its tree; C# in it (`@(...)`, `@{...}`) by `mutation_csharp`. JavaScript is changed in its literals and
conjuncts, found by their spelling: generated files write a conjunct a line and a literal like JSON does.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Final, Literal

from seccfg.record import Record
from seccfg.targetapi.kit.mutation_csharp import csharp_edits, is_csharp

__all__ = ["Change", "Operator", "is_xml", "javascript_changes", "xml_changes"]

Operator = Literal[
    "delete element", "flip boolean", "drop item", "widen pattern", "swap order", "change number", "change word"
]

_OTHER_WORDS: Final = {
    "override": "skip", "skip": "override", "append": "override", "delete": "skip", "any": "all", "all": "any",
    "allow": "forbid", "forbid": "allow", "prevent": "ignore", "new": "copy", "copy": "new", "GET": "POST", "POST": "GET",
    "ALLOW": "DENY", "DENY": "ALLOW", "AND": "OR", "OR": "AND", "Set": "Add", "Add": "Set",
}  # fmt: skip
"""Words that take their meaning from a list, and another of that list."""
_NAMED: Final = frozenset({"name", "counter-key", "header-name", "claim", "audience", "issuer", "ref", "Header"})
"""Attributes and elements whose text names something that decides: a header, a claim, a counter, who a token is for."""

_TOKEN: Final = re.compile(
    r"(?P<conjunct>(?m:^ {4,}[^\n]*) &&\n)|(?P<item>(?<=[\[,])\s?\"(?:[^\"\\\n]|\\.)*\"(?:,|(?=\])))|(?P<flag>\b(?:true|false)\b)"
    r"|(?P<number>(?<![\w.\"])\d+(?![\w.\"]))|(?P<anchor>\$/\.test|\$/,)"
)


class Change(Record):
    """One change: what was done, at which element or line, to what, and the whole text with it."""

    operator: Operator
    place: str
    where: str
    what: str
    content: bytes


def is_xml(text: str) -> bool:
    """Whether *text* is an XML document."""
    if not text.lstrip().startswith("<"):
        return False
    try:
        ET.fromstring(text)  # noqa: S314 - emitted by a target under test
    except ET.ParseError:
        return False
    return True


def xml_changes(content: bytes) -> Iterator[Change]:
    """
    Every change of one element: gone, behind its next sibling, an attribute gone, a text or an attribute flipped, counted up or
    down, another word of its list, another name.
    """
    text = content.decode()
    for number, node in enumerate(ET.fromstring(text).iter()):  # noqa: S314 - emitted by a target under test
        for index in range(len(node)):
            where = f"{node.tag}/{node[index].tag}"
            gone = _flat(ET.tostring(node[index]).decode())
            yield _moved(text, number, "delete element", where, gone, index)
            if index + 1 < len(node) and ET.tostring(node[index]) != ET.tostring(node[index + 1]):
                yield _moved(text, number, "swap order", where, gone, index)
        for name, value in node.attrib.items():
            yield _edited(text, number, ("delete element", f"{node.tag}@{name}", f"without {name}"), name, None)
            for operator, after in _values(value, name):
                yield _edited(text, number, (operator, f"{node.tag}@{name}", f"{_flat(value)} -> {_flat(after)}"), name, after)
            yield from _expressions(text, number, node.tag, name, value)
        value = (node.text or "").strip()
        yield from _expressions(text, number, node.tag, "", value)
        for operator, after in _values(value, node.tag):
            yield _edited(text, number, (operator, node.tag, f"{_flat(value)} -> {_flat(after)}"), "", after)


def _values(value: str, name: str) -> Iterator[tuple[Operator, str]]:
    """What else a text could say."""
    if value in ("true", "false"):
        yield "flip boolean", "false" if value == "true" else "true"
    elif re.fullmatch("[0-9]+", value):
        yield "change number", str(int(value) + 1)
        if int(value):
            yield "change number", str(int(value) - 1)
    elif value in _OTHER_WORDS:
        yield "change word", _OTHER_WORDS[value]
    elif name in _NAMED and value and not value.startswith(("@(", "@{")):
        yield "change word", f"{value}x"


def _expressions(text: str, number: int, tag: str, attribute: str, value: str) -> Iterator[Change]:
    """Changes of the C# an attribute or a text holds."""
    if not is_csharp(value):
        return
    for edit in csharp_edits(value):
        after = value[: edit.start] + edit.text + value[edit.end :]
        yield _edited(text, number, (edit.operator, f"{tag} {edit.where}", edit.what), attribute, after)


def _moved(text: str, number: int, operator: Operator, where: str, what: str, index: int) -> Change:
    """A child gone, or behind the next."""
    root = ET.fromstring(text)  # noqa: S314 - emitted by a target under test
    node = list(root.iter())[number]
    child = node[index]
    node.remove(child)
    if operator == "swap order":
        node.insert(index + 1, child)
    return Change(operator, f"element {number}", where, what, ET.tostring(root))


def _edited(text: str, number: int, said: tuple[Operator, str, str], attribute: str, after: str | None) -> Change:
    """An attribute (no name: the text) that is another, or gone."""
    root = ET.fromstring(text)  # noqa: S314 - emitted by a target under test
    node = list(root.iter())[number]
    if not attribute:
        node.text = after
    elif after is None:
        del node.attrib[attribute]
    else:
        node.set(attribute, after)
    operator, where, what = said
    return Change(operator, f"element {number}", where, what, ET.tostring(root))


def _flat(text: str) -> str:
    return " ".join(text.split())[:90]


def javascript_changes(content: bytes) -> Iterator[Change]:
    """Every change of one token, outside comments and regular expressions."""
    text = content.decode()
    for found in _TOKEN.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        whole = text[text.rfind("\n", 0, found.start()) + 1 : text.find("\n", found.end())]
        if whole.lstrip().startswith("//") or '"use strict"' in found[0]:
            continue
        kind = str(found.lastgroup)
        if kind == "conjunct" and found[0].count("(") != found[0].count(")"):
            continue
        for operator, after in _tokens(kind, found[0]):
            changed = text[: found.start()] + after + text[found.end() :]
            yield Change(operator, f"line {line}", kind, f"{found[0]} -> {after}"[:90].replace("\n", " "), changed.encode())


def _tokens(kind: str, text: str) -> Iterator[tuple[Operator, str]]:
    if kind == "conjunct":
        yield "delete element", ""
    elif kind == "item":
        yield "drop item", ""
    elif kind == "flag":
        yield "flip boolean", "false" if text == "true" else "true"
    elif kind == "anchor":
        yield "widen pattern", text.removeprefix("$")
    else:
        yield "change number", str(int(text) + 1)
