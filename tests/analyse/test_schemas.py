"""What body schemas rule out, beside what they take."""

from __future__ import annotations

import json

import jsonschema
import pytest

from seccfg.analyse.schemas import _excludes

ORDER = {"type": "object", "properties": {"amount": {"type": "integer"}}, "additionalProperties": False}
CASES = [
    ({"properties": {"order": ORDER}}, ["order"], "integer", 1, True),
    ({"properties": {"order": ORDER}}, ["order", "amount"], "integer", {"amount": 1}, False),
    ({"properties": {"order": ORDER}}, ["order", "amount"], "string", {"amount": "1"}, True),
    ({"properties": {"order": ORDER}}, ["order", "other"], "integer", {"other": 1}, True),
    ({"properties": {"order": {"type": ["object", "integer"]}}}, ["order"], "integer", 1, False),
    ({"properties": {"order": {}}}, ["order"], "integer", 1, False),
    ({"properties": {"order": {"$ref": "#/$defs/o"}}, "$defs": {"o": ORDER}}, ["order"], "integer", 1, True),
    ({"properties": {}, "additionalProperties": False, "patternProperties": {"^o": {}}}, ["order"], "integer", 1, False),
]


@pytest.mark.parametrize("schema, path, kind, order, excluded", CASES, ids=range(len(CASES)))
def test_what_is_ruled_out_no_body_that_fits_has(
    schema: dict[str, object], path: list[str], kind: str, order: object, excluded: bool
) -> None:
    """A body with the value is none of the schema's wherever it is ruled out."""
    assert _excludes(json.loads(json.dumps(schema)), path, frozenset({kind})) == excluded
    fits = jsonschema.Draft202012Validator(schema).is_valid({"order": order})
    assert fits is not excluded
