"""INPUT011."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.body_schemas import declared_parameters
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT011",
    name="unbounded-parameter",
    severity="note",
    why="The text is passed on as it comes, as long as a URL or header may be.",
    fix="Give the parameter a `maxLength`, an `enum`, a `format` or a `pattern` that bounds it.",
    refs=("OWASP-API-2023:API4", "CWE-1284"),
    needs=("route.query", "route.header_params"),
    bad="routes: {/notes: {get: {query: {search: {type: string}}}}}",
    good="routes: {/notes: {get: {query: {search: {type: string, maxLength: 100}}}}}",
)


@RULE.check
def parameters_are_bounded(spec: Spec) -> Iterator[Hit]:
    for section in ("query", "header_params"):
        for at, name, parameter in declared_parameters(spec, section):
            bounded = parameter.max_length or parameter.enum or parameter.format or parameter.pattern
            if parameter.type == "string" and not bounded:
                yield Hit((*at, name), f"`{name}` may be of any length", key=True)
