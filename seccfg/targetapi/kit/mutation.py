"""Small changes to emitted files, one at a time: what verify must notice.

Operators: delete an element, flip a boolean, drop an item, widen a pattern, swap the order of neighbours, change a
number by one. They work on what a file says: Python through its syntax tree, JSON through its values and the XML
documents among them, XML through its elements and the expressions in them.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from seccfg.record import Record
from seccfg.targetapi.kit.mutation_lua import lua_edits
from seccfg.targetapi.kit.mutation_markup import Change, Operator, is_xml, javascript_changes, xml_changes

__all__ = ["Mutant", "Operator", "mutants"]

_ANCHORS: Final = re.compile(r"^\^|\\Z$|\$$")
_BLOCK: Final = re.compile(r"([0-9A-Fa-f:.]+)/([1-9][0-9]*)")


class Mutant(Record):
    """One file with one change."""

    path: str
    place: str
    """Line in a Python file, path of keys in JSON."""
    where: str
    """What was changed: `RateLimit.limit` (constructor and argument), a function's name, or the keys in JSON."""
    operator: Operator
    what: str
    """What is gone, or what was there and stands there now; shortened."""
    content: bytes


def mutants(files: Mapping[str, bytes], wanted: Callable[[str], bool] = lambda _: True) -> Iterator[Mutant]:
    """Every mutant of every file that *wanted* names, in a fixed order."""
    for path in sorted(files):
        if not wanted(path):
            continue
        if path.endswith(".py"):
            yield from _python(path, files[path].decode())
        elif path.endswith(".json"):
            yield from _json_file(path, files[path])
        elif path.endswith((".yaml", ".yml")):
            yield from _yaml_file(path, files[path])
        elif path.endswith((".xml", ".js")):
            changes = xml_changes if path.endswith(".xml") else javascript_changes
            yield from _markup(path, changes(files[path]))


def _markup(path: str, changes: Iterable[Change]) -> Iterator[Mutant]:
    for change in changes:
        yield Mutant(path, change.place, change.where, change.operator, change.what, change.content)


# ---------------------------------------------------------------------------------------------------------- Python
class _Edit(Record):
    """Characters *start* to *end* replaced by *text*."""

    operator: Operator
    start: int
    end: int
    text: str
    line: int
    where: str
    what: str = ""


class _Source:
    """Python text, addressed by syntax tree nodes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._ascii = text.isascii()

    def offset(self, line: int, column: int) -> int:
        """Column numbers of the tree count UTF-8 bytes."""
        start = self._starts[line - 1]
        if self._ascii:
            return start + column
        row = self.text[start : self._starts[line]]
        return start + len(row.encode()[:column].decode())

    def span(self, node: ast.expr | ast.keyword) -> tuple[int, int]:
        if node.end_lineno is None or node.end_col_offset is None:
            raise ValueError("a node without an end")
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.expr | ast.keyword) -> str:
        start, end = self.span(node)
        return self.text[start:end]


def _python(path: str, text: str) -> Iterator[Mutant]:
    source = _Source(text)
    for edit in _edits(ast.parse(text), source):
        changed = text[: edit.start] + edit.text + text[edit.end :]
        what = edit.what or f"{_short(text[edit.start : edit.end])} -> {_short(edit.text)}"
        yield Mutant(path, f"line {edit.line}", edit.where, edit.operator, what, changed.encode())


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 90 else f"{flat[:40]} ... {flat[-40:]}"


def _edits(tree: ast.Module, source: _Source) -> Iterator[_Edit]:
    """In the order of the file; nothing of imports, docstrings and annotations."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield from _within(value, name, source)
            case ast.FunctionDef(name=name, body=body):
                for inner in body:
                    if not (isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant)):
                        for expression in (n for n in ast.iter_child_nodes(inner) if isinstance(n, ast.expr)):
                            yield from _within(expression, name, source)
            case _:
                pass


def _within(node: ast.AST, where: str, source: _Source) -> Iterator[_Edit]:
    """Every edit of an expression and of what is in it."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.keywords:
        yield from _call(node, source)
        for argument in node.args:
            yield from _within(argument, node.func.id, source)
        for keyword in node.keywords:
            yield from _within(keyword.value, f"{node.func.id}.{keyword.arg}", source)
        return
    if isinstance(node, ast.expr):
        yield from _here(node, where, source)
    for child in ast.iter_child_nodes(node):
        yield from _within(child, where, source)


def _here(node: ast.expr, where: str, source: _Source) -> Iterator[_Edit]:
    match node:
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            yield from _sequence(node, items, where, source)
        case ast.BoolOp(values=values):
            word = " and " if isinstance(node.op, ast.And) else " or "
            for index in range(len(values)):
                kept = word.join(f"({source.of(v)})" for n, v in enumerate(values) if n != index)
                gone = f"without {_short(source.of(values[index]))}"
                yield _replace("delete element", node, f"({kept})", where, source, gone)
        case ast.Constant(value=bool() as value):
            yield _replace("flip boolean", node, repr(not value), where, source)
        case ast.Constant(value=int() as value):
            yield _replace("change number", node, repr(value + 1), where, source)
        case ast.Constant(value=str() as value):
            yield from _texts(node, value, where, source)
        case _:
            pass


def _replace(operator: Operator, node: ast.expr, text: str, where: str, source: _Source, what: str = "") -> _Edit:
    start, end = source.span(node)
    return _Edit(operator, start, end, text, node.lineno, where, what)


def _sequence(
    node: ast.Tuple | ast.List | ast.Set, items: list[ast.expr], where: str, source: _Source
) -> Iterator[_Edit]:
    texts = [source.of(item) for item in items]

    def spelled(kept: list[str]) -> str:
        if isinstance(node, ast.Set):
            return f"{{{', '.join(kept)}}}" if kept else "()"
        inner = ", ".join(kept) + ("," if isinstance(node, ast.Tuple) and len(kept) == 1 else "")
        return f"[{inner}]" if isinstance(node, ast.List) else f"({inner})"

    for index in range(len(items)):
        gone = f"without {_short(texts[index])}"
        yield _replace("drop item", node, spelled(texts[:index] + texts[index + 1 :]), where, source, gone)
    if isinstance(node, ast.Set):
        return
    for index in range(len(items) - 1):
        swapped = [*texts[:index], texts[index + 1], texts[index], *texts[index + 2 :]]
        if swapped != texts:
            what = f"{_short(texts[index + 1])} before {_short(texts[index])}"
            yield _replace("swap order", node, spelled(swapped), where, source, what)


def _call(node: ast.Call, source: _Source) -> Iterator[_Edit]:
    name = source.of(node.func)
    arguments = [source.of(argument) for argument in node.args]
    for index, keyword in enumerate(node.keywords):
        kept = [source.of(k) for n, k in enumerate(node.keywords) if n != index]
        start, end = source.span(node)
        text = f"{name}({', '.join(arguments + kept)})"
        gone = f"without {_short(source.of(keyword))}"
        yield _Edit("delete element", start, end, text, keyword.lineno, f"{name}.{keyword.arg}", gone)


def _texts(node: ast.Constant, value: str, where: str, source: _Source) -> Iterator[_Edit]:
    for widened in _widened(value):
        yield _replace("widen pattern", node, repr(widened), where, source)
    document = _document(value)
    if document is not None:
        for operator, _, changed in _values(document, ()):
            yield _replace(operator, node, repr(json.dumps(changed, separators=(",", ":"))), where, source)


def _widened(value: str) -> Iterable[str]:
    """Address blocks twice as wide, patterns without an anchor."""
    block = _BLOCK.fullmatch(value)
    if block is not None and ("." in value or ":" in value):
        return (f"{_cleared(block[1], int(block[2]) - 1)}/{int(block[2]) - 1}",)
    if _ANCHORS.search(value) is not None and len(value) > 2:
        return (_ANCHORS.sub("", value),)
    return ()


def _cleared(address: str, bits: int) -> str:
    from ipaddress import ip_network

    return str(ip_network(f"{address}/{bits}", strict=False).network_address)


def _document(value: str) -> object | None:
    """The JSON object a text holds (a schema), None for any other text. Key sets are key material: left alone."""
    if not value.startswith("{"):
        return None
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "keys" not in found else None


# ------------------------------------------------------------------------------------------------------------ JSON
def _json_file(path: str, content: bytes) -> Iterator[Mutant]:
    document = json.loads(content)
    for operator, place, changed in _values(document, ()):
        keys = "/".join(map(str, place))
        text = json.dumps(changed, indent=2, ensure_ascii=True).encode() + b"\n"
        yield Mutant(path, keys, re.sub(r"[0-9]+", "*", keys), operator, f"{operator} at {keys}", text)
    for place, value in _documents(document, ()):
        keys = "/".join(map(str, place))
        for change in xml_changes(value.encode()):
            changed = _with(document, place, change.content.decode())
            text = json.dumps(changed, indent=2, ensure_ascii=True).encode() + b"\n"
            yield Mutant(path, f"{keys} {change.place}", change.where, change.operator, change.what, text)


def _documents(value: object, place: _Place) -> Iterator[tuple[_Place, str]]:
    """The XML documents among the texts."""
    match value:
        case str() if is_xml(value):
            yield place, value
        case list():
            for index, item in enumerate(value):
                yield from _documents(item, (*place, index))
        case dict():
            for key, item in value.items():
                yield from _documents(item, (*place, key))
        case _:
            pass


def _with(value: object, place: _Place, text: str) -> object:
    """*value* with *text* at *place*."""
    if not place:
        return text
    first, rest = place[0], place[1:]
    if isinstance(value, list) and isinstance(first, int):
        return [*value[:first], _with(value[first], rest, text), *value[first + 1 :]]
    if isinstance(value, dict):
        return {**value, first: _with(value[first], rest, text)}
    raise KeyError(first)


_Place = tuple[str | int, ...]


# ------------------------------------------------------------------------------------------------------------ YAML
def _yaml_file(path: str, content: bytes) -> Iterator[Mutant]:
    """A document as JSON's operators change it, and the Lua programs in it; written anew, as JSON, which YAML readers read."""
    import yaml

    document = yaml.load(content, Loader=yaml.CSafeLoader)
    for operator, place, where, what, changed in _yaml_values(document, ()):
        keys = "/".join(map(str, place))
        text = json.dumps(changed, ensure_ascii=True).encode() + b"\n"
        yield Mutant(path, keys, where or re.sub(r"[0-9]+", "*", keys), operator, what or f"{operator} at {keys}", text)


def _yaml_values(value: object, place: _Place) -> Iterator[tuple[Operator, _Place, str, str, object]]:
    match value:
        case str() if "\n" in value and "return function" in value:
            for edit in lua_edits(value):
                yield edit.operator, place, f"lua {edit.where}", edit.what, value[: edit.start] + edit.text + value[edit.end :]
        case list():
            for index, item in enumerate(value):
                for operator, at, where, what, changed in _yaml_values(item, (*place, index)):
                    yield operator, at, where, what, [*value[:index], changed, *value[index + 1 :]]
        case dict():
            for key, item in value.items():
                for operator, at, where, what, changed in _yaml_values(item, (*place, key)):
                    yield operator, at, where, what, {**value, key: changed}
        case _:
            pass
    for operator, at, changed in _values(value, place):
        if len(at) <= len(place) + 1:
            yield operator, at, "", "", changed


def _values(value: object, place: _Place) -> Iterator[tuple[Operator, _Place, object]]:
    """(operator, where, whole value with the change), depth first."""
    match value:
        case bool():
            yield "flip boolean", place, not value
        case int():
            yield "change number", place, value + 1
        case str():
            for widened in _widened(value):
                yield "widen pattern", place, widened
        case list():
            for index, item in enumerate(value):
                yield "drop item", (*place, index), value[:index] + value[index + 1 :]
                for operator, where, changed in _values(item, (*place, index)):
                    yield operator, where, [*value[:index], changed, *value[index + 1 :]]
            for index in range(len(value) - 1):
                if value[index] != value[index + 1]:
                    swapped = [*value[:index], value[index + 1], value[index], *value[index + 2 :]]
                    yield "swap order", (*place, index), swapped
        case dict():
            for key, item in value.items():
                yield "delete element", (*place, key), {k: v for k, v in value.items() if k != key}
                for operator, where, changed in _values(item, (*place, key)):
                    yield operator, where, {**value, key: changed}
        case _:
            return
