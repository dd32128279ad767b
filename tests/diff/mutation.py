"""
Every edit of an example compared with the example: what `seccfg diff` says against what random requests show.

`python -m tests.diff.mutation [EXAMPLE…] [--requests N] [--every N] [--offset N]` runs every Nth edit of each example from
the given one on and prints a line an edit and the figures. `--log FILE` adds a line an edit to a file; what is there already
is not tried again, so that a run goes on where another ended, and the figures are those of the whole file. `--seconds N` ends
after so many seconds of CPU time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from seccfg import api
from seccfg.analyse.requests import NOW_S
from seccfg.analyse.twins import twins
from seccfg.diff.model import Difference
from seccfg.diff.specs import compare_specs
from seccfg.findings import SeccfgError
from seccfg.ir.policy import Policy
from seccfg.record import Record
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from tests.diff.operators import Edit, edits
from tests.diff.random_requests import RandomRequests
from tests.diff.test_soundness import ACCESS

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Tried(Record):
    """One edit, what was said of it, and what requests showed."""

    edit: str
    found: Difference
    shown: tuple[tuple[str, str], ...]
    """(direction, a request that shows it), each direction once."""
    other: str
    """A request the versions answer differently in another way than by passing it; empty: none."""

    @property
    def wrong(self) -> str:
        """What is wrong with what was said; empty: nothing."""
        said = {"WIDENS": {"widens"}, "NARROWS": {"narrows"}, "BOTH": {"widens", "narrows"}}.get(self.found.verdict, set())
        for direction, request in self.shown:
            if direction not in said:
                return f"{self.found.verdict}, but {direction}: {request}"
        if self.found.verdict == "EQUIVALENT" and self.other:
            return f"EQUIVALENT, but {self.other}"
        for change in self.found.access:
            seen = change.witness
            if seen is None and change.decided:
                return f"no witness: {change.sentence}"
            if seen is not None and (
                seen.new.allowed != (change.direction == "widens") or seen.old.allowed != (change.direction == "narrows")
            ):
                return f"the witness shows something else: {change.sentence}"
        return ""


def tried(
    example: str, requests: int, every: int = 1, offset: int = 0, skipped: frozenset[int] = frozenset()
) -> Iterator[tuple[int, Tried]]:
    """Each *every*th edit of the example from *offset* on that loads, with its number, but for those *skipped*."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for version in ("old", "new"):
            shutil.copytree(EXAMPLES / example, folder / version, ignore=shutil.ignore_patterns("expected"))
            (folder / version / "seccfg.toml").write_text("")
        path = folder / "new" / "seccfg.yaml"
        base = opened(folder / "old" / "seccfg.yaml")
        old = policy(folder / "old" / "seccfg.yaml")
        data = json.loads(json.dumps(base[0]))
        for number, edit in enumerate(edits(data)):
            if number % every != offset % every or number in skipped:
                continue
            path.write_text(json.dumps(edit.data))
            try:
                new = policy(path)
                found = compare_specs(base[1].version(None), opened(path)[1].version(None))
            except SeccfgError:
                continue
            yield number, judged(edit, old, new, found, requests, number)


def opened(path: Path) -> tuple[object, object]:
    files = api._opened(str(path))
    return files.version(None).document.data, files


def policy(path: Path) -> Policy:
    return api.policy(api.load(str(path)))


def judged(edit: Edit, old: Policy, new: Policy, found: Difference, requests: int, seed: int) -> Tried:
    both = twins(old, new, NOW_S)
    shown: dict[str, str] = {}
    other = ""
    for request, state in RandomRequests(both, seed).some(requests):
        before, after = (decide(ring.decide, request, State(state)) for ring in (both.old, both.new))
        if before.allowed != after.allowed:
            refusal = before if after.allowed else after
            direction = "widens" if after.allowed else "narrows"
            if refusal.reason in ACCESS and not several(request, refusal.reason):
                shown.setdefault(direction, f"{request.method} {request.target} {refusal.reason}")
            else:
                other = other or f"{request.method} {request.target} {refusal.reason}"
        elif before != after and not other:
            other = f"{request.method} {request.target}: {before} / {after}"
    return Tried(f"{edit.name}", found, tuple(sorted(shown.items())), other)


def several(request: object, reason: str) -> bool:
    del request
    return reason == "several_credentials"


class Line(Record):
    """What is kept of an edit that was tried."""

    example: str
    number: int
    edit: str
    verdict: str
    shown: int
    sentences: int
    witnesses: int
    undecided: int
    wrong: str
    requests: int
    cpu_s: float


def line_of(example: str, number: int, one: Tried, requests: int, cpu_s: float) -> Line:
    access = one.found.access
    return Line(
        example, number, one.edit, one.found.verdict, len(one.shown), len(access),
        sum(change.witness is not None for change in access), sum(not change.decided for change in access),
        one.wrong, requests, cpu_s,
    )  # fmt: skip


def kept(path: Path | None) -> list[Line]:
    if path is None or not path.exists():
        return []
    return [Line(**json.loads(text)) for text in path.read_text().splitlines()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", nargs="*", default=sorted(p.parent.name for p in EXAMPLES.glob("*/seccfg.yaml")))
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    chosen = parser.parse_args()
    lines = kept(chosen.log)
    done = {(line.example, line.number) for line in lines}
    for example in chosen.examples:
        skipped = frozenset(number for name, number in done if name == example)
        before = time.process_time()
        for number, one in tried(example, chosen.requests, chosen.every, chosen.offset, skipped):
            line = line_of(example, number, one, chosen.requests, round(time.process_time() - before, 2))
            lines.append(line)
            print(f"{example} {number}: {line.edit}: {line.verdict}, {line.cpu_s:.1f} s{line.wrong and f': WRONG: {line.wrong}'}",
                  flush=True)  # fmt: skip
            if chosen.log is not None:
                with chosen.log.open("a") as log:
                    log.write(json.dumps({name: getattr(line, name) for name in Line.__slots__}) + "\n")
            before = time.process_time()
            if before > chosen.seconds:
                return told(lines)
    return told(lines)


def told(lines: list[Line]) -> int:
    """Prints the figures of *lines*; 1 when one of them is wrong."""
    wrong = [line for line in lines if line.wrong]
    for line in wrong:
        print(f"{line.example} {line.number}: {line.edit}: {line.wrong}")
    for line in lines:
        if line.undecided:
            print(f"{line.example} {line.number}: {line.edit}: {line.undecided} not decided")
    print(f"{len(lines)} edits with at least {min((line.requests for line in lines), default=0)} requests each, "
          f"{dict(Counter(line.verdict for line in lines))}; {sum(line.shown > 0 for line in lines)} shown by random requests; "
          f"{sum(line.sentences for line in lines)} sentences, {sum(line.witnesses for line in lines)} with a witness, "
          f"{sum(line.undecided for line in lines)} not decided; {len(wrong)} wrong")  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
