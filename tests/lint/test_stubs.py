"""A rule whose check finds nothing is noticed: the tests of its own examples then fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.findings import Finding
from seccfg.lint import suppressions
from seccfg.lint.catalogue import lint_rules
from seccfg.lint.model import Rule

RULES = tuple(lint_rules())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_without_its_check_the_bad_example_is_not_found(
    rule: Rule,
    on_minimal: Callable[[str], str],
    lint: Callable[..., tuple[Finding, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the test of bad examples asserts of this rule rests on its own check and on nothing else."""
    if rule.judges == "suppressions":
        monkeypatch.setattr(suppressions, "judge", lambda *_: [])
    else:
        monkeypatch.setattr(rule, "_check", lambda *_: ())
    assert rule.id not in {finding.rule for finding in lint(on_minimal(rule.bad), files=rule.beside, select=(rule.id,))}
