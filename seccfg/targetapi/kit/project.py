"""A spec and its files in a folder of their own, to be changed and compiled again."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from seccfg.findings import InputError, SourceError, SpecPath, render_path
from seccfg.record import Record
from seccfg.targetapi.base import Gap, Target
from seccfg.targetapi.spec_text import spec_text

if TYPE_CHECKING:
    from seccfg.api import Loaded
    from seccfg.ir.policy import Policy

__all__ = ["Effect", "Project"]

_SPEC = "seccfg.yaml"


class Effect(Record):
    """What a spec leads to, for one target. `refused` holds the findings of a spec that does not load."""

    refused: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]
    gaps: tuple[Gap, ...]


class Project:
    """A copy of one example's folder. Use as a context manager."""

    def __init__(self, folder: str, target: Target, today: str) -> None:
        self._copied = folder
        self.target = target
        self._today = today
        self._known: dict[str, str] = {}
        self._findings: dict[str, tuple[object, ...]] = {}

    def __enter__(self) -> Project:
        self._folder = tempfile.mkdtemp(prefix="seccfg-kit-")
        shutil.copytree(self._copied, self._folder, dirs_exist_ok=True)
        os.makedirs(os.path.join(self._folder, ".git"), exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder)

    def data(self) -> dict[str, object]:
        """The example's spec as plain data."""
        from seccfg.source.yaml import load

        with open(os.path.join(self._copied, _SPEC), "rb") as file:
            data: object = load(file.read(), _SPEC).data
        if not isinstance(data, dict):
            raise TypeError("the example is no map")
        return dict(data)

    def files(self) -> tuple[str, ...]:
        """Paths of every other file, sorted."""
        found = []
        for folder, folders, names in os.walk(self._folder):
            folders[:] = [name for name in folders if name not in (".git", "expected", "build")]
            found += [os.path.relpath(os.path.join(folder, name), self._folder) for name in names]
        return tuple(sorted(path for path in found if path != _SPEC))

    def read(self, path: str) -> bytes:
        """Content of a file."""
        with open(os.path.join(self._folder, path), "rb") as file:
            return file.read()

    def add(self, path: str, content: bytes) -> None:
        """Put a file beside the others."""
        with open(os.path.join(self._folder, path), "wb") as file:
            file.write(content)

    def load(self, data: Mapping[str, object], env: str = "") -> Loaded:
        """*data* as a spec; SourceError when it is none."""
        from seccfg import api

        path = os.path.join(self._folder, _SPEC)
        with open(path, "wb") as file:
            file.write(spec_text(data))
        return api.load(path, env or None)

    def effect(self, data: Mapping[str, object], env: str = "") -> Effect:
        """What *data* leads to."""
        from seccfg import api

        try:
            loaded = self.load(data, env)
            policy = api.policy(loaded)
            return self.compiled(policy, api.options_of(loaded.spec, self.target.name))
        except SourceError as error:
            return Effect(tuple(f"{f.rule} {render_path(f.spec_path)} {f.message}" for f in error.findings), (), ())
        except InputError as error:
            return Effect((str(error),), (), ())

    def policy(self) -> tuple[Policy, Mapping[str, str]]:
        """The example's Policy and the target's options in it."""
        from seccfg import api

        loaded = self.load(self.data())
        return api.policy(loaded), api.options_of(loaded.spec, self.target.name)

    def compiled(self, policy: Policy, options: Mapping[str, str]) -> Effect:
        """What *policy* leads to; places in the spec are left out of it."""
        output = self.target.compile(policy, options)
        return Effect((), tuple((file.path, file.content) for file in output.files), output.gaps)

    def linted(self, data: Mapping[str, object], env: str = "") -> tuple[object, ...]:
        """What lint says of *data*, without places."""
        from seccfg.lint.engine import Variant, check

        loaded = self.load(data, env)
        found = check([Variant(env, loaded.document, loaded.spec)], self._today)
        return tuple((f.rule, f.severity, f.message, f.spec_path, f.ignored) for f in found)

    def tested(self, data: Mapping[str, object], env: str = "") -> tuple[object, ...]:
        """How the spec's own tests and invariants come out."""
        from seccfg import api

        outcomes = api.run_tests(self.load(data, env))
        return tuple((o.kind, o.name, o.passed, o.expected, o.actual, o.request) for o in outcomes)


def at(data: object, path: SpecPath) -> object:
    """The value at *path*."""
    for step in path:
        data = data[step]  # type: ignore[index]  # paths come from the data itself
    return data


def replaced(data: object, path: SpecPath, value: object) -> object:
    """*data* with *value* at *path*; everything else is shared."""
    if not path:
        return value
    step = path[0]
    if isinstance(data, dict):
        return {key: replaced(inner, path[1:], value) if key == step else inner for key, inner in data.items()}
    if isinstance(data, list):
        return [replaced(inner, path[1:], value) if number == step else inner for number, inner in enumerate(data)]
    raise TypeError(f"nothing at {render_path(path)}")
