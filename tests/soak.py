"""`python -m tests.soak TARGET [FIRST [LAST]]`: made-up specs through verify on every engine of a target that runs here.

Prints one line a seed with differences, a failure or a missing engine, and totals. Exit 1 when anything differs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from seccfg.targetapi.kit.random_runs import random_policy
from seccfg.verify.run import verify_policy

TODAY = "2026-01-05"


def main(arguments: Sequence[str]) -> int:
    """Seeds *FIRST* to *LAST*, by default 0 to 199."""
    target, first, last = (*arguments, *("", "0", "199")[len(arguments) :])[:3]
    asked = differ = 0
    wrong: list[int] = []
    for seed in range(int(first), int(last) + 1):
        report = verify_policy(random_policy(seed), {target: {}}, TODAY)
        (found,) = report.targets
        asked += found.requests
        differ += found.differ
        failures = [f"{e.name}: {e.failure}" for e in found.engines if e.failure]
        failures += [f"{name}: {why}" for name, why, _ in found.missing]
        shown = [
            f"{e.name}: {d.scenario} #{d.number} ({', '.join(d.fields)})" for e in found.engines for d in e.differences[:3]
        ]
        if failures or shown:
            wrong.append(seed)
            print(f"seed {seed}: {found.differ} of {found.requests} differ", *failures, *shown, sep="\n  ", flush=True)
        elif seed % 20 == 0 and sys.stderr.isatty():
            print(f"seed {seed}", file=sys.stderr)
    print(f"{target}: seeds {first} to {last}, {asked} requests, {differ} differ, seeds with trouble: {wrong or 'none'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
