"""
Commands as a user types them: one text file a scenario, exact output.

A scenario holds commands after `$ `, each followed by what it prints (lines of standard error after `2> `) and by
`exit CODE`; below stand the input files, each after a line `-- name --`, or `-- name < path --` for a copy of a file of
the project. `\\xNN` in a command or a name is a byte. Lines that begin with `#` say what the scenario shows.
`pytest tests/cli --rewrite-golden` writes what the commands print now.
"""

from __future__ import annotations

import gc
import io
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from seccfg.cli.commands import COMMANDS
from seccfg.cli.main import run
from seccfg.ir.policy import Policy
from seccfg.targetapi import registry
from seccfg.targetapi.base import Engine, EngineInfo, File, Output
from seccfg.targetapi.gaps import GapList

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
SCENARIOS = sorted(FOLDER.glob("*.txt"))
TODAY = "1767614400"  # 2026-01-05T12:00:00Z
FILE = re.compile(r"-- (?P<name>\S+?)(?: < (?P<source>\S+))? --")


@dataclass
class Command:
    """A command line, and what it prints and ends with."""

    line: str
    shown: list[str] = field(default_factory=list)


@dataclass
class Scenario:
    """The comment, the commands and the input files of one text file."""

    comment: list[str]
    commands: list[Command]
    files: list[str]

    @classmethod
    def read(cls, path: Path) -> Scenario:
        lines = path.read_text(encoding="utf-8").split("\n")
        start = next((number for number, line in enumerate(lines) if FILE.fullmatch(line)), len(lines))
        comment: list[str] = []
        while lines[len(comment)].startswith("#"):
            comment.append(lines[len(comment)])
        commands: list[Command] = []
        for line in lines[len(comment) : start]:
            if line.startswith("$ "):
                commands.append(Command(line[2:]))
            elif commands:
                commands[-1].shown.append(line)
        return cls(comment, commands, lines[start:])

    def text(self) -> str:
        parts = list(self.comment)
        for command in self.commands:
            parts += [f"$ {command.line}", *command.shown]
        return "\n".join([*parts, *self.files])

    def lay_out(self, folder: Path) -> None:
        """Write the input files into *folder*."""
        name, source, body = "", "", []
        for line in [*self.files, "-- end --"]:
            match = FILE.fullmatch(line)
            if match is None:
                body.append(line)
                continue
            if name:
                target = os.path.join(os.fsencode(folder), os.fsencode(unescaped(name)))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                if source:
                    shutil.copyfile(ROOT / source, target)
                else:
                    Path(os.fsdecode(target)).write_text("\n".join([*body, ""]).removesuffix("\n\n") + "\n")
            name, source, body = match["name"], match["source"] or "", []


def unescaped(text: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: os.fsdecode(bytes([int(m[1], 16)])), text)


def result_of(line: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the command prints, line by line, and its exit code."""
    words = shlex.split(line.replace("\\x", "\\\\x"))
    with monkeypatch.context() as patch:
        while "=" in words[0] and words[0].partition("=")[0].isupper():
            name, _, value = words.pop(0).partition("=")
            patch.setenv(name, value)
        assert words[0] == "seccfg", "a scenario runs seccfg and nothing else"
        written = (io.BytesIO(), io.BytesIO())
        out, err = (io.TextIOWrapper(stream, encoding="utf-8", write_through=True) for stream in written)
        patch.setattr(sys, "argv", [unescaped(word) for word in words])
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(sys, "excepthook", sys.excepthook)
        with pytest.raises(SystemExit) as ended:
            run()
        gc.unfreeze()  # a process of its own ends here; this one goes on
        gc.enable()
    printed, complained = (stream.getvalue().decode().splitlines() for stream in written)
    return [*printed, *(f"2> {text}".rstrip() for text in complained), f"exit {ended.value.code}"]


class ToyTarget:
    """A target for scenarios of `build`: one file, and the gaps its options ask for. No engine can run it."""

    name = "toy"
    summary = "a list of routes"

    def compile(self, policy: Policy, options: Mapping[str, str]) -> Output:
        gaps = GapList(policy)
        for route in policy.routes:
            if route.public and "widens" in options:
                gaps.approximate(route.at, "open-door", why="The door is a curtain.", bound="anybody", widens=True)
            if route.public and "status" in options:
                why = "The door is shut with another sign, which says the same in other words and at more length."
                gaps.approximate(route.at, "other-sign", why=why, bound="410", widens=False, status_only=True)
        text = "".join(f"{route.id}\n" for route in policy.routes)
        return Output((File("routes.txt", text.encode()),), gaps.all(), policy)

    def engines(self) -> Sequence[EngineInfo]:
        return (EngineInfo("toy-box", "the box is closed", "open the box"),)

    def engine(self, name: str) -> Engine:
        raise KeyError(name)


@pytest.fixture
def toy_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """`toy` is installed beside the real targets."""
    module = ModuleType("toy_target")
    setattr(module, "TARGET", ToyTarget())  # noqa: B010 - a module made here has no declared names
    monkeypatch.setitem(sys.modules, "toy_target", module)
    monkeypatch.setitem(registry.BUILT_IN, "toy", "toy_target:TARGET")


@pytest.mark.usefixtures("toy_target")
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Every command prints exactly what the scenario says, and ends with its code."""
    scenario = Scenario.read(path)
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", TODAY)
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    scenario.lay_out(project)
    monkeypatch.chdir(project)
    actual = Scenario(
        scenario.comment, [Command(c.line, result_of(c.line, monkeypatch)) for c in scenario.commands], scenario.files
    )
    text = actual.text().replace(str(tmp_path), "TMP")
    text = re.sub(r"\b\d+ boundary requests", "N boundary requests", text)  # their number is no matter of the command
    if request.config.getoption("--rewrite-golden", default=False):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_every_command_has_a_scenario() -> None:
    """A command nobody runs here would be one nobody noticed breaking."""
    lines = [command.line for path in SCENARIOS for command in Scenario.read(path).commands]
    assert {name for name in COMMANDS if any(re.search(rf"seccfg {name}\b", line) for line in lines)} == set(COMMANDS)


def test_every_exit_code_has_a_scenario() -> None:
    """0 to 5; 70 takes a bug, and has a test of its own."""
    shown = {line for path in SCENARIOS for command in Scenario.read(path).commands for line in command.shown[-1:]}
    assert {f"exit {code}" for code in (0, 1, 2, 3, 4, 5)} <= shown
