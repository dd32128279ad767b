"""Every rule the loader refuses by: its example, and that it is the one that speaks."""

from __future__ import annotations

import re
from typing import Any

import pytest

from seccfg.spec.load_rules import RULES


@pytest.mark.parametrize("rule_id", RULES)
def test_bad_example_breaks_exactly_this_rule(language: Any, rule_id: str) -> None:
    """The bad example gives findings of this rule and no other; the models refuse it too."""
    data = language.on_minimal(RULES[rule_id].bad)
    found = language.findings(data)
    assert {finding.rule for finding in found} == {rule_id}, [str(finding) for finding in found]
    assert not language.model_accepts(data)


@pytest.mark.parametrize("rule_id", RULES)
def test_good_example_is_a_spec(language: Any, rule_id: str) -> None:
    """The good example loads, and is a spec to the models too."""
    data = language.on_minimal(RULES[rule_id].good)
    assert [str(finding) for finding in language.findings(data)] == []
    assert language.model_accepts(data)


@pytest.mark.parametrize("rule_id", RULES)
def test_page(rule_id: str) -> None:
    """A page has an id of area and three digits, a name in kebab case, and says why and what to do."""
    rule = RULES[rule_id]
    assert re.fullmatch("(AUTH|AUTHZ|INPUT|LIMIT|CORS|TLS|AUDIT|TOKEN|DATA|REF)[0-9]{3}", rule.id)
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert rule.why.endswith(".")
    assert rule.fix.endswith(".")
    assert [other.name for other in RULES.values()].count(rule.name) == 1
