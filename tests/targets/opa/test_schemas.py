"""JSON Schemas as Rego functions against the reference's validator, and the fixed patterns against the reference's."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from pathlib import Path
from random import Random

import pytest

from seccfg.ir.policy import Validate
from seccfg.semantics.formats import FORMATS, fits_format
from seccfg.semantics.screens import SCREENS, shows
from seccfg.semantics.validate import inputs_of, is_valid
from seccfg.targetapi.escape import json_text
from seccfg.targetapi.hostile import HOSTILE
from seccfg_opa.executable import find
from seccfg_opa.expr import rule_file
from seccfg_opa.schemas import NotPortable, SchemaPrinter, check_schema, portable_pattern

TEMPLATES = Path(__file__).resolve().parents[3] / "targets/seccfg_opa/templates/policy"
SCHEMAS: tuple[object, ...] = (
    True, False, {}, {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"},
    {"type": "array"}, {"type": "object"}, {"type": ["string", "null"]}, {"type": ["integer", "boolean"]},
    {"enum": [1, "a", None, True, [1], {"a": 1}]}, {"const": 1}, {"const": {"a": [1, 2]}}, {"const": False},
    {"minimum": 1}, {"maximum": 1}, {"exclusiveMinimum": 1, "exclusiveMaximum": 5}, {"type": "integer", "minimum": 2},
    {"multipleOf": 3}, {"minLength": 2}, {"maxLength": 2}, {"type": "string", "minLength": 1, "maxLength": 3},
    {"pattern": "a"}, {"pattern": "^[a-c]+$"}, {"pattern": r"^\S+\s$"}, {"pattern": "[^a]"}, {"pattern": "^a.c$"},
    {"format": "uuid"}, {"format": "ipv4"}, {"format": "no-such"}, {"type": "string", "format": "date"},
    {"minItems": 1}, {"maxItems": 1}, {"uniqueItems": True}, {"items": {"type": "integer"}}, {"items": False},
    {"prefixItems": [{"type": "integer"}, {"type": "string"}]}, {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
    {"properties": {"a": {"type": "integer"}, "b c": {"const": 1}}}, {"required": ["a"]}, {"required": []},
    {"additionalProperties": False}, {"properties": {"a": {}}, "additionalProperties": False},
    {"properties": {"a": {}}, "additionalProperties": {"type": "string"}},
    {"patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False},
    {"propertyNames": {"maxLength": 1}}, {"minProperties": 1}, {"maxProperties": 1},
    {"allOf": [{"type": "integer"}, {"minimum": 2}]}, {"anyOf": [{"type": "string"}, {"minimum": 2}]},
    {"oneOf": [{"type": "integer"}, {"minimum": 2}]}, {"not": {"type": "string"}},
    {"if": {"type": "integer"}, "then": {"minimum": 2}, "else": {"type": "string"}}, {"if": {"type": "integer"}, "then": False},
    {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}, "items": {"$ref": "#/$defs/n"}},
    {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "object", "required": ["x"]}}}},
)  # fmt: skip
VALUES: tuple[object, ...] = (
    None, True, False, 0, 1, 1.0, 2, 3, 1.5, 5, -3, 2**53 + 1, 1e300, "", "a", "ab", "abc", "abcd", "a\n", "a c", "a\nc", "\u00e9a",
    "\U0001f600\U0001f600", "x\x0b", "2026-02-28", "2026-02-30", "10.0.0.1", "10.0.0.256",
    "00000000-0000-4000-8000-000000000000", [], [1], [1, 1.0], [True, 1], [1, "a"], ["a"], [1, "a", 2], [[], []], {}, {"a": 1},
    {"a": "1"}, {"a": [1, 2]}, {"a": None}, {"b c": 1}, {"b c": 2, "a": 5}, {"x1": 1}, {"x1": "1"}, {"xy": 1, "z": 1},
    {"a": [{"x": 1}]}, {"a": [{}]}, {"a": 1, "b": "t"},
)  # fmt: skip


def evaluated(folder: Path, query: str, value: object) -> object:
    done = subprocess.run(
        [find(), "eval", "--strict-builtin-errors", "-d", str(folder), "-I", "--format", "json", query],
        input=json_text(value), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[:800]
    return json.loads(done.stdout)["result"][0]["bindings"]["found"]


@pytest.fixture
def folder(tmp_path: Path, need_engine) -> Path:
    need_engine("opa", "opa-server")
    for name in ("formats", "screens", "types"):
        text = (TEMPLATES / f"{name}.rego.j2").read_text().replace("{{ package }}", "p")
        (tmp_path / f"{name}.rego").write_text(text)
    return tmp_path


def test_schemas_judge_as_the_reference(folder: Path) -> None:
    """Every schema over every value: the functions are total, and true exactly for what fits."""
    printer = SchemaPrinter("schema")
    names = [printer.schema(schema) for schema in SCHEMAS]
    imports = ("data.p.runtime.formats", "data.p.runtime.types")
    (folder / "schemas.rego").write_text(rule_file("p.schemas", imports, printer.rules, "# Made up."))
    judged = ", ".join(f"data.p.schemas.{name}(value)" for name in names)
    found = evaluated(folder, f"found := [[{judged}] | some value in input]", list(VALUES))
    assert isinstance(found, list)
    wrong = []
    for (n, schema), (m, value) in product(enumerate(SCHEMAS), enumerate(VALUES)):
        validator = inputs_of(Validate((), False, json_text(schema), False, 32, ())).body
        assert validator is not None
        if is_valid(validator, value) is not found[m][n]:
            wrong.append((schema, value, found[m][n]))
    assert wrong == [({"multipleOf": 3}, 1e300, False)]  # the modulus of a number that size is none; refused


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "(?=a)"}, {"pattern": "(?i)a"}, {"pattern": r"(a)\1"}, {"pattern": r"\Aa"}, {"pattern": "a*+"},
        {"pattern": "[[:alpha:]]"}, {"pattern": "a{300}"}, {"multipleOf": 0.1}, {"dependentSchemas": {}},
        {"unevaluatedItems": False},
        {"$ref": "#"}, {"$ref": "https://example.com/x"}, {"$ref": "#/nothing"}, {"contains": {}},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_what_rego_cannot_say_is_named(schema: object) -> None:
    """It is refused by name, never printed as something else."""
    with pytest.raises(NotPortable):
        check_schema(schema)


def test_an_end_is_the_very_end() -> None:
    r"""`$` is no place before a final line break."""
    assert portable_pattern(r"^[$]\$a$") == r"^[$]\$a\z"


def test_formats_are_the_reference_s(folder: Path) -> None:
    """Every format over texts around its edges."""
    rng = Random(3)
    pieces = ["0", "1", "9", "25", "255", "256", ".", ":", "::", "-", "T", "Z", "a", "f", "g", "@", "x.y", "/", "%20"]
    pieces += ["+01:00", "2024", "02"]
    texts = sorted({"".join(rng.choice(pieces) for _ in range(rng.randint(1, 12))) for _ in range(2_000)})
    texts += ["2024-02-29", "2023-02-29", "2024-02-29T23:59:59.5+01:00", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"]
    texts += ["a@b.c", "urn:x:y", "\n", ""]
    texts += [f"{text}\n" for text in texts[-9:]]
    query = "found := [[data.p.runtime.formats.fits(name, text) | some name in input.names] | some text in input.texts]"
    found = evaluated(folder, query, {"names": [*FORMATS, "other"], "texts": texts})
    names = [*FORMATS]
    assert found == [[*(fits_format(name, text) for name in names), False] for text in texts]
    assert sum(map(sum, found)) > 100


def test_screens_are_the_reference_s(folder: Path) -> None:
    """Every screen over attacks, near misses and hostile texts."""
    texts = [
        *HOSTILE, "x\x00y", "' or 1=1", "1 or 1=1", "O'Brien", "select a seat", "drop me a line", "'; drop table users",
        "x' --", "<script>", "<b onclick=x>", "JavaScript:alert(1)", "data:text/html,x", "\u00a0union\u2003select null,1",
        "UNION/**/SELECT 1,", "a; b", "<!doctype", "');alert(1)",
    ]  # fmt: skip
    texts = [text for text in texts if not any("\ud800" <= c <= "\udfff" for c in text)]
    query = "found := [[data.p.runtime.screens.shows(name, [text]) | some name in input.names] | some text in input.texts]"
    found = evaluated(folder, query, {"names": [*SCREENS], "texts": texts})
    assert found == [[shows((name,), [text]) == name for name in SCREENS] for text in texts]
    assert sum(map(sum, found)) >= 8
