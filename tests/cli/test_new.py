"""What `seccfg new` writes passes the checks of this project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seccfg.cli.commands import call
from seccfg.findings import InputError
from seccfg.lint.catalogue import rules
from tests.conftest import ROOT


def run(folder: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In a copy of the package: generated pages and index take it up, its own examples hold, nothing else fires."""
    shutil.copytree(ROOT / "seccfg", tmp_path / "seccfg", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "docs" / "rules", tmp_path / "docs" / "rules")
    monkeypatch.chdir(tmp_path)
    assert call(["new", "rule", "tls", "title-of-example"]) == 0
    shown = capsys.readouterr()
    ident = shown.err.partition(":")[0]
    assert ident not in {rule.id for rule in rules()}
    assert shown.out == "seccfg/lint/rules/tls/title_of_example.py\n"
    made = run(tmp_path, "-m", "seccfg.lint.generate", path=str(tmp_path))
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "docs" / "rules" / f"{ident}.md").is_file()
    tests = run(
        tmp_path, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-c",
        str(ROOT / "pyproject.toml"), str(ROOT / "tests" / "lint" / "test_rules.py"), "-k", ident, path=str(tmp_path),
    )  # fmt: skip
    assert tests.returncode == 0, tests.stdout
    assert run(tmp_path, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), shown.out.strip()).returncode == 0
    with pytest.raises(InputError, match="exists already"):
        call(["new", "rule", "tls", "title-of-example"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rule", "nowhere", "x"], "is no area; there are AUDIT"),
        (["rule", "tls", "Not Kebab"], "lower case with `-`"),
        (["rule", "tls", "fine"], "checkout"),
        (["target", "../x"], "lower-case letters"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str) -> None:
    """And nothing is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said):
        call(["new", *words])
    assert list(tmp_path.iterdir()) == []


def test_a_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own tests pass, ruff and mypy find nothing, and it is a package that can be built."""
    monkeypatch.chdir(tmp_path)
    assert call(["new", "target", "sample"]) == 0
    folder = tmp_path / "seccfg_sample"
    path = os.pathsep.join((str(folder), str(ROOT), str(ROOT / "targets")))
    tests = run(folder, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "tests", path=path)
    assert tests.returncode == 0, tests.stdout
    style = run(folder, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "seccfg_sample")
    assert style.returncode == 0, style.stdout
    types = run(folder, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"), "-p", "seccfg_sample", path=path)
    assert types.returncode == 0, types.stdout
    import tomllib

    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["seccfg.targets"] == {"sample": "seccfg_sample:TARGET"}
