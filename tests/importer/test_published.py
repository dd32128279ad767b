"""Published descriptions, from import to a verified build, with the edits the summary lists and no others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from seccfg import api
from seccfg.cli.checking import check_spec
from seccfg.importer.openapi import import_openapi
from seccfg.importer.outcome import Imported

TODAY = "2026-01-05"
PUBLISHED = ("adyen-management-v3.yaml", "tictactoe.yaml")
COUNTS = {"adyen-management-v3.yaml": (134, 134), "tictactoe.yaml": (3, 3), "pets.yaml": (7, 4)}
"""Operations, and how many are carried over. pets.yaml is made up: it has some of all that cannot be."""
ANSWERS = {
    "service.hosts": "api.example.com",
    "upstreams.main.url": "http://127.0.0.1:9000",
    "issuer": "https://{name}.id.example.com/",
    "audiences": "the-api",
    "algorithms": "RS256",
    "client_id": "some-client",
    "redirect_uris": "https://app.example.com/callback",
}
"""What a user would write for each value, by the end of its place in the spec without an index."""


def edit(spec: Path, edits: list[dict[str, object]], file_for) -> None:
    """Apply *edits*, as the JSON summary lists them: each at its line, replacing exactly what it says stands there."""
    lines = spec.read_text(encoding="utf-8").split("\n")
    for entry in edits:
        at = re.sub(r"\[\d+\]$", "", str(entry["at"]))
        match entry["kind"]:
            case "value":
                key = at if at in ANSWERS else at.rpartition(".")[2]
                answer = ANSWERS[key].format(name=at.split(".")[1].lower())
                line = lines[int(str(entry["line"])) - 1]
                assert str(entry["value"]) in line, entry
                lines[int(str(entry["line"])) - 1] = line.replace(str(entry["value"]), answer)
            case "key-records" | "key-set":
                path = spec.parent / str(entry["path"])
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(file_for(str(entry["kind"]).replace("-", " ")))
            case kind:
                raise AssertionError(kind)
    spec.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", COUNTS)
def test_after_the_listed_edits_it_lints_builds_and_verifies(name, project, data, file_for):
    """No error finding, a build without a gap that stops it, and an engine that answers every boundary request alike."""
    spec = project / "seccfg.yaml"
    command = [sys.executable, "-m", "seccfg", "init", "-o", str(spec), "--format", "json", "--from-openapi"]
    done = subprocess.run([*command, str(data / name)], capture_output=True, text=True, check=True)
    summary = json.loads(done.stdout)
    assert (summary["operations"], summary["carried"]) == COUNTS[name]
    edit(spec, summary["edits"], file_for)
    checked = check_spec(str(spec), TODAY)
    assert checked.loads
    assert [finding for finding in checked.counting() if finding.severity == "error"] == []
    loaded = api.load(str(spec))
    (built,) = api.build(loaded, ("python",), TODAY)
    assert built.blocking == ()
    report = api.verify(loaded, ("python",), TODAY, ("python-asgi",))
    (target,) = report.targets
    assert [engine.failure for engine in target.engines] == [""]
    assert target.requests > 0
    assert target.differ == 0


@pytest.mark.parametrize("name", PUBLISHED)
def test_before_the_edits_nobody_comes_in(name, project, data):
    """The key files are missing, so lint reports errors and no build is made."""
    imported = import_openapi((data / name).read_bytes(), name)
    spec = project / "seccfg.yaml"
    spec.write_text(imported.spec, encoding="utf-8")
    for path, content in imported.files:
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_bytes(content)
    errors = {finding.rule for finding in check_spec(str(spec), TODAY).counting() if finding.severity == "error"}
    assert errors == {"REF020"}


def test_the_lines_of_the_summary_are_where_it_says(data):
    """Each edit's line holds the last key of its place."""
    imported: Imported = import_openapi((data / "tictactoe.yaml").read_bytes(), "tictactoe.yaml")
    lines = imported.spec.splitlines()
    for entry in imported.edits:
        key = next(step for step in reversed(entry.at) if isinstance(step, str))
        assert re.match(rf" *(?:{key}|{entry.at[-2]}): ", lines[entry.line - 1]), entry


def test_the_spec_reads_as_it_should(data, rewrite_golden):
    """Order, comments, and what is denied, to the byte."""
    imported = import_openapi((data / "pets.yaml").read_bytes(), "pets.yaml")
    golden = data / "pets.seccfg.yaml"
    if rewrite_golden:
        golden.write_text(imported.spec, encoding="utf-8")
    assert imported.spec == golden.read_text(encoding="utf-8")


def test_the_same_description_gives_the_same_bytes(data):
    """Twice, spec and files."""
    content = (data / "adyen-management-v3.yaml").read_bytes()
    assert import_openapi(content, "a.yaml") == import_openapi(content, "a.yaml")

