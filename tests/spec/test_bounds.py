"""At every key of the language, loader and models draw the same line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seccfg.findings import NOWHERE, Span, SpecError, SpecPath
from seccfg.spec import loader
from seccfg.spec.forms import (
    ChoiceForm,
    Form,
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
    read_models,
)
from seccfg.spec.models import Spec

MODELS = read_models(Spec)
DELETE = object()
Change = tuple[SpecPath, Any]


class Plain:
    def __init__(self, data: object) -> None:
        self.data = data

    def span(self, path: SpecPath, key: bool = False) -> Span:
        return NOWHERE

    def line(self, path: str, number: int) -> str:
        return ""


@pytest.fixture(scope="module")
def full(language: Any, lay_on: Any) -> Any:
    """A spec that writes every key of every map."""
    laid = language.read((Path(__file__).parent / "data" / "full.yaml").read_text()).data
    return lay_on(language.example, laid)


def visit(form: Form, node: Any, path: SpecPath) -> Iterator[tuple[Form, Any, SpecPath]]:
    """Every place of *node*, with the form it has there."""
    yield form, node, path
    match form:
        case NodeForm(model):
            for key in MODELS[model].keys:
                if key.name in node:
                    yield from visit(key.form, node[key.name], (*path, key.name))
        case ListForm(item):
            for index, value in enumerate(node):
                yield from visit(item, value, (*path, index))
        case TableForm(_, value):
            for name in node:
                yield from visit(value, node[name], (*path, name))
        case TagForm(tag, kinds):
            yield from visit(NodeForm(dict(kinds)[node[tag]]), node, path)
        case KindForm(text, items, map_):
            part = text if isinstance(node, str) else items if isinstance(node, list) else map_
            assert part is not None
            yield from visit(part, node, path)


def values(form: Form, node: Any) -> Iterator[Any]:
    """What to write in place of *node*: both sides of every line that *form* draws."""
    yield from (None, "x", 0, True, [], {})
    match form:
        case TextForm(_, low, high):
            yield from ("", f"{node}\n", f" {node}", f"{node}\x00")
            for bound in (low, high):
                for step in (-1, 0, 1) if bound else ():
                    number, unit = re.findall("[0-9]+|[A-Za-z]+", bound)
                    yield f"{max(0, int(number) + step)}{unit}"
        case WholeForm(low, high):
            yield from (low - 1, low, high, high + 1, float(low), str(low))
        case SwitchForm():
            yield from (not node, "true", 1)
        case ChoiceForm(words):
            yield from (*words, f"{words[0]}x", words[0].upper(), [words[0]])
        case ListForm():
            yield from ([node[0], node[0]], [*node, None], {"0": node[0]}, node[0])
        case TableForm():
            yield from (
                {**node, "": next(iter(node.values()))},
                {**node, "a b": next(iter(node.values()))},
                {**node, "y": None},
            )
        case NodeForm(model):
            yield from _maps(MODELS[model], node)
        case TagForm(tag, kinds):
            yield from ({**node, tag: word} for word, _ in kinds)
            yield from ({**node, tag: "x"}, {key: value for key, value in node.items() if key != tag})
        case OpaqueForm():
            yield from (1.5, 2**53, -(2**53), 2**53 - 1, 1e300, "\ud800", [None])


def _maps(model: Model, node: dict[str, Any]) -> Iterator[Any]:
    """Each key left out, each key given no value, a key too many, and all alternatives at once."""
    for key in node:
        yield {name: value for name, value in node.items() if name != key}
        yield {**node, key: None}
    yield {**node, "unknown": 1}
    for group in (model.exactly_one, model.at_least_one):
        rest = {name: value for name, value in node.items() if name not in group}
        some = next((node[name] for name in group if name in node), "x")
        yield rest
        yield {**rest, **dict.fromkeys(group, some)}


def distinct(full: Any) -> list[tuple[Form, Any, SpecPath]]:
    """One place for each form under each key, whichever map it stands in."""
    found: dict[tuple[Form, str], tuple[Form, Any, SpecPath]] = {}
    for form, node, path in visit(NodeForm("Spec"), full, ()):
        key = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
        found.setdefault((form, key), (form, node, path))
    return list(found.values())


def put(node: Any, path: SpecPath, value: Any) -> Any:
    """A copy of *node* with *value* at *path*."""
    if not path:
        return value
    fresh: Any = dict(node) if isinstance(node, dict) else list(node)
    fresh[path[0]] = put(node[path[0]], path[1:], value)
    return fresh


def test_every_key_of_every_map_is_written(language: Any, full: Any) -> None:
    """The document of these tests is a spec that leaves no key of any map out."""
    assert [str(finding) for finding in language.findings(full)] == []
    maps = [(form.model, node) for form, node, _ in visit(NodeForm("Spec"), full, ()) if isinstance(form, NodeForm)]
    written = {(model, key) for model, node in maps for key in node}
    parents = {model.parent for model in MODELS.values()}
    known = {(model.name, key.name) for model in MODELS.values() if model.name not in parents for key in model.keys}
    assert known - written == set()


@pytest.mark.parametrize("part", range(8))
def test_both_sides_of_every_line(language: Any, full: Any, part: int) -> None:
    """Around every bound, choice, kind and required key both take, or both refuse, what stands there."""
    places = distinct(full)
    differ, seen = [], {True: 0, False: 0}
    for form, node, path in places[part::8]:
        for value in values(form, node):
            document = put(full, path, value)
            try:
                loader.load(Plain(document))
                loads = True
            except SpecError:
                loads = False
            seen[loads] += 1
            if loads != language.model_accepts(document):
                differ.append((path, value))
    assert differ == []
    assert min(seen.values()) > 50
