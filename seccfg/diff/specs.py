"""
Two versions of a spec, from their files to a Difference.

Everything starts with digests: two versions with the same texts are the same; where nothing but some paths of `routes`
differ, only those and the ones that could answer their requests are resolved and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from seccfg.diff.acceptance import accepting
from seccfg.diff.controls import both
from seccfg.diff.leftovers import Parts, apart, document_leftovers
from seccfg.diff.model import Difference, RestChange, verdict_of
from seccfg.diff.pairing import Path, near_paths
from seccfg.diff.same import different_keys, same
from seccfg.diff.semantic import compare
from seccfg.findings import Finding, SeccfgError, SpecError
from seccfg.ir.policy import Policy, SourceMap
from seccfg.record import Record, replace
from seccfg.resolve.policy import resolve
from seccfg.resolve.values import segments
from seccfg.source.document import Document
from seccfg.source.project import SpecFiles
from seccfg.spec import loader
from seccfg.spec.named_files import FILE_RULE, Reference, methods_of, referenced_files

__all__ = ["Opened", "Version", "compare_environments", "compare_specs", "compare_versions", "policy_of"]

_OUTSIDE: Final = frozenset({"routes", "tests", "invariants", "waivers", "targets"})
"""Sections in which a change leaves every other route what it is."""
_MOSTLY: Final = 2
"""Where more than one in this many paths differ, all are resolved."""


class Version(Record):
    """One version of a spec: its document, what it says, and how to read the files it names."""

    document: Document
    spec: loader.Spec
    env: str
    read: Callable[[str], bytes]
    places: SourceMap


class Opened(Record):
    """A spec's files, before an environment is chosen."""

    files: SpecFiles
    read: Callable[[Document, str], bytes]
    places: Callable[[Document], SourceMap]

    def version(self, env: str | None) -> Version:
        """The spec as the environment *env* reads it."""
        document = self.files.document(env)
        return Version(document, loader.load(document), env or "", partial(self.read, document), self.places(document))


def compare_versions(old: Opened, new: Opened, env: str | None) -> Difference:
    """
    What *new* decides, protects and says differently from *old* in the environment *env*; for None, as they stand, and in
    every environment whose overlay differs.

    Raises:
        InputError: a version has no such environment.
        SpecError: a version is no spec, or a file it names does not hold what it should.
    """
    was, is_ = old.version(env), new.version(env)
    found = compare_specs(was, is_)
    found = replace(found, routes=_written(was.spec, is_.spec))
    if env is not None:
        return accepting(found, is_.spec)
    for name in dict.fromkeys((*old.files.environments, *new.files.environments)):
        before, after = old.files.overlay(name), new.files.overlay(name)
        if same(before, after):
            continue
        if before is None or after is None:
            said = both(lambda overlay: "" if overlay is None else "(written)", before, after)
            found = replace(found, rest=(*found.rest, RestChange(f"environments.{name}", *said)))
        else:
            found = _with_environment(found, compare_specs(old.version(name), new.version(name)), name)
    told = replace(found, verdict=verdict_of(found.access, bool(found.settings or found.rest)))
    return accepting(told, is_.spec)


def compare_environments(spec: Opened, env: str) -> Difference:
    """
    What the overlay of *env* changes: the spec as it stands beside what that environment reads.

    Raises:
        As `compare_versions`.
    """
    was, is_ = spec.version(None), spec.version(env)
    found = compare_specs(was, is_)
    return accepting(replace(found, routes=_written(was.spec, is_.spec)), is_.spec)


def _written(*specs: loader.Spec) -> tuple[str, ...]:
    """Every route of *specs*, each once."""
    return tuple(dict.fromkeys(
        f"{method.upper()} {template}" for spec in specs for template, item in spec.routes.items()
        for method, _ in methods_of(item)
    ))  # fmt: skip


def _with_environment(found: Difference, there: Difference, name: str) -> Difference:
    """*found* and what is different in the environment *name* only."""
    access, settings = {c.sentence for c in found.access}, {(c.area, c.what, c.before, c.after) for c in found.settings}
    rest = {(c.path, c.before, c.after) for c in found.rest}
    where = f", in the environment `{name}`"
    settings_there = [c for c in there.settings if (c.area, c.what, c.before, c.after) not in settings]
    rest_there = [c for c in there.rest if (c.path, c.before, c.after) not in rest]
    return replace(
        found,
        access=(*found.access, *(replace(c, sentence=c.sentence + where) for c in there.access if c.sentence not in access)),
        settings=(*found.settings, *(replace(c, what=c.what + where) for c in settings_there)),
        rest=(*found.rest, *(replace(c, path=f"environments.{name}: {c.path}") for c in rest_there)),
    )


def compare_specs(old: Version, new: Version) -> Difference:
    """
    What *new* decides, protects and says differently from *old*.

    Raises:
        SpecError: a file a version names is missing or does not hold what it should.
    """
    named = referenced_files(old.spec), referenced_files(new.spec)
    before, after = _files(old, named[0]), _files(new, named[1])
    sections = different_keys(old.document.data, new.document.data)
    if not sections and before == after:
        return Difference("EQUIVALENT")
    parts = apart(old.document.data, new.document.data, sections)
    only = _changed_paths(new, parts, (*named[0], *named[1]), _moved(before, after))
    if only is None:
        found = compare(_policy(old, before, None), _policy(new, after, None))
    elif only:
        found = compare(_policy(old, before, only), _policy(new, after, only))
    else:
        found = Difference("EQUIVALENT")
    rest = (*found.rest, *document_leftovers(old.document, new.document, parts, found.renamed))
    base = (new.spec.service.base_path or "").rstrip("/")
    verdict = verdict_of(found.access, bool(found.settings or rest))
    return replace(found, verdict=verdict, rest=_once(rest), base_path=base)


def _once(changes: tuple[RestChange, ...]) -> tuple[RestChange, ...]:
    """Each place once, in the order found."""
    return tuple({change.path: change for change in changes}.values())


# --------------------------------------------------------------------------------------------------------------- files
def _moved(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> frozenset[str]:
    """The files that hold something else, or that one version alone names."""
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _files(version: Version, named: Iterable[Reference]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    findings: list[Finding] = []
    for reference in named:
        if reference.path in found:
            continue
        try:
            found[reference.path] = version.read(reference.path)
        except SeccfgError as error:
            findings.append(_missing(version, reference, error))
    if findings:
        raise SpecError(tuple(findings))
    return found


def _missing(version: Version, reference: Reference, error: SeccfgError) -> Finding:
    help_ = f"the {reference.what} is read relative to the spec, inside the project"
    return Finding(FILE_RULE, "error", str(error), version.document.span(reference.at), help_, (), reference.at)


# ------------------------------------------------------------------------------------------------------------ policies
def _policy(version: Version, files: Mapping[str, bytes], only: frozenset[str] | None) -> Policy:
    spec = version.spec
    if only is not None:
        spec = replace(spec, routes={template: item for template, item in spec.routes.items() if template in only})
    return resolve(spec, files, version.places, version.env)


def policy_of(version: Version) -> Policy:
    """All of *version*, with the files it names."""
    return _policy(version, _files(version, referenced_files(version.spec)), None)


def _changed_paths(
    new: Version, parts: Parts, named: Iterable[Reference], moved: frozenset[str]
) -> frozenset[str] | None:
    """
    The paths of `routes` that have to be compared; None: all, as something differs that every route may depend on.

    Args:
        parts: Where the documents differ.
        named: The files either version names.
        moved: Those of them that differ.
    """
    if (parts[0].keys() | parts[1].keys()) - _OUTSIDE:
        return None
    if moved & {reference.path for reference in named if reference.at[0] != "routes"}:
        return None
    changed = {str(reference.at[1]) for reference in named if reference.path in moved}
    for side in parts:
        routes = side.get("routes", {})
        if not isinstance(routes, dict):
            return None
        changed |= routes.keys()
    if len(changed) * _MOSTLY > len(new.spec.routes):
        return None
    return _with_neighbours(changed, {*new.spec.routes, *changed})


def _with_neighbours(changed: set[str], every: set[str]) -> frozenset[str]:
    """*changed* and every template that shares a path with one of them."""
    if not changed:
        return frozenset()
    firsts = {_first(template) for template in changed}
    if not any(map(_takes_any, firsts)):  # most templates begin with a word that no changed one begins with
        every = {t for t in every if (first := _first(t)) in firsts or _takes_any(first)}
    paths: dict[str, Path] = {template: segments(template) for template in every}
    return frozenset(changed) | near_paths(paths, changed)


def _first(template: str) -> str:
    """The first segment as written; empty for the root."""
    return template[1:].partition("/")[0]


def _takes_any(first: str) -> bool:
    return not first or first.startswith("{")
