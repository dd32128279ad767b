"""INPUT017."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.body_schemas import bodies
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT017",
    name="schema-of-nothing",
    severity="warning",
    why="The schema asks for nothing, so every body fits: it looks like a check and is none.",
    fix="Say in the schema which `type` and which members a body has.",
    refs=("OWASP-API-2023:API3", "CWE-20"),
    needs=("route.body",),
    bad="routes: {/notes: {post: {body: {schema: {description: a note}}}}}",
    good=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {title: "
        "{type: string, maxLength: 80}}}}}}}"
    ),
)

_SAYS_NOTHING = frozenset(
    {"$schema", "$id", "$comment", "title", "description", "default", "examples", "$defs", "definitions"}
)


@RULE.check_in_context
def schemas_ask_for_something(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in bodies(spec, context):
        if _SAYS_NOTHING.issuperset(found.schema):
            yield Hit(found.at, "every body fits this schema", key=True)
