"""What is said of access has requests that show it."""

from __future__ import annotations

from seccfg.diff.model import Difference


def shown_by_requests(found: Difference) -> None:
    for change in found.access:
        assert change.witness is not None, change.sentence
        before, after = change.witness.old, change.witness.new
        passes, refuses = (after, before) if change.direction == "widens" else (before, after)
        assert passes.allowed, change.sentence
        assert not refuses.allowed, change.sentence
