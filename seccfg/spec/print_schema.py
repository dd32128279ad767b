"""Models as data -> `schemas/seccfg.v1.schema.json`, JSON Schema draft 7 for editors."""

from __future__ import annotations

import json
from typing import Any

from seccfg.spec.forms import (
    ChoiceForm,
    Form,
    Key,
    KindForm,
    ListForm,
    Model,
    NodeForm,
    OpaqueForm,
    SwitchForm,
    TableForm,
    TagForm,
    TextForm,
    WholeForm,
)
from seccfg.spec.scalars import SCALARS

Schema = dict[str, Any]


def print_schema(models: dict[str, Model]) -> str:
    """The text of the schema for *models*, whose last is the spec itself."""
    *parts, root = models.values()
    parents = {model.parent for model in models.values()}
    schema: Schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "seccfg spec",
        **_node(root),
        "definitions": {model.name: _node(model) for model in parts if model.name not in parents},
    }
    return json.dumps(schema, indent=1, ensure_ascii=True) + "\n"


def _node(model: Model) -> Schema:
    schema: Schema = {
        "description": model.text,
        "type": "object",
        "properties": {key.name: _property(key) for key in model.keys},
        "additionalProperties": False,
    }
    required = [key.name for key in model.keys if key.required]
    if required:
        schema["required"] = required
    if model.exactly_one:
        schema["oneOf"] = [{"required": [key]} for key in model.exactly_one]
    if model.at_least_one:
        schema["anyOf"] = [{"required": [key]} for key in model.at_least_one]
    return schema


def _property(key: Key) -> Schema:
    schema = _schema(key.form)
    if "$ref" in schema:  # draft 7 ignores what stands beside a reference
        schema = {"allOf": [schema]}
    described: Schema = {"description": key.description, **schema}
    if key.default is not None:
        described["default"] = list(key.default) if isinstance(key.default, tuple) else key.default
    if key.examples:
        described["examples"] = list(key.examples)
    return described


def _schema(form: Form) -> Schema:
    match form:
        case TextForm(scalar):
            return _text(scalar)
        case WholeForm(low, high):
            return {"type": "integer", "minimum": low, "maximum": high}
        case SwitchForm():
            return {"type": "boolean"}
        case OpaqueForm(name):
            return {"Json": {}, "JsonObject": {"type": "object"}, "Number": {"type": "number"}}[name]
        case ChoiceForm(words):
            return {"enum": list(words)}
        case ListForm(item, low, high, unique):
            listed: Schema = {"type": "array", "items": _schema(item), "minItems": low, "maxItems": high}
            return {**listed, "uniqueItems": True} if unique else listed
        case TableForm(key, value, low):
            return {
                "type": "object",
                "propertyNames": _schema(key),
                "additionalProperties": _schema(value),
                "minProperties": low,
            }
        case NodeForm(model):
            return {"$ref": f"#/definitions/{model}"}
        case TagForm(_, kinds):
            return {"oneOf": [{"$ref": f"#/definitions/{model}"} for _, model in kinds]}
        case KindForm(text, items, map_):
            return {"oneOf": [_schema(part) for part in (text, items, map_) if part is not None]}


def _text(name: str) -> Schema:
    scalar = SCALARS[name]
    schema: Schema = {"type": "string", "minLength": 1, "maxLength": scalar.max_length}
    if scalar.pattern:
        schema["pattern"] = f"^(?:{scalar.pattern})$"
    if scalar.examples:
        schema["examples"] = list(scalar.examples)
    return schema
