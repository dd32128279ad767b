"""The examples of real services: no finding that nobody argued for, keys that are public, all sections of the language."""

from __future__ import annotations

from pathlib import Path

import pytest

from seccfg.cli.checking import check_spec
from seccfg.lint.key_files import holds_private_key

EXAMPLES = Path(__file__).parents[2] / "examples"
REALISTIC = ("apps", "fintech", "health", "mesh", "partner", "tenants")
TODAY = "2026-01-05"


@pytest.mark.parametrize("case", REALISTIC)
def test_a_realistic_spec_has_no_finding_but_waived_ones(case: str) -> None:
    """Notes count too: a rule that fires on a sound spec without a reason to waive it is wrong."""
    checked = check_spec(str(EXAMPLES / case / "seccfg.yaml"), TODAY)
    assert checked.loads
    assert [(finding.rule, str(finding.at)) for finding in checked.counting()] == []
    assert all(len(finding.ignored.split()) > 3 for finding in checked.findings)


@pytest.mark.parametrize("case", sorted(path.parent.name for path in EXAMPLES.glob("*/seccfg.yaml")))
def test_no_example_carries_a_private_key(case: str) -> None:
    """Key sets, records and certificates only; and every example is free of errors."""
    for path in (EXAMPLES / case / "keys").glob("*"):
        assert not holds_private_key(path.read_bytes()), path
    checked = check_spec(str(EXAMPLES / case / "seccfg.yaml"), TODAY)
    assert [f.rule for f in checked.counting() if f.severity != "note"] == []
