"""Specs for rules: fragments merged onto the minimal spec, linted as the command does."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import yaml

from seccfg.findings import Finding
from seccfg.lint import engine, selection
from seccfg.lint.engine import Variant
from seccfg.source.yaml import load as read_yaml
from seccfg.spec import loader

TODAY = "2026-01-05"
MINIMAL = os.path.join(os.path.dirname(__file__), "../../examples/minimal/seccfg.yaml")

Lint = Callable[..., tuple[Finding, ...]]


def merged(base: object, part: object) -> object:
    """Maps merge, everything else replaces, as an overlay does; a route's `allow` makes room for `public` and back."""
    if not isinstance(base, dict) or not isinstance(part, dict):
        return part
    kept = {key: value for key, value in base.items() if not (key == "allow" and part.get("public"))}
    return {**kept, **{key: merged(kept.get(key), value) for key, value in part.items()}}


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
def lint() -> Lint:
    """Lints the text of a whole spec."""

    def run(
        text: str, today: str = TODAY, select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()
    ) -> tuple[Finding, ...]:
        document = read_yaml(text.encode(), "seccfg.yaml")
        return engine.check([Variant("", document, loader.load(document))], today, selection.selection(select, ignore))

    return run
