"""Tamperings of a vendor's state, each with the control it weakens as somebody wrote it down, and how they are tried."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from seccfg import api
from seccfg.drift.attributed import Difference, Programs, codes, fits, meaning_at, told
from seccfg.drift.trees import Step
from seccfg.targetapi.attribution import AttributedDrift, Attribution
from seccfg.targetapi.drift import Tree, load_drift
from seccfg.targetapi.registry import load_target

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/seccfg.yaml"))
TARGETS = sorted(path.stem for path in (ROOT / "tests" / "drift" / "tamperings").glob("*.yaml"))
Files = dict[str, bytes]


class Tampering(NamedTuple):
    """
    `old` becomes `new` in the file whose path ends with `file`; then `control` is told, `way`, and `says` is in the sentence.

    In a JSON document `old` may be a place (`@templates > /v1/orders > allow`) and `new` its value as JSON, or empty: gone.
    """

    file: str
    old: str
    new: str
    control: str
    way: str
    says: str = ""
    route: str = ""


@cache
def tamperings(target: str) -> list[Tampering]:
    """As they stand in `tamperings/`, all of the orders example."""
    text = (ROOT / "tests" / "drift" / "tamperings" / f"{target}.yaml").read_text()
    return [Tampering(**row) for row in yaml.load(text, yaml.CSafeLoader)]


@cache
def built(target: str, example: str) -> Files:
    loaded = api.load(str(ROOT / "examples" / example / "seccfg.yaml"))
    output = load_target(target).compile(api.policy(loaded), api.options_of(loaded.spec, target))
    return {file.path: file.content for file in output.files}


def reader_of(target: str) -> AttributedDrift:
    reader = load_drift(target)
    assert isinstance(reader, AttributedDrift)
    return reader


def tampered(files: Files, row: Tampering) -> Files:
    """One place of one file otherwise."""
    if row.old.startswith("@"):
        path = next(path for path in sorted(files) if path.endswith(row.file))
        document = json.loads(files[path])
        *steps, last = row.old[1:].split(" > ")
        node = document
        for step in steps:
            if step.startswith("~"):  # the first of a list that says so
                node = next(item for item in node if step[1:] in json.dumps(item))
            else:
                node = node[int(step) if isinstance(node, list) else step]
        if last.startswith("~"):
            last = str(next(at for at, item in enumerate(node) if last[1:] in json.dumps(item)))
        if row.new:
            assert not isinstance(node, list) or int(last) < len(node)
            node[int(last) if isinstance(node, list) else last] = json.loads(row.new)
        else:
            del node[int(last) if isinstance(node, list) else last]
        return {**files, path: json.dumps(document).encode()}
    path = next(path for path in sorted(files) if path.endswith(row.file) and row.old.encode() in files[path])
    if path.startswith("apiops/"):  # an extract is a state of its own
        files = {
            name: content for name, content in files.items() if name.startswith("apiops/") and name.endswith(".xml")
        }
    return {**files, path: files[path].replace(row.old.encode(), row.new.encode(), 1)}


@cache
def _owned(target: str, example: str) -> tuple[Tree, Programs]:
    files, reader = built(target, example), reader_of(target)
    tree = reader.normal(files, files).tree
    return tree, Programs(reader.attribution, tree)


def differences(target: str, example: str, state: Files) -> tuple[Difference, ...]:
    """As `seccfg drift` tells them, access aside."""
    reader = reader_of(target)
    tree, program = _owned(target, example)
    return told(reader, tree, reader.normal(state, built(target, example)).tree, program)


def check(target: str, example: str, row: Tampering) -> None:
    """The control of the row is told, its way and words, and nothing is told as a place nobody knows."""
    found = differences(target, example, tampered(built(target, example), row))
    assert found, row
    assert all(one.control or one.direction == "nothing" for one in found), (row, found)
    fitting = [one for one in found if (one.control, one.direction) == (row.control, row.way) and row.says in one.says]
    assert fitting, (row, [(one.control, one.direction, one.says, one.path) for one in found])
    if row.route:
        assert any(row.route in one.routes for one in fitting), (row, [one.routes for one in fitting])


def unattributed(target: str, example: str) -> list[object]:
    """Leaves of what the target emits, and lines of its code, that no entry of the attribution is for."""
    said, tree = reader_of(target).attribution, _owned(target, example)[0]
    found: list[object] = [path for path in _leaves(tree, (), said) if meaning_at(said, path) == (None, "")]
    program = _owned(target, example)[1].program
    for path, lines, code in codes(said, tree):
        silent = re.compile("|".join(starts for starts, _ in code.silent) or r"\A\Z")
        told_of = [at for at, line in enumerate(lines) if line.strip() and not silent.search(line)]
        found += [(*path, lines[at]) for at in told_of if program.meaning(path, at, lines[at], None)[0] is None]
    return found


def _leaves(value: object, path: tuple[Step, ...], said: Attribution) -> list[tuple[Step, ...]]:
    if any(fits(code.where, path) for code in said.code):
        return []
    if isinstance(value, dict) and value:
        return [leaf for key, below in value.items() for leaf in _leaves(below, (*path, key), said)]
    if isinstance(value, list) and value:
        return [leaf for at, below in enumerate(value) for leaf in _leaves(below, (*path, at), said)]
    return [path]
