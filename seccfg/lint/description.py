"""The OpenAPI description that lies beside a spec, as far as rules compare the two."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from seccfg.findings import SourceError
from seccfg.record import Record
from seccfg.spec.rules.effective import METHODS, methods_of

if TYPE_CHECKING:
    from seccfg.lint.model import Context
    from seccfg.spec.loader import Spec

__all__ = ["Described", "described_routes"]

_FILES: Final = ("openapi.yaml", "openapi.yml", "openapi.json")
_PARAMETER: Final = r"\{[^{}]*\}"
_SERVER_PATH: Final = r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*(/.*?)?/?"


class Described(Record):
    """The routes of a description. Names of path parameters do not count, prefixes may stand in either document."""

    file: str
    routes: tuple[tuple[str, str], ...]
    """(METHOD, path) as written."""
    described: frozenset[tuple[str, str]]
    protected: frozenset[tuple[str, str]]
    prefix: str
    base: str

    def describes(self, method: str, template: str) -> bool:
        """Whether the description has the route *template* of the spec."""
        paths = (_plain(template), _plain(self.base + template))
        return any((method.upper(), path) in self.described for path in paths)

    def protects(self, method: str, path: str) -> bool:
        """Whether the spec has the route *path* of the description."""
        paths = (_plain(path), _plain(self.prefix + path))
        return any((method.upper(), each) in self.protected for each in paths)


_read: list[tuple[Spec, Described | None]] = []


def described_routes(spec: Spec, context: Context) -> Described | None:
    """What the description beside *spec* says; None without one, and for one that does not parse."""
    if not _read or _read[0][0] is not spec:
        _read[:] = [(spec, _look(spec, context))]
    return _read[0][1]


def _look(spec: Spec, context: Context) -> Described | None:
    for file in _FILES:
        data = context.read(file)
        if data is not None:
            return _described(spec, file, data)
    return None


def _described(spec: Spec, file: str, data: bytes) -> Described | None:
    from seccfg.source.yaml import load

    try:
        document = load(data, file).data
    except SourceError:
        return None
    paths = document.get("paths")
    if not isinstance(paths, dict):
        return None
    routes = tuple(
        (method.upper(), str(path))
        for path, item in paths.items()
        for method in METHODS
        if isinstance(item, dict) and method in item
    )
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, dict) else document.get("basePath")
    prefix = _prefix(url if isinstance(url, str) else "")
    base = spec.service.base_path or ""
    described = {(method, _plain(each)) for method, path in routes for each in (path, prefix + path)}
    own = [(method.upper(), template) for template, item in spec.routes.items() for method, _ in methods_of(item)]
    protected = {(method, _plain(each)) for method, template in own for each in (template, base + template)}
    return Described(file, routes, frozenset(described), frozenset(protected), prefix, base)


def _prefix(url: str) -> str:
    if url.startswith("/"):
        return url.rstrip("/")
    found = re.fullmatch(_SERVER_PATH, url)
    return (found[1] or "") if found is not None else ""


def _plain(path: str) -> str:
    return re.sub(_PARAMETER, "{}", path)
