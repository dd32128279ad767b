"""The list of rules, their pages and the index are what the rules themselves say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from seccfg.lint import catalogue, generate, others, pages
from seccfg.lint.index import INDEX

ROOT = Path(__file__).parents[2]
AREAS = {"AUTH", "AUTHZ", "INPUT", "LIMIT", "CORS", "TLS", "AUDIT", "TOKEN", "DATA", "REF", "YAML"}


def test_generated_files_are_fresh() -> None:
    """Index and pages equal what `make generate` writes now; a page of a rule that is gone is stale too."""
    assert generate.stale_files() == []


def test_ids_are_area_and_three_digits_and_never_shared() -> None:
    """Lint and load rules are one space of ids, and of names."""
    rules = catalogue.rules()
    assert all(re.fullmatch("[A-Z]+[0-9]{3}", rule.id) and rule.area in AREAS for rule in rules)
    for values in ([rule.id for rule in rules], [rule.name for rule in rules]):
        assert sorted(values) == sorted(set(values))


def test_the_list_is_sorted_and_whole() -> None:
    """Every file below lint/rules is in the index."""
    files = [path for path in (ROOT / "seccfg/lint/rules").glob("*/*.py") if path.name != "__init__.py"]
    assert len(INDEX) == len(files)
    assert [rule.id for rule in catalogue.rules()] == sorted(rule.id for rule in catalogue.rules())


def test_every_rule_has_a_page_with_both_examples() -> None:
    """What a page shows is the rule's own text."""
    for rule in catalogue.rules():
        page = (ROOT / "docs/rules" / f"{rule.id}.md").read_text(encoding="utf-8")
        assert page == pages.rule_page(rule)
        assert rule.why in page
        assert rule.fix in page


def test_a_rule_is_found_by_id_or_name() -> None:
    """Ids in any case; a name only as it is written."""
    assert catalogue.find("limit001") == catalogue.find("public-without-limit")
    assert catalogue.find("Public-Without-Limit") is None
    assert catalogue.find("LIMIT") is None


def test_a_page_shows_no_invisible_character() -> None:
    """Examples of load rules hold characters that must not reach a reader's screen as they are."""
    for rule in catalogue.rules():
        assert all(c.isprintable() or c == "\n" for c in pages.rule_page(rule)), rule.id


def test_check_mode_names_what_is_stale(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` writes nothing and exits 4, as everything that only reports what would change."""
    assert generate.main(["--check"]) == 0
    monkeypatch.setattr(generate, "index_text", lambda: "another text")
    assert generate.main(["--check"]) == 4
    assert "seccfg/lint/index.py is out of date" in capsys.readouterr().err
    assert generate.main(["--chek"]) == 2


def test_a_rule_outside_its_area_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of a rule is the area of its id."""
    from seccfg.lint.rules.auth import any_audience
    from seccfg.lint.rules.tls import preload_conditions

    monkeypatch.setattr(preload_conditions, "RULE", any_audience.RULE)
    with pytest.raises(TypeError, match="does not belong to the area tls"):
        generate.found_rules()


COMPARED = {"Spectral, OWASP ruleset": (32, 0), "KrakenD, audit": (52, 0), "zizmor": (41, 9)}
"""Rules that stand in the source at the commit the data names, and names only its history has."""


def test_every_rule_of_the_other_tools_is_answered() -> None:
    """As many as were counted in the sources; each says which rule of ours does it or why none does, never both."""
    tools = yaml.safe_load((ROOT / others.DATA).read_text(encoding="utf-8"))
    assert {t["tool"]: (len(t["rules"]), len(t.get("proposed", ()))) for t in tools} == COMPARED
    for tool in tools:
        assert re.fullmatch("[0-9a-f]{40}", tool["commit"])
        assert tool["count"] == len({entry["rule"] for entry in tool["rules"]})
        assert all(("by" in entry) != ("why" in entry) for entry in (*tool["rules"], *tool.get("proposed", ())))


def test_a_rule_of_others_that_is_lost_or_answered_twice_stops_the_page() -> None:
    """Both from the data itself: fewer rules than were counted, one that says both, one of ours that does not exist."""
    tool = "{tool: T, source: s, version: v, commit: c, read: r, judges: j, count: 1, rules: [%s]}"
    assert "none: because" in others.others_page("[" + tool % "{rule: a, why: because}" + "]", ())
    for wrong in ("", "{rule: a, why: x, by: [AUTH004]}", "{rule: a}", "{rule: a, by: [AUTH999]}"):
        with pytest.raises(ValueError, match=re.escape(others.DATA)):
            others.others_page("[" + tool % wrong + "]", ())
