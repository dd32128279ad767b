"""Formats that machines read, and evidence from engines that ran."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema_rs
import pytest

from seccfg import api
from seccfg.report.executed import execute
from seccfg.report.model import Executed
from seccfg.report.render import render
from tests.report.conftest import DATA, MakeReport

CLEAN = (DATA / "seccfg.yaml").read_text()
SCHEMAS = Path(__file__).parent / "schemas"


@pytest.mark.parametrize(
    ("format_", "schema"),
    [("oscal", "oscal_assessment-results_schema.json"), ("oscal-component", "oscal_component_schema.json")],
)
@pytest.mark.parametrize("run", [True, False])
def test_oscal_is_valid(report_of: MakeReport, format_: str, schema: str, run: bool) -> None:
    """Against the official schema, whose patterns need an engine with Unicode classes."""
    validator = jsonschema_rs.validator_for(json.loads((SCHEMAS / schema).read_text()))
    report = report_of(CLEAN) if run else report_of(CLEAN.replace("[cardholder, personal]", "[prices]"), Executed())
    value = json.loads(render(report, format_))
    assert [error.message for error in validator.iter_errors(value)] == []
    assert json.loads((SCHEMAS / schema).read_text())["$id"].split("/")[-2] == "1.2.1"


def test_oscal_says_how_it_was_found_out(report_of: MakeReport) -> None:
    """Examined, tested, or only declared; satisfied is said of nothing else."""
    report = report_of(CLEAN)
    result = json.loads(render(report, "oscal"))["assessment-results"]["results"]
    methods = {method for one in result for seen in one["observations"] for method in seen["methods"]}
    assert methods == {"EXAMINE", "TEST", "INTERVIEW"}
    satisfied = sum(f["target"]["status"]["state"] == "satisfied" for one in result for f in one["findings"])
    assert satisfied == report.count("satisfied")


def test_csv_has_a_row_for_each_control_and_no_formula(report_of: MakeReport) -> None:
    """A spreadsheet runs nothing."""
    report = report_of(CLEAN.replace("owner: team-payments@example.com\n  hosts", 'owner: "=HYPERLINK(1)"\n  hosts'))
    rows = list(csv.DictReader(io.StringIO(render(report, "csv").decode(), newline="")))
    assert len(rows) == len(report.verdicts)
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


def test_markdown_takes_text_for_text(report_of: MakeReport) -> None:
    """Names and reasons of a spec cannot end a table or add markup."""
    hostile = CLEAN.replace("title: Payments API", 'title: "a|b <script> [x](y) `z`"')
    text = render(report_of(hostile), "markdown").decode()
    assert "<script>" not in text
    assert "a\\|b" in text


def test_evidence_names_rules_lines_artefacts_and_requests(report_of: MakeReport) -> None:
    """Every field of the record, with requests run on the emitted middleware."""
    path = str(DATA / "seccfg.yaml")
    loaded = api.load(path)
    policy = api.policy(loaded)
    executed = execute(policy, {"python": api.options_of(loaded.spec, "python")})
    assert executed.targets == ("python",)
    assert all(one.agrees for _, found in executed.observations for one in found)
    from seccfg.report.assemble import summary

    (built,) = api.build(loaded, ("python",), "2026-01-05", policy)
    targets = (summary("python", built.output, [(gap, "does not block") for gap in built.output.gaps]),)
    value = json.loads(render(report_of(CLEAN, executed, targets), "json"))
    (pci,) = [one for one in value["frameworks"] if one["framework"] == "pci-dss"]
    control = next(one for one in pci["controls"] if one["control"] == "pci-dss:4.2.1")
    assert control["verdict"] == "satisfied"
    checks = [need for need in control["needs"] if need["need"].startswith("check tls-minimum")]
    assert checks[0]["places"][0]["spec_path"] == "tls.min_version"
    assert "seccfg.yaml:" in checks[0]["places"][0]["at"]
    assert control["emitted_artifacts"] == [{"target": "python", "sha256": targets[0].sha256}]
    tests = [test for need in control["needs"] for test in need["tests"]]
    assert tests
    assert {"asgi", "wsgi"} <= {engine.split("-")[-1] for test in tests for engine in test["observed"]}
    short = next(one for one in pci["controls"] if one["control"] == "pci-dss:10.2.1")
    assert short["targets_that_fall_short"] == ["python"]
    assert short["verdict"] == "partial"
    rule = next(one for one in pci["controls"] if one["control"] == "pci-dss:7.2.2")
    assert rule["rule_ids"] == ["AUTHZ001", "AUTHZ007", "AUTHZ012", "AUTHZ016", "AUTHZ019"]
