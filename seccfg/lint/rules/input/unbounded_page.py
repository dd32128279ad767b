"""INPUT010."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.lint.body_schemas import declared_parameters
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT010",
    name="unbounded-page",
    severity="warning",
    why="The parameter says how many items to return and has no upper bound: one request may ask for all of them.",
    fix="Give the parameter a `maximum`.",
    refs=("OWASP-API-2023:API4", "CWE-770"),
    needs=("route.query",),
    bad="routes: {/notes: {get: {query: {limit: {type: integer, minimum: 1}}}}}",
    good="routes: {/notes: {get: {query: {limit: {type: integer, minimum: 1, maximum: 100}}}}}",
)

_COUNTS = r"(?i)(?:page_?)?(?:limit|size|count|top|first|last|take|per_?page|max_?results|max_?items|rows)|\$top"


@RULE.check
def pages_are_bounded(spec: Spec) -> Iterator[Hit]:
    for at, name, parameter in declared_parameters(spec, "query"):
        if re.fullmatch(_COUNTS, name) and parameter.maximum is None and parameter.enum is None:
            yield Hit((*at, name), f"`{name}` may ask for any number of items", key=True)
