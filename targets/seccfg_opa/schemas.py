"""JSON Schema (draft 2020-12) as Rego functions, one for each schema in it: total, and true for what fits.

Only what means the same in Rego as in the reference is printed; anything else raises `NotPortable` with its name.
"""

from __future__ import annotations

import json
import re
from typing import Final

from seccfg.targetapi.escape import json_text, rego_string
from seccfg_opa.expr import member as member_of
from seccfg_opa.expr import raw_string

__all__ = ["NotPortable", "SchemaPrinter", "check_schema", "portable_pattern"]

FORMATS: Final = ("uuid", "date", "date-time", "email", "ipv4", "ipv6", "uri")
"""The `format` names that assert something."""
_IGNORED: Final = frozenset({
    "$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "deprecated",
    "readOnly", "writeOnly", "contentMediaType", "contentEncoding", "contentSchema",
})  # fmt: skip
_TYPES: Final = {
    "null": "is_null(value)", "boolean": "is_boolean(value)", "string": "is_string(value)", "array": "is_array(value)",
    "object": "is_object(value)", "number": "is_number(value)",
}  # fmt: skip
_NUMBER_OPS: Final = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}
_COUNTS: Final = {
    "minLength": ("string", ">="), "maxLength": ("string", "<="), "minItems": ("array", ">="), "maxItems": ("array", "<="),
    "minProperties": ("object", ">="), "maxProperties": ("object", "<="),
}  # fmt: skip

Schema = object
"""A JSON Schema: an object or a boolean."""


class NotPortable(ValueError):
    """A keyword or pattern without an exact counterpart in Rego; the message names it."""


def check_schema(schema: Schema) -> None:
    """NotPortable when *schema* cannot be printed."""
    SchemaPrinter("check").schema(schema)


class SchemaPrinter:
    """Prints schemas as functions `<prefix>_<n>`; equal schemas of one document are one function."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._names: dict[tuple[str, str], str] = {}
        self._open: set[str] = set()
        self.rules: list[str] = []

    def schema(self, schema: Schema, root: Schema = None) -> str:
        """Name of the function that judges by *schema*; *root* is what its references are looked up in."""
        root = schema if root is None else root
        key = (json_text(schema), json_text(root) if "$ref" in json_text(schema) else "")
        name = self._names.get(key)
        if name is not None:
            if name in self._open:
                raise NotPortable("a `$ref` to itself")
            return name
        name = self._names[key] = f"{self._prefix}_{len(self._names) + 1}"
        self._open.add(name)
        place = len(self.rules)
        body = self._body(name, schema, root)
        rules = [f"default {name}(_) := false"]
        if body == []:
            rules.append(f"{name}(_) := true")
        elif body is not None:
            rules.append(_rule(f"{name}(value)", body))
        self.rules[place:place] = rules
        self._open.discard(name)
        return name

    def _body(self, name: str, schema: Schema, root: Schema) -> list[str] | None:
        """Lines that hold for what fits; None: nothing does."""
        if schema is True:
            return []
        if schema is False:
            return None
        if not isinstance(schema, dict):
            raise NotPortable("something that is no schema")
        lines: list[str] = []
        types = schema.get("type")
        only = types if isinstance(types, str) else ""
        for key in sorted(schema, key=lambda k: (k != "type", k)):
            if key in _IGNORED or key in ("then", "else", "if"):
                continue
            lines += self._keyword(name, key, schema, root, only)
        if "if" in schema:
            lines += self._conditional(name, schema, root)
        return lines

    def _keyword(self, name: str, key: str, schema: dict[str, object], root: Schema, only: str) -> list[str]:
        value = schema[key]
        if key == "type":
            return self._type(name, value)
        if key in ("enum", "const"):
            allowed = value if key == "enum" and isinstance(value, list) else [value]
            return [f"some wanted in [{', '.join(_json(item) for item in allowed)}]", "value == wanted"]
        if key in _NUMBER_OPS:
            return self._for(name, key, "number", only, [f"value {_NUMBER_OPS[key]} {_json(value)}"])
        if key == "multipleOf":
            if not isinstance(value, int) or isinstance(value, bool):
                raise NotPortable("`multipleOf` with a fraction")
            return self._for(name, key, "number", only, ["types.whole(value) == true", f"value % {value} == 0"])
        if key in _COUNTS:
            kind, op = _COUNTS[key]
            return self._for(name, key, kind, only, [f"count(value) {op} {_json(value)}"])
        if key == "pattern":
            return self._for(name, key, "string", only, [f"regex.match({raw_string(portable_pattern(str(value)))}, value) == true"])
        if key == "format":
            if value not in FORMATS:
                return []
            return self._for(name, key, "string", only, [f"formats.fits({rego_string(str(value))}, value) == true"])
        if key == "uniqueItems":
            if value is not True:
                return []
            return self._for(name, key, "array", only, ["count({item | some item in value}) == count(value)"])
        if key in ("allOf", "anyOf", "oneOf", "not", "$ref"):
            return self._combined(name, key, value, root)
        if key in ("items", "prefixItems"):
            return self._items(name, key, schema, root, only)
        if key in ("properties", "required", "additionalProperties", "patternProperties", "propertyNames"):
            return self._members(name, key, schema, root, only)
        raise NotPortable(f"`{key}`")

    def _type(self, name: str, value: object) -> list[str]:
        kinds = [value] if isinstance(value, str) else value
        if not isinstance(kinds, list) or not kinds:
            raise NotPortable("a `type` that is none")
        tests = [["types.whole(value) == true"] if k == "integer" else [_TYPES[str(k)]] for k in kinds]
        if len(tests) == 1:
            return tests[0]
        helper = f"{name}_type"
        self.rules += [_rule(f"{helper}(value)", test) for test in tests]
        return [f"{helper}(value)"]

    def _for(self, name: str, key: str, kind: str, only: str, lines: list[str]) -> list[str]:
        """*lines* for values of *kind*; anything else fits."""
        if only == kind or (kind == "number" and only == "integer"):
            return lines
        helper = f"{name}_{re.sub(r'[^a-z]', '_', key.lower())}"
        self.rules.append(_rule(f"{helper}(value)", [f"{_TYPES[kind]} == false"]))
        self.rules.append(_rule(f"{helper}(value)", [_TYPES[kind], *lines]))
        return [f"{helper}(value)"]

    def _combined(self, name: str, key: str, value: object, root: Schema) -> list[str]:
        if key == "$ref":
            return [f"{self.schema(_referred(str(value), root), root)}(value) == true"]
        if key == "not":
            return [f"{self.schema(value, root)}(value) == false"]
        parts = [self.schema(part, root) for part in value] if isinstance(value, list) else []
        if key == "allOf":
            return [f"{part}(value) == true" for part in parts]
        if key == "oneOf":
            judged = ", ".join(f"{part}(value)" for part in parts)
            return [f"count([1 | some fits in [{judged}]; fits == true]) == 1"]
        helper = f"{name}_any"
        self.rules += [_rule(f"{helper}(value)", [f"{part}(value) == true"]) for part in parts]
        return [f"{helper}(value)"]

    def _conditional(self, name: str, schema: dict[str, object], root: Schema) -> list[str]:
        when = self.schema(schema["if"], root)
        helper = f"{name}_if"
        for flag, key in (("true", "then"), ("false", "else")):
            body = [f"{when}(value) == {flag}"]
            if key in schema:
                body.append(f"{self.schema(schema[key], root)}(value) == true")
            self.rules.append(_rule(f"{helper}(value)", body))
        return [f"{helper}(value)"]

    def _items(self, name: str, key: str, schema: dict[str, object], root: Schema, only: str) -> list[str]:
        first = schema.get("prefixItems", [])
        if not isinstance(first, list):
            raise NotPortable("`prefixItems`")
        lines: list[str] = []
        if key == "prefixItems":
            for place, part in enumerate(first):
                judge = self.schema(part, root)
                helper = f"{name}_item_{place}"
                self.rules.append(_rule(f"{helper}(value)", [f"count(value) <= {place}"]))
                self.rules.append(_rule(f"{helper}(value)", [f"{judge}(value[{place}]) == true"]))
                lines.append(f"{helper}(value)")
        else:
            judge = self.schema(schema["items"], root)
            rest = f"array.slice(value, {len(first)}, count(value))" if first else "value"
            lines += [f"every item in {rest} {{", f"\t{judge}(item) == true", "}"]
        return self._for(name, key, "array", only, lines)

    def _members(self, name: str, key: str, schema: dict[str, object], root: Schema, only: str) -> list[str]:
        value = schema[key]
        lines: list[str] = []
        if key == "required" and isinstance(value, list):
            lines = [f"count(object.keys(value) & {{{', '.join(rego_string(str(v)) for v in sorted(set(value)))}}}) == "
                     f"{len(set(value))}"] if value else []  # fmt: skip
        elif key == "properties" and isinstance(value, dict):
            for number, member in enumerate(sorted(value), 1):
                judge = self.schema(value[member], root)
                helper = f"{name}_member_{number}"
                quoted = rego_string(member)
                self.rules.append(_rule(f"{helper}(value)", [f"count(object.keys(value) & {{{quoted}}}) == 0"]))
                self.rules.append(_rule(f"{helper}(value)", [f"{judge}({member_of('value', member)}) == true"]))
                lines.append(f"{helper}(value)")
        elif key == "patternProperties" and isinstance(value, dict):
            for number, pattern in enumerate(sorted(value), 1):
                judge = self.schema(value[pattern], root)
                helper = f"{name}_named_{number}"
                matches = f"regex.match({raw_string(portable_pattern(pattern))}, name)"
                self.rules.append(_rule(f"{helper}(name, _)", [f"{matches} == false"]))
                self.rules.append(_rule(f"{helper}(name, item)", [f"{matches} == true", f"{judge}(item) == true"]))
                lines += ["every name, item in value {", f"\t{helper}(name, item)", "}"]
        elif key == "propertyNames":
            lines = ["every name, _ in value {", f"\t{self.schema(value, root)}(name) == true", "}"]
        elif key == "additionalProperties":
            lines = self._additional(name, schema, root)
        return self._for(name, key, "object", only, lines) if lines else []

    def _additional(self, name: str, schema: dict[str, object], root: Schema) -> list[str]:
        value = schema["additionalProperties"]
        if value is True:
            return []
        judge = self.schema(value, root)
        helper = f"{name}_additional"
        known = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        if isinstance(known, dict) and known:
            self.rules.append(_rule(f"{helper}(name, _)", [f"name in {{{', '.join(rego_string(k) for k in sorted(known))}}}"]))
        if isinstance(patterns, dict):
            for pattern in sorted(patterns):
                self.rules.append(
                    _rule(f"{helper}(name, _)", [f"regex.match({raw_string(portable_pattern(pattern))}, name) == true"])
                )
        self.rules.append(_rule(f"{helper}(_, item)", [f"{judge}(item) == true"]))
        return ["every name, item in value {", f"\t{helper}(name, item)", "}"]


def portable_pattern(pattern: str) -> str:
    """
    *pattern*, which Python searches for in ASCII terms, in the syntax of RE2.

    Raises:
        NotPortable: It uses something RE2 lacks or reads otherwise.
    """
    printed: list[str] = []
    at, in_class = 0, False
    while at < len(pattern):
        mark, two = pattern[at], pattern[at : at + 2]
        if mark == "\\":
            printed.append(_escape(two, in_class))
            at += 2
            continue
        if mark == "(" and pattern[at : at + 2] == "(?" and pattern[at : at + 3] != "(?:" and not in_class:
            raise NotPortable("a pattern with `(?`")
        if two in ("*+", "++", "?+", "}+") and not in_class:
            raise NotPortable("a pattern with possessive repetition")
        if two in ("[:", "[[") and in_class:
            raise NotPortable("a pattern with a class in a class")
        if mark == "[" and not in_class:
            in_class = True
            if pattern[at + 1 : at + 2] == "]" or pattern[at + 1 : at + 3] == "^]":
                raise NotPortable("a pattern with `[]`")
        elif mark == "]" and in_class:
            in_class = False
        printed.append(r"\z" if mark == "$" and not in_class else mark)
        at += 1
    text = "".join(printed)
    if any(int(count) > 255 for count in re.findall(r"[{,]([0-9]+)", text)):
        raise NotPortable("a pattern that repeats more than 255 times")
    return text


def _escape(two: str, in_class: bool) -> str:
    if two in (r"\s", r"\S"):
        space = r"\t-\r "
        if in_class:
            if two == r"\S":
                raise NotPortable(r"a pattern with `\S` in a class")
            return space
        return f"[{space}]" if two == r"\s" else f"[^{space}]"
    if two[1:] and (two[1] in "dDwWtnrfvx" or (two[1] in "bB" and not in_class) or not two[1].isalnum()):
        return two
    raise NotPortable(f"a pattern with `{two}`")


def _referred(reference: str, root: Schema) -> Schema:
    if not reference.startswith("#"):
        raise NotPortable("a `$ref` out of the schema")
    node: object = root
    for part in reference[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            raise NotPortable("a `$ref` to nothing")
    return node


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _rule(head: str, lines: list[str]) -> str:
    if len(lines) == 1 and "{" not in lines[0] and len(lines[0]) < 80:
        return f"{head} if {lines[0]}"
    inside = "\n".join(f"\t{line}" for line in lines)
    return f"{head} if {{\n{inside}\n}}"
