"""Values on both sides of what a schema or a type allows: texts for parameters, JSON for bodies."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence

from seccfg.ir.policy import Json, Param

__all__ = ["body_variants", "good_json", "good_text", "good_texts", "good_values", "text_variants"]

_FORMATS = {
    "uuid": "5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5d",
    "date": "2026-01-05",
    "date-time": "2026-01-05T12:00:00Z",
    "email": "someone@example.com",
    "ipv4": "192.0.2.7",
    "ipv6": "2001:db8::7",
    "uri": "https://example.com/a",
}
_BAD_FORMATS = {
    "uuid": ("5b0c8e1e6a524a5c9d0e1f1c2a3b4c5d", "5b0c8e1e-6a52-4a5c-9d0e-1f1c2a3b4c5g"),
    "date": ("2026-02-30", "05.01.2026"),
    "date-time": ("2026-01-05 12:00:00", "2026-01-05T12:00:00"),
    "email": ("someone", "a@b@c"),
    "ipv4": ("192.0.2.256", "010.0.0.1"),
    "ipv6": ("2001:db8::7::1", "::g"),
    "uri": ("no uri", "//example.com"),
}


def good_text(param: Param | None, fallback: str = "x1") -> str:
    """A text that *param* accepts; *fallback* for an undeclared one."""
    if param is None:
        return fallback
    return _as_text(good_json(param.schema, fallback))


def good_texts(param: Param) -> tuple[str, ...]:
    """Some texts *param* accepts: its bounds, its words, its plainest value."""
    schema = json.loads(param.schema)
    texts = [good_text(param), *(_as_text(word) for word in schema.get("enum", ()))]
    if param.type == "integer":
        low, high = schema.get("minimum"), schema.get("maximum")
        texts += [
            _as_text(n)
            for n in (low, high, *((low + 1,) if low is not None and (high is None or low < high) else ()))
            if n is not None
        ]
    elif set(schema) <= {"type"}:
        texts += ["alpha", "beta"]
    return tuple(dict.fromkeys(texts))


def good_values(schema: Json, path: Sequence[str]) -> tuple[object, ...]:
    """Some values *schema* accepts for the member *path* leads to: its words, its bounds, its plainest value."""
    root = json.loads(schema)
    node: object = root
    for key in path:
        if isinstance(node, dict) and "$ref" in node:
            node = _resolve(str(node["$ref"]), root)
        properties = node.get("properties") if isinstance(node, dict) else None
        node = properties.get(key) if isinstance(properties, dict) else None
    if isinstance(node, dict) and "$ref" in node:
        node = _resolve(str(node["$ref"]), root)
    if not isinstance(node, dict):
        return ()
    words = node.get("enum")
    bounds = [node[word] for word in ("minimum", "maximum") if isinstance(node.get(word), (int, float))]
    return (*(words if isinstance(words, list) else ()), *bounds, good_json(json.dumps(node)))


def good_json(schema: Json, fallback: str = "x1") -> object:
    """A value *schema* accepts, for the keywords the portable subset has."""
    return _good(json.loads(schema), json.loads(schema), fallback)


def _good(schema: object, root: object, fallback: str, opened: frozenset[str] = frozenset()) -> object:
    """A value for *schema*, inside the schemas *opened* refers to: a value that holds itself ends where it may."""
    if not isinstance(schema, dict):
        return {}
    if "$ref" in schema:
        reference = str(schema["$ref"])
        if reference in opened:
            return None
        return _good(_resolve(reference, root), root, fallback, opened | {reference})
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for keyword in ("allOf", "anyOf", "oneOf"):
        if keyword in schema and "type" not in schema:
            return _good(_first(schema[keyword], opened), root, fallback, opened)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = kind[0]
    if kind in ("integer", "number"):
        return _good_number(schema)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    if kind == "array":
        items = schema.get("items", {})
        least = 0 if isinstance(items, dict) and items.get("$ref") in opened else 1
        return [_good(items, root, fallback, opened) for _ in range(max(int(schema.get("minItems", least)), 0))]
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _good(properties.get(name, {}), root, fallback, opened) for name in schema.get("required", ())}
    return _good_string(schema, fallback)


def _first(options: list[object], opened: frozenset[str]) -> object:
    """The first of several schemas that is not being filled already."""
    fresh = (option for option in options if not (isinstance(option, dict) and option.get("$ref") in opened))
    return next(fresh, options[0])


def _resolve(reference: str, root: object) -> object:
    node = root
    for part in reference.removeprefix("#").split("/")[1:]:
        node = node.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(node, dict) else {}
    return node


def _good_number(schema: dict[str, object]) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(low, (int, float)):
        return low
    if isinstance(high, (int, float)):
        return high
    exclusive = schema.get("exclusiveMinimum")
    return exclusive + 1 if isinstance(exclusive, (int, float)) else 1


def _good_string(schema: dict[str, object], fallback: str) -> str:
    named = _FORMATS.get(str(schema.get("format", "")))
    if named is not None:
        return named
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        from seccfg.expr.regex import RegexError, examples, parse_regex

        with contextlib.suppress(RegexError):  # a body's pattern may say more; its samples then miss it
            fallback = next(iter(examples(parse_regex(pattern))), fallback)
    low, high = schema.get("minLength"), schema.get("maxLength")
    if isinstance(low, int) and len(fallback) < low:
        fallback += "x" * (low - len(fallback))
    if isinstance(high, int) and len(fallback) > high:
        fallback = fallback[:high]
    return fallback


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def text_variants(param: Param) -> Iterator[tuple[str, str]]:
    """(label, text) on both sides of each bound of *param*; whether one is good is for the reference to say."""
    schema = json.loads(param.schema)
    yield "good", good_text(param)
    yield "empty", ""
    if param.type in ("integer", "number"):
        for keyword, step in (("minimum", -1), ("maximum", 1)):
            bound = schema.get(keyword)
            if bound is not None:
                yield f"at {keyword}", _as_text(bound)
                yield f"beyond {keyword}", _as_text(bound + step)
        for label, text in (
            ("text", "abc"),
            ("leading zero", "01"),
            ("plus sign", "+1"),
            ("space", " 1"),
            ("fraction", "1.5"),
            ("whole fraction", "1.0"),
            ("exponent", "1e0"),
            ("2^53", "9007199254740992"),
            ("minus zero", "-0"),
            ("hexadecimal", "0x1"),
            ("Arabic digit", "\u0661"),
        ):
            yield label, text
    elif param.type == "boolean":
        for text in ("true", "false", "True", "1", "yes"):
            yield text, text
    for word in schema.get("enum", ()):
        yield f"enum {_as_text(word)}", _as_text(word)
        yield f"enum {_as_text(word)} in other case", _as_text(word).swapcase()
        yield f"enum {_as_text(word)} and more", _as_text(word) + "x"
    if "minLength" in schema:
        yield "as short as allowed", "x" * schema["minLength"]
        if schema["minLength"] > 0:
            yield "one character short", "x" * (schema["minLength"] - 1)
    if "maxLength" in schema and schema["maxLength"] <= 4096:
        yield "as long as allowed", "x" * schema["maxLength"]
        yield "one character long", "x" * (schema["maxLength"] + 1)
        yield "as long as allowed, not ASCII", "\u00e9" * schema["maxLength"]
    for text in _BAD_FORMATS.get(schema.get("format", ""), ()):
        yield f"no {schema['format']}: {text}", text
    if schema.get("format") == "uuid":
        yield "uuid in upper case", _FORMATS["uuid"].upper()
    if "pattern" in schema:
        good = good_text(param)
        yield "pattern and a line break", good + "\n"
        yield "pattern and more", good + "!"
        yield "more before the pattern", "!" + good


def body_variants(schema: Json) -> Iterator[tuple[str, bytes]]:
    """(label, body): the schema's good value, and one thing changed at each place of it."""
    good = good_json(schema)
    text = json.dumps(good)
    yield "good body", text.encode()
    yield "good body with white space", json.dumps(good, indent=2).encode() + b"\n"
    yield "empty body", b""
    yield "no JSON", b"{"
    yield "two values", f"{text} {text}".encode()
    yield "not UTF-8", b'"\xff"'
    yield "byte order mark", b"\xef\xbb\xbf" + text.encode()
    yield "NaN", b"NaN"
    yield "null", b"null"
    yield "a list", b"[]"
    yield "a text", b'"x"'
    for label, changed in _changed(json.loads(schema), json.loads(schema), good, "body"):
        yield label, json.dumps(changed).encode()
    if isinstance(good, dict) and good:
        name = next(iter(good))
        yield f"{name} twice", ("{" + f"{json.dumps(name)}: {json.dumps(good[name])}, " + text[1:]).encode()


def _changed(
    schema: object, root: object, good: object, where: str, opened: frozenset[str] = frozenset()
) -> Iterator[tuple[str, object]]:
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        reference = str(schema["$ref"])
        if reference not in opened:  # what holds itself is changed once, not for ever
            yield from _changed(_resolve(reference, root), root, good, where, opened | {reference})
        return
    if isinstance(good, dict):
        yield f"{where} with one more member", {**good, "verify_extra": 1}
        for name in good:
            yield f"{where} without {name}", {k: v for k, v in good.items() if k != name}
            yield f"{where} with null {name}", {**good, name: None}
        for name, below in schema.get("properties", {}).items():
            value = good[name] if name in good else _good(below, root, "x1", opened)
            for label, changed in _changed(below, root, value, f"{where}.{name}", opened):
                yield label, {**good, name: changed}
    elif isinstance(good, list):
        yield from _changed_list(schema, root, good, where, opened)
    else:
        yield from _changed_scalar(schema, good, where)


def _changed_list(
    schema: dict[str, object], root: object, good: list[object], where: str, opened: frozenset[str]
) -> Iterator[tuple[str, object]]:
    item = good[0] if good else _good(schema.get("items", {}), root, "x1", opened)
    low, high = schema.get("minItems"), schema.get("maxItems")
    if isinstance(low, int) and low > 0:
        yield f"{where} with {low - 1} items", [item] * (low - 1)
    if isinstance(high, int) and high <= 1000:
        yield f"{where} with {high} items", [item] * high
        yield f"{where} with {high + 1} items", [item] * (high + 1)
    yield f"{where} is an object", {}
    for label, changed in _changed(schema.get("items", {}), root, item, f"{where}[0]", opened):
        yield label, [changed, *good[1:]]


def _changed_scalar(schema: dict[str, object], good: object, where: str) -> Iterator[tuple[str, object]]:
    for label, value in (
        ("a number", 1),
        ("a fraction", 1.5),
        ("a text", "x1"),
        ("true", True),
        ("a list", []),
        ("an object", {}),
    ):
        yield f"{where} is {label}", value
    if isinstance(good, (int, float)) and not isinstance(good, bool):
        yield f"{where} as text", str(good)
        yield f"{where} as a whole fraction", float(good)
    for keyword, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):
        bound = schema.get(keyword)
        if isinstance(bound, (int, float)):
            yield f"{where} at {keyword}", bound
            yield f"{where} beyond {keyword}", bound + step
    for keyword, step in (("minLength", -1), ("maxLength", 1)):
        bound = schema.get(keyword)
        if isinstance(bound, int) and 0 <= bound + step <= 5000:
            yield f"{where} at {keyword}", "x" * bound
            yield f"{where} beyond {keyword}", "x" * (bound + step)
            yield f"{where} at {keyword}, astral", "\U0001f600" * bound
    words = schema.get("enum")
    if isinstance(words, list):
        for word in words:
            yield f"{where} is {word!r}", word
        yield f"{where} is none of its words", "verify-none"
    for text in _BAD_FORMATS.get(str(schema.get("format", "")), ()):
        yield f"{where} is no {schema['format']}: {text}", text
    if "pattern" in schema and isinstance(good, str):
        yield f"{where} with a line break", good + "\n"
        yield f"{where} with a blank", good + " "
