"""Imports an emitted package from its bytes, under a parent of its own, so that many can be loaded side by side."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

__all__ = ["EmittedPackage", "NoPackage"]

_number = itertools.count(1)
_compiled: dict[tuple[str, bytes], CodeType] = {}
_MOST_COMPILED = 2_000


class NoPackage(ValueError):
    """The files are no package that can be imported."""


class EmittedPackage:
    """
    One emitted package in memory. `module("policy")` imports a part of it; `close` forgets all of it.

    The package keeps its own name below a made-up parent, so what it derives from that name is what a user sees.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        names = [path.partition("/")[0] for path in sorted(files) if path.endswith("/policy.py") and path.count("/") == 1]
        if len(names) != 1:
            raise NoPackage("no single package with a policy.py")
        self.name = names[0]
        self._parent = f"_seccfg_emitted_{next(_number)}"
        self._finder = _Finder(self._parent, files)
        parent = ModuleType(self._parent)
        parent.__path__ = []
        sys.modules[self._parent] = parent
        sys.meta_path.insert(0, self._finder)

    def module(self, name: str = "") -> ModuleType:
        """The module *name* of the package, the package itself without one."""
        full = f"{self._parent}.{self.name}" + (f".{name}" if name else "")
        return importlib.import_module(full)

    def close(self) -> None:
        """Forget the package's modules."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        for name in [n for n in sys.modules if n == self._parent or n.startswith(f"{self._parent}.")]:
            del sys.modules[name]


class _Finder(MetaPathFinder, InspectLoader):
    def __init__(self, parent: str, files: Mapping[str, bytes]) -> None:
        self._prefix = f"{parent}."
        self._files = dict(files)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module *fullname*, when it is one of the package's."""
        del path, target
        if not fullname.startswith(self._prefix):
            return None
        found = self._path(fullname)
        if found is None:
            return None
        return ModuleSpec(fullname, self, origin=found, is_package=found.endswith("/__init__.py"))

    def get_code(self, fullname: str) -> CodeType:
        path = self._path(fullname)
        if path is None:
            raise ImportError(fullname)
        content = self._files[path]
        key = (path, hashlib.sha256(content).digest())
        code = _compiled.get(key)
        if code is None:
            if len(_compiled) >= _MOST_COMPILED:
                _compiled.clear()
            code = _compiled[key] = compile(content, f"<emitted {path}>", "exec", dont_inherit=True)
        return code

    def get_source(self, fullname: str) -> str:
        path = self._path(fullname)
        if path is None:
            raise ImportError(fullname)
        return self._files[path].decode()

    def is_package(self, fullname: str) -> bool:
        return (self._path(fullname) or "").endswith("/__init__.py")

    def _path(self, fullname: str) -> str | None:
        start = fullname[len(self._prefix) :].replace(".", "/")
        return next((p for p in (f"{start}/__init__.py", f"{start}.py") if p in self._files), None)
