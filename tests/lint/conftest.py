"""Specs for rules: fragments merged onto the minimal spec, linted as the command does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from seccfg.cli.reach import merged
from seccfg.findings import Finding
from seccfg.lint import engine, selection
from seccfg.lint.engine import Variant
from seccfg.source.project import open_spec
from seccfg.spec import loader

TODAY = "2026-01-05"
MINIMAL = os.path.join(os.path.dirname(__file__), "../../examples/minimal/seccfg.yaml")

Lint = Callable[..., tuple[Finding, ...]]


def spec_text(fragment: str) -> str:
    """*fragment* on the minimal spec; comments that begin it are kept at the top."""
    with open(MINIMAL, encoding="utf-8") as file:
        base = yaml.safe_load(file)
    comments = [line for line in fragment.splitlines() if line.startswith("#")]
    whole = merged(base, yaml.safe_load(fragment) or {})
    return "\n".join([*comments, yaml.safe_dump(whole, sort_keys=False, width=10_000)])


@pytest.fixture
def on_minimal() -> Callable[[str], str]:
    """The text of a fragment merged onto the minimal spec."""
    return spec_text


@pytest.fixture
def lint(tmp_path: Path) -> Lint:
    """Lints the text of a whole spec, with its environments, as the command does; *files* lie beside it."""

    def run(
        text: str,
        today: str = TODAY,
        select: tuple[str, ...] = (),
        ignore: tuple[str, ...] = (),
        files: tuple[tuple[str, str], ...] = (),
    ) -> tuple[Finding, ...]:
        for name, content in (("seccfg.yaml", text), ("seccfg.toml", ""), *files):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        opened = open_spec(str(tmp_path / "seccfg.yaml"))
        variants = []
        for environment in ("", *opened.environments):
            document = opened.document(environment or None)
            variants.append(Variant(environment, document, loader.load(document)))
        return engine.check(variants, today, selection.selection(select, ignore))

    return run
