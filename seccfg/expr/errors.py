"""What is wrong with a condition: problems with offsets into its text, several at once."""

from __future__ import annotations

from collections.abc import Iterable

from seccfg.findings import SeccfgError
from seccfg.record import Record

__all__ = ["ExprError", "Problem", "closest"]


class Problem(Record):
    """One thing wrong with, or doubtful in, a condition; `start` and `end` are offsets in its text, `end` exclusive.

    `code` names the kind of a warning, so that a rule can pick the ones it is about; errors have none.
    """

    message: str
    start: int
    end: int
    help: str = ""
    code: str = ""


class ExprError(SeccfgError):
    """The condition cannot be used. `problems` are in the order of the text and never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems), key=lambda p: (p.start, p.end, p.message)))
        super().__init__("; ".join(f"at {p.start}: {p.message}" for p in self.problems))


def closest(word: str, candidates: Iterable[str]) -> str:
    """The candidate *word* is most likely a slip of, empty when none is near."""
    best, best_distance = "", 1 + max(1, len(word) // 3)
    for candidate in candidates:
        if len(word) > 2 and candidate.startswith(word):
            return candidate
        if abs(len(candidate) - len(word)) < best_distance:
            distance = _edit_distance(word.lower(), candidate.lower())
            if distance < best_distance:
                best, best_distance = candidate, distance
    return best


def _edit_distance(left: str, right: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that turn *left* into *right*."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, previous, row = row, before, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if previous and j > 1 and a == right[j - 2] and b == left[i - 2]:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
    return row[-1]
