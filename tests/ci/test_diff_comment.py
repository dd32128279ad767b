"""The action's mode `diff`: one comment, made once and then changed, and the exit code of `--fail-on`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ci.test_hosts import act
from tests.conftest import EXAMPLES

GH = """#!/usr/bin/env bash
printf '%s\\n' "$*" >> "$GH_CALLS"
case "$*" in *--paginate*) cat "$GH_KNOWN" 2>/dev/null || true ;; esac
"""


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout of a pull request whose spec opens a route, and a `gh` that writes down what it is asked."""
    folder = tmp_path / "checkout"
    shutil.copytree(EXAMPLES / "minimal", folder, ignore=shutil.ignore_patterns("expected"))
    author = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(folder), *author, *words], check=True)
    spec = folder / "seccfg.yaml"
    spec.write_text(spec.read_text().replace("{allow: [{scopes: [notes.write]}]}", "{allow: authenticated}"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(GH)
    (tmp_path / "bin/gh").chmod(0o755)
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    for name, value in {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "GH_CALLS": str(tmp_path / "calls"), "GH_KNOWN": str(tmp_path / "known"),
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "GITHUB_REPOSITORY": "acme/notes", "GITHUB_BASE_REF": "",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return folder


def calls(folder: Path) -> list[str]:
    return (folder.parent / "calls").read_text().splitlines()


def test_a_comment_is_made_and_then_kept_up_to_date(request_: Path) -> None:
    """The first run posts, the next one changes the comment that bears the mark; the body says what is opened."""
    done = act(request_, mode="diff", base="main", token="secret")
    assert done.returncode == 0, done.stderr
    assert "WIDENS" in done.stdout
    body = (request_ / "seccfg-diff.md").read_text()
    assert body.startswith("<!-- seccfg diff -->\n**WIDENS**\n")
    assert "may now POST /notes" in body
    assert "--method POST repos/acme/notes/issues/7/comments" in calls(request_)[1]
    (request_.parent / "known").write_text("42\n")
    act(request_, mode="diff", base="main", token="secret")
    assert "--method PATCH repos/acme/notes/issues/comments/42" in calls(request_)[-1]
    assert "secret" not in "".join(calls(request_)) + done.stdout + done.stderr


def test_a_widening_fails_the_job_where_it_is_asked_to(request_: Path) -> None:
    """The comment is written all the same; without a token nothing is posted."""
    assert act(request_, mode="diff", base="main", fail_on="widens").returncode == 1
    assert act(request_, mode="diff", base="main", fail_on="widens:/health").returncode == 0
    assert not (request_.parent / "calls").exists()


def test_what_cannot_be_compared(request_: Path) -> None:
    """No pull request and no base; a base that is an option."""
    for base in ("", "--output=x"):
        done = act(request_, mode="diff", base=base)
        assert done.returncode == 2
        assert "::error::seccfg:" in done.stderr
