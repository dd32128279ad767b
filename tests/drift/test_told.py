"""Sixty tamperings a target, each of another kind and told as the control it weakens; every place of what is emitted has one."""

from __future__ import annotations

import pytest

from tests.drift.telling import EXAMPLES, TARGETS, Tampering, check, tamperings, unattributed

ROWS = [(target, row) for target in TARGETS for row in tamperings(target)]


@pytest.mark.parametrize("target", TARGETS)
def test_there_are_sixty(target: str) -> None:
    """Each once, and no control of the language is left out that the target enforces."""
    rows = tamperings(target)
    assert len({(row.file, row.old, row.new) for row in rows}) == len(rows) >= 60
    assert {row.control for row in rows} >= {
        "Transport", "ClientAddress", "Cors", "BodyLimit", "Authenticate", "Authorize", "Validate", "Forward", "ResponseHeaders",
        "Errors", "Audit", "Host", "Route",
    }  # fmt: skip


@pytest.mark.parametrize("target, row", ROWS, ids=[f"{target}-{row.old[:40]}" for target, row in ROWS])
def test_a_tampering_is_told_as_the_control_it_weakens(target: str, row: Tampering) -> None:
    """By hand what each weakens; nothing is told as a mere place."""
    check(target, "orders", row)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_place_has_a_control(target: str, example: str) -> None:
    """Or stands among those that decide nothing, with why."""
    assert unattributed(target, example) == []
