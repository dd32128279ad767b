"""A spec as YAML for people: order kept, comments, short maps on one line, nothing that reads back as something else."""

from __future__ import annotations

import re
from typing import TypeAlias

from seccfg.record import Record
from seccfg.source.plain import resolve
from seccfg.targetapi.escape import yaml_scalar

__all__ = ["Block", "Comment", "Entry", "Plain", "Printed", "print_block"]

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
WIDTH = 120

_BARE = re.compile(
    r"(?:/)?[A-Za-z0-9](?:[A-Za-z0-9_./@+-]*[A-Za-z0-9_/])?(?: [A-Za-z0-9]+)*"
    r"|https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9_./-]*)?"
)
_BARE_BLOCK_KEY = re.compile(r"/|(?:/[A-Za-z0-9._~{}+-]+)+")


class Comment(Record):
    """Lines that a reader of the file sees and a reader of the data does not. `mark` finds them again."""

    lines: tuple[str, ...]
    mark: str = ""


class Block(Record):
    """A map in block style."""

    items: tuple[Entry | Comment, ...]


class Entry(Record):
    """A key and its value; `note` stands behind it."""

    key: str
    value: Block | Plain
    note: str = ""


class Printed(Record):
    """The text, and the line each mark stands in."""

    text: str
    marks: dict[str, int]


def print_block(block: Block) -> Printed:
    """The file *block* is the top of."""
    lines: list[str] = []
    marks: dict[str, int] = {}
    _block(block, 0, lines, marks)
    return Printed("".join(f"{line.rstrip()}\n" for line in lines), marks)


def _block(block: Block, indent: int, lines: list[str], marks: dict[str, int]) -> None:
    pad = "  " * indent
    for item in block.items:
        if isinstance(item, Comment):
            if item.mark:
                marks[item.mark] = len(lines) + 1
            lines += [f"{pad}# {line}" if line else "" for line in item.lines]
        elif isinstance(item.value, Block):
            lines.append(_noted(f"{pad}{_key(item.key)}:", item.note))
            _block(item.value, indent + 1, lines, marks)
        else:
            lines += plain_lines(item.key, item.value, indent, item.note)


def plain_lines(key: str, value: Plain, indent: int, note: str = "") -> list[str]:
    """`key: value` on one line where it fits, in block style where it does not."""
    pad = "  " * indent
    head = f"{pad}{_key(key)}:"
    line = _noted(f"{head} {_flow(value)}", note)
    if not isinstance(value, dict | list) or not value or len(line) <= WIDTH:
        return [line]
    lines = [_noted(head, note)]
    if isinstance(value, dict):
        for name, inner in value.items():
            lines += plain_lines(name, inner, indent + 1)
    else:
        for inner in value:
            lines += _list_item(inner, indent + 1)
    return lines


def _list_item(value: Plain, indent: int) -> list[str]:
    pad = "  " * indent
    line = f"{pad}- {_flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, dict) or not value:
        return [line]
    lines: list[str] = []
    for name, inner in value.items():
        lines += plain_lines(name, inner, indent + 1)
    return [f"{pad}- {lines[0].lstrip()}", *lines[1:]]


def _noted(line: str, note: str) -> str:
    return f"{line}  # {note}" if note else line


def _key(text: str) -> str:
    return text if _BARE_BLOCK_KEY.fullmatch(text) else _scalar(text)


def _flow(value: Plain) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return _scalar(value)


def _scalar(value: bool | int | float | str | None) -> str:
    if isinstance(value, str) and _BARE.fullmatch(value) and resolve(value) == value:
        return value
    return yaml_scalar(value)


