"""Templates: undefined is an error, every value is encoded."""

from __future__ import annotations

import sys
from pathlib import Path

import jinja2
import pytest

from seccfg.targetapi.escape import Unrepresentable, python_literal
from seccfg.targetapi.templates import Code, Templates


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Templates:
    package = tmp_path / "template_owner"
    (package / "templates").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "templates" / "a.j2").write_text("x = {{ value }}\n{% for v in many %}\n{{ v }}\n{% endfor %}\n")
    (package / "templates" / "b.j2").write_text("{{ value.missing }}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "template_owner", raising=False)
    return Templates("template_owner", python_literal)


def test_values_are_encoded_and_code_is_not(templates: Templates) -> None:
    """A plain value becomes a literal; text marked as code stands as it is; line ends are kept."""
    out = templates.render("a.j2", {"value": 'a"\nb', "many": [Code("y = 1"), None]})
    assert out == b"""x = 'a"\\nb'\ny = 1\nNone\n"""


def test_an_undefined_name_is_an_error(templates: Templates) -> None:
    """Neither a missing value nor a missing attribute prints as nothing."""
    with pytest.raises(jinja2.UndefinedError):
        templates.render("a.j2", {"many": []})
    with pytest.raises(jinja2.UndefinedError):
        templates.render("b.j2", {"value": {}})


def test_a_value_without_a_spelling_is_an_error(templates: Templates) -> None:
    """An object is no literal."""
    with pytest.raises(Unrepresentable):
        templates.render("a.j2", {"value": object(), "many": []})


def test_joined_code_is_encoded_again(templates: Templates) -> None:
    """Text put together from code and values is no longer code."""
    assert templates.render("a.j2", {"value": Code("a") + "b", "many": []}) == b'x = "ab"\n'
