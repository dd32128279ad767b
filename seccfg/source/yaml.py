"""
YAML (and JSON) text to a Document, from PyYAML's event stream.

The reader keeps going after a problem: a trap in a scalar does not stop it, and after a syntax error it takes up again
at the next key in the first column, so that one run shows all of what is wrong.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, Protocol, cast

from seccfg.findings import SourceError
from seccfg.source.document import MAX_ALIAS_NODES, MAX_DEPTH, Data, Document, Nodes, Source
from seccfg.source.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
)
from seccfg.source.files import MAX_BYTES, Unreadable, too_large
from seccfg.source.plain import Scalar, Trap, resolve
from seccfg.source.problems import Enough, Problems, shown
from seccfg.source.suppress import find_suppressions
from seccfg.source.syntax import TAG, UNCLOSED, explain
from seccfg.source.text import decode

_MAX_RESTARTS = 50
_MAX_WARNINGS = 100

# The next key in the first column, where reading can go on after a syntax error.
_TOP_KEY = r"""(?m)^(?:[A-Za-z_][\w.-]*|"[^"\r\n]*"|'[^'\r\n]*')[ ]*:(?=[ \r\n]|$)"""
_TAB_INDENT = r"(?m)^[ ]*(\t)"
_BEFORE_CONTENT = r"(?:[&!]\S*\s+|#[^\r\n]*\s+)+"


class _Parser(Protocol):
    def get_event(self) -> Event: ...


def load(data: bytes, path: str) -> Document:
    """
    Read a spec's bytes; a *path* that ends in `.json` is held to JSON.

    Raises:
        SourceError: the bytes are no Document. Carries every finding, in source order.
        Unreadable: *data* is longer than 16 MiB.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(path, too_large())
    source, problems = decode(data, path)
    nodes = Nodes()
    roots: list[Data] = []
    try:
        if source.text or not problems.errors:
            read = _read_json if path.endswith(".json") else _read_yaml
            roots = read(source, nodes, problems)
            for malformed in find_suppressions(source, nodes)[1][:_MAX_WARNINGS]:
                problems.add("YAML022", malformed.why, malformed.start, malformed.end)
    except Enough:
        raise SourceError(problems.findings()) from None
    findings = problems.findings()
    top = roots[0] if roots else None
    if problems.errors or not isinstance(top, dict):
        raise SourceError(findings)
    return Document(top, ((source, nodes),), findings)


FOREIGN = frozenset({"YAML007", "YAML008", "YAML009", "YAML012", "YAML016", "YAML017"})
"""What only a spec is held to: in another file a scalar that YAML readers disagree about is its text."""


def load_foreign(data: bytes, path: str) -> Document:
    """
    Read a file that is no spec, such as an API description, JSON where *path* ends in `.json`. Scalars that YAML
    readers disagree about are text, keys that are numbers or booleans too; all other rules of reading hold.

    Raises:
        SourceError: the bytes are no Document. Carries every finding, in source order.
        Unreadable: *data* is longer than 16 MiB.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(path, too_large())
    source, problems = decode(data, path)
    problems.tolerated = FOREIGN
    problems.forget()
    nodes = Nodes()
    roots: list[Data] = []
    try:
        if source.text or not problems.errors:
            read = _read_json if path.endswith(".json") else _read_yaml
            roots = read(source, nodes, problems)
    except Enough:
        raise SourceError(problems.findings()) from None
    top = roots[0] if roots else None
    if problems.errors or not isinstance(top, dict):
        raise SourceError(problems.findings())
    return Document(top, ((source, nodes),))


def _read_json(source: Source, nodes: Nodes, problems: Problems) -> list[Data]:
    from seccfg.source.json import read_json

    roots = read_json(source.text, nodes, problems)
    if not problems.errors and not isinstance(roots[0], dict):
        _report_top(nodes, problems)
    return roots


def _read_yaml(source: Source, nodes: Nodes, problems: Problems) -> list[Data]:
    text = source.text
    walk = _Walk(text, nodes, problems)
    failed = walk.run(_new_parser(text))
    if failed is None and not problems.errors:
        if not walk.roots or (walk.roots == [None] and nodes.starts[0] == nodes.ends[0]):
            problems.add("YAML014", "the file is empty", 0)
        elif not isinstance(walk.roots[0], dict):
            _report_top(nodes, problems)
    start = 0
    for _ in range(_MAX_RESTARTS):
        if failed is None:
            break
        found = re.compile(_TOP_KEY).search(text, max(text.rfind("\n", 0, failed) + 1, start + 1))
        if text[failed : failed + 1] == "\t":
            problems.shift = 0
            for tab in re.compile(_TAB_INDENT).finditer(text, failed + 1, found.start() if found else len(text)):
                problems.add("YAML002", "a tab is used for indentation", tab.start(1), tab.end(1))
        if found is None:
            break
        start = problems.shift = found.start()
        rest = text[start:]
        failed_after = _Walk(rest, Nodes(), problems).run(_new_parser(rest))
        failed = None if failed_after is None else start + failed_after
    problems.shift = 0
    return walk.roots


def _report_top(nodes: Nodes, problems: Problems) -> None:
    problems.add("YAML015", "a spec is a map of keys and values at the top", nodes.starts[0])


def _new_parser(text: str) -> _Parser:
    try:
        from yaml._yaml import CParser
    except ImportError:  # PyYAML built without libyaml: the same events, about ten times slower
        from seccfg.source.pure import PureParser

        return PureParser(text)
    return cast("_Parser", CParser(text))


class _NoKey:
    """In place of a key while a map waits for one."""


_NO_KEY = _NoKey()


class _Anchor:
    """What `&name` names: its node and value, how many nodes a use of it stands for and how deep it goes."""

    __slots__ = ("complete", "copied_before", "depth", "node", "size", "value")

    def __init__(self, node: int, value: Any, copied_before: int) -> None:
        self.node = node
        self.value = value
        self.copied_before = copied_before
        self.complete = False
        self.size = 1
        self.depth = 0


class _Walk:
    """One pass over the events of a text. Sound scalars never leave `run`; everything rare has a method of its own."""

    def __init__(self, text: str, nodes: Nodes, problems: Problems) -> None:
        self.text = text
        self.nodes = nodes
        self.problems = problems
        self.roots: list[Data] = []
        self.anchors: dict[str, _Anchor] = {}
        self.known: dict[str, Scalar] = {}
        """What the unquoted scalars met so far mean; keeps one object for each text, too."""
        self.key_nodes: dict[int, tuple[dict[object, int], int]] = {}
        """Of the map with the last duplicate: its number, the nodes of its keys, and where the next key would be."""
        self.copied = 0
        self.depths: dict[int, int] = {}
        """Depth of every anchored container, by identity."""

    def run(self, parser: _Parser) -> int | None:
        """Read to the end (None) or to a syntax error (its offset). Raises Enough where a limit is passed."""
        try:
            self._events(parser)
        except MarkedYAMLError as error:
            return self._syntax_error(error)
        except YAMLError as error:
            self.problems.add("YAML001", f"not YAML: {str(error).splitlines()[0]}", 0)
        return None

    def _events(self, parser: _Parser) -> None:
        # Bound once: this loop is most of the time it takes to read a spec.
        next_event = parser.get_event
        nodes = self.nodes
        starts, ends, after = nodes.starts, nodes.ends, nodes.after
        add_start, add_end, add_after = starts.append, ends.append, after.append
        remembered = self.known.get
        no_key = _NO_KEY
        # The containers being filled, outermost first; `key` is what the current map waits to store a value under.
        stack: list[tuple[Any, Any, int]] = []
        current: Any = self.roots
        key: Any = None
        number = -1
        last_end = 0
        open_anchors: dict[int, _Anchor] = {}
        value: Any
        while True:
            event: Any = next_event()
            kind = type(event)
            if kind is ScalarEvent:
                last_end = event.end_mark.index
                add_start(event.start_mark.index)
                add_end(last_end)
                add_after(0)
                value = event.value
                if event.style:
                    if "\0" in value:
                        self._escaped_nul()
                else:
                    text = value
                    value = remembered(text)
                    if value is None:
                        value = self._plain(text, key is no_key)
                if event.tag is not None or event.anchor is not None:
                    self._decorated_scalar(event, value)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                value = {} if kind is MappingStartEvent else []
                child = len(starts)
                add_start(event.start_mark.index)
                add_end(0)
                add_after(0)
                if event.tag is not None or event.anchor is not None:
                    anchor = self._decorated_container(event, child, value)
                    if anchor is not None:
                        open_anchors[child] = anchor
                if key is no_key:
                    key = self._not_text(value, child)
                elif type(current) is dict:
                    current[key] = value
                    key = no_key
                else:
                    current.append(value)
                stack.append((current, key, number))
                if len(stack) > MAX_DEPTH:
                    self._too_deep(child)
                current, number = value, child
                key = no_key if kind is MappingStartEvent else None
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                end = event.end_mark.index
                if end > event.start_mark.index:  # a bracket; the end of a block is found only at the next token
                    last_end = end
                ends[number] = max(last_end, starts[number])
                after[number] = len(starts)
                if open_anchors and number in open_anchors:
                    self._complete(open_anchors.pop(number), current)
                current, key, number = stack.pop()
                continue
            elif kind is AliasEvent:
                last_end = event.end_mark.index
                add_start(event.start_mark.index)
                add_end(last_end)
                add_after(0)
                value = self._alias(event, len(stack))
            elif kind is DocumentStartEvent:
                self._document_start(event)
                continue
            elif kind is StreamEndEvent:
                return
            else:
                continue
            if key is no_key:
                key = value if type(value) is str and value not in current else self._bad_key(value, current, number)
            elif type(current) is dict:
                current[key] = value
                key = no_key
            else:
                current.append(value)

    # ------------------------------------------------------------- scalars

    def _plain(self, text: str, is_key: bool) -> Scalar:
        """The value of an unquoted scalar that was not met before, or whose value is null."""
        at, end = self.nodes.starts[-1], self.nodes.ends[-1]
        if text == "<<" and is_key:
            self.problems.add("YAML004", "a merge key `<<` hides which keys a map has", at, end)
            return text
        value = resolve(text)
        if not isinstance(value, Trap):
            if text != "<<":
                self.known[text] = value
            return value
        self.problems.add(value.rule, value.message, at, end, help=value.help)
        return text

    def _escaped_nul(self) -> None:
        self.problems.add("YAML011", "the text contains NUL", self.nodes.starts[-1], self.nodes.ends[-1])

    # ------------------------------------------------------------- keys

    def _bad_key(self, value: Any, current: dict[Any, Data], number: int) -> object:
        """Report a key that is no text or stands in the map already; gives one that is in no map."""
        node = len(self.nodes.starts) - 1
        if type(value) is not str:
            if not self.problems.tolerated or isinstance(value, (dict, list)):
                return self._not_text(value, node)
            value = self.text[self.nodes.starts[node] : self.nodes.ends[node]]
            if value not in current:
                return value
        first = self._node_of_key(value, current, number)
        starts, ends = self.nodes.starts, self.nodes.ends
        self.problems.add(
            "YAML003",
            f"the key `{shown(value)}` is given twice",
            starts[node],
            ends[node],
            related=[(starts[first], ends[first], "first given here")],
        )
        return (value, node)

    def _node_of_key(self, key: str, current: dict[Any, Data], number: int) -> int:
        """The node of *key* in a map that is still being read: every key, good or bad, has made one entry."""
        after = self.nodes.after
        table, child = self.key_nodes.get(number, ({}, number + 1))
        for name in islice(current, len(table), None):  # what was added since the map's last duplicate
            table[name] = child
            value = after[child] or child + 1
            child = after[value] or value + 1
        self.key_nodes = {number: (table, child)}
        return table[key]

    def _not_text(self, value: object, node: int) -> object:
        kind = {dict: "a map", list: "a list", bool: "a boolean", type(None): "null"}.get(type(value), "a number")
        end = max(self.nodes.ends[node], self.nodes.starts[node])
        help = "quote it" if kind in ("a boolean", "a number") else ""
        self.problems.add("YAML006", f"a key must be text, not {kind}", self.nodes.starts[node], end, help=help)
        return (None, node)

    # ------------------------------------------------------------- tags, anchors, aliases

    def _decorated_scalar(self, event: Any, value: Scalar) -> None:
        node = len(self.nodes.starts) - 1
        anchor = self._decorated_container(event, node, value)
        if anchor is not None:
            anchor.complete = True

    def _decorated_container(self, event: Any, node: int, value: Data) -> _Anchor | None:
        """Refuse a tag, note an anchor; the node then starts where its content does, after both."""
        starts = self.nodes.starts
        at, stop = starts[node], event.end_mark.index
        content = re.compile(_BEFORE_CONTENT).match(self.text, at)
        if content is not None:
            starts[node] = min(content.end(), max(stop, at)) if isinstance(event, ScalarEvent) else content.end()
        if getattr(event, "tag", None) is not None:
            self.problems.add("YAML005", TAG, at, starts[node])
        name = event.anchor
        if name is None:
            return None
        if name in self.anchors:
            first = self.anchors[name].node
            self.problems.add(
                "YAML020",
                f"the anchor `&{shown(name)}` is defined twice",
                at,
                starts[node],
                related=[(starts[first], self.nodes.ends[first], "first defined here")],
            )
        anchor = self.anchors[name] = _Anchor(node, value, self.copied)
        return anchor

    def _complete(self, anchor: _Anchor, value: Data) -> None:
        anchor.complete = True
        anchor.size = len(self.nodes.starts) - anchor.node + self.copied - anchor.copied_before
        anchor.depth = self.depths[id(value)] = self._depth(value)

    def _depth(self, value: Data) -> int:
        if not isinstance(value, (dict, list)):
            return 0
        known = self.depths.get(id(value))
        if known is not None:
            return known
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max((self._depth(item) for item in inner), default=0)

    def _alias(self, event: Any, depth: int) -> Any:
        at, end = event.start_mark.index, event.end_mark.index
        name = event.anchor
        anchor = self.anchors.get(name)
        if anchor is None:
            if not self.problems.shift:  # after a syntax error the definition may be in what was left out
                self.problems.add("YAML020", f"the alias `*{shown(name)}` has no anchor before it", at, end)
            return ""
        if not anchor.complete:
            self.problems.add("YAML020", f"the alias `*{shown(name)}` stands inside its own anchor", at, end)
            return ""
        if depth + anchor.depth > MAX_DEPTH:
            self._too_deep(len(self.nodes.starts) - 1)
        self.copied += anchor.size
        if self.copied > MAX_ALIAS_NODES:
            self.problems.add("YAML019", f"aliases stand for more than {MAX_ALIAS_NODES} values", at, end)
            raise Enough
        self.nodes.aliases[len(self.nodes.starts) - 1] = anchor.node
        return anchor.value

    # ------------------------------------------------------------- the rest

    def _too_deep(self, node: int) -> None:
        at = self.nodes.starts[node]
        self.problems.add("YAML018", f"maps and lists are nested more than {MAX_DEPTH} deep", at, at + 1)
        raise Enough

    def _document_start(self, event: Any) -> None:
        at, end = event.start_mark.index, event.end_mark.index
        if event.tags or event.version not in (None, (1, 2)):
            self.problems.add("YAML021", "a directive changes how the file is read", at, end)
        if self.roots:
            self.problems.add("YAML013", "a second document starts here; a spec is one document", at, end)

    def _syntax_error(self, error: MarkedYAMLError) -> int:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index, len(self.text)) if mark else 0
        if self.text[at : at + 1] == "\t":
            self.problems.add("YAML002", "a tab is used for indentation", at, at + 1)
            return at
        if "nesting depth" in (error.problem or "") + (error.context or ""):  # newer libyaml stops by itself, far below
            self.problems.add("YAML018", f"maps and lists are nested more than {MAX_DEPTH} deep", at, at + 1)
            return at
        at_end = error.context_mark is not None and not self.text[at:].strip()
        said = UNCLOSED if at_end else explain(error.problem or "", error.context or "")
        context = error.context_mark.index if error.context_mark else at
        if said.at_context and context < at:
            at, context = context, at
        related = [(context, context, said.related)] if said.related and context < at else []
        self.problems.add(said.rule, said.message, at, related=related, help=said.help)
        return at
