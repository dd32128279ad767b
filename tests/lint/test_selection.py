"""Profiles and confidence leave rules out, names bring them back."""

from __future__ import annotations

import pytest

from seccfg.findings import InputError
from seccfg.lint.catalogue import lint_rules
from seccfg.lint.selection import selection

RULES = {rule.id: rule for rule in lint_rules()}


def ran(**options: object) -> set[str]:
    chosen = selection((), (), **options)  # type: ignore[arg-type]
    return {ident for ident in RULES if chosen.has(ident)}


def test_audit_is_everything() -> None:
    """As no profile is."""
    assert ran(profile="audit") == ran() == set(RULES)


def test_profiles_by_confidence_and_severity() -> None:
    """Each takes in the one before."""
    baseline, strict = ran(profile="baseline"), ran(profile="strict")
    assert baseline == {i for i, r in RULES.items() if r.confidence == "high" and r.severity != "note"}
    assert strict == {i for i, r in RULES.items() if r.confidence != "low"}
    assert baseline < strict <= set(RULES)


def test_confidence_alone() -> None:
    """Notes stay."""
    assert ran(min_confidence="high") == {i for i, r in RULES.items() if r.confidence == "high"}


def test_a_name_brings_a_rule_back() -> None:
    """Whatever the profile says; `--ignore` still wins."""
    left_out = sorted(set(RULES) - ran(profile="baseline"))[0]
    assert left_out in ran(profile="baseline", extend_select=(left_out,))
    assert not selection((), (left_out,), profile="baseline", extend_select=(left_out,)).has(left_out)
    assert selection((left_out,), (), profile="baseline").has(left_out)


def test_load_findings_are_never_left_out() -> None:
    """A profile is about rules of lint."""
    assert selection((), (), profile="baseline").has("DATA001")


@pytest.mark.parametrize("option", ["extend_select", "mandatory"])
def test_a_misspelt_name_is_an_error(option: str) -> None:
    """It would silently do nothing."""
    with pytest.raises(InputError, match="is no rule"):
        selection((), (), **{option: ("LIMT001",)})  # type: ignore[arg-type]
