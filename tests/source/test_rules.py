"""The load rules: each one's bad example breaks exactly that rule, its good example none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seccfg.findings import Finding, SourceError
from seccfg.source.project import load_config, load_spec_document, project_root
from seccfg.source.rules import LOAD_RULES, LoadRule

Write = Callable[..., str]


@pytest.mark.parametrize("rule", LOAD_RULES, ids=lambda rule: rule.id)
def test_examples(rule: LoadRule, write: Write) -> None:
    """The page of a rule shows what really happens."""
    assert {finding.rule for finding in _run(rule, rule.bad, write)} == {rule.id}
    assert _run(rule, rule.good, write) == ()


def _run(rule: LoadRule, text: str, write: Write) -> tuple[Finding, ...]:
    for name, content in rule.beside:
        write(name, content)
    path = write(rule.file, text.encode(rule.encoding))
    try:
        if rule.file.endswith(".toml"):
            load_config(project_root(path))
            return ()
        return load_spec_document(path, rule.env or None).warnings
    except SourceError as error:
        return error.findings


def test_ids_and_names_are_unique() -> None:
    """Area and three digits, in order; names are kebab-case."""
    ids = [rule.id for rule in LOAD_RULES]
    assert ids == sorted(set(ids))
    assert all(id_.startswith("YAML") and len(id_) == 7 and id_[4:].isdigit() for id_ in ids)
    names = [rule.name for rule in LOAD_RULES]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and " " not in name for name in names)


@pytest.mark.parametrize("rule", LOAD_RULES, ids=lambda rule: rule.id)
def test_texts(rule: LoadRule) -> None:
    """Why and fix are sentences."""
    for text in (rule.why, rule.fix):
        assert text[0].isupper() or text[0] == "`"
        assert text.endswith(".")
        assert "\n" not in text
