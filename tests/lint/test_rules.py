"""Every rule by its own examples: `bad` yields exactly its id, `good` nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import yaml

from seccfg.findings import Finding
from seccfg.lint.catalogue import lint_rules
from seccfg.lint.model import Hit, Rule
from seccfg.lint.written import Written
from seccfg.source.yaml import load as read_yaml
from seccfg.spec import loader
from seccfg.spec.loader import Spec
from tests.lint.conftest import spec_text

RULES = tuple(lint_rules())
by_id = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@by_id
def test_the_bad_example_breaks_exactly_its_rule(
    rule: Rule, on_minimal: Callable[[str], str], lint: Callable[..., tuple[Finding, ...]]
) -> None:
    """A reader of the page can try the example and see the finding."""
    findings = lint(on_minimal(rule.bad), files=rule.beside)
    assert {finding.rule for finding in findings} == {rule.id}
    assert all(finding.severity == rule.severity and not finding.ignored for finding in findings)


@by_id
def test_the_good_example_breaks_none(
    rule: Rule, on_minimal: Callable[[str], str], lint: Callable[..., tuple[Finding, ...]]
) -> None:
    """What a page calls fine has no finding that counts, of any rule."""
    assert [finding for finding in lint(on_minimal(rule.good), files=rule.beside) if not finding.ignored] == []


@by_id
def test_findings_stand_where_the_spec_says_it(
    rule: Rule, on_minimal: Callable[[str], str], lint: Callable[..., tuple[Finding, ...]]
) -> None:
    """The line of a finding holds the last word of its spec path, so that caret and text agree."""
    text = on_minimal(rule.bad)
    lines = text.splitlines()
    for finding in lint(text, files=rule.beside):
        words = [str(part) for part in finding.spec_path if isinstance(part, str)]
        shown = lines[finding.at.line - 1]
        if rule.judges == "spec":
            assert words[-1] in shown or shown.lstrip().startswith("-"), (finding, shown)


@cache
def bad_specs() -> tuple[tuple[Written, Spec], ...]:
    """Every bad example, read once."""
    documents = [read_yaml(spec_text(rule.bad).encode(), "seccfg.yaml") for rule in RULES]
    return tuple((Written(document.data), loader.load(document)) for document in documents)


@by_id
def test_a_rule_that_the_engine_skips_would_not_fire(rule: Rule) -> None:
    """`needs` is true: on a spec that writes none of those sections the check finds nothing."""
    if not rule.needs or rule.judges != "spec":
        return
    for written, spec in bad_specs():
        if not any(written.has(key) for key in rule.needs):
            assert list(rule.hits(spec)) == []


@by_id
def test_texts_are_complete(rule: Rule) -> None:
    """Every rule says why, what to do, and shows both sides as YAML."""
    assert rule.why.endswith(".")
    assert rule.fix.endswith((".", "`"))
    assert rule.name == rule.name.lower()
    assert isinstance(yaml.safe_load(rule.good), dict)
    assert rule.bad != rule.good


def test_messages_are_one_plain_line(
    on_minimal: Callable[[str], str], lint: Callable[..., tuple[Finding, ...]]
) -> None:
    """Lower case, no full stop, no line break."""
    for rule in RULES:
        for finding in lint(on_minimal(rule.bad), files=rule.beside):
            first = finding.message.lstrip("`")[0]
            assert finding.message.startswith("`") or first.islower() or finding.message.split()[0].isupper(), finding
            assert not finding.message.endswith(".")
            assert "\n" not in finding.message


def test_a_rule_has_one_check() -> None:
    """A second check would silently win."""
    rule = Rule(id="AUTH999", name="x", severity="note", why="w", fix="f", refs=(), bad="a: 1", good="a: 2")
    with pytest.raises(TypeError):
        rule.hits(None)  # type: ignore[arg-type]
    rule.check(lambda spec: [Hit((), "m")])
    with pytest.raises(TypeError):
        rule.check(lambda spec: [])
