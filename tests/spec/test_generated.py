"""What is generated is what the models say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from seccfg.spec import generate
from seccfg.spec.load_rules import RULES

ROOT = Path(__file__).parents[2]
FORBIDDEN = (
    "pydantic", "jsonschema", "jinja2", "deepdiff", "rich", "dataclasses", "importlib.metadata", "importlib.resources",
    "pathlib", "subprocess", "inspect", "annotated_types",
)  # fmt: skip
# what a schema cannot say: names without case, reserved names, headers of the protocol
_BEYOND_SCHEMA = {"DATA005", "DATA010", "DATA011"}


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads((ROOT / "schemas" / "seccfg.v1.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_generated_files_are_fresh() -> None:
    """Loader, schema and reference are what `make generate` writes."""
    assert generate.stale() == []


def test_schema_takes_the_examples(language: Any, validator: Any) -> None:
    """Editors see no error in a spec that loads."""
    for data in (language.example, language.minimal):
        assert [error.message for error in validator.iter_errors(data)] == []


@pytest.mark.parametrize("rule_id", RULES)
def test_schema_and_load_rules(language: Any, validator: Any, rule_id: str) -> None:
    """The schema takes every good example, and refuses the bad ones that break the shape of the language."""
    rule = RULES[rule_id]
    assert [error.message for error in validator.iter_errors(language.on_minimal(rule.good))] == []
    if (rule_id.startswith("DATA") and rule_id not in _BEYOND_SCHEMA) or rule_id == "AUTH101":
        assert not validator.is_valid(language.on_minimal(rule.bad))


def test_schema_describes_every_key(validator: Any) -> None:
    """Every property has a description, so that editors can show one."""
    maps = [validator.schema, *validator.schema["definitions"].values()]
    assert [key for map_ in maps for key, schema in map_["properties"].items() if not schema.get("description")] == []


def test_loading_imports_nothing_heavy() -> None:
    """A spec with conditions loads without any of the modules that `lint` must do without."""
    example = str(Path(__file__).parent / "data" / "example-spec.yaml")
    code = (
        "import seccfg.spec.loader, seccfg.source.yaml as y\n"
        f"seccfg.spec.loader.load(y.load(open({example!r}, 'rb').read(), 'x'))\n"
        f"print(sorted(set({FORBIDDEN!r}) & set(sys.modules)))\n"
    )
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    ran = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]"


def test_reference_names_every_key(language: Any) -> None:
    """The reference has a row for every key of the schema."""
    text = (ROOT / "docs" / "reference" / "spec.md").read_text()
    schema = json.loads((ROOT / "schemas" / "seccfg.v1.schema.json").read_text())
    for map_ in (schema, *schema["definitions"].values()):
        for key in map_["properties"]:
            assert f"| `{key}` |" in text
