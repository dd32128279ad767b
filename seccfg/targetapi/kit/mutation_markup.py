"""Mutants of XML and of generated JavaScript: the operators of `mutation`, by element and by token.

XML is changed through its tree. JavaScript is changed in its literals and conjuncts, found by their spelling: generated files
write a conjunct a line and a literal like JSON does.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Final, Literal

__all__ = ["Change", "javascript_changes", "xml_changes"]

Change = tuple[
    Literal["delete element", "flip boolean", "drop item", "widen pattern", "swap order", "change number"], str, str, str, bytes
]
"""(operator, place, where, what, content)."""

_TOKEN: Final = re.compile(
    r"(?P<conjunct>(?m:^ {4,}[^\n]*) &&\n)|(?P<item>(?<=[\[,])\s?\"(?:[^\"\\\n]|\\.)*\"(?:,|(?=\])))|(?P<flag>\b(?:true|false)\b)"
    r"|(?P<number>(?<![\w.\"])\d+(?![\w.\"]))|(?P<anchor>\$/\.test|\$/,)"
)


def xml_changes(content: bytes) -> Iterator[Change]:
    """Every change of one element: gone, after its next sibling, its text or an attribute flipped or counted up."""
    text = content.decode()
    for number, node in enumerate(ET.fromstring(text).iter()):  # noqa: S314 - emitted by a target under test
        for index in range(len(node)):
            yield _tree(text, number, "delete element", f"{node.tag}/{node[index].tag}", "", index)
            if index + 1 < len(node) and ET.tostring(node[index]) != ET.tostring(node[index + 1]):
                yield _tree(text, number, "swap order", f"{node.tag}/{node[index].tag}", "", index)
        for name in node.attrib:
            yield _tree(text, number, "delete element", f"{node.tag}@{name}", name, -1)
            yield from _values(text, number, f"{node.tag}@{name}", node.attrib[name], name)
        yield from _values(text, number, node.tag, (node.text or "").strip(), "")


def _values(text: str, number: int, where: str, value: str, attribute: str) -> Iterator[Change]:
    if value in ("true", "false"):
        yield _tree(text, number, "flip boolean", where, attribute, -2)
    elif re.fullmatch("[0-9]+", value):
        yield _tree(text, number, "change number", where, attribute, -2)


def _tree(text: str, number: int, operator: str, where: str, attribute: str, index: int) -> Change:
    root = ET.fromstring(text)  # noqa: S314 - emitted by a target under test
    node = list(root.iter())[number]
    what = attribute
    if index >= 0:
        what = ET.tostring(node[index]).decode()[:90]
        child = node[index]
        node.remove(child)
        if operator == "swap order":
            node.insert(index + 1, child)
    elif index == -1:
        del node.attrib[attribute]
    else:
        before = node.attrib[attribute] if attribute else (node.text or "").strip()
        after = {"true": "false", "false": "true"}.get(before) or str(int(before) + 1)
        what = f"{before} -> {after}"
        if attribute:
            node.set(attribute, after)
        else:
            node.text = after
    return operator, f"element {number}", where, " ".join(what.split()), ET.tostring(root)  # type: ignore[return-value]


def javascript_changes(content: bytes) -> Iterator[Change]:
    """Every change of one token, outside comments and regular expressions."""
    text = content.decode()
    for found in _TOKEN.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        whole = text[text.rfind("\n", 0, found.start()) + 1 : text.find("\n", found.end())]
        if whole.lstrip().startswith("//") or '"use strict"' in found[0]:
            continue
        kind = str(found.lastgroup)
        operator, after = {
            "conjunct": ("delete element", ""), "item": ("drop item", ""),
            "flag": ("flip boolean", "false" if found[0] == "true" else "true"),
            "number": ("change number", str(int(found[0]) + 1) if kind == "number" else ""),
            "anchor": ("widen pattern", found[0].removeprefix("$")),
        }[kind]
        if kind == "conjunct" and found[0].count("(") != found[0].count(")"):
            continue
        changed = text[: found.start()] + after + text[found.end() :]
        what = " ".join(f"{found[0]} -> {after}".split())[:90]
        yield operator, f"line {line}", kind, what, changed.encode()  # type: ignore[misc]
