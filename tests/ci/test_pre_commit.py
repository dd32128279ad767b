"""The hooks as pre-commit runs them: cloned from this repository, installed by pip, on a repository of a user's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import EXAMPLES, ROOT

HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main")


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(
        words, cwd=folder, env={**clean, **environment}, capture_output=True, text=True, check=False, timeout=900
    )


@pytest.fixture(scope="module")
def hooks_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project as a repository of its own: what is checked out here, committed."""
    folder = tmp_path_factory.mktemp("hooks")
    listed = run(ROOT, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    needed = re.compile(r"(seccfg/|targets/|pyproject\.toml|README\.md|LICENSE|\.pre-commit-hooks\.yaml)")
    for name in filter(needed.match, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "hooks")):
        assert run(folder, *GIT, *words).returncode == 0
    return folder


def test_hooks_on_a_repository(hooks_repository: Path, tmp_path: Path) -> None:
    """`pre-commit try-repo`: two specs, one of them dangerous, one not laid out; what is built is not up to date."""
    for name, text in {
        "a": (EXAMPLES / "minimal" / "seccfg.yaml").read_text(),
        "b": (EXAMPLES / "minimal" / "seccfg.yaml").read_text().replace("[notes],", "['*'],").replace("get: {", "get:   {"),
    }.items():
        shutil.copytree(EXAMPLES / "minimal" / "keys", tmp_path / name / "keys")
        (tmp_path / name / "seccfg.yaml").write_text(text)
    (tmp_path / "other.yaml").write_text("not: a spec\n")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "specs")):
        assert run(tmp_path, *GIT, *words).returncode == 0
    done = run(
        tmp_path, sys.executable, "-m", "pre_commit", "try-repo", f"file://{hooks_repository}", "--all-files", "--verbose",
        PRE_COMMIT_HOME=str(tmp_path / ".home"), PRE_COMMIT_COLOR="never", SOURCE_DATE_EPOCH="1767614400",
    )  # fmt: skip
    results = dict(re.findall(r"^(seccfg [\w -]*?)\.{3,}(\w+)$", done.stdout, re.MULTILINE))
    assert results == {"seccfg lint": "Failed", "seccfg build --check": "Failed", "seccfg fmt": "Failed"}, done.stdout + done.stderr
    assert "b/seccfg.yaml:6:68: error[AUTH004]" in done.stdout
    assert "a/seccfg.yaml:" not in done.stdout.split("seccfg build")[0].replace("a/seccfg.yaml: ", "")
    assert "other.yaml" not in done.stdout
    assert "b/seccfg.yaml: laid out anew" in done.stdout
    assert "get: {public" in (tmp_path / "b" / "seccfg.yaml").read_text()
    assert done.returncode == 1


def test_hooks_name_commands_there_are() -> None:
    """And take the files they are about."""
    from seccfg.cli.commands import COMMANDS

    assert set(HOOKS) == {"seccfg-lint", "seccfg-build-check", "seccfg-fmt"}
    for hook in HOOKS.values():
        program, command, *_ = hook["entry"].split()
        assert program == "seccfg"
        assert command in COMMANDS
        files = re.compile(hook["files"])
        assert files.search("seccfg.yaml")
        assert files.search("apis/x/seccfg.yml")
        assert not files.search("seccfg.yaml.bak")
        assert not files.search("my-seccfg.yaml")
