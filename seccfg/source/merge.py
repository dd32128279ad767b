"""One Document from several files: definitions of included files, and the overlay of an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from seccfg.findings import Finding, Related, SourceError, SpecPath, render_path
from seccfg.source.document import Data, DataMap, Document

DEFINITIONS = (
    "auth", "clients", "roles", "attributes", "conditions", "rate_limits", "cors", "network", "headers", "audit",
)  # fmt: skip
"""The sections an included file may have."""

INCLUDE = "include"
ENVIRONMENTS = "environments"

# Where names stand one level below the section; everywhere else a section's own keys are the names.
_NAMES_BELOW = frozenset(
    {
        ("attributes", "principal"),
        ("attributes", "resource"),
        ("attributes", "request"),
        ("network", "profiles"),
        ("headers", "set"),
        ("audit", "sinks"),
    }
)
_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete", "options", "trace", "connect", "query"})

Cell: TypeAlias = tuple[Data, int]
"""A value and its node in the joined document."""


def join(spec: Document, included: Sequence[Document]) -> Document:
    """
    The spec with the definitions of its included files; `include` and `environments` are left out of its data.

    Raises:
        SourceError: an included file holds more than definitions, or a name is defined twice.
    """
    return _Joining([spec, *included]).run()


def overlay(spec: Document, environment: str, joined: Document) -> Document:
    """
    *joined* (made of *spec* by `join`) with the overlay *environment* of *spec* merged over it.

    Raises:
        SourceError: the overlay adds a route or removes something.
    """
    return _Overlaying(spec, environment, joined).run()


def environment_names(spec: Document) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """The environments of a spec as its file was read, and what is wrong with the section's shape."""
    if ENVIRONMENTS not in spec.data:
        return (), ()
    section = spec.data[ENVIRONMENTS]
    if not isinstance(section, dict):
        return (), (_shape(spec, (ENVIRONMENTS,), "`environments` is a map of names to overlays"),)
    findings = []
    for name, part in section.items():
        if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or not name.isascii():
            message = "an environment's name has letters, digits, `-`, `_` and `.`"
            findings.append(_shape(spec, (ENVIRONMENTS, name), message))
        if not isinstance(part, dict):
            findings.append(_shape(spec, (ENVIRONMENTS, name), "an overlay is a map"))
            continue
        findings += [
            _shape(spec, (ENVIRONMENTS, name, key), f"an overlay has no `{key}`")
            for key in (INCLUDE, ENVIRONMENTS)
            if key in part
        ]
    return tuple(section), tuple(findings)


def _shape(spec: Document, path: SpecPath, message: str) -> Finding:
    from seccfg.source.rules import load_finding

    return load_finding("YAML040", message, spec.span(path, key=True), spec_path=path)


def _top(document: Document, node: int, data: DataMap) -> dict[str, Cell]:
    nodes = document.children(node, data)
    return {key: (value, nodes[key]) for key, value in data.items()}


def _map(document: Document, cells: Mapping[str, Cell], place: int) -> Cell:
    """A merged map, at the place of the node *place*."""
    node = document.add_map({key: node for key, (_, node) in cells.items()}, place)
    return {key: value for key, (value, _) in cells.items()}, node


class _Joining:
    def __init__(self, parts: list[Document]) -> None:
        self.parts = parts
        spec = parts[0]
        warnings = tuple(finding for part in parts for finding in part.warnings)
        self.document = Document(spec.data, [file for part in parts for file in part.files()], warnings)
        self.document.root = spec.root
        self.findings: list[Finding] = []
        self.owner: dict[SpecPath, int] = {}
        """Which file defined the name at a path; names of the spec itself are not listed."""

    def run(self) -> Document:
        document = self.document
        cells = _top(document, 0, self.parts[0].data)
        for key in (INCLUDE, ENVIRONMENTS):
            cells.pop(key, None)
        for index, part in enumerate(self.parts[1:], 1):
            for key, cell in _top(document, document.first_node(index), part.data).items():
                if key not in DEFINITIONS:
                    self._refuse_content(part, key)
                elif key in cells:
                    cells[key] = self._define((key,), cells[key], cell, index)
                else:
                    cells[key] = cell
                    self.owner[(key,)] = index
        if self.findings:
            raise SourceError(tuple(self.findings))
        data, node = _map(document, cells, 0)
        if isinstance(data, dict):
            document.set_top(data, node)
        return document

    def _refuse_content(self, part: Document, key: str) -> None:
        from seccfg.source.rules import load_finding

        message = f"an included file cannot have `{key}`"
        if key == INCLUDE:
            message = "an included file cannot include another"
        at = part.span((key,), key=True)
        allowed = f"included files hold {', '.join(DEFINITIONS)}"
        self.findings.append(load_finding("YAML033", message, at, help=allowed, spec_path=(key,)))

    def _define(self, path: SpecPath, ours: Cell, theirs: Cell, index: int) -> Cell:
        """Both files' names under one section; a name of both is a finding at both places."""
        mine, other = ours[0], theirs[0]
        if not isinstance(mine, dict) or not isinstance(other, dict) or (len(path) > 1 and path not in _NAMES_BELOW):
            self._refuse_twice(path, index)
            return ours
        cells = _top(self.document, ours[1], mine)
        for key, cell in _top(self.document, theirs[1], other).items():
            if key in cells:
                cells[key] = self._define((*path, key), cells[key], cell, index)
            else:
                cells[key] = cell
                self.owner[(*path, key)] = index
        return _map(self.document, cells, ours[1])

    def _refuse_twice(self, path: SpecPath, index: int) -> None:
        from seccfg.source.rules import load_finding

        # What a file brought as a whole section is listed under the section, not under each name in it.
        first = next((self.owner[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.owner), 0)
        places = [self.parts[file].span(path, key=True) for file in (first, index)]
        message = f"`{render_path(path)}` is defined in two files"
        for at, other in (places, reversed(places)):
            related = (Related(other, "also defined here"),)
            self.findings.append(load_finding("YAML034", message, at, related=related, spec_path=path))


class _Overlaying:
    def __init__(self, spec: Document, environment: str, joined: Document) -> None:
        self.spec = spec
        self.environment = environment
        self.document = Document(joined.data, joined.files(), joined.warnings)
        self.document.root = joined.root
        self.document.environment = environment
        self.joined = joined
        self.findings: list[Finding] = []

    def run(self) -> Document:
        part = self.spec.data[ENVIRONMENTS]
        over = part[self.environment] if isinstance(part, dict) else None
        if not isinstance(over, dict):
            raise SourceError((_shape(self.spec, (ENVIRONMENTS, self.environment), "an overlay is a map"),))
        document = self.document
        top = document.copy_merged(self.joined)
        node = 0
        value: Data = self.spec.data
        for key in (ENVIRONMENTS, self.environment):
            if isinstance(value, dict):
                node = document.children(node, value)[key]
                value = value[key]
        data, merged = self._merge((), (document.data, top), (over, node))
        if self.findings:
            raise SourceError(tuple(self.findings))
        if isinstance(data, dict):
            document.set_top(data, merged)
        return document

    def _merge(self, path: SpecPath, base: Cell, over: Cell) -> Cell:
        """Maps merge, lists and scalars replace."""
        below, above = base[0], over[0]
        if not isinstance(below, dict) or not isinstance(above, dict):
            return over
        cells = _top(self.document, base[1], below)
        for key, cell in _top(self.document, over[1], above).items():
            here = (*path, key)
            if cell[0] is None:
                self._refuse("YAML042", here, f"the overlay sets `{render_path(here)}` to nothing")
            elif key in cells:
                cells[key] = self._merge(here, cells[key], cell)
            elif _is_route(here):
                self._refuse("YAML041", here, f"the overlay adds the route `{render_path(here)}`")
            else:
                cells[key] = cell
        return _map(self.document, cells, base[1])

    def _refuse(self, rule: str, path: SpecPath, message: str) -> None:
        from seccfg.source.rules import load_finding

        full = (ENVIRONMENTS, self.environment, *path)
        self.findings.append(load_finding(rule, message, self.spec.span(full, key=True), spec_path=full))


def _is_route(path: SpecPath) -> bool:
    """Whether a new key at *path* makes a route: the section, a template, or a method on one."""
    if path[0] != "routes":
        return False
    return len(path) < 3 or (len(path) == 3 and str(path[2]).lower() in _METHODS)
