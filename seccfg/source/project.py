"""Which files belong together: the project root, the specs below it, and what one spec includes or names."""

from __future__ import annotations

import os
from collections.abc import Iterator

from seccfg.findings import Finding, InputError, SourceError
from seccfg.source.config import Config, has_config, load_config, places_of
from seccfg.source.document import Document
from seccfg.source.files import Unreadable, read, show
from seccfg.source.merge import ENVIRONMENTS, INCLUDE, environment_names, join, overlay
from seccfg.source.yaml import load

__all__ = [
    "Config", "SpecFiles", "environments", "find_specs", "load_config", "load_spec_document", "open_spec",
    "places_of", "project_root", "read_beside", "unreadable_beside",
]  # fmt: skip

SPEC_NAMES = ("seccfg.yaml", "seccfg.yml", "seccfg.json")
_SKIPPED = frozenset({"node_modules", "build", "dist", "venv", "__pycache__", "site-packages"})


def project_root(path: str) -> str:
    """
    The absolute folder a spec or folder belongs to: the nearest one with `seccfg.toml`, a pyproject.toml with
    `[tool.seccfg]`, or `.git`; else the folder itself.
    """
    start = _folder(path)
    folder = start
    while True:
        if has_config(folder) or os.path.lexists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return start
        folder = parent


def _folder(path: str) -> str:
    try:
        full = os.path.abspath(path)
        return full if os.path.isdir(full) else os.path.dirname(full)
    except (OSError, ValueError) as error:
        raise Unreadable(path, "not a possible file name") from error


def find_specs(folder: str, skip: tuple[str, ...] = ()) -> tuple[str, ...]:
    """
    Every `seccfg.yaml`, `.yml` and `.json` below *folder*, sorted; hidden folders, dependencies, build output and the
    folders of *skip* (paths below *folder*) are left out, symbolic links to folders are not followed.
    """
    left_out = {os.path.normpath(os.path.join(folder, name)) for name in skip}
    return tuple(sorted(_specs_below(folder, left_out)))


def _specs_below(folder: str, left_out: set[str]) -> Iterator[str]:
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            entries = list(os.scandir(here))
        except (OSError, ValueError) as error:
            if here == folder:
                raise Unreadable(folder, "cannot be searched for specs") from error
            continue
        for entry in entries:
            path = os.path.normpath(entry.path)
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED and path not in left_out:
                    pending.append(entry.path)
            elif entry.name in SPEC_NAMES:
                yield path


class SpecFiles:
    """A spec and the files it includes, read once for all its environments. Made by `open_spec`."""

    __slots__ = ("_included", "_joined", "_spec", "environments", "path", "root")

    def __init__(self, spec: Document, included: list[Document], names: tuple[str, ...]) -> None:
        self.path = spec.path
        self.root = spec.root
        self.environments = names
        self._spec = spec
        self._included = included
        self._joined: Document | None = None

    def overlay(self, env: str) -> object:
        """What the spec's file says of the environment *env*; None when it says nothing."""
        section = self._spec.data.get(ENVIRONMENTS)
        return section.get(env) if isinstance(section, dict) else None

    def document(self, env: str | None = None) -> Document:
        """
        The Document without `include` and `environments`, the overlay *env* applied if one is named.

        Raises:
            SourceError: files or overlay do not fit together.
            InputError: there is no environment *env*.
        """
        if self._joined is None:
            self._joined = join(self._spec, self._included)
        if not env:
            return self._joined
        if env not in self.environments:
            from seccfg.source.suggest import did_you_mean

            hint = did_you_mean(env, self.environments) or (
                f"; it has {', '.join(self.environments)}" if self.environments else "; it has none"
            )
            raise InputError(f"{show(self.path)}: no environment `{show(env)}`{hint}")
        return overlay(self._spec, env, self._joined)


def open_spec(path: str, content: bytes | None = None) -> SpecFiles:
    """
    Read the spec at *path* and the files it includes; *content* counts instead of what its file holds.

    Raises:
        InputError: the spec's file cannot be read.
        SourceError: it, or a file it includes, is no Document; carries every finding of all of them.
    """
    spec = load(read(path) if content is None else content, path)
    spec.root = project_root(path)
    findings: list[Finding] = []
    included = list(_read_included(spec, findings))
    names, wrong = environment_names(spec)
    if findings or wrong:
        ordered = sorted((*findings, *wrong), key=lambda finding: finding.at.path != path)
        raise SourceError(tuple(ordered))
    return SpecFiles(spec, included, names)


def load_spec_document(path: str, env: str | None = None) -> Document:
    """The Document of the spec at *path* with its includes and the overlay *env*; raises as open_spec and document."""
    return open_spec(path).document(env)


def environments(path: str) -> tuple[str, ...]:
    """The names of a spec's environments, in the order written; raises as open_spec."""
    return open_spec(path).environments


def read_beside(document: Document, relative_path: str) -> bytes:
    """
    The bytes of a file a spec names, relative to the spec's folder.

    Raises:
        InputError: it cannot be read, or lies outside the project root, directly or through a symbolic link.
    """
    if not document.root:
        raise InputError(f"{show(relative_path)}: the spec comes from no file, so nothing lies beside it")
    return read(_confined(document, relative_path))


def unreadable_beside(document: Document, relative_path: str) -> str:
    """Why `read_beside` could not read the file; empty when nothing speaks against it. Opens nothing."""
    try:
        path = _confined(document, relative_path)
    except InputError as error:
        return str(error)
    if os.path.isfile(path):
        return ""
    return f"{show(relative_path)}: {'not a file' if os.path.exists(path) else 'no such file'}"


class _Outside(InputError):
    """The file is not inside the project root."""


def _confined(document: Document, name: str) -> str:
    """Where the file *name* beside the spec is; InputError unless that is inside the project root."""
    if not name or "\0" in name or "\\" in name:
        raise Unreadable(name, "not a possible file name")
    path = os.path.normpath(os.path.join(os.path.dirname(document.path), name))
    if os.path.isabs(name) or not _inside(os.path.abspath(path), document.root):
        raise _Outside(f"{show(name)}: outside the project root {show(document.root)}")
    if not _inside(os.path.realpath(path), os.path.realpath(document.root)):
        raise _Outside(f"{show(name)}: a symbolic link leads outside the project root {show(document.root)}")
    return path


def _inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _read_included(spec: Document, findings: list[Finding]) -> Iterator[Document]:
    """The included documents; what is wrong with the list or a file goes to *findings*."""
    from seccfg.source.rules import load_finding

    if INCLUDE not in spec.data:
        return
    names = spec.data[INCLUDE]
    if not isinstance(names, list):
        at = spec.span((INCLUDE,))
        findings.append(load_finding("YAML030", "`include` is a list of files", at, spec_path=(INCLUDE,)))
        return
    seen = {os.path.realpath(spec.path)}
    for index, name in enumerate(names):
        where = (INCLUDE, index)
        at = spec.span(where)
        if not isinstance(name, str):
            findings.append(load_finding("YAML030", "a file name expected", at, spec_path=where))
            continue
        try:
            path = _confined(spec, name)
            real = os.path.realpath(path)
            if real in seen:
                itself = real == os.path.realpath(spec.path)
                message = "the spec includes itself" if itself else "the file is included twice"
                findings.append(load_finding("YAML030", message, at, spec_path=where))
                continue
            seen.add(real)
            yield load(read(path), path)
        except SourceError as error:
            findings += error.findings
        except _Outside as error:
            findings.append(load_finding("YAML032", str(error), at, spec_path=where))
        except Unreadable as error:
            findings.append(load_finding("YAML031", str(error), at, spec_path=where))
