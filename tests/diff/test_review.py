"""Review: a revision alone, history, acceptances, failing on routes, comments that fit, files, and the published schema."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from seccfg import api
from seccfg.cli.commands import call
from seccfg.cli.render.difference_json import as_json, several_as_json
from seccfg.cli.render.difference_markdown import LIMIT_BYTES, markdown
from seccfg.diff.acceptance import counting, fail_pattern
from seccfg.diff.files import file_changes
from seccfg.diff.model import AccessChange, Difference
from seccfg.findings import InputError
from tests.diff.conftest import BASE, Versions, replaced

ROOT = Path(__file__).resolve().parents[2]
DELETE = {"delete: {allow: [{roles: [admin]}]": "delete: {allow: [{roles: [writer]}]"}
SENTENCE = "`writer` may now DELETE /v1/notes/{id}"


def git(folder: Path, *words: str) -> None:
    author = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *author, *words], check=True, capture_output=True)


@pytest.fixture
def repository(versions: Versions, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose one commit has the base spec; the current folder is its top."""
    folder = Path(versions.write("repo", BASE)).parent
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "the notes")
    monkeypatch.chdir(folder)
    return folder


def test_a_revision_alone_finds_what_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unchanged specs are left out, new ones and removed ones are told."""
    assert api.diff_since("HEAD", ("seccfg.yaml",)) == ()
    (repository / "seccfg.yaml").write_text(replaced(BASE, DELETE))
    (repository / "other").mkdir()
    (repository / "other/seccfg.yaml").write_text((ROOT / "examples/minimal/seccfg.yaml").read_text().replace("keys/", "../keys/"))
    found = api.diff_since("HEAD", ("seccfg.yaml", "other/seccfg.yaml"))
    assert [(one.path, one.how, one.found.verdict) for one in found] == [
        ("other/seccfg.yaml", "added", "WIDENS"), ("seccfg.yaml", "changed", "WIDENS"),
    ]  # fmt: skip
    assert call(["diff", "HEAD", "--fail-on", "widens"]) == 1
    assert capsys.readouterr().out.startswith("WIDENS\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "more")
    os.remove(repository / "other/seccfg.yaml")
    (gone,) = api.diff_since("HEAD", ("seccfg.yaml",))
    assert (gone.how, gone.found.verdict) == ("removed", "NARROWS")


def test_history_says_what_each_commit_did(repository: Path) -> None:
    """The newest first, each with its verdict."""
    (repository / "seccfg.yaml").write_text(replaced(BASE, DELETE))
    git(repository, "commit", "-qam", "writers delete")
    (repository / "seccfg.yaml").write_text("# a word\n" + replaced(BASE, DELETE))
    git(repository, "commit", "-qam", "a comment")
    steps = list(api.history("seccfg.yaml", 20))
    assert [(s.subject, s.verdict) for s in steps] == [
        ("a comment", "EQUIVALENT"), ("writers delete", "WIDENS"), ("the notes", "ADDED"),
    ]  # fmt: skip
    assert steps[1].sentences == (f"+ {SENTENCE}",)
    assert len(list(api.history("seccfg.yaml", 1))) == 1


FAILING = [("widens", True), ("widens:DELETE /notes/**", True), ("widens:/notes/*", True), ("widens:GET /notes/**", False),
           ("widens:/teams/**", False)]  # fmt: skip


@pytest.mark.parametrize("asked, fails", FAILING)
def test_failing_on_some_routes(edited: Callable[..., Difference], asked: str, fails: bool) -> None:
    """Patterns are written as those of invariants, without the base path."""
    assert bool(counting(edited(DELETE), fail_pattern(asked), "2026-01-05")) is fails


def test_a_change_names_who_answers_for_it(versions: Versions) -> None:
    """The owner of the service, where the role has none of its own."""
    owned = replaced(BASE, {"service: {": "service: {owner: team-notes, "})
    (change,) = api.diff(versions.write("a", owned), versions.write("b", replaced(owned, DELETE))).access
    assert change.owner == "team-notes"


def test_a_pattern_that_means_no_route_is_an_error(repository: Path) -> None:
    """A misspelt one would let every widening through; one for a route that did not change is none."""
    git(repository, "tag", "before")
    (repository / "seccfg.yaml").write_text(replaced(BASE, DELETE))
    for versions, pattern in ((["HEAD"], "DELETE /nots/**"), (["before:seccfg.yaml", "seccfg.yaml"], "/v2/**")):
        with pytest.raises(InputError, match="means no route"):
            call(["diff", *versions, "--fail-on", f"widens:{pattern}"])
    assert call(["diff", "before:seccfg.yaml", "seccfg.yaml", "--fail-on", "widens:DELETE /notes/**"]) == 1
    assert call(["diff", "before:seccfg.yaml", "seccfg.yaml", "--fail-on", "widens:GET /notes/**"]) == 0
    git(repository, "commit", "-qam", "wider")
    assert call(["diff", "HEAD", "--fail-on", "widens:DELETE /notes/**"]) == 0
    with pytest.raises(InputError, match="means no route"):
        call(["diff", "HEAD", "--fail-on", "widens:DELETE /nots/**"])


@pytest.mark.parametrize("asked", ["narrows", "widens:notes", ""])
def test_what_nothing_can_fail_on(asked: str) -> None:
    """Said, not taken for something else."""
    with pytest.raises(InputError):
        fail_pattern(asked)


def test_an_accepted_widening_passes_until_its_day(versions: Versions) -> None:
    """The sentence as `diff` prints it; another one is not covered."""
    entry = f'accept: [{{widening: "{SENTENCE}", reason: asked for, owner: a@example.com, expires: 2026-06-30}}]\n'
    found = versions.compare(BASE, replaced(BASE, DELETE) + entry)
    assert found.verdict == "WIDENS"
    assert found.access[0].accepted is not None
    assert counting(found, None, "2026-06-30") == ()
    assert len(counting(found, None, "2026-07-01")) == 1
    other = versions.compare(BASE, replaced(BASE, DELETE) + entry.replace("DELETE", "PUT"))
    assert len(counting(other, None, "2026-01-05")) == 1


def test_a_comment_fits_a_pull_request() -> None:
    """However much there is to say, it is cut at a line, folds are closed, and what is left out is counted."""
    change = AccessChange("widens", "`a` may now GET /" + "x" * 200, (), None)
    text = markdown(Difference("WIDENS", tuple([change] * 2_000)))
    assert len(text.encode()) <= LIMIT_BYTES
    assert text.startswith("**WIDENS**\n")
    assert "more lines" in text.splitlines()[-1]
    assert text.count("<details>") == text.count("</details>")


def test_json_is_as_published(edited: Callable[..., Difference], repository: Path) -> None:
    """`schemas/diff.v1.schema.json` describes what is printed."""
    validator = jsonschema.Draft7Validator(json.loads((ROOT / "schemas/diff.v1.schema.json").read_text()))
    for found in (edited(DELETE), edited({"max: 1MiB": "max: 2MiB"})):
        validator.validate(json.loads(as_json(found)))
    (repository / "seccfg.yaml").write_text(replaced(BASE, DELETE))
    validator.validate(json.loads(several_as_json("WIDENS", api.diff_since("HEAD", ("seccfg.yaml",)))))
    assert not validator.is_valid({"version": 1, "verdict": "WIDENS"})


def test_files_without_noise() -> None:
    """Order of members, space, digests and packed copies are no difference; a value is."""
    old = {"a.json": b'{"b": 1, "a": [1, 2]}', "x.tar.gz": b"1", "seccfg.manifest.json": b'{"spec_sha256": "1", "files": []}'}
    other = b'{"spec_sha256": "2", "files": [1]}'
    new = {"a.json": b'{\n "a": [1, 2],\n "b": 1}\n', "x.tar.gz": b"2", "seccfg.manifest.json": other}
    assert list(file_changes(old, new)) == []
    (found,) = file_changes(old, {**new, "a.json": b'{"a": [1, 3], "b": 1}'})
    assert (found.path, found.kind) == ("a.json", "changed")
    assert any(line.startswith("+") and "3" in line for line in found.lines)
    assert [change.kind for change in file_changes({"a": b""}, {"b": b""})] == ["removed", "added"]


def test_two_builds(versions: Versions, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Folders `seccfg build` wrote are compared file by file."""
    for name, text in (("old", BASE), ("new", replaced(BASE, {"max: 1MiB": "max: 2MiB"}))):
        loaded = api.load(versions.write(name, text))
        api.write(loaded, api.build(loaded, ["python"], "2026-01-05"), str(tmp_path / f"build-{name}"), "0")
    assert call(["diff", str(tmp_path / "build-old"), str(tmp_path / "build-old")]) == 0
    assert capsys.readouterr().out == "EQUIVALENT\n"
    assert call(["diff", "--exit-code", str(tmp_path / "build-old"), str(tmp_path / "build-new")]) == 4
    shown = capsys.readouterr().out
    assert shown.startswith("DIFFERENT\n")
    assert "2097152" in shown


@pytest.mark.parametrize("name", ["kong.yaml", "template.json"])
def test_a_program_in_a_member_is_told_by_its_lines(name: str) -> None:
    """One changed line of it is one line, not the whole program twice."""
    versions = [json.dumps({"access": [f"local a = 1\nlocal b = {n}\nreturn a \\ b\n"], "n": "x\\ny"}).encode() for n in (1, 2)]
    (change,) = file_changes({name: versions[0]}, {name: versions[1]})
    assert [line.strip() for line in change.lines if line[0] in "+-"] == ["-   local b = 1", "+   local b = 2"]
