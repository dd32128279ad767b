"""Files as a git revision has them: a spec, what it includes and what it names, read without touching the work tree."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator

from seccfg.findings import Finding, InputError, SourceError
from seccfg.source.config import FILE, SHARED_FILE
from seccfg.source.document import Document
from seccfg.source.files import MAX_BYTES, Unreadable, show, too_large
from seccfg.source.merge import INCLUDE, environment_names
from seccfg.source.project import SpecFiles
from seccfg.source.yaml import load

__all__ = ["Revision", "commit_of", "split_revision"]

_TIMEOUT_S = 60


def split_revision(where: str) -> tuple[str, str] | None:
    """(revision, path) of `REV:path`; None for the name of a file, which wins where both are possible."""
    revision, mark, path = where.partition(":")
    if not mark or not revision or not path or os.path.exists(where):
        return None
    return revision, path


class Revision:
    """One commit of the repository around a folder."""

    def __init__(self, name: str, folder: str = ".") -> None:
        """
        Raises:
            InputError: there is no git, no repository, or no such commit.
        """
        self.name = name
        self._folder = folder
        no_repository = f"{show(os.path.abspath(folder))} is in no git repository"
        self._top = os.fsdecode(_run(folder, ("rev-parse", "--show-toplevel"), no_repository)).rstrip("\n")
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        found = _run(folder, words, f"git has no revision `{show(name)}`")
        self._commit = found.decode("ascii", "replace").strip()

    def open_spec(self, path: str) -> SpecFiles:
        """
        The spec at *path* (from the top of the repository; from the current folder with a leading `./`) as
        `project.open_spec` reads one.

        Raises:
            InputError: there is no such file in the revision.
            SourceError: it, or a file it includes, is no Document.
        """
        inside = self._inside(path)
        spec = self._document(inside)
        spec.root = f"{self.name}:{self._root_of(inside)}"
        findings: list[Finding] = []
        included = self._included(spec, inside, findings)
        names, wrong = environment_names(spec)
        if findings or wrong:
            raise SourceError((*findings, *wrong))
        return SpecFiles(spec, included, names)

    def read_beside(self, document: Document, relative_path: str) -> bytes:
        """
        The bytes of a file a spec of this revision names, relative to the spec's folder.

        Raises:
            InputError: there is none, or it lies outside the project root.
        """
        return self._read(self._confined(self._inside_of(document), relative_path))

    @property
    def top(self) -> str:
        """The top folder of the repository."""
        return self._top

    def from_top(self, path: str) -> str:
        """*path* of the work tree as the repository knows it; empty: its top."""
        found = os.path.relpath(os.path.realpath(path), os.path.realpath(self._top)).replace(os.sep, "/")
        if found.startswith("../"):
            raise InputError(f"{show(path)} is outside the repository of the revision")
        return "" if found == "." else found

    def names(self) -> tuple[str, ...]:
        """Every file of the revision, from the top."""
        listed = _run(self._top, ("ls-tree", "-r", "-z", "--name-only", self._commit), "the revision cannot be listed")
        return tuple(os.fsdecode(name) for name in listed.split(b"\0") if name)

    def moved(self) -> frozenset[str]:
        """Files that are different in the work tree, gone, or new there."""
        words = ("diff", "--name-only", "-z", "--no-ext-diff", "--no-renames", self._commit, "--")
        changed = _run(self._top, words, "the revision cannot be compared")
        fresh = _run(self._top, ("ls-files", "--others", "--exclude-standard", "-z"), "new files cannot be listed")
        return frozenset(os.fsdecode(name) for name in (changed + fresh).split(b"\0") if name)

    def log(self, folder: str, last: int) -> Iterator[tuple[str, str, str]]:
        """(commit, ISO day, subject) of the last commits that touched *folder*, the newest first."""
        words = ("log", f"-n{last}", "--no-color", "--format=%H%x00%cs%x00%s", self._commit, "--", folder)
        for line in _run(self._top, words, "commits cannot be listed").decode("utf-8", "replace").splitlines():
            commit, _, rest = line.partition("\0")
            day, _, subject = rest.partition("\0")
            yield commit, day, subject

    # ------------------------------------------------------------------------------------------------------- paths
    def _inside(self, path: str) -> str:
        """*path* from the top of the repository."""
        if path.startswith(("./", "../")) or path == ".":
            here = os.path.relpath(os.path.realpath(self._folder), os.path.realpath(self._top)).replace(os.sep, "/")
            path = posixpath.join(here, path)
        found = posixpath.normpath(path)
        if found.startswith(("/", "../")) or found in (".", "..") or "\0" in found:
            raise Unreadable(f"{self.name}:{path}", "no path of the repository")
        return found

    def _inside_of(self, document: Document) -> str:
        return document.path.removeprefix(f"{self.name}:")

    def _root_of(self, path: str) -> str:
        """The folder the spec belongs to: the nearest one with a configuration of seccfg, else the top."""
        folder = posixpath.dirname(path)
        while folder:
            if self._kind(posixpath.join(folder, FILE)) or self._mentions(posixpath.join(folder, SHARED_FILE)):
                return folder
            folder = posixpath.dirname(folder)
        return ""

    def _mentions(self, path: str) -> bool:
        return self._kind(path).startswith("100") and b"tool.seccfg" in self._read(path)

    def _confined(self, spec: str, name: str) -> str:
        shown = f"{self.name}:{name}"
        if not name or "\0" in name or "\\" in name or name.startswith("/"):
            raise Unreadable(shown, "not a possible file name")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(spec), name))
        root = self._root_of(spec)
        if path.startswith("../") or path == ".." or (root and not path.startswith(f"{root}/")):
            raise InputError(f"{show(shown)}: outside the project root {show(root or 'of the repository')}")
        return path

    # ----------------------------------------------------------------------------------------------------- reading
    def _document(self, path: str) -> Document:
        return load(self._read(path), f"{self.name}:{path}")

    def _included(self, spec: Document, path: str, findings: list[Finding]) -> list[Document]:
        from seccfg.source.rules import load_finding

        names = spec.data.get(INCLUDE, [])
        if not isinstance(names, list):
            findings.append(load_finding("YAML030", "`include` is a list of files", spec.span((INCLUDE,)), spec_path=(INCLUDE,)))
            return []
        found: dict[str, Document] = {}
        for index, name in enumerate(names):
            where = (INCLUDE, index)
            at = spec.span(where)
            if not isinstance(name, str):
                findings.append(load_finding("YAML030", "a file name expected", at, spec_path=where))
                continue
            try:
                other = self._confined(path, name)
                if other in found or other == path:
                    message = "the spec includes itself" if other == path else "the file is included twice"
                    findings.append(load_finding("YAML030", message, at, spec_path=where))
                    continue
                found[other] = self._document(other)
            except SourceError as error:
                findings += error.findings
            except InputError as error:
                findings.append(load_finding("YAML031", str(error), at, spec_path=where))
        return list(found.values())

    def _kind(self, path: str) -> str:
        """The mode git keeps of *path*, `100644` for a file; empty when there is no such path."""
        listed = _run(self._top, ("ls-tree", "-z", self._commit, "--", path), f"{show(path)} cannot be looked up")
        return listed.split(b" ", 1)[0].decode("ascii", "replace")

    def _read(self, path: str) -> bytes:
        shown = f"{self.name}:{path}"
        kind = self._kind(path)
        if not kind:
            raise Unreadable(shown, "no such file in that revision")
        if not kind.startswith("100"):
            raise Unreadable(shown, "is a symbolic link" if kind == "120000" else "not a regular file")
        size = _run(self._top, ("cat-file", "-s", f"{self._commit}:{path}"), f"{show(shown)}: cannot be read")
        if int(size) > MAX_BYTES:
            raise Unreadable(shown, too_large())
        return _run(self._top, ("cat-file", "blob", f"{self._commit}:{path}"), f"{show(shown)}: cannot be read")


def _run(folder: str, words: tuple[str, ...], problem: str) -> bytes:
    """What git prints; InputError with *problem* when it fails. Neither hooks nor filters nor a pager run."""
    import subprocess

    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the revision is behind --end-of-options or resolved before
            ["git", "--no-pager", "--literal-pathspecs", "-C", folder, *words],  # noqa: S607 - the user's own git
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT_S, env=environment, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise InputError("git is not installed, so no revision can be read") from error
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise InputError(problem) from error
    if done.returncode:
        raise InputError(problem)
    return done.stdout


def commit_of(path: str) -> str:
    """
    The commit a file of the working tree stands on, `+changes` behind it when the file is not as that commit has it;
    empty outside a repository.
    """
    folder, name = os.path.split(os.path.abspath(path))
    try:
        commit = _run(folder, ("rev-parse", "--verify", "--quiet", "HEAD^{commit}"), "no commit").decode("ascii").strip()
        changed = _run(folder, ("status", "--porcelain", "--", name), "no status").strip()
    except (InputError, UnicodeDecodeError):
        return ""
    return f"{commit}+changes" if changed else commit
