"""The public conformance tests of CEL, as far as they are inside this language.

A test is inside if its expression parses and checks here (its variables become attributes); what is outside must be
refused with an error, never get a wrong answer. Where we differ on purpose, `DIFFERENT` names the test and the reason.

More would be inside a subset with everything that could be made to agree somehow; refused on purpose
are order of text and of booleans, equality of lists, empty lists (comparisons, lists, macros); a list index; sums
of integers (integer_math, basic); `? :` (logic); text with NUL (parse); patterns that are not ASCII (string).
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from seccfg.expr.ast import Expr
from seccfg.expr.check import check
from seccfg.expr.errors import ExprError
from seccfg.expr.evaluate import Context, Truth, evaluate, value_of
from seccfg.expr.holds import holds
from seccfg.expr.lexer import tokenize
from seccfg.expr.lower import false_form, true_form
from seccfg.expr.parser import parse
from seccfg.expr.types import AttributeKey, AttributeType, ExprType, TypeEnv

SPEC = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "cel-spec"

# inside, of these with a boolean result
COUNTS: dict[str, tuple[int, int]] = {
    "basic": (21, 2), "comparisons": (47, 47), "fields": (1, 0), "integer_math": (0, 0), "lists": (4, 3), "logic": (10, 10),
    "macros": (6, 6), "parse": (64, 3), "string": (34, 29), "timestamps": (44, 26),
}

DIFFERENT: dict[str, str] = {
    "string/size/one_unicode": "size of text that is not ASCII is an error: hosts count it differently",
    "string/size/unicode": "size of text that is not ASCII is an error: hosts count it differently",
}
_TYPES: dict[type, ExprType] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("textproto", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("textproto", module)
    spec.loader.exec_module(module)
    return module


textproto = _load(Path(__file__).with_name("textproto.py"))


def _files() -> list[Path]:
    return sorted(SPEC.glob("*.textproto")) if SPEC.is_dir() else []


def _tests(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    content = textproto.read(path.read_text("utf-8"))
    for section in content["section"]:
        for test in section["test"]:
            yield f"{path.stem}/{section['name'][0].decode()}/{test['name'][0].decode()}", test


def _declared(test: dict[str, Any]) -> dict[AttributeKey, AttributeType]:
    names: dict[str, ExprType] = {}
    primitives: dict[str, ExprType] = {
        "STRING": "string", "INT64": "integer", "DOUBLE": "number", "BOOL": "boolean",
    }
    for entry in test.get("type_env", ()):
        kind = entry["ident"][0]["type"][0] if "ident" in entry else {}
        if "primitive" in kind and kind["primitive"][0] in primitives:
            names[entry["name"][0].decode()] = primitives[kind["primitive"][0]]
        elif "well_known" in kind and kind["well_known"][0] in ("TIMESTAMP", "DURATION"):
            names[entry["name"][0].decode()] = "timestamp" if kind["well_known"][0] == "TIMESTAMP" else "duration"
    for values in _maps(test).values():
        names.update({name: _TYPES[type(value)] for name, value in values.items() if type(value) in _TYPES})
    return {("resource", name): AttributeType(kind) for name, kind in names.items()}


def _maps(test: dict[str, Any]) -> dict[str, dict[str, object]]:
    """Variables that hold a map from text to scalars: such a map is a side with attributes."""
    found: dict[str, dict[str, object]] = {}
    for entry in test.get("bindings", ()):
        value = entry["value"][0].get("value", [{}])[0]
        if "map_value" in value:
            pairs = value["map_value"][0].get("entries", ())
            try:
                found[entry["key"][0].decode()] = {str(_value(p["key"][0])): _value(p["value"][0]) for p in pairs}
            except LookupError:
                continue
    return found


def _source(test: dict[str, Any], declared: dict[AttributeKey, AttributeType]) -> str:
    """The expression with its variables written as attributes of the resource, and maps as the resource itself."""
    source: str = test["expr"][0].decode()
    maps = _maps(test)
    for token in reversed(tokenize(source, [])):
        if token.kind == "name" and not source[:token.start].rstrip().endswith("."):
            if token.value in maps:
                source = f"{source[:token.start]}resource{source[token.end:]}"
            elif ("resource", str(token.value)) in declared:
                source = f"{source[:token.start]}resource.{source[token.start:]}"
    return source


def _value(message: dict[str, Any]) -> object:
    """A test's value in Python; a LookupError for a type this language has not."""
    (kind, (raw,)), = message.items()
    if kind == "bool_value":
        return raw == "true"
    if kind == "int64_value":
        return int(raw)
    if kind == "double_value":
        return float(raw)
    if kind == "string_value":
        return raw.decode()
    if kind == "list_value":
        return tuple(_value(item) for item in raw.get("values", ()))
    if kind == "object_value":
        (name, (inner,)), = raw.items()
        if name in ("[type.googleapis.com/google.protobuf.Timestamp]", "[type.googleapis.com/google.protobuf.Duration]"):
            return int(inner.get("seconds", ["0"])[0])
    raise LookupError(kind)


def _context(test: dict[str, Any]) -> Context:
    maps = _maps(test)
    if maps:
        return {"resource": {name: value for values in maps.values() for name, value in values.items()}}
    bound = {entry["key"][0].decode(): _value(entry["value"][0]["value"][0]) for entry in test.get("bindings", ())}
    return {"resource": bound}


def _checked(test: dict[str, Any]) -> tuple[Expr, ExprType] | None:
    declared = _declared(test)
    try:
        result = check(parse(_source(test, declared)), TypeEnv(declared), expected=None)
    except ExprError:
        return None
    return result.expr, result.type


def _outcome(expr: Expr, kind: ExprType, context: Context) -> object:
    if kind != "boolean":
        return value_of(expr, context)
    truth = evaluate(expr, context)
    assert holds(true_form(expr), context) == (truth is Truth.TRUE)
    assert holds(false_form(expr), context) == (truth is Truth.FALSE)
    return {Truth.TRUE: True, Truth.FALSE: False}.get(truth)


def _wrong(path: Path) -> tuple[list[str], tuple[int, int]]:
    wrong: list[str] = []
    inside = boolean = 0
    for name, test in _tests(path):
        checked = _checked(test)
        if checked is None:
            continue
        expr, kind = checked
        inside += 1
        boolean += kind == "boolean"
        found = _outcome(expr, kind, _context(test))
        wanted = _value(test["value"][0]) if "value" in test else None if "eval_error" in test else True
        if name in DIFFERENT:
            if found is not None:
                wrong.append(f"{name}: no longer different")
        elif found != wanted or type(found) is not type(wanted):
            wrong.append(f"{name}: {test['expr'][0].decode()} gave {found!r}, not {wanted!r}")
    return wrong, (inside, boolean)


def test_the_tests_are_there() -> None:
    """Without the folder these tests say so instead of passing silently."""
    if not _files():
        pytest.skip(f"no CEL conformance tests at {SPEC}")
    assert {path.stem for path in _files()} >= COUNTS.keys()


@pytest.mark.parametrize("path", _files(), ids=lambda path: path.stem)
def test_conformance(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every test that is a condition or a value of this language gives what CEL says."""
    wrong, counts = _wrong(path)
    with capsys.disabled():
        print(f"\n  cel-spec {path.stem}: {counts[0]} inside, {counts[1]} with a boolean result", end="")
    assert not wrong
    assert counts == COUNTS.get(path.stem)
