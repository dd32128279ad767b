"""`seccfg build --check-with-vendor`, with programs on PATH that stand where Kong's own would."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from seccfg.cli.main import run
from seccfg.targetapi.base import File
from seccfg.targetapi.vendor import VendorChecked, VendorTool, check_with_vendor
from seccfg_kong import TARGET

MINIMAL = Path(__file__).resolve().parents[3] / "examples" / "minimal"
JUDGE = """#!/bin/sh
echo "$0 $*" >> "$SEEN"
echo "database $KONG_DATABASE" >> "$SEEN"
test -s kong.yaml -a -s kong.conf || exit 3
printf '%s' "$SAYS" >&2
exit "$CODE"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec in a folder of its own, and an empty folder as the only one on PATH but the shell's."""
    folder = tmp_path / "project"
    shutil.copytree(MINIMAL, folder, ignore=shutil.ignore_patterns("expected"))
    (folder / ".git").mkdir()
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.setenv("CODE", "0")
    monkeypatch.setenv("SAYS", "")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(folder)
    return folder


def install(project: Path, name: str) -> None:
    path = project.parent / "bin" / name
    path.write_text(JUDGE, encoding="ascii")
    path.chmod(0o755)


def build(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["seccfg", "build", "-t", "kong", "--check-with-vendor"])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(SystemExit) as ended:
        run()
    return int(ended.value.code or 0)


def test_what_is_installed_judges_and_the_build_is_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both programs run where the files are, Kong's without a database."""
    install(project, "kong")
    install(project, "deck")
    assert build(monkeypatch) == 0
    seen = (project.parent / "seen").read_text().splitlines()
    ran = [line.rpartition("/")[2] for line in seen[::2]]
    assert ran == ["kong config parse kong.yaml -c kong.conf", "deck file validate kong.yaml"]
    assert seen[1] == "database off"
    assert (project / "build" / "kong" / "kong.yaml").is_file()


def test_one_of_them_is_enough(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not installed is not asked."""
    install(project, "deck")
    assert build(monkeypatch) == 0
    assert capsys.readouterr().err.splitlines() == ["note: kong: `deck file validate kong.yaml` found nothing wrong"]


def test_a_refusal_is_shown_and_nothing_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own words, without what a terminal would take for a command."""
    install(project, "kong")
    monkeypatch.setenv("CODE", "1")
    monkeypatch.setenv("SAYS", "Error: in 'plugins':\n \x1b[31munknown field")
    assert build(monkeypatch) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "error: seccfg.yaml: kong: refused by `kong config parse kong.yaml -c kong.conf`; nothing was written"
    assert said[1:] == ["  Error: in 'plugins':", "   ?[31munknown field"]
    assert not (project / "build").exists()


def test_without_any_of_them_nothing_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked to check and unable to: that is no success."""
    assert build(monkeypatch) == 2
    assert "needs `kong` or `deck` on PATH; nothing was written" in capsys.readouterr().err
    assert not (project / "build").exists()


def test_what_cannot_run_refuses(project: Path) -> None:
    """A program that does not start has not passed."""
    (project.parent / "bin" / "broken").write_bytes(b"\x7fELF nonsense")
    (project.parent / "bin" / "broken").chmod(0o755)
    (result,) = check_with_vendor((VendorTool("broken", (), "nowhere"),), (File("a/b.txt", b"x"),))
    assert result.outcome == "refused"
    assert result.said.startswith("cannot be run: ")


def test_the_target_has_such_programs() -> None:
    """It says so by a method of its own, which other targets need not have."""
    assert isinstance(TARGET, VendorChecked)
    assert [tool.program for tool in TARGET.vendor_tools({})] == ["kong", "deck"]
