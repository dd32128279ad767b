"""
Every edit of an example compared with the example: what `seccfg diff` says against what random requests show.

`python -m tests.diff.mutation [EXAMPLE…] [--requests N] [--every N]` runs it whole and prints the figures.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
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


def tried(example: str, requests: int, every: int = 1, offset: int = 0) -> Iterator[Tried]:
    """Each *every*th edit of the example that loads."""
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
            if number % every != offset:
                continue
            path.write_text(json.dumps(edit.data))
            try:
                new = policy(path)
                found = compare_specs(base[1].version(None), opened(path)[1].version(None))
            except SeccfgError:
                continue
            yield judged(edit, old, new, found, requests, number)


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", nargs="*", default=["minimal", "tictactoe", "guide", "orders"])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0)
    chosen = parser.parse_args()
    wrong = total = witnesses = changes = shown = undecided = 0
    verdicts: Counter[str] = Counter()
    for example in chosen.examples:
        for one in tried(example, chosen.requests, chosen.every, chosen.offset):
            total += 1
            verdicts[one.found.verdict] += 1
            changes += len(one.found.access)
            witnesses += sum(change.witness is not None for change in one.found.access)
            undecided += sum(not change.decided for change in one.found.access)
            shown += bool(one.shown)
            if one.wrong:
                wrong += 1
                print(f"{example}: {one.edit}: {one.wrong}", flush=True)
            for change in one.found.access:
                if not change.decided:
                    print(f"{example}: {one.edit}: not decided: {change.sentence}", flush=True)
    print(f"{total} edits, {dict(verdicts)}; {shown} shown by random requests; {changes} sentences, {witnesses} with a witness, "
          f"{undecided} not decided; {wrong} wrong")  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
