"""Policy documents as data, and their two spellings: `xml` (well formed) and `rawxml` (expressions as they stand).

A text from the spec is a `Literal`: where it could be taken for an expression or a reference to a named value it is
spelled as an expression that gives it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from seccfg.record import Record
from seccfg.targetapi.escape import policy_string, xml_attribute, xml_text
from seccfg_azure.reference import Node

__all__ = ["Element", "Expression", "Literal", "NamedValue", "Value", "as_node", "element", "to_rawxml", "to_xml"]

_PLAIN = re.compile(r"[ -~]*")
_MEANT = re.compile(r"\{\{|\}\}|@\(|@\{")


class Literal(Record):
    """A text as it is."""

    text: str


class Expression(Record):
    """C# with its `@(...)` or `@{...}`."""

    code: str


class NamedValue(Record):
    """What the named value of that display name holds."""

    name: str


Value = Literal | Expression | NamedValue


class Element(Record):
    """An element; `children` or `text`, never both."""

    name: str
    attributes: tuple[tuple[str, Value], ...] = ()
    children: tuple[Element, ...] = ()
    text: Value | None = None


def element(
    tag: str, children: Iterable[Element] = (), /, text: str | Value | None = None, **attributes: str | Value
) -> Element:
    """An Element; `_` in the name of an attribute is `-`, plain texts are literals."""
    made = tuple((key.rstrip("_").replace("_", "-"), _value(value)) for key, value in attributes.items())
    return Element(tag, made, tuple(children), None if text is None else _value(text))


def _value(value: str | Value) -> Value:
    return Literal(value) if isinstance(value, str) else value


def to_xml(root: Element) -> bytes:
    """The document as well-formed XML, two spaces a level."""
    return ("\n".join(_lines(root, 0, raw=False)) + "\n").encode("ascii")


def to_rawxml(root: Element) -> bytes:
    """The same document with expressions as they stand."""
    return ("\n".join(_lines(root, 0, raw=True)) + "\n").encode("ascii")


def as_node(root: Element) -> Node:
    """The document as the table of policies looks at it."""
    attributes = tuple((name, *_spelled(value)) for name, value in root.attributes)
    text = None if root.text is None else _spelled(root.text)
    return Node(root.name, attributes, tuple(as_node(child) for child in root.children), text)


def _lines(node: Element, depth: int, *, raw: bool) -> list[str]:
    pad = "  " * depth
    attributes = "".join(f" {name}={_attribute(value, raw=raw)}" for name, value in node.attributes)
    head = f"{pad}<{node.name}{attributes}"
    if node.text is not None:
        return [f"{head}>{_text(node.text, raw=raw)}</{node.name}>"]
    if not node.children:
        return [f"{head} />"]
    inner = [line for child in node.children for line in _lines(child, depth + 1, raw=raw)]
    return [f"{head}>", *inner, f"{pad}</{node.name}>"]


def _spelled(value: Value) -> tuple[str, bool]:
    """The text, and whether it is an expression."""
    match value:
        case Expression(code):
            return code, True
        case NamedValue(name):
            return "{{" + name + "}}", False
        case Literal(text):
            if _PLAIN.fullmatch(text) is None or _MEANT.search(text) is not None:
                return f"@({policy_string(text)})", True
            return text, False


def _attribute(value: Value, *, raw: bool) -> str:
    text, code = _spelled(value)
    if code and raw:
        return f'"{text}"'
    # a line break of an expression stays one: readers take it for a space, and people can read the expression
    return '"' + "\n".join(xml_attribute(line)[1:-1] for line in text.split("\n")) + '"'


def _text(value: Value, *, raw: bool) -> str:
    text, code = _spelled(value)
    return text if code and raw else xml_text(text)
