"""Profiles and confidence leave rules out, names bring them back."""

from __future__ import annotations

import pytest

from seccfg.cli.overrides import fits
from seccfg.findings import InputError
from seccfg.lint import selection as module
from seccfg.lint import suppressions
from seccfg.lint.catalogue import lint_rules
from seccfg.lint.selection import id_of, selection

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


def test_severities_are_of_rules_of_lint() -> None:
    """By id, name or area; the later of two counts; what a spec must keep to load weighs what it weighs."""
    chosen = selection((), (), severity=(("CORS", "note"), ("insecure-origin", "error")))
    levels = dict(chosen.severities)
    assert levels["CORS004"] == "error"
    assert levels["CORS001"] == "note"
    assert "DATA001" not in dict(selection((), (), severity=(("DATA", "note"),)).severities)
    for name in ("REF002", "unknown-role", "AUTH999"):
        with pytest.raises(InputError):
            selection((), (), severity=((name, "note"),))


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("examples/**", "examples/a/b/seccfg.yaml", True),
        ("examples", "examples/a/seccfg.yaml", True),
        ("examples/", "examples/seccfg.yaml", True),
        ("examples", "examples-2/seccfg.yaml", False),
        ("*/seccfg.yaml", "a/seccfg.yaml", True),
        ("*/seccfg.yaml", "a/b/seccfg.yaml", False),
        ("**/trial/*.yaml", "trial/seccfg.yaml", True),
        ("**/trial/*.yaml", "a/b/trial/seccfg.yaml", True),
        ("**/trial/*.yaml", "a/trial/b/seccfg.yaml", False),
        ("a.b", "aXb", False),
        ("se?cfg.yaml", "seccfg.yaml", True),
        ("[ab]", "a", False),
    ],
)
def test_paths_fit_patterns(pattern: str, name: str, expected: bool) -> None:
    """A star stays within a name; a folder means all below it; nothing else is special."""
    assert fits(pattern, name) is expected


def test_a_former_name_stands_for_its_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """In selections and in what silences; an id of today is never taken for another."""
    monkeypatch.setitem(module.FORMER_IDS, "AUTH998", "AUTH020")
    assert selection(("AUTH998",), ()).ids == {"AUTH020"}
    assert id_of("AUTH998") == "AUTH020" == id_of("wide-clock-skew")
    assert id_of("no-such-rule") == "no-such-rule"
    assert not set(module.FORMER_IDS) - {"AUTH998"} & set(RULES)
    assert suppressions.id_of is id_of
