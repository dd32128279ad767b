"""A list of findings that were there before: they do not count, and the list only shrinks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from seccfg.findings import Finding, InputError, render_path
from seccfg.lint.fingerprint import fingerprint
from seccfg.lint.selection import former_ids, id_of
from seccfg.record import Record, replace
from seccfg.source import files

__all__ = ["IN_BASELINE", "Baseline", "Entry", "entries_of", "read", "text"]

IN_BASELINE = "in the baseline"


class Entry(Record):
    """A known finding: its spec, relative to the baseline's folder, its rule and place for people, its fingerprint."""

    spec: str
    rule: str
    at: str
    fingerprint: str


class Baseline:
    """The entries of a file, used up one by one as findings are met."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self._left = Counter((entry.spec, entry.fingerprint) for entry in entries)
        self._ran: dict[str, Callable[[str], bool]] = {}

    def apply(
        self, findings: Sequence[Finding], data: object, spec: str, ran: Callable[[str], bool]
    ) -> tuple[Finding, ...]:
        """*findings* of one spec, known ones marked as ignored; *ran*: whether a rule ran. One entry covers one finding."""
        self._ran[spec] = ran
        marked = []
        for finding in findings:
            keys = ((spec, fingerprint(said, data)) for said in _as_called(finding))
            key = next((key for key in keys if self._left[key] > 0), None)
            if not finding.ignored and key is not None:
                self._left[key] -= 1
                finding = replace(finding, ignored=IN_BASELINE)
            marked.append(finding)
        return tuple(marked)

    def stale(self) -> tuple[Entry, ...]:
        """Entries of specs and rules that were looked at whose findings are gone, in the order of the file."""
        left = Counter(self._left)
        found = []
        for entry in reversed(self.entries):
            key = (entry.spec, entry.fingerprint)
            if entry.spec in self._ran and self._ran[entry.spec](id_of(entry.rule)) and left[key] > 0:
                left[key] -= 1
                found.append(entry)
        return tuple(reversed(found))


def _as_called(finding: Finding) -> Iterator[Finding]:
    """*finding*, and as it was when its rule had another name."""
    yield finding
    for name in former_ids(finding.rule):
        yield replace(finding, rule=name)


def entries_of(findings: Sequence[Finding], data: object, spec: str) -> tuple[Entry, ...]:
    """An entry for each finding that counts; *data* None, a spec that does not load, gives none: nothing silences that."""
    if data is None:
        return ()
    return tuple(
        Entry(spec, finding.rule, render_path(finding.spec_path), fingerprint(finding, data))
        for finding in findings if not finding.ignored
    )  # fmt: skip


def text(entries: Sequence[Entry]) -> str:
    """The file for *entries*, sorted."""
    listed = [
        {"spec": e.spec, "rule": e.rule, "at": e.at, "fingerprint": e.fingerprint}
        for e in sorted(entries, key=lambda e: (e.spec, e.at, e.rule, e.fingerprint))
    ]
    return json.dumps({"version": 1, "findings": listed}, indent=2) + "\n"


def read(path: str) -> Baseline:
    """
    The baseline in the file *path*.

    Raises:
        InputError: it cannot be read, or is no baseline.
    """
    wrong = InputError(f"{files.show(path)}: no baseline; `seccfg lint --write-baseline` makes one")
    try:
        data = json.loads(files.read(path).decode())
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise wrong from error
    listed = data.get("findings") if isinstance(data, dict) and data.get("version") == 1 else None
    if not isinstance(listed, list):
        raise wrong
    entries = []
    for item in listed:
        names = ("spec", "rule", "at", "fingerprint")
        if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in names):
            raise wrong
        entries.append(Entry(*(item[name] for name in names)))
    return Baseline(entries)
