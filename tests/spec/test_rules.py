"""Checks between the parts of a spec: where each one draws its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from seccfg.findings import render_path

CASES = {
    case["case"]: case
    for case in yaml.safe_load((Path(__file__).parent / "data" / "rule-cases.yaml").read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("name", CASES)
def test_case(language: Any, name: str) -> None:
    """The case loads, or is refused once, by its rule at its place; loader and models agree."""
    case = CASES[name]
    data = language.on_minimal(case["spec"])
    expected = [(case["refused"], case["at"])] if "refused" in case else []
    found = language.findings(data)
    assert [(finding.rule, render_path(finding.spec_path)) for finding in found] == expected, [str(f) for f in found]
    assert language.model_accepts(data) is (not expected)


def test_both_outcomes_are_covered() -> None:
    """There are cases that load and cases that do not."""
    refused = [case for case in CASES.values() if "refused" in case]
    assert min(len(refused), len(CASES) - len(refused)) > 20


def test_patterns_of_parameters_are_placed(language: Any) -> None:
    """What is wrong with a pattern is shown inside it."""
    text = (
        "seccfg: 1\nservice: {name: n, hosts: [h]}\nupstreams: {m: {url: http://h}}\n"
        "routes: {/x: {get: {public: true, reason: x, query: {q: {pattern: 'a(?i)b'}}}}}\n"
    )
    (finding,) = language.text_findings(text)
    assert finding.rule == "INPUT105"
    assert (finding.at.line, text.splitlines()[3][finding.at.column - 1 :][:1]) == (4, "i")
