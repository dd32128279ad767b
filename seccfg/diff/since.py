"""Changed specs of a git revision, and what each commit did: revisions and work trees compared as versions are."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator

from seccfg.diff.model import Difference
from seccfg.diff.semantic import compare
from seccfg.diff.specs import Opened, compare_versions, policy_of
from seccfg.findings import InputError, SeccfgError
from seccfg.ir.policy import SourceMap
from seccfg.record import Record, replace
from seccfg.source import project
from seccfg.source.document import Document
from seccfg.source.revision import Revision

__all__ = ["Changed", "Step", "changed_since", "history"]

Places = Callable[[Document], SourceMap]
_NAMES = ("seccfg.yaml", "seccfg.yml")


class Changed(Record):
    """One spec that is different. `how`: `changed`, `added` or `removed`."""

    path: str
    """From the top of the repository."""
    how: str
    found: Difference


class Step(Record):
    """One commit. `verdict` is `ADDED` where the spec came, `REMOVED` where it went, `UNREADABLE` where it is none."""

    commit: str
    day: str
    subject: str
    verdict: str
    sentences: tuple[str, ...]


def changed_since(revision: str, paths: Iterable[str], env: str | None, places: Places) -> Iterator[Changed]:
    """
    The specs that are different from *revision*: those of *paths* (of the work tree) and those it had and they lack.

    Raises:
        InputError: there is no git, no such revision, or a file cannot be read.
        SpecError: a version is no spec.
    """
    then = Revision(revision)
    moved = then.moved()
    here = {then.from_top(path): path for path in paths}
    there = [path for path in then.names() if posixpath.basename(path) in _NAMES]
    for name in sorted({*here, *there}):
        path = here.get(name)
        folder = then.from_top(project.project_root(path)) if path is not None else posixpath.dirname(name)
        if path is not None and name in there and not any(_below(file, folder) for file in moved):
            continue
        if path is None and os.path.exists(os.path.join(then.top, name)):
            continue  # it is there, and was not asked about
        old = Opened(then.open_spec(name), then.read_beside, places) if name in there else None
        new = Opened(project.open_spec(path), project.read_beside, places) if path is not None else None
        if old is not None and new is not None:
            found = compare_versions(old, new, env)
            if found.verdict != "EQUIVALENT":
                yield Changed(name, "changed", found)
        elif new is not None:
            yield Changed(name, "added", _alone(new, env, came=True))
        elif old is not None:
            yield Changed(name, "removed", _alone(old, env, came=False))


def _alone(version: Opened, env: str | None, *, came: bool) -> Difference:
    """What a spec opens that was not there, or closes when it goes."""
    policy = policy_of(version.version(env))
    nothing = replace(policy, routes=())
    return compare(nothing, policy) if came else compare(policy, nothing)


def _below(path: str, folder: str) -> bool:
    return folder in ("", ".") or path == folder or path.startswith(f"{folder}/")


def history(path: str, last: int, env: str | None, places: Places) -> Iterator[Step]:
    """
    The last commits that touched the spec at *path* or a file in its folder, the newest first.

    Raises:
        InputError: there is no git, or no commit has the spec.
    """
    now = Revision("HEAD", os.path.dirname(path) or ".")
    name = now.from_top(path)
    commits = list(now.log(posixpath.dirname(name) or ".", last))
    if not commits:
        raise InputError(f"no commit has {name}")
    for commit, day, subject in commits:
        verdict, sentences = _step(commit, name, env, places, os.path.dirname(path) or ".")
        yield Step(commit, day, subject, verdict, sentences)


def _step(commit: str, name: str, env: str | None, places: Places, folder: str) -> tuple[str, tuple[str, ...]]:
    old, new = _at(f"{commit}^", name, places, folder), _at(commit, name, places, folder)
    if old is None or new is None:
        return "ADDED" if new is not None else "REMOVED" if old is not None else "EQUIVALENT", ()
    try:
        found = compare_versions(old, new, env)
    except SeccfgError:
        return "UNREADABLE", ()
    marks = {"widens": "+", "narrows": "-"}
    return found.verdict, tuple(f"{marks[change.direction]} {change.sentence}" for change in found.access)


def _at(revision: str, name: str, places: Places, folder: str) -> Opened | None:
    """The spec as that commit has it; None where it has none."""
    try:
        there = Revision(revision, folder)
        return Opened(there.open_spec(name), there.read_beside, places) if name in there.names() else None
    except SeccfgError:
        return None
