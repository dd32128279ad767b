"""The corpus of broken input through whole commands: words and the right exit code, no traceback, nothing written."""

from __future__ import annotations

import gc
import os
import runpy
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seccfg.cli import main

CASES: list[Any] = runpy.run_path(str(Path(__file__).with_name("corpus.py")))["cases"]()
SOUND = {"read": (2, 3), "configuration": (2, 3), "spec": (2,), "policy": (2,)}
"""Exit codes allowed by who refuses; 3 where nothing a file could be is found."""


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """A case that has not ended after twenty seconds would not end."""
    signal.alarm(20)
    yield
    signal.alarm(0)


def run(words: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a command in *folder*."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["seccfg", *words])
    with pytest.raises(SystemExit) as ended:
        main.run()
    gc.unfreeze()  # a process of its own ends here; this one goes on
    gc.enable()
    return int(str(ended.value.code))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_build_refuses_in_words_and_writes_nothing(
    case: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every broken input ends with exit code 2 (3 when there is no spec), a message, and no output folder."""
    work = tmp_path / "work"
    work.mkdir()
    (work / ".git").mkdir()
    path = case.write(str(work))
    out = tmp_path / "out"
    words = ["build", path, "-t", "python", "-o", str(out), *(["--env", case.env] if case.env else [])]
    code = run(words, work, monkeypatch)
    said = capsys.readouterr()
    assert code in SOUND[case.refused_by], said.out + said.err
    assert (said.out + said.err).strip()
    assert "Traceback" not in said.out + said.err
    assert not out.exists() or not os.listdir(out)
    if case.env == "" and case.refused_by != "policy":
        assert run(["lint", path], work, monkeypatch) in SOUND[case.refused_by]
        assert "Traceback" not in capsys.readouterr().err
