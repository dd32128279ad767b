"""The language by example: it loads, and it says all there is to say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from seccfg.spec.forms import read_models
from seccfg.spec.models import Spec

TEXT = (Path(__file__).parent / "data" / "example-spec.yaml").read_text()
# words before a colon in its comments that are no keys of the language: prose, options of targets, a user's names
_OTHERS = {"lines", "server", "no", "edition", "mode", "prefer", "api", "opaque", "Region", "amount"}


def _known_keys() -> set[str]:
    return {key.name for model in read_models(Spec).values() for key in model.keys}


def _commented_keys() -> set[str]:
    comments = [part for line in TEXT.splitlines() if (part := line.partition("# ")[2])]
    return {word for comment in comments for word in re.findall(r"(?<![\w/.])([A-Za-z_]+):(?=\s|$)", comment)}


def _live_keys(language: Any) -> set[str]:
    found: set[str] = set()

    def visit(node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else ():
            found.add(key)
            visit(value)
        for value in node if isinstance(node, list) else ():
            visit(value)

    visit(language.example)
    return found


def test_both_examples_are_specs(language: Any) -> None:
    """The full example and the minimal one load, and the models take them too."""
    for data in (language.example, language.minimal):
        assert [str(finding) for finding in language.findings(data)] == []
        assert language.model_accepts(data)


def test_every_key_of_the_language_stands_in_the_example(language: Any) -> None:
    """No key of the models is missing from the example, live or in a comment."""
    assert _known_keys() - _live_keys(language) - _commented_keys() == set()


def test_every_commented_key_is_one_of_the_language() -> None:
    """The comments of the example speak of no key the models do not have. (Live ones load, so they exist.)"""
    assert _commented_keys() - _known_keys() - _OTHERS == set()
