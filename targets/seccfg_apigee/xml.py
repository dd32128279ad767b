"""XML from data: elements with attributes in the order given, indented, every text through its encoder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seccfg.record import Record
from seccfg.targetapi.escape import xml_attribute, xml_text

__all__ = ["Element", "document", "element"]


class Element(Record):
    """One element: text or children, never both."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Element, ...]
    text: str


def element(name: str, /, *children: Element | str | None, **attributes: str) -> Element:
    """An element; None among the children is left out, a text among them is its only content."""
    texts = [child for child in children if isinstance(child, str)]
    held = tuple(child for child in children if isinstance(child, Element))
    if texts and (held or len(texts) > 1):
        raise ValueError(f"<{name}> holds text and elements")
    return Element(name, tuple(attributes.items()), held, texts[0] if texts else "")


def document(root: Element, notes: Iterable[str] = ()) -> bytes:
    """The file: declaration, comments, root element."""
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>']
    lines += (f"<!-- {_comment(note)} -->" for note in notes)
    return ("\n".join([*lines, *_lines(root, "")]) + "\n").encode("ascii")


def _comment(text: str) -> str:
    plain = "".join(c if " " <= c <= "~" else "?" for c in text)
    return plain.replace("--", "- -").rstrip("-")


def _lines(node: Element, indent: str) -> list[str]:
    attributes = "".join(f" {name}={xml_attribute(value)}" for name, value in node.attributes)
    if node.children:
        inner = [line for child in node.children for line in _lines(child, indent + "  ")]
        return [f"{indent}<{node.name}{attributes}>", *inner, f"{indent}</{node.name}>"]
    if node.text:
        return [f"{indent}<{node.name}{attributes}>{xml_text(node.text)}</{node.name}>"]
    return [f"{indent}<{node.name}{attributes}/>"]


def settings(values: Mapping[str, str]) -> Element:
    """`<Properties>` of an endpoint or a script."""
    return element("Properties", *(element("Property", value, name=name) for name, value in values.items()))
