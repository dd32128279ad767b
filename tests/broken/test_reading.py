"""The corpus of broken input, at the level of reading: a finding with a place or one line, nothing else, and soon."""

from __future__ import annotations

import os
import runpy
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seccfg.findings import InputError, SourceError
from seccfg.source.project import load_config, load_spec_document, project_root

CASES: list[Any] = runpy.run_path(str(Path(__file__).with_name("corpus.py")))["cases"]()


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """A case that has not ended after ten seconds would not end."""
    signal.alarm(10)
    yield
    signal.alarm(0)


def test_the_corpus_is_large() -> None:
    """At least 200 inputs, most of which are refused before anything is made of them."""
    assert len(CASES) >= 200
    assert sum(case.refused_by == "read" for case in CASES) >= 150


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_broken_input_ends_in_words(case: Any, tmp_path: Path) -> None:
    """SourceError with a place for each finding, or InputError in one line."""
    (tmp_path / ".git").mkdir()
    refusal = _refusal(case, case.write(str(tmp_path)))
    if refusal is None:
        assert case.refused_by in ("spec", "policy")
    elif isinstance(refusal, SourceError):
        assert refusal.findings
        for finding in refusal.findings:
            assert finding.at.line >= 1
            assert finding.at.column >= 1
            assert os.path.exists(finding.at.path)
            assert (finding.message + finding.help).isprintable()
    else:
        assert str(refusal).isprintable()


def _refusal(case: Any, path: str) -> SourceError | InputError | None:
    try:
        load_config(project_root(path))
        load_spec_document(path, case.env or None)
    except (SourceError, InputError) as error:
        return error
    return None


def test_the_spec_the_corpus_starts_from_is_sound(tmp_path: Path) -> None:
    """Each case is broken by what it says, not by what it starts from."""
    spec = runpy.run_path(str(Path(__file__).with_name("corpus.py")))["SPEC"]
    (tmp_path / "seccfg.yaml").write_text(spec)
    assert load_spec_document(str(tmp_path / "seccfg.yaml")).warnings == ()
