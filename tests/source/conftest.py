"""What the tests of reading share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seccfg.findings import Finding, SourceError
from seccfg.source.yaml import load

Findings = Callable[..., tuple[Finding, ...]]
Write = Callable[..., str]


@pytest.fixture
def findings() -> Findings:
    """The findings a text is refused with; none when it loads without warnings."""

    def read(text: str | bytes, path: str = "seccfg.yaml") -> tuple[Finding, ...]:
        try:
            return load(text.encode() if isinstance(text, str) else text, path).warnings
        except SourceError as error:
            return error.findings

    return read


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below a project root of its own; gives its path."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)

    def make(name: str, text: str | bytes) -> str:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return make
