"""`seccfg lint --fix`: finds, edits, proves, writes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seccfg import api
from seccfg.cli import exits, inputs
from seccfg.cli.checking import Checked, check_spec
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.linting import Settings, Wish, settings_of
from seccfg.findings import Finding, InputError, SeccfgError, Severity
from seccfg.lint.fixes import Fix, fix_of
from seccfg.lint.selection import Selection
from seccfg.record import Record
from seccfg.source import files
from seccfg.source.edit import NotEditable, edited
from seccfg.write import replace_file

__all__ = ["fix_specs", "patch"]

_WEIGHT: Final[Mapping[Severity, int]] = {"note": 0, "warning": 1, "error": 2}
_MOST_ROUNDS = 200
"""A fix removes its finding; a spec has fewer findings that can be fixed than this, or is fixed in several runs."""


class _Spec(Record):
    """A spec being put right: its path, the text of its file, and what lint finds in that text."""

    path: str
    text: str
    checked: Checked


def fix_specs(
    paths: Sequence[str], wish: Wish, *, unsafe: bool, write: bool, now: str | None, color: ColorChoice
) -> int:
    """
    Put right what can be put right in the specs *paths* mean.

    Args:
        unsafe: Fixes that may change what is allowed too.
        write: Write the files; otherwise print the patch.
    Returns:
        `exits.FINE`; `exits.DIFFERS` for a patch that is not empty.
    """
    console = Console(color)
    day = inputs.today(now)
    specs = inputs.spec_paths(paths)
    if not specs:
        console.err(inputs.NO_SPEC)
        return exits.NO_INPUT
    known: dict[str, Settings] = {}
    codes: list[int] = []
    for path in specs:
        try:
            codes.append(_fix(path, day, settings_of(path, wish, known).selected, unsafe, write, console))
        except InputError as error:
            console.err(f"error: {error}\n")
            codes.append(exits.INVALID)
    return exits.worst(codes)


def _fix(path: str, day: str, selected: Selection, unsafe: bool, write: bool, console: Console) -> int:
    original = _text(path)
    spec = _Spec(path, original, check_spec(path, day, selected))
    left: set[tuple[str, str]] = set()
    done = 0
    for _ in range(_MOST_ROUNDS):
        found = next(_candidates(spec, left, unsafe), None)
        if found is None:
            break
        finding, fix = found
        better = _tried(spec, finding.rule, fix, day, selected, unsafe)
        if better is None:
            left.add((finding.rule, finding.message))
        else:
            spec = better
            done += 1
    if not done:
        return exits.FINE
    if not write:
        console.out(patch(path, original, spec.text))
        return exits.DIFFERS
    replace_file(path, spec.text.encode())
    console.err(f"{files.show(path)}: {done} fixed\n")
    return exits.FINE


def _text(path: str) -> str:
    try:
        return files.read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{files.show(path)}: not UTF-8") from error


def _candidates(spec: _Spec, left: set[tuple[str, str]], unsafe: bool) -> Iterator[tuple[Finding, Fix]]:
    """Findings in the spec's own file with the fix to try, in the order of the file."""
    for finding in spec.checked.findings:
        if finding.at.path != spec.path or (finding.rule, finding.message) in left:
            continue
        fix = fix_of(finding, spec.checked.data)
        if fix is not None and (unsafe or fix.safe):
            yield finding, fix


def _tried(spec: _Spec, rule: str, fix: Fix, day: str, selected: Selection, unsafe: bool) -> _Spec | None:
    """The spec with *fix*; None where it does not fit, puts nothing right, adds a finding, or widens access unasked."""
    try:
        text = edited(spec.text, fix.edits)
    except NotEditable:
        return None
    if text == spec.text:
        return None
    checked = check_spec(spec.path, day, selected, text.encode())
    if not (checked.loads and not spec.checked.loads) and not _better(spec.checked, checked, rule):
        return None
    if spec.checked.loads and not checked.loads:
        return None
    if not unsafe and not (spec.checked.loads and _widens_nothing(spec, text)):
        return None
    return _Spec(spec.path, text, checked)


def _better(before: Checked, after: Checked, rule: str) -> bool:
    """
    Whether a finding of *rule* went, and none came but a lighter one it had hidden.

    What came weighs less than what went, so that fixes cannot chase each other for ever.
    """
    mine, theirs = _counted(before), _counted(after)
    if theirs.get(rule, 0) >= mine.get(rule, 0):
        return False
    weight = next(_WEIGHT[finding.severity] for finding in before.findings if finding.rule == rule)
    return all(
        theirs.get(finding.rule, 0) <= mine.get(finding.rule, 0) or _WEIGHT[finding.severity] < weight
        for finding in after.findings
    )


def _counted(checked: Checked) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in checked.counting():
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
    return counts


def _widens_nothing(spec: _Spec, text: str) -> bool:
    """Proven as `seccfg diff` would, environments included; what cannot be compared is not proven."""
    try:
        difference = api.diff_texts(spec.path, spec.text.encode(), text.encode())
    except SeccfgError:
        return False
    return difference.verdict in ("EQUIVALENT", "NARROWS", "NON-AUTHZ") and not any(
        change.strength == "weaker" for change in difference.settings
    )


def patch(path: str, old: str, new: str) -> str:
    """A unified diff that `patch -p1` and `git apply` take."""
    name = files.show(path).lstrip("./")
    lines = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
