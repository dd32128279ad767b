"""JSON Schema (draft 2020-12) as a C# expression over a `JToken`: true for what fits.

Expressions have no functions, so a schema within a schema is printed where it stands; a lambda gives its value a name.
Only what means the same in C# as in the reference is printed; anything else raises `NotPortable` with its name.
"""

from __future__ import annotations

import json
from typing import Final

from seccfg.expr.regex import Regex
from seccfg.ir.policy import Json
from seccfg_azure.csharp import both, either, is_match, number, policy_string, texts

__all__ = ["NotPortable", "SchemaPrinter", "portable_pattern"]

_IGNORED: Final = frozenset({
    "$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "deprecated",
    "readOnly", "writeOnly", "contentMediaType", "contentEncoding", "contentSchema", "then", "else",
})  # fmt: skip
_IS: Final = {
    "null": "{v}.Type == JTokenType.Null", "boolean": "{v}.Type == JTokenType.Boolean",
    "string": "{v}.Type == JTokenType.String", "array": "{v}.Type == JTokenType.Array",
    "object": "{v}.Type == JTokenType.Object",
    "number": "({v}.Type == JTokenType.Integer || {v}.Type == JTokenType.Float)",
    "integer": "({v}.Type == JTokenType.Integer || ({v}.Type == JTokenType.Float && Math.Floor((double){v}) == (double){v}))",
}  # fmt: skip
_NUMBER_OPS: Final = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}
_COUNTS: Final = {
    "minLength": ("string", ">="), "maxLength": ("string", "<="), "minItems": ("array", ">="), "maxItems": ("array", "<="),
    "minProperties": ("object", ">="), "maxProperties": ("object", "<="),
}  # fmt: skip
_COUNTED: Final = {
    "string": "((string){v}).Count(sign => sign < 56320 || sign > 57343)", "array": "((JArray){v}).Count",
    "object": "((JObject){v}).Count",
}  # fmt: skip
_LARGEST: Final = 60_000
"""Characters one schema may print to."""


class NotPortable(ValueError):
    """A keyword or pattern without an exact counterpart in C#; the message names it."""


class SchemaPrinter:
    """Prints one document."""

    def __init__(self, text: Json, formats: dict[str, Regex]) -> None:
        self._root: object = json.loads(text)
        self._formats = formats
        self._number = 0
        self._open: list[object] = []

    def print(self, value: str) -> str:
        """That *value*, an expression that is not null, fits the whole schema."""
        printed = self._bound(value, self._root)
        if len(printed) > _LARGEST:
            raise NotPortable("more than fits a policy")
        return printed

    def _name(self) -> str:
        self._number += 1
        return f"v{self._number}"

    def _bound(self, value: str, schema: object, *, absent: bool = False) -> str:
        """*schema* over *value*, which is given a name; with *absent*, null fits as well."""
        name = self._name()
        judged = self._schema(name, schema)
        if judged == "true":
            return "true"
        test = f"{name} == null || {judged}" if absent else judged
        return f"new JToken[] {{ {value} }}.All({name} => {test})"

    def _schema(self, v: str, schema: object) -> str:
        if isinstance(schema, bool):
            return "true" if schema else "false"
        if not isinstance(schema, dict):
            raise NotPortable("something that is no schema")
        if any(schema is outer for outer in self._open):
            raise NotPortable("a `$ref` to itself")
        self._open.append(schema)
        forms = [self._keyword(v, key, schema) for key in sorted(schema, key=lambda k: (k != "type", k))]
        self._open.pop()
        if sum(map(len, forms)) > _LARGEST:
            raise NotPortable("more than fits a policy")
        return both([form for form in forms if form != "true"])

    def _keyword(self, v: str, key: str, schema: dict[str, object]) -> str:
        value = schema[key]
        if key in _IGNORED:
            return "true"
        if key == "type":
            kinds = [value] if isinstance(value, str) else value
            if not isinstance(kinds, list) or not kinds:
                raise NotPortable("a `type` that is none")
            return either([_IS[str(kind)].format(v=v) for kind in kinds])
        if key in ("enum", "const"):
            wanted = value if key == "enum" and isinstance(value, list) else [value]
            return either([self._equal(v, item) for item in wanted])
        if key in _NUMBER_OPS and isinstance(value, int | float):
            return _where("number", v, f"(double){v} {_NUMBER_OPS[key]} {number(value)}")
        if key == "multipleOf":
            if not isinstance(value, int) or isinstance(value, bool):
                raise NotPortable("`multipleOf` with a fraction")
            whole = f"Math.IEEERemainder((double){v}, {number(value)}) == 0D"
            return _where("number", v, whole)
        if key in _COUNTS:
            kind, op = _COUNTS[key]
            return _where(kind, v, f"{_COUNTED[kind].format(v=v)} {op} {value}")
        if key == "pattern":
            return _where("string", v, f"Regex.IsMatch((string){v}, {policy_string(portable_pattern(str(value)))})")
        if key == "format":
            known = self._formats.get(str(value))
            return "true" if known is None else _where("string", v, is_match(f"(string){v}", known))
        if key in ("allOf", "anyOf", "oneOf", "not", "$ref", "if"):
            return self._combined(v, key, schema)
        if key in ("items", "prefixItems"):
            return _where("array", v, self._items(v, key, schema))
        if key in ("properties", "required", "additionalProperties", "patternProperties", "propertyNames"):
            return _where("object", v, self._members(f"((JObject){v})", key, schema))
        raise NotPortable(f"`{key}`")

    def _combined(self, v: str, key: str, schema: dict[str, object]) -> str:
        value = schema[key]
        if key == "$ref":
            return self._schema(v, _referred(str(value), self._root))
        if key == "not":
            return f"!({self._schema(v, value)})"
        if key == "if":
            when = self._schema(v, value)
            first = self._schema(v, schema.get("then", True))
            return f"(({when}) ? {first} : {self._schema(v, schema.get('else', True))})"
        parts = [self._schema(v, part) for part in value] if isinstance(value, list) else []
        if key == "allOf":
            return both([part for part in parts if part != "true"])
        if key == "anyOf":
            return either(parts)
        name = self._name()
        return f"new bool[] {{ {', '.join(parts)} }}.Count({name} => {name}) == 1"

    def _items(self, v: str, key: str, schema: dict[str, object]) -> str:
        first = schema.get("prefixItems", [])
        if not isinstance(first, list):
            raise NotPortable("`prefixItems`")
        array = f"((JArray){v})"
        if key == "prefixItems":
            return both([
                f"({array}.Count <= {place} || {self._bound(f'{array}[{place}]', part)})" for place, part in enumerate(first)
            ])  # fmt: skip
        name = self._name()
        skipped = f".Skip({len(first)})" if first else ""
        return f"{array}{skipped}.All({name} => {self._schema(name, schema['items'])})"

    def _members(self, o: str, key: str, schema: dict[str, object]) -> str:
        value = schema[key]
        if key == "required" and isinstance(value, list):
            return both([f"{o}[{policy_string(str(name))}] != null" for name in sorted(set(value))])
        if key == "properties" and isinstance(value, dict):
            forms = [self._bound(f"{o}[{policy_string(n)}]", value[n], absent=True) for n in sorted(value)]
            return both([form for form in forms if form != "true"])
        name = self._name()
        if key == "propertyNames":
            return f"{o}.Properties().All({name} => {self._bound(f'new JValue({name}.Name)', value)})"
        if key == "patternProperties" and isinstance(value, dict):
            return both([
                f"{o}.Properties().All({name} => !Regex.IsMatch({name}.Name, {policy_string(portable_pattern(p))}) || "
                f"{self._bound(f'{name}.Value', value[p])})" for p in sorted(value)
            ])  # fmt: skip
        if value is True:
            return "true"
        known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        forms = [f"{texts(sorted(known))}.Contains({name}.Name)"] if isinstance(known, dict) and known else []
        forms += [
            f"Regex.IsMatch({name}.Name, {policy_string(portable_pattern(p))})"
            for p in (sorted(patterns) if isinstance(patterns, dict) else ())
        ]
        return f"{o}.Properties().All({name} => {either([*forms, self._bound(f'{name}.Value', value)])})"

    def _equal(self, v: str, wanted: object) -> str:
        """JSON equality: `1.0` is 1, and true is no number."""
        match wanted:
            case None:
                return _IS["null"].format(v=v)
            case bool():
                return f"({_IS['boolean'].format(v=v)} && {'' if wanted else '!'}(bool){v})"
            case int() | float():
                return f"({_IS['number'].format(v=v)} && (double){v} == {number(wanted)})"
            case str():
                return f"({_IS['string'].format(v=v)} && string.Equals((string){v}, {policy_string(wanted)}, StringComparison.Ordinal))"
            case _:
                raise NotPortable("`enum` or `const` with a list or an object")


def _where(kind: str, v: str, test: str) -> str:
    """*test* for values of *kind*; anything else fits."""
    return test if test == "true" else f"(!({_IS[kind].format(v=v)}) || {test})"


def portable_pattern(pattern: str) -> str:
    """
    *pattern*, which Python searches for in ASCII terms, in the syntax of .NET.

    Raises:
        NotPortable: It uses something .NET lacks or reads otherwise.
    """
    printed: list[str] = []
    at, in_class = 0, False
    while at < len(pattern):
        mark, two = pattern[at], pattern[at : at + 2]
        if mark == "\\":
            printed.append(_escape(two, in_class))
            at += 2
            continue
        if two == "(?" and pattern[at : at + 3] != "(?:" and not in_class:
            raise NotPortable("a pattern with `(?`")
        if two in ("*+", "++", "?+", "}+") and not in_class:
            raise NotPortable("a pattern with possessive repetition")
        if in_class and (two in ("[:", "[[", "-[") or mark == "["):
            raise NotPortable("a pattern with a class in a class")
        if mark == "[" and not in_class:
            in_class = True
            if pattern[at + 1 : at + 2] == "]" or pattern[at + 1 : at + 3] == "^]":
                raise NotPortable("a pattern with `[]`")
        elif mark == "]" and in_class:
            in_class = False
        printed.append(r"\z" if mark == "$" and not in_class else mark)
        at += 1
    return "".join(printed)


def _escape(two: str, in_class: bool) -> str:
    inside = {r"\d": "0-9", r"\w": "A-Za-z0-9_", r"\s": r"\t-\r "}
    outside = {r"\D": "0-9", r"\W": "A-Za-z0-9_", r"\S": r"\t-\r "}
    if two in inside:
        return inside[two] if in_class else f"[{inside[two]}]"
    if two in outside and not in_class:
        return f"[^{outside[two]}]"
    if two[1:] and (two[1] in "tnrfvx" or not two[1].isalnum()):
        return two
    raise NotPortable(f"a pattern with `{two}`")


def _referred(reference: str, root: object) -> object:
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
