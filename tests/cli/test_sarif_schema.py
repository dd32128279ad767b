"""SARIF against the official schema, and against what code hosts take."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from seccfg.cli.checking import Checked, check_spec
from seccfg.cli.render import sarif as module
from seccfg.cli.render.sarif import sarif
from seccfg.findings import Finding, Severity, Span
from seccfg.lint.baseline import IN_BASELINE
from tests.conftest import EXAMPLES

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json").read_text())


def made(*results: Checked) -> dict:  # type: ignore[type-arg]
    value = json.loads(sarif(results))
    validator = jsonschema_rs.validator_for(SCHEMA)
    assert [error.message for error in validator.iter_errors(value)] == []
    return value  # type: ignore[no-any-return]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/seccfg.yaml")), ids=lambda path: path.parent.name)
def test_examples_are_valid(path: Path) -> None:
    """With all their findings, silenced ones too."""
    made(check_spec(str(path), "2026-01-05"))


def test_a_spec_that_does_not_load_is_valid(tmp_path: Path) -> None:
    """Its findings have places and no spec path."""
    (tmp_path / "seccfg.yaml").write_text("seccfg: 1\nroutes: {'/a b': [}\n")
    (run,) = made(check_spec(str(tmp_path / "seccfg.yaml"), "2026-01-05"))["runs"]
    assert run["results"]
    assert run["invocations"] == [{"executionSuccessful": False}]


def finding(number: int, severity: Severity, ignored: str = "") -> Finding:
    return Finding("LIMIT001", severity, f"finding {number}", Span("seccfg.yaml", number + 1, 1), ignored=ignored)


def test_limits_of_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One run; of too many results the most severe stay; at most twenty tags; a severity of its own."""
    monkeypatch.setattr(module, "_MOST_RESULTS", 3)
    found = tuple(finding(n, "error" if n == 9 else "note") for n in range(10))
    value = made(Checked("seccfg.yaml", {}, found))
    (run,) = value["runs"]
    assert [result["level"] for result in run["results"]] == ["error", "note", "note"]
    for rule in run["tool"]["driver"]["rules"]:
        assert len(rule["properties"]["tags"]) <= 20
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
    assert len({result["partialFingerprints"]["seccfg/v1"] for result in run["results"]}) == 3


def test_what_is_silenced_says_where() -> None:
    """In the source, or in a baseline beside it."""
    found = (finding(1, "note", "somebody said so"), finding(2, "note", IN_BASELINE))
    (run,) = made(Checked("seccfg.yaml", {}, found))["runs"]
    assert [result["suppressions"][0]["kind"] for result in run["results"]] == ["inSource", "external"]


def test_the_documented_limits() -> None:
    """GitHub: 25,000 results of a run, 1,000 places of a result, 20 tags of a rule."""
    assert module._MOST_RESULTS <= 25_000
    assert module._MOST_PLACES <= 1_000
    assert module._MOST_TAGS <= 20


def test_fixes_are_replacements_of_the_file(tmp_path: Path) -> None:
    """Valid, in the spec's own file, and marked where they may change what is allowed."""
    path = tmp_path / "seccfg.yaml"
    text = (EXAMPLES / "minimal" / "seccfg.yaml").read_text() + "headers: {set: {Server: x}}\ntls: {hsts: {max_age: 7d}}\n"
    path.write_text(text)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "users.json").write_bytes((EXAMPLES / "minimal" / "keys" / "users.json").read_bytes())
    (run,) = made(check_spec(str(path), "2026-01-05"))["runs"]
    fixes = {result["ruleId"]: result["fixes"][0] for result in run["results"] if "fixes" in result}
    assert {"DATA202", "DATA203", "TLS002"} <= set(fixes)
    assert fixes["TLS002"]["description"]["text"].endswith("(may change what is allowed)")
    for fix in fixes.values():
        (change,) = fix["artifactChanges"]
        assert change["artifactLocation"]["uri"].endswith("seccfg.yaml")
    (replaced,) = fixes["TLS002"]["artifactChanges"][0]["replacements"]
    region = replaced["deletedRegion"]
    line = text.split("\n")[region["startLine"] - 1]
    new = line[: region["startColumn"] - 1] + replaced["insertedContent"]["text"] + line[region["endColumn"] - 1 :]
    assert new == "tls: {hsts: {max_age: 365d}}"
