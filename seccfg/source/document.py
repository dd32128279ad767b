"""
Document: plain data read from YAML or JSON plus the place of every key and value.

Places are packed. Each file's nodes are numbered in the order they are written, a map's key always directly before its
value, and three integer arrays hold where a node starts, where it ends and which number follows its subtree. A Span is
made only when someone asks for one. Maps merged from several files get numbers of their own with a table of children.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeAlias

from seccfg.findings import Finding, Span, SpecPath
from seccfg.source.suppress import Suppression, find_suppressions

Data: TypeAlias = "bool | int | float | str | list[Data] | dict[str, Data] | None"
"""What a document holds. Nobody changes it: values behind an alias are one object."""
DataMap: TypeAlias = "dict[str, Data]"

_FIRST_MERGED = 1 << 40
MAX_DEPTH = 64
MAX_ALIAS_NODES = 10_000


class Source:
    """The text of one file, and where its lines start. Offsets count characters, lines and columns count from 1."""

    __slots__ = ("_line_starts", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._line_starts: list[int] | None = None

    @property
    def line_starts(self) -> list[int]:
        if self._line_starts is None:
            text = self.text
            if "\r" in text:  # one character stands for each break, so offsets stay
                text = text.replace("\r\n", " \n").replace("\r", "\n")
            self._line_starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))][:-1]
        return self._line_starts

    def line(self, number: int) -> str:
        """Line *number* without its break; empty when there is none."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        starts = self.line_starts
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def span(self, start: int, end: int = -1) -> Span:
        """The Span from *start* to *end*, white space at its end left out."""
        line, column = self.place(start)
        while end > start and self.text[end - 1] in " \t\r\n":
            end -= 1
        if end <= start:
            return Span(self.path, line, column)
        end_line, end_column = self.place(end)
        return Span(self.path, line, column, end_line, end_column)


class Nodes:
    """Where the nodes of one file stand; see the module's text. `after` is 0 for a node without children."""

    __slots__ = ("after", "aliases", "ends", "starts")

    def __init__(self) -> None:
        self.starts = array("I")
        self.ends = array("I")
        self.after = array("I")
        self.aliases: dict[int, int] = {}
        """Node of a use `*name` -> node of its definition `&name`."""

    def add(self, start: int, end: int) -> int:
        self.starts.append(start)
        self.ends.append(end)
        self.after.append(0)
        return len(self.starts) - 1

    def children(self, node: int) -> Iterator[int]:
        """The node of each list item, or of each key and value in turn."""
        child, last = node + 1, self.after[node]
        while child < last:
            yield child
            child = self.after[child] or child + 1

    def inside_scalar(self, offset: int) -> bool:
        """Whether the text at *offset* belongs to a scalar."""
        node = bisect_right(self.starts, offset) - 1
        return node >= 0 and not self.after[node] and offset < self.ends[node]

    def scalar_start(self, offset: int) -> int:
        """Where the last node that starts at or before *offset* starts."""
        return self.starts[bisect_right(self.starts, offset) - 1]


class Document:
    """
    The data of one spec and the place of everything in it.

    `data` is the top map: `dict`, `list`, `str`, `int`, `float`, `bool`, `None`, all keys text, all numbers finite and
    integers within +-(2^53-1). `path` is the file as it was named, `root` the project root its other files must stay in
    (empty for text that comes from no file), `environment` the overlay applied, `warnings` what was found in reading.
    """

    __slots__ = (
        "_bases", "_children", "_nodes", "_origin", "_sources", "_top", "data", "environment", "path", "root",
        "warnings",
    )  # fmt: skip

    def __init__(
        self,
        data: DataMap,
        files: Sequence[tuple[Source, Nodes]],
        warnings: tuple[Finding, ...] = (),
    ) -> None:
        self.data = data
        self.path = files[0][0].path
        self.root = ""
        self.environment = ""
        self.warnings = warnings
        self._sources = tuple(source for source, _ in files)
        self._nodes = tuple(nodes for _, nodes in files)
        # One row of numbers for all files: each file's nodes follow those of the one before.
        self._bases = [0, *accumulate(len(nodes.starts) for nodes in self._nodes)][:-1]
        self._children: dict[int, dict[str | int, int]] = {}
        self._top = 0
        self._origin: dict[int, int] = {}
        """Node of a merged map -> the node in a file whose place it has."""

    # ------------------------------------------------------------- places

    def span(self, path: SpecPath, key: bool = False) -> Span:
        """
        Where the value at *path* stands, or with *key* its key.

        A list item and the top have no key: their value's place is given. For a path that does not exist, the nearest
        ancestor that does is given, by its key. An alias stands where it is used; what is below it where it is defined.
        """
        node, keyed, found = self._find(path)
        if keyed and (key or found < len(path)):
            return self._span_of(node, key=True)
        return self._span_of(node)

    def definition(self, path: SpecPath) -> Span | None:
        """Where the anchor stands that the alias at *path* refers to; None when the value at *path* is no alias."""
        node, _, found = self._find(path)
        if found < len(path):
            return None
        index, local = self._locate(node)
        target = self._nodes[index].aliases.get(local)
        if target is None:
            return None
        return self._sources[index].span(self._nodes[index].starts[target], self._nodes[index].ends[target])

    def _find(self, path: SpecPath) -> tuple[int, bool, int]:
        """The deepest node on *path*, whether it stands behind a key, and how many steps lead to it."""
        node, keyed = self._top, False
        value: Data = self.data
        for found, step in enumerate(path):
            if not isinstance(value, (dict, list)) or isinstance(value, dict) is isinstance(step, int):
                return node, keyed, found
            child = self.children(node, value).get(step)
            if child is None:
                return node, keyed, found
            node = child
            if isinstance(value, dict):
                value, keyed = value[str(step)], True
            else:
                value, keyed = value[int(step)], False
        return node, keyed, len(path)

    # ------------------------------------------------------------- joining files

    def files(self) -> tuple[tuple[Source, Nodes], ...]:
        """What to build a document of several files from."""
        return tuple(zip(self._sources, self._nodes, strict=True))

    def first_node(self, file: int) -> int:
        """The number of the top of the file at index *file*."""
        return self._bases[file]

    def add_map(self, table: dict[str | int, int], place: int) -> int:
        """A node for a map that no file holds as a whole: its members' nodes, and the node whose place it has."""
        node = _FIRST_MERGED + len(self._origin)
        self._origin[node] = self._origin.get(place, place)
        self._children[node] = table
        return node

    def copy_merged(self, other: Document) -> int:
        """Take over the merged maps of *other*, a document of the same files; gives the node of its top."""
        self._origin = dict(other._origin)
        self._children = {node: table for node, table in other._children.items() if node >= _FIRST_MERGED}
        return other._top

    def set_top(self, data: DataMap, node: int) -> None:
        """What the document holds once all is joined."""
        self.data = data
        self._top = node

    def children(self, node: int, value: dict[str, Data] | list[Data]) -> dict[str | int, int]:
        """The nodes of the members of *value*, which stands at *node*."""
        table = self._children.get(node)
        if table is None:
            index, local = self._locate(node)
            nodes, base = self._nodes[index], self._bases[index]
            local = nodes.aliases.get(local, local)
            children = (base + child for child in nodes.children(local))
            if isinstance(value, dict):
                table = {}
                for name in value:
                    next(children)  # the key
                    table[name] = next(children)
            else:
                table = dict(enumerate(children))
            self._children[node] = table
        return table

    def _locate(self, node: int) -> tuple[int, int]:
        """The file a node was read from, and its number there."""
        node = self._origin.get(node, node)
        if len(self._bases) == 1:
            return 0, node
        index = bisect_right(self._bases, node) - 1
        return index, node - self._bases[index]

    def _span_of(self, node: int, key: bool = False) -> Span:
        index, local = self._locate(node)
        nodes = self._nodes[index]
        if key:
            local -= 1
        return self._sources[index].span(nodes.starts[local], nodes.ends[local])

    # ------------------------------------------------------------- text

    @property
    def sources(self) -> Sequence[Source]:
        """Every file the document was read from, the spec itself first."""
        return self._sources

    def line(self, path: str, number: int) -> str:
        """Line *number* of the file named *path*, for a caret beside a finding; empty when there is none."""
        return next((source.line(number) for source in self._sources if source.path == path), "")

    def suppressions(self) -> tuple[Suppression, ...]:
        """Well-formed `# seccfg: ignore[...]` comments of all files, in source order; the others are `warnings`."""
        return tuple(
            item
            for source, nodes in zip(self._sources, self._nodes, strict=True)
            for item in find_suppressions(source, nodes)[0]
        )

    def sha256(self) -> str:
        """
        Digest of what the document was read from: of the text of a single file, else of the list `sha256sum` would
        print for all files, names relative to the spec's folder, and the environment's name.
        """
        import hashlib
        import os

        digests = [hashlib.sha256(source.text.encode()).hexdigest() for source in self._sources]
        if len(digests) == 1 and not self.environment:
            return digests[0]
        folder = os.path.dirname(self.path) or "."
        names = [os.path.relpath(source.path, folder).replace(os.sep, "/") for source in self._sources]
        listing = "".join(f"{digest}  {name}\n" for digest, name in zip(digests, names, strict=True))
        return hashlib.sha256(f"{listing}environment {self.environment}\n".encode()).hexdigest()
