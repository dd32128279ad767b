"""Step 14: parameters, body, screens (400).

A parameter's text becomes a value of its type before its schema judges it; a text that is no such value is refused,
as is a header parameter given twice, with a comma or with a non-ASCII byte. Timestamps are judged as texts by the
rest of their schema. A body whose media type is JSON must be JSON (no member twice, not too deep) with or without a
schema; with a schema any body must. Schemas are JSON Schema draft 2020-12, `1.0` is an integer, `format` asserts what
`formats` names, `$ref` stays inside the schema, and `pattern` is searched for in ASCII terms, `$` being the very end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import jsonschema
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from seccfg.expr.evaluate import UNUSABLE, Unusable
from seccfg.ir.policy import Json, Param, Validate
from seccfg.record import Record
from seccfg.semantics import body, screens
from seccfg.semantics.attributes import body_value, header_text
from seccfg.semantics.case import Case, Refusal
from seccfg.semantics.formats import FORMATS, fits_format
from seccfg.semantics.json_text import strings
from seccfg.semantics.values import from_text

if TYPE_CHECKING:
    from seccfg.semantics.compiled import RouteView

__all__ = ["CompiledParam", "Inputs", "check", "inputs_of", "portable_pattern"]

_AS_TEXT: Final = ("timestamp", "duration")


class CompiledParam(Record):
    """A parameter and its schema, ready to judge."""

    param: Param
    validator: Validator


class Inputs(Record):
    """A route's Validate control, ready to judge with."""

    params: tuple[CompiledParam, ...]
    body: Validator | None
    query_names: frozenset[str]


def inputs_of(control: Validate) -> Inputs:
    """Compile the schemas of *control*; jsonschema.SchemaError for one that is none."""
    params = tuple(CompiledParam(param, _validator(_param_schema(param))) for param in control.params)
    schema = _validator(control.body_schema) if control.body_schema else None
    return Inputs(params, schema, frozenset(p.name for p in control.params if p.place == "query"))


def _param_schema(param: Param) -> Json:
    if param.type not in _AS_TEXT:
        return param.schema
    return json.dumps({**json.loads(param.schema), "type": "string"}, sort_keys=True)


@lru_cache(maxsize=1024)
def _validator(schema: Json) -> Validator:
    loaded = json.loads(schema)
    _DRAFT.check_schema(loaded)
    checker = jsonschema.FormatChecker(formats=())
    for name in FORMATS:
        checker.checks(name)(_format_check(name))
    validator: Validator = _DRAFT(loaded, format_checker=checker, registry=Registry())
    return validator


def _format_check(name: str) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or fits_format(name, value)


@lru_cache(maxsize=4096)
def portable_pattern(text: str) -> re.Pattern[str]:
    """A schema's pattern with `$` as the very end and classes in ASCII."""
    printed, at, in_class = [], 0, False
    while at < len(text):
        mark = text[at]
        if mark == "\\":
            printed.append(text[at : at + 2])
            at += 2
            continue
        if mark == "[" and not in_class:
            in_class = True
        elif mark == "]" and in_class:
            in_class = False
        printed.append(r"\Z" if mark == "$" and not in_class else mark)
        at += 1
    return re.compile("".join(printed), re.ASCII)


def _pattern(
    validator: Validator, pattern: str, instance: object, schema: Mapping[str, object]
) -> Iterator[jsonschema.ValidationError]:
    del validator, schema
    if isinstance(instance, str) and portable_pattern(pattern).search(instance) is None:
        yield jsonschema.ValidationError("the text does not match the pattern")


_DRAFT: Final[type[Validator]] = extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"pattern": _pattern}
)


def is_valid(validator: Validator, value: object) -> bool:
    """*value* fits the schema."""
    return next(iter(validator.iter_errors(value)), None) is None  # type: ignore[arg-type]


def check(case: Case) -> Refusal | None:
    """Refuse what the route does not take."""
    view = case.view
    if view is None:
        return None
    host = case.compiled.policy.host
    problem = _params(case, view.inputs) or _query_names(case, view)
    if not problem and host.bodies == "judged":
        problem = _body(case, view)
    if not problem and view.validate.screens:
        name = screens.shows(view.validate.screens, _texts(case, view.inputs))
        problem = f"the request looks like {name}" if name else ""
    if problem or host.bodies != "schema":
        return Refusal("invalid_input", problem) if problem else None
    problem = _plainly_read(case, view)
    return Refusal("invalid_input", problem, status=host.body_status) if problem else None


def _params(case: Case, inputs: Inputs) -> str:
    for compiled in inputs.params:
        param = compiled.param
        text = _text_of(case, param)
        if text is None:
            if param.required:
                return f"{param.place} parameter {param.name} is missing"
            continue
        value = UNUSABLE if isinstance(text, Unusable) else from_text(text, param.type)
        if isinstance(value, Unusable):
            return f"{param.place} parameter {param.name} is no {param.type}"
        judged = text if param.type in _AS_TEXT else value
        if not is_valid(compiled.validator, judged):
            return f"{param.place} parameter {param.name} is outside its bounds"
    return ""


def _text_of(case: Case, param: Param) -> str | Unusable | None:
    if param.place == "path":
        return case.path.get(param.name)
    if param.place == "header":
        lines = case.headers.get(param.name)
        return None if lines is None else header_text(lines)
    found = case.target.values(param.name)
    if not found:
        return None
    return UNUSABLE if len(found) > 1 or found[0] is None else found[0]


def _query_names(case: Case, view: RouteView) -> str:
    if not view.validate.closed_query:
        return ""
    declared = view.inputs.query_names
    return "" if all(name in declared for name, _ in case.target.query) else "an undeclared query parameter"


def _body(case: Case, view: RouteView) -> str:
    if not case.request.body:
        return "the body is missing" if view.validate.body_required else ""
    if view.inputs.body is None and not body.is_json(body.essence(case.headers)):
        return ""
    parsed = body_value(case)
    if parsed.problem or view.inputs.body is None:
        return parsed.problem
    try:
        fits = is_valid(view.inputs.body, parsed.value)
    except (Unresolvable, RecursionError):
        return "the body cannot be judged"
    return "" if fits else "the body does not fit its schema"


def _plainly_read(case: Case, view: RouteView) -> str:
    """What a host says whose reader knows a schema and nothing of depth, members given twice or numbers too large."""
    if view.inputs.body is None:
        return ""
    try:
        value = json.loads(case.request.body)
        fits = is_valid(view.inputs.body, value)
    except (ValueError, Unresolvable, RecursionError):
        return "the body is no JSON" if case.request.body else "the body is missing"
    return "" if fits else "the body does not fit its schema"


def _texts(case: Case, inputs: Inputs) -> Iterator[str]:
    yield from case.path.values()
    for name, value in case.target.query:
        yield from (text for text in (name, value) if text is not None)
    for compiled in inputs.params:
        if compiled.param.place == "header":
            yield from case.headers.get(compiled.param.name, ())
    if case.request.body and case.compiled.policy.host.bodies == "judged":
        parsed = body_value(case)
        if parsed.problem:
            yield case.request.body.decode("latin-1")
        else:
            yield from strings(parsed.value)
