"""Findings as code hosts read them: SARIF, workflow commands, and the texts between."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from seccfg.cli.checking import Checked, check_spec
from seccfg.cli.console import Console, Style
from seccfg.cli.render import FORMATS, render
from seccfg.cli.render.full import wrapped
from seccfg.cli.render.github import github
from seccfg.findings import Finding, Related, Span
from seccfg.lint.fingerprint import fingerprint

TODAY = "2026-01-05"
SPEC = """seccfg: 1
service: {name: notes, hosts: [notes.example.com]}
upstreams: {main: {url: http://127.0.0.1:8000}}
auth:
  users: {type: oidc, issuer: https://id.example.com/, audiences: ["*"], algorithms: [RS256, ES256]}
rate_limits: {per-ip: {limit: 100, window: 15m, by: ip}}
defaults: {auth: [users], rate_limits: [per-ip]}
tls: {hsts: {max_age: 1d, preload: true}}
routes:
  /health: {get: {public: true, reason: probe, without: {rate_limits: [per-ip], reason: r}}}
  /notes: {get: {allow: authenticated}}
waivers:
  - {rule: AUTH001, at: auth.users.algorithms, reason: they change over, owner: team, expires: 2026-12-31}
"""


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checked:
    """A spec with findings, below the top of a repository."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "api" / "a b").mkdir(parents=True)
    (tmp_path / "api" / "a b" / "seccfg.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path / "api")
    return check_spec("a b/seccfg.yaml", TODAY)


def sarif(*results: Checked) -> dict[str, Any]:
    value = json.loads(render(results, "sarif", Console("never")))
    assert isinstance(value, dict)
    return value


def test_sarif_has_the_shape_code_hosts_read(checked: Checked) -> None:
    """SARIF 2.1.0: one run, each result names a rule of the list by id and index, places count from 1."""
    log = sarif(checked)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    driver = run["tool"]["driver"]
    assert driver["name"] == "seccfg"
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    assert len(run["results"]) == len(checked.findings) > 4
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert all(isinstance(value, int) and value >= 1 for value in region.values())
        assert (region["startLine"], region["startColumn"]) < (region["endLine"], region["endColumn"])
        assert location["logicalLocations"][0]["fullyQualifiedName"]
        assert all(related["message"]["text"] for related in result["relatedLocations"])


def test_sarif_rules_carry_what_a_host_shows(checked: Checked) -> None:
    """Names, texts, level, and the properties that rank alerts; at most twenty tags, frameworks first."""
    (run,) = sarif(checked)["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        assert {"id", "name", "shortDescription", "fullDescription", "help", "defaultConfiguration"} <= rule.keys()
        assert rule["help"]["text"]
        assert rule["help"]["markdown"].startswith(f"# {rule['id']}: ")
        properties = rule["properties"]
        assert len(properties["tags"]) <= 20
        assert properties["tags"][-2:] == ["security", rule["id"].rstrip("0123456789").lower()]
        assert properties["precision"] in ("very-high", "high", "medium", "low")
        assert 0 <= float(properties["security-severity"]) <= 10


def test_sarif_paths_are_relative_to_the_top_of_the_repository(checked: Checked) -> None:
    """Whatever folder the command was run in; a path is a URI."""
    (run,) = sarif(checked)["runs"]
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert places == {"api/a%20b/seccfg.yaml"}


def test_sarif_keeps_what_is_ignored_as_suppressed(checked: Checked) -> None:
    """With the reason; what counts has an empty list, so that a host knows it was asked."""
    (run,) = sarif(checked)["runs"]
    suppressed = {result["ruleId"]: result["suppressions"] for result in run["results"]}
    assert suppressed["AUTH001"] == [{"kind": "inSource", "status": "accepted", "justification": "they change over"}]
    assert [ident for ident, why in suppressed.items() if why] == ["AUTH001"]


def test_fingerprints_survive_other_changes_of_the_file(checked: Checked) -> None:
    """They are made of rule, place and value, not of line numbers; two findings never share one."""
    path = Path("a b/seccfg.yaml")
    (before,) = sarif(checked)["runs"]
    path.write_text("# a comment\n\n" + SPEC.replace("max_age: 1d,", "max_age:   1d ,"))
    (after,) = sarif(check_spec("a b/seccfg.yaml", TODAY))["runs"]
    marks = [[result["partialFingerprints"] for result in run["results"]] for run in (before, after)]
    assert marks[0] == marks[1]
    assert len({mark["primaryLocationLineHash"] for mark in marks[0]}) == len(marks[0])
    path.write_text(SPEC.replace('["*"]', '["*", other]'))
    changed = check_spec("a b/seccfg.yaml", TODAY)
    one, other = (next(f for f in c.findings if f.rule == "AUTH004") for c in (checked, changed))
    assert fingerprint(one, checked.data) == fingerprint(other, changed.data)
    path.write_text(SPEC.replace('["*"]', '["*.example.com"]'))
    changed = check_spec("a b/seccfg.yaml", TODAY)
    other = next(f for f in changed.findings if f.rule == "AUTH004")
    assert fingerprint(one, checked.data) != fingerprint(other, changed.data)


def test_sarif_of_a_spec_that_does_not_load_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run was not successful, and its findings are there all the same."""
    monkeypatch.chdir(tmp_path)
    Path("seccfg.yaml").write_text("seccfg: [1\n")
    (run,) = sarif(check_spec("seccfg.yaml", TODAY))["runs"]
    assert run["invocations"] == [{"executionSuccessful": False}]
    assert run["results"][0]["ruleId"] == "YAML001"


def test_workflow_commands_come_most_severe_first(checked: Checked) -> None:
    """Only the first ten of a level are shown, so errors must not be pushed out by notes."""
    lines = github((checked, checked)).splitlines()[:-1]
    levels = [line.split(" ")[0] for line in lines]
    assert levels == sorted(levels, key=["::error", "::warning", "::notice"].index)
    assert all(
        re.match(
            r"::\w+ file=api/a b/seccfg\.yaml,line=\d+,col=\d+,endLine=\d+,endColumn=\d+,title=[A-Z]+\d{3}::", line
        )
        for line in lines
    )
    assert not any("AUTH001" in line for line in lines)


def test_workflow_commands_cannot_be_forged() -> None:
    """A line break or a colon in a name or a message stays inside its part of the command."""
    at = Span("a,b:c\n%.yaml", 1, 1)
    (line, _) = github((Checked("x", {}, (Finding("AUTH001", "error", "one\n::error::two\r%0A", at),)),)).splitlines()
    assert line == r"::error file=a%2Cb%3Ac\n%25.yaml,line=1,col=1,title=AUTH001::one%0A::error::two%0D%250A"


def test_the_job_summary_lists_every_finding(checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a table, added to what other steps wrote."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    github((checked,))
    text = summary.read_text()
    assert text.startswith("before\n### seccfg lint: ")
    assert text.count("\n| ") == len(checked.counting()) + 1
    assert "| error | AUTH004 | api/a b/seccfg.yaml:5:" in text


def test_a_summary_that_cannot_be_written_is_an_error(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said in one line, not lost."""
    from seccfg.findings import InputError

    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "none" / "summary.md"))
    with pytest.raises(InputError, match="GITHUB_STEP_SUMMARY cannot be written: no such file"):
        github((checked,))


def test_full_shows_related_places_and_any_character(tmp_path: Path) -> None:
    """Both lines with their marks; nothing that would move the cursor reaches the terminal."""
    file = tmp_path / "s.yaml"
    file.write_text("a: \x1b[31m\tred\nb: 2\n")
    at = Span(str(file), 1, 4, 1, 8)
    finding = Finding(
        "YAML011", "error", "a \x1b[2Jmessage", at, "", (Related(Span(str(file), 2, 1, 2, 2), "the other"),)
    )
    text = render((Checked(str(file), None, (finding,)),), "full", Console("never"))
    assert "1 | a: ?[31m red" in text
    assert "  |    ^^^^" in text
    assert ": the other\n" in text
    assert "2 | b: 2\n  | -\n" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "auto"])
def test_every_format_takes_findings_without_a_place(format: str) -> None:
    """A finding on a file that is gone, or on nothing in particular, is still printed."""
    finding = Finding("YAML014", "error", "nothing there", Span("gone.yaml", 0, 0))
    assert "gone.yaml" in render((Checked("gone.yaml", None, (finding,)),), format, Console("never"))


def test_wrapping_never_loses_a_word() -> None:
    """Lines fit where words do, and joined again they are the text."""
    text = "one two three " * 9 + "averyveryverylongword" * 5
    lines = wrapped(text, 30, 4)
    assert " ".join(lines) == text
    assert all(len(line) <= 30 for line in lines[:-1])


@pytest.mark.parametrize("choice, colored", [("always", True), ("never", False), ("auto", False)])
def test_a_pipe_is_not_coloured_unless_asked(choice: Any, colored: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` looks at standard output."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert Console(choice).style.on is colored
    assert Style(False)("error", "x") == "x"
