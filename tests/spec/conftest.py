"""What the tests of the language share: the minimal spec, and one way to load and one way to model a document."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from seccfg.findings import Finding, SpecError
from seccfg.source.document import Document
from seccfg.source.yaml import load as read
from seccfg.spec import loader, models

DATA = Path(__file__).parent / "data"


def merged(base: Any, over: Any) -> Any:
    """*base* with *over* laid on it: maps merge, all else replaces."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
    return copy.deepcopy(over)


class Language:
    """The language as a test uses it. `minimal` and `example` are plain data."""

    def __init__(self) -> None:
        self.minimal: dict[str, Any] = self.read((DATA / "minimal.yaml").read_text()).data
        self.example: dict[str, Any] = self.read((DATA / "example-spec.yaml").read_text()).data

    def read(self, text: str) -> Any:
        return read(text.encode(), "seccfg.yaml")

    def document(self, data: object) -> Document:
        return read(json.dumps(data).encode(), "seccfg.json")

    def on_minimal(self, fragment: str) -> dict[str, Any]:
        """The minimal spec with a YAML fragment laid on it; a fragment that says `seccfg` is whole."""
        data: dict[str, Any] = self.read(fragment).data
        whole: dict[str, Any] = data if "seccfg" in data else merged(self.minimal, data)
        return whole

    def load(self, fragment: str) -> loader.Spec:
        return loader.load(self.document(self.on_minimal(fragment)))

    def findings(self, data: object) -> tuple[Finding, ...]:
        """What the loader says of *data*; empty when it is a spec."""
        try:
            loader.load(self.document(data))
        except SpecError as error:
            return error.findings
        return ()

    def text_findings(self, text: str) -> tuple[Finding, ...]:
        """What the loader says of a file; empty when it is a spec."""
        try:
            loader.load(self.read(text))
        except SpecError as error:
            return error.findings
        return ()

    def model_accepts(self, data: object) -> bool:
        try:
            models.Spec.model_validate_json(json.dumps(data))
        except ValidationError:
            return False
        return True


@pytest.fixture(scope="session")
def language() -> Language:
    return Language()


@pytest.fixture(scope="session")
def lay_on() -> Callable[[Any, Any], Any]:
    return merged
