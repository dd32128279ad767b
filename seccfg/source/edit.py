"""
Changes to the text of a spec that keep its comments, its order and its quotes.

The text is read and printed again by ruamel.yaml, which prints some things anew that nobody asked to change. What an edit
changes is therefore the difference between printing the document as it was and as it is, carried over to the lines as
written; where that does not lead to the same document, it is printed as a whole.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from seccfg.findings import SourceError, SpecPath, value_at
from seccfg.source.edits import (
    AppendItem,
    Edit,
    NotEditable,
    RemoveComment,
    RemoveKey,
    RenameKey,
    ReplaceText,
    SetValue,
)

__all__ = ["AppendItem", "Edit", "NotEditable", "RemoveComment", "RemoveKey", "RenameKey", "ReplaceText", "SetValue",
           "edited", "formatted"]  # fmt: skip


def edited(text: str, edits: Sequence[Edit]) -> str:
    """
    *text* after *edits*, in their order.

    Raises:
        NotEditable: one of them does not fit, or the text is no YAML that can be kept as it is.
    """
    for edit in edits:
        if isinstance(edit, (ReplaceText, RemoveComment)):
            text = _in_line(text, edit)
        else:
            text = _in_place(text, edit) or _in_tree(text, edit)
    return text


def formatted(text: str) -> str:
    """
    *text* in the project's layout: two spaces for each level, lists indented below their key, one blank line at most, none
    at the ends, no space before a line's end. Comments, order, quotes and the choice of flow or block stay.

    Raises:
        NotEditable: it is no YAML, or would mean something else.
    """
    head, body = _head(text)
    tree = _read(body)
    printed = "\n".join(line.rstrip() for line in _print(tree).split("\n"))
    while "\n\n\n" in printed:
        printed = printed.replace("\n\n\n", "\n\n")
    printed = printed.strip("\n") + "\n"
    made = head + _with_comments_indented(printed)
    if _plain(_read(_head(made)[1])) != _plain(tree):
        raise NotEditable("the layout would change what it says")
    return made


def _with_comments_indented(text: str) -> str:
    """Each line that is a comment stands as far in as the line it is about, the next one that is not."""
    from seccfg.source.yaml import load

    try:
        ((_, nodes),) = load(text.encode(), "").files()
    except SourceError:
        return text  # what is wrong with it is for `lint` to say
    lines = text.split("\n")
    offset, indent = len(text) + 1, 0
    for number in range(len(lines) - 1, -1, -1):
        offset -= len(lines[number]) + 1
        inner = lines[number].lstrip(" ")
        column = len(lines[number]) - len(inner)
        if inner.startswith("#") and not nodes.inside_scalar(offset + column):
            lines[number] = " " * indent + inner
        elif inner:
            indent = column
    return "\n".join(lines)


def _head(text: str) -> tuple[str, str]:
    """Comments and blank lines before the first key, which ruamel.yaml keeps but moves, and the rest."""
    lines = text.replace("\r\n", "\n").split("\n")
    number = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    head = [line.rstrip() for line in lines[:number]]
    while head and not head[0]:
        head.pop(0)
    kept = [line for n, line in enumerate(head) if line or (n and head[n - 1])]
    return "".join(f"{line}\n" for line in kept), "\n".join(lines[number:])


# ------------------------------------------------------------------------------------------------------------ printing
def _yaml(mapping: int = 2, dash: int = 2) -> YAML:
    """*mapping*: spaces a level is indented by; *dash*: spaces a list's dashes are indented below its key."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 100_000  # a long line is somebody's choice
    yaml.indent(mapping=mapping, sequence=dash + 2, offset=dash)
    yaml.allow_duplicate_keys = False
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    return yaml


def _read(text: str) -> Any:
    try:
        tree = _yaml().load(text)
    except (YAMLError, ValueError, RecursionError, KeyError, AttributeError, TypeError) as error:
        raise NotEditable("it is no YAML that can be kept as it is written") from error
    if not isinstance(tree, CommentedMap):
        raise NotEditable("it is no map")
    return tree


def _print(tree: object, layout: tuple[int, int] = (2, 2)) -> str:
    out = io.StringIO()
    _yaml(*layout).dump(tree, out)
    return out.getvalue()


def _layout(text: str) -> tuple[int, int]:
    """How *text* is indented, told by its first nested key and its first list in block style."""
    mapping, dash = 0, -1
    above: tuple[int, bool] = (0, False)
    for line in text.split("\n"):
        inner = line.lstrip(" ")
        if not inner or inner.startswith("#"):
            continue
        indent = len(line) - len(inner)
        deeper = indent - above[0]
        if above[1] and inner.startswith("- ") and dash < 0 and deeper >= 0:
            dash = deeper
        elif above[1] and not inner.startswith("-") and not mapping and deeper > 0:
            mapping = deeper
        above = indent, inner.split(" #")[0].rstrip().endswith(":") and not inner.startswith("-")
    return mapping or 2, 2 if dash < 0 else dash


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return [(str(key), _plain(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else repr(value)


# ------------------------------------------------------------------------------------------------------------ in place
def _in_place(text: str, edit: Edit) -> str:
    """*text* after an edit of one word of it, which nothing has to be printed for; empty for any other edit."""
    from seccfg.source.yaml import load

    if not isinstance(edit, (SetValue, AppendItem)) or not edit.path or "\r" in text:
        return ""
    word = _word(edit.value)
    try:
        document = load(text.encode(), "")
    except SourceError:
        return ""
    old = value_at(document.data, edit.path)
    at = document.span(edit.path)
    if not word or at.end_line != at.line or document.definition(edit.path) is not None:
        return ""
    lines = text.split("\n")
    line = lines[at.line - 1]
    written = line[at.column - 1 : at.end_column - 1]
    if isinstance(edit, AppendItem):
        if not isinstance(old, list) or not old or written[:1] != "[" or written[-1:] != "]":
            return ""
        made = f"{written[:-1].rstrip().rstrip(',')}, {word}]"
        wanted: object = [*old, edit.value]
    else:
        if isinstance(old, (dict, list)) or old is None or written[:1] in ("&", "!", "|", ">", "*"):
            return ""
        quote = written[:1] if written[:1] in ("'", '"') and isinstance(edit.value, str) else ""
        made = f"{quote}{edit.value}{quote}" if quote and quote not in word and "\\" not in word else word
        wanted = edit.value
    lines[at.line - 1] = line[: at.column - 1] + made + line[at.end_column - 1 :]
    changed = "\n".join(lines)
    try:
        after = load(changed.encode(), "").data
    except SourceError:
        return ""
    return changed if after == _with(document.data, edit.path, wanted) else ""


def _word(value: object) -> str:
    """A scalar as it can stand anywhere on a line; empty for what cannot."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str) or not value.isprintable() or not value:
        return ""
    plain = value[0].isalnum() and all(c.isalnum() or c in "-_./+" for c in value)
    return value if plain else "'" + value.replace("'", "''") + "'"


def _with(data: object, path: SpecPath, value: object) -> object:
    """A copy of *data* with *value* at *path*."""
    if not path:
        return value
    step, below = path[0], path[1:]
    if isinstance(data, dict):
        return {key: _with(item, below, value) if key == step else item for key, item in data.items()}
    if isinstance(data, list):
        return [_with(item, below, value) if index == step else item for index, item in enumerate(data)]
    return data


# --------------------------------------------------------------------------------------------------------------- edits
def _in_tree(text: str, edit: SetValue | AppendItem | RemoveKey | RenameKey) -> str:
    tree = _read(text)
    layout = _layout(text)
    before = _print(tree, layout)
    _change(tree, edit)
    after = _print(tree, layout)
    carried = _carried(text, before, after)
    try:
        if _plain(_read(carried)) == _plain(_read(after)):
            return carried
    except NotEditable:
        pass
    return after


def _change(tree: Any, edit: SetValue | AppendItem | RemoveKey | RenameKey) -> None:
    if not edit.path:
        raise NotEditable("the whole document is no place")
    if isinstance(edit, AppendItem):
        items = _at(tree, edit.path)
        if not isinstance(items, CommentedSeq):
            raise NotEditable("no list stands there")
        items.append(edit.value)
        return
    *above, last = edit.path
    parent = _at(tree, tuple(above))
    if isinstance(edit, SetValue):
        if not isinstance(parent, CommentedMap) and not (isinstance(last, int) and last < len(parent)):
            raise NotEditable("nothing stands there")
        parent[last] = edit.value
    elif isinstance(edit, RenameKey):
        _rename(parent, last, edit.name)
    else:
        _remove(tree, edit.path)


def _at(tree: Any, path: SpecPath) -> Any:
    for step in path:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError) as error:
            raise NotEditable("nothing stands there") from error
    return tree


def _remove(tree: Any, path: SpecPath) -> None:
    _at(tree, path)
    parent = _at(tree, path[:-1])
    del parent[path[-1]]
    if not parent and len(path) > 1:
        _remove(tree, path[:-1])


def _rename(parent: Any, old: str | int, new: str) -> None:
    if not isinstance(parent, CommentedMap) or old not in parent or new in parent:
        raise NotEditable("no such key, or the new one is there already")
    position = list(parent).index(old)
    comment = parent.ca.items.get(old)
    value = parent.pop(old)
    parent.insert(position, new, value)
    if comment is not None:
        parent.ca.items[new] = comment


def _carried(text: str, before: str, after: str) -> str:
    """The changes from *before* to *after*, made to *text*, which *before* is another print of."""
    original, old, new = (part.split("\n") for part in (text, before, after))
    to_original = _aligned(old, original)
    lines: list[str] = []
    at = 0
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        start, end = to_original[i1], to_original[i2]
        lines += original[at:start]
        lines += original[start:end] if tag == "equal" else new[j1:j2]
        at = end
    return "\n".join(lines + original[at:])


def _aligned(old: list[str], original: list[str]) -> list[int]:
    """For each line of *old*, and its end, the line of *original* it stands for."""
    places = [0] * (len(old) + 1)
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, original, autojunk=False).get_opcodes():
        for offset in range(i2 - i1):
            places[i1 + offset] = min(j1 + offset, j2) if tag != "delete" else j1
    places[len(old)] = len(original)
    return places


def _in_line(text: str, edit: ReplaceText | RemoveComment) -> str:
    lines = text.split("\n")
    if not 1 <= edit.at.line <= len(lines):
        raise NotEditable("there is no such line")
    line = lines[edit.at.line - 1]
    start = edit.at.column - 1
    if isinstance(edit, ReplaceText):
        if edit.at.end_line != edit.at.line:
            raise NotEditable("it runs over several lines")
        lines[edit.at.line - 1] = line[:start] + edit.text + line[edit.at.end_column - 1 :]
    else:
        if line[start : start + 1] != "#":
            raise NotEditable("no comment begins there")
        rest = line[:start].rstrip()
        if rest:
            lines[edit.at.line - 1] = rest
        else:
            del lines[edit.at.line - 1]
    return "\n".join(lines)
