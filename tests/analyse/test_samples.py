"""Sample bodies of schemas that refer to themselves."""

from __future__ import annotations

import json

import pytest

from seccfg.analyse.samples import body_variants, good_json

TREE = {
    "$ref": "#/$defs/Tree",
    "$defs": {
        "Tree": {
            "type": "object",
            "required": ["children"],
            "properties": {
                "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
                "parent": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]},
            },
        }
    },
}


def test_a_value_that_holds_itself_ends():
    """Where the schema lets it end: an empty list, or the alternative that does not go on."""
    assert good_json(json.dumps(TREE)) == {"children": []}
    changed = {label for label, _ in body_variants(json.dumps(TREE))}
    assert "body.children is an object" in changed


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_circles_without_an_end_are_left(keyword):
    """No value fits such a schema, and none is looked for for ever."""
    schema = {"$ref": "#/$defs/A", "$defs": {"A": {keyword: [{"$ref": "#/$defs/A"}]}}}
    assert good_json(json.dumps(schema)) is None
    assert list(body_variants(json.dumps(schema)))
