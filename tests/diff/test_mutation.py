"""Edits of the examples, one in so many of all there are: what is said of each is what requests show, and nothing else."""

from __future__ import annotations

import pytest

from tests.diff.mutation import tried

SAMPLED = [("minimal", 5), ("tictactoe", 15), ("guide", 15), ("orders", 90)]
REQUESTS = 100


@pytest.mark.parametrize("example, every", SAMPLED)
def test_an_edit_is_told_in_the_right_direction(example: str, every: int) -> None:
    """`python -m tests.diff.mutation` takes all of them, with 10,000 requests each."""
    shown = 0
    for _, one in tried(example, REQUESTS, every):
        assert one.wrong == "", f"{one.edit}: {one.wrong}"
        shown += bool(one.shown)
    assert shown
