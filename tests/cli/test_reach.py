"""What lint says of a rule beyond the spec: targets its examples differ on, controls that need it, whether it has a fix."""

from __future__ import annotations

import pytest

from seccfg.cli import reach
from seccfg.cli.render.about import about
from seccfg.findings import Finding, Span
from seccfg.lint.catalogue import lint_rules
from seccfg.lint.index import INDEX
from seccfg.lint.reach import REACH

RULES = {rule.id: rule for rule in lint_rules()}
SAMPLE = ("AUTH004", "AUTHZ014", "INPUT001", "LIMIT001", "REF108", "TLS008")
"""One for each kind of answer; `python -m seccfg.cli.reach --all` compiles the examples of every rule."""


def finding(rule: str, *path: str) -> Finding:
    return Finding(rule, "error", "m", Span("seccfg.yaml", 1, 1), spec_path=path)


def test_every_rule_has_a_row_and_the_controls_are_what_the_frameworks_say() -> None:
    """`make generate` writes them."""
    assert reach.main(["--check"]) == 0
    assert list(REACH) == [entry.id for entry in INDEX]


@pytest.mark.parametrize("rule", SAMPLE)
def test_the_targets_of_a_rule_are_those_whose_files_its_examples_differ_in(rule: str) -> None:
    """Compiled anew on every target."""
    assert " ".join(reach.targets_of(RULES[rule])) == REACH[rule][0]


def test_a_finding_names_the_targets_the_spec_is_built_for() -> None:
    """Those of the built-in ones only where the spec names none; no line for what does not load."""
    assert next(iter(about(finding("LIMIT001"), {"targets": {"opa": {}, "kong": {}}}))) == "targets: kong"
    assert next(iter(about(finding("LIMIT001"), {}))) == "targets: apigee, aws, azure, kong, python"
    assert next(iter(about(finding("AUTHZ014"), {}))) == "targets: none; no emitted file depends on it"
    assert next(iter(about(finding("DATA201"), {"targets": {"opa": {}}}))).startswith("targets: ")
    assert list(about(finding("YAML001"), None)) == []


def test_a_finding_names_the_controls_of_the_frameworks_that_are_claimed() -> None:
    """At the top of the spec or on the route the finding is on; of all where nothing is claimed."""
    on_route = {"compliance": ["soc2"], "routes": {"/a": {"get": {"compliance": ["pci-dss:6.2.4"]}}, "/b": {"get": {}}}}
    at_a, at_b = (finding("LIMIT001", "routes", path, "get") for path in ("/a", "/b"))
    assert list(about(at_a, on_route))[1] == "compliance: pci-dss 6.2.4; soc2 CC6.6, A1.1"
    assert list(about(at_b, on_route))[1] == "compliance: soc2 CC6.6, A1.1"
    assert {"gdpr", "owasp-api"} <= {part.split()[0] for part in list(about(at_b, {}))[1][12:].split("; ")}
    assert len(list(about(at_b, {"compliance": ["hipaa"]}))) == 1
