"""The word somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def distance(left: str, right: str) -> int:
    """Edits between two words: insert, delete, replace, or swap of neighbours."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        after = [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        before, row = row, after
    return row[-1]


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of *known* that is close enough to *word* to be a slip of the hand; empty when none is."""
    best, best_distance = "", max(1, len(word) // 3) + 1
    for candidate in known:
        if abs(len(candidate) - len(word)) >= best_distance:
            continue
        found = distance(word.lower().replace("-", "_"), candidate.lower().replace("-", "_"))
        if found < best_distance:
            best, best_distance = candidate, found
    return best


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean `viewer`?`, or nothing."""
    best = nearest(word[:80], known)
    return f"; did you mean `{best}`?" if best else ""
