"""The stages wired together: load, resolve, build, verify, test, explain. Nothing here prints or parses a command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from seccfg.findings import Finding, SeccfgError, Span, SpecError, SpecPath
from seccfg.record import Record
from seccfg.source import project
from seccfg.source.document import Document
from seccfg.spec import loader

if TYPE_CHECKING:
    from seccfg.diff.files import FileChange
    from seccfg.diff.invariants import Proven
    from seccfg.diff.model import Difference
    from seccfg.diff.query import Access
    from seccfg.diff.since import Changed, Step
    from seccfg.diff.specs import Opened
    from seccfg.drift.compare import Drifted
    from seccfg.ir.policy import Policy, SourceMap
    from seccfg.ir.request import Judgement
    from seccfg.targetapi.base import Gap, Output
    from seccfg.verify.run import Report
    from seccfg.verify.spec_tests import Outcome
    from seccfg.write import WriteResult

__all__ = [
    "Built", "Loaded", "build", "diff", "diff_texts", "drift", "explain", "load", "policy", "prove", "query", "run_tests",
    "verify", "write",
]

Progress = Callable[[str], None]
"""Told what is being done, for a terminal; api calls it often and it decides what to show."""


def _silent(_: str) -> None:
    return


class Loaded(Record):
    """A spec that loads: its text with positions, and what it says."""

    path: str
    env: str
    document: Document
    spec: loader.Spec


def load(path: str, env: str | None = None) -> Loaded:
    """
    Read the spec at *path* with its includes and the overlay *env*.

    Raises:
        InputError: the file cannot be read, or there is no such environment.
        SourceError: it is no YAML or JSON document.
        SpecError: it is no spec; carries every finding.
    """
    document = project.load_spec_document(path, env)
    return Loaded(path, env or "", document, loader.load(document))


def policy(loaded: Loaded) -> Policy:
    """
    The Policy of a loaded spec, with the content of every file it names.

    Raises:
        SpecError: a named file is missing or does not hold what it should.
    """
    from seccfg.resolve.policy import resolve
    from seccfg.spec.named_files import FILE_RULE, referenced_files

    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    for reference in referenced_files(loaded.spec):
        if reference.path in files:
            continue
        try:
            files[reference.path] = project.read_beside(loaded.document, reference.path)
        except SeccfgError as error:
            at = loaded.document.span(reference.at)
            help_ = f"the {reference.what} is read relative to the spec, inside the project"
            findings.append(Finding(FILE_RULE, "error", str(error), at, help_, (), reference.at))
    if findings:
        raise SpecError(tuple(findings))
    return resolve(loaded.spec, files, source_map(loaded.document), loaded.env)


def source_map(document: Document) -> SourceMap:
    """Where the keys of *document* stand, for a Policy."""
    from seccfg.ir.policy import SourceMap

    class _Places(SourceMap):
        """The document's own positions, looked up when somebody asks."""

        __slots__ = ()

        def written(self, path: SpecPath) -> bool:
            value: object = document.data
            for step in path:
                if isinstance(value, dict):
                    if step not in value:
                        return False
                    value = value[step]
                elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
                    value = value[step]
                else:
                    return False
            return True

        def span(self, path: SpecPath) -> Span:
            return document.span(path, key=True)

    return _Places()


class Built(Record):
    """What one target makes of one spec, and which of its gaps stop the build."""

    target: str
    output: Output
    blocking: tuple[Gap, ...]


def target_names(spec: loader.Spec, chosen: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(targets to build, targets the spec names that are not installed); *chosen* wins over the spec's own list."""
    from seccfg.targetapi.registry import installed

    available = set(installed())
    wanted = list(chosen) or list(spec.targets or {})
    if not wanted:
        wanted = ["python"] if "python" in available else []
    return tuple(n for n in wanted if n in available), tuple(n for n in wanted if n not in available)


def options_of(spec: loader.Spec, target: str) -> Mapping[str, str]:
    """Options of `targets.<name>`, each as JSON text."""
    import json

    return {key: json.dumps(value, sort_keys=True) for key, value in ((spec.targets or {}).get(target) or {}).items()}


def build(loaded: Loaded, targets: Sequence[str], today: str, resolved: Policy | None = None) -> tuple[Built, ...]:
    """
    Compile *loaded* for each of *targets*, in order; writes nothing.

    Args:
        targets: Names of installed targets.
        today: ISO date; acceptances that expired before it do not count.
    """
    from seccfg.targetapi.gaps import blocking
    from seccfg.targetapi.registry import load_target

    compiled = resolved if resolved is not None else policy(loaded)
    outputs = {name: load_target(name).compile(compiled, options_of(loaded.spec, name)) for name in targets}
    gaps = {name: output.gaps for name, output in outputs.items()}
    return tuple(
        Built(name, output, tuple(gap for gap in output.gaps if blocking(gap, name, compiled, gaps, today)))
        for name, output in outputs.items()
    )


def write(
    loaded: Loaded, built: Iterable[Built], out: str, tool_version: str, *, force: bool = False
) -> tuple[WriteResult, ...]:
    """Write each target's files below *out*; all or nothing for each target."""
    from seccfg.write import write_tree

    digest = loaded.document.sha256()
    return tuple(
        write_tree(
            out,
            b.target,
            [(f.path, f.content) for f in b.output.files],
            spec_sha256=digest,
            tool_version=tool_version,
            force=force,
        )
        for b in built
    )


def verify(
    loaded: Loaded, targets: Sequence[str], today: str, engines: Sequence[str] = (), progress: Progress = _silent
) -> Report:
    """Run the spec's boundary requests on every engine of *targets* and compare with the reference."""
    from seccfg.verify.run import verify_policy

    progress("resolving")
    options = {name: options_of(loaded.spec, name) for name in targets}
    return verify_policy(policy(loaded), options, today, engines, progress, loaded.document.sha256())


def diff(old: str, new: str, env: str | None = None) -> Difference:
    """
    What the spec *new* decides, protects and says differently from *old*, each of them a file or `REV:path`.

    Without *env* environments are compared too where their overlays differ.

    Raises:
        InputError: a file or revision cannot be read, or there is no such environment.
        SpecError: a version is no spec, or a file it names does not hold what it should.
    """
    from seccfg.diff.specs import compare_versions

    return compare_versions(_opened(old), _opened(new), env)


def diff_environment(path: str, env: str) -> Difference:
    """
    What the environment *env* of the spec at *path* decides, protects and says differently from the spec as it stands.

    Raises:
        As `diff`.
    """
    from seccfg.diff.specs import compare_environments

    return compare_environments(_opened(path), env)


def diff_texts(path: str, old: bytes, new: bytes) -> Difference:
    """
    `diff` of two texts of the spec at *path*; what they name is read beside it.

    Raises:
        As `diff`.
    """
    from seccfg.diff.specs import Opened, compare_versions

    before, after = (Opened(project.open_spec(path, text), project.read_beside, source_map) for text in (old, new))
    return compare_versions(before, after, None)


def diff_since(revision: str, paths: Sequence[str], env: str | None = None) -> tuple[Changed, ...]:
    """
    The specs of *paths*, and those they lack, that are different in a git revision.

    Raises:
        As `diff`.
    """
    from seccfg.diff.since import changed_since

    return tuple(changed_since(revision, paths, env, source_map))


def history(path: str, last: int, env: str | None = None) -> Iterator[Step]:
    """What each of the *last* commits that touched the spec at *path* did to access, the newest first."""
    from seccfg.diff import since

    return since.history(path, last, env, source_map)


def diff_files(
    old: str, new: str, targets: Sequence[str], envs: tuple[str | None, str | None] = (None, None)
) -> dict[str, tuple[FileChange, ...]]:
    """
    What each target's files say differently, of two specs given as for `diff`, each read as its environment of *envs*;
    targets of *new* where none is named.
    """
    from seccfg.diff.files import file_changes
    from seccfg.diff.specs import policy_of
    from seccfg.targetapi.registry import load_target

    before, after = _opened(old).version(envs[0]), _opened(new).version(envs[1])
    was, is_ = policy_of(before), policy_of(after)
    found = {}
    for name in target_names(after.spec, targets)[0]:
        target = load_target(name)
        one, other = target.compile(was, options_of(before.spec, name)), target.compile(is_, options_of(after.spec, name))
        found[name] = tuple(file_changes({f.path: f.content for f in one.files}, {f.path: f.content for f in other.files}))
    return found


def diff_builds(old: str, new: str) -> tuple[FileChange, ...]:
    """What the files of two build folders say differently."""
    from seccfg.diff.files import file_changes
    from seccfg.source.states import read_state

    return tuple(file_changes(read_state(old), read_state(new)))


def _opened(where: str) -> Opened:
    """The spec at *where* and how to read what it names."""
    from seccfg.diff.specs import Opened
    from seccfg.source.revision import Revision, split_revision

    found = split_revision(where)
    if found is None:
        return Opened(project.open_spec(where), project.read_beside, source_map)
    revision = Revision(found[0])
    return Opened(revision.open_spec(found[1]), revision.read_beside, source_map)


def run_tests(loaded: Loaded) -> tuple[Outcome, ...]:
    """The spec's own `tests:` against the reference, and its `invariants:`, proven."""
    from seccfg.verify.spec_tests import run

    return (*run(loaded.spec, policy(loaded), source_map(loaded.document)), *_invariants(loaded))


def _invariants(loaded: Loaded) -> Iterator[Outcome]:
    from seccfg.verify.spec_tests import Outcome

    for found in prove(loaded):
        asked = f"{found.request.method} {found.request.target}" if found.request is not None else ""
        said = found.broken_by or f"proven on {found.routes} route{'' if found.routes == 1 else 's'}"
        yield Outcome(
            "invariant", found.text, found.kept and found.decided, "no such request", said, asked, found.judgement, found.at,
            loaded.document.span(found.at),
        )  # fmt: skip


def prove(loaded: Loaded) -> tuple[Proven, ...]:
    """Each invariant of the spec, proven or shown to be broken; `no_new_access` is asked of the git revision it names."""
    from seccfg.diff.invariants import proven

    if not loaded.spec.invariants:
        return ()
    return tuple(proven(loaded.spec, policy(loaded), partial(_since, loaded)))


def _since(loaded: Loaded, revision: str) -> Difference:
    """What *loaded* says differently from the same file of a git revision."""
    import os

    from seccfg.diff.specs import Opened, compare_versions
    from seccfg.source.revision import Revision

    then = Revision(revision, os.path.dirname(loaded.path) or ".")
    old = Opened(then.open_spec(f"./{os.path.basename(loaded.path)}"), then.read_beside, source_map)
    return compare_versions(old, _opened(loaded.path), loaded.env or None)


def drift(loaded: Loaded, target: str, state: str, progress: Progress = _silent) -> Drifted:
    """
    What runs on *target*, read from the file or folder *state* (or asked for, `live:WHERE`), beside what the spec says.

    Raises:
        InputError: *state* cannot be read or is none of the target's, or the target's state cannot be read back yet.
    """
    from seccfg.drift.compare import compare_state
    from seccfg.findings import InputError
    from seccfg.source.states import read_state
    from seccfg.targetapi.drift import LiveDrift, load_drift

    reader = load_drift(target)
    files: Mapping[str, bytes]
    if not state.startswith("live:"):
        files = read_state(state)
    elif isinstance(reader, LiveDrift):
        files = reader.fetch(state.removeprefix("live:"))
    else:
        raise InputError(f"target `{target}` cannot be asked live; it takes {reader.forms}")
    return compare_state(policy(loaded), target, options_of(loaded.spec, target), reader, files, progress)


def query(loaded: Loaded, text: str) -> tuple[Access, ...]:
    """
    The answer to `who can METHOD PATH` or `what can WHO do`.

    Raises:
        InputError: the question is neither, no route matches, or nobody is called that.
    """
    from seccfg.diff.query import answer, question

    return answer(policy(loaded), question(text), (loaded.spec.service.base_path or "").rstrip("/"))


def explain(loaded: Loaded, method: str, path: str, who: Mapping[str, str]) -> Judgement:
    """
    What the reference decides for one request, and why.

    Args:
        who: `auth`, `roles`, `scopes`, `client`, `subject` or `claim.NAME` to its text; empty: nobody.
    """
    from seccfg.verify.spec_tests import explain_request

    return explain_request(policy(loaded), method, path, who)
