"""INPUT002."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.body_schemas import bodies
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT002",
    name="open-schema",
    severity="warning",
    why=(
        "Members the schema does not name are passed on. A service that copies what it is sent into its records "
        "lets callers set fields nobody meant them to: a price, an owner, a role."
    ),
    fix="Add `additionalProperties: false` (or `unevaluatedProperties: false` beside `allOf`).",
    refs=("OWASP-API-2023:API3", "CWE-915"),
    needs=("route.body",),
    confidence="medium",
    bad=(
        "routes: {/notes: {post: {body: {schema: {type: object, properties: {title: {type: string, maxLength: 80}}}}}}}"
    ),
    good=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {title: "
        "{type: string, maxLength: 80}}}}}}}"
    ),
)


@RULE.check_in_context
def members_are_listed(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in bodies(spec, context):
        for node in found.nodes():
            schema = node.schema
            closed = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
            if "properties" in schema and not node.combined and closed in (None, True, {}):
                yield Hit(found.at, f"the schema passes on members of {node.name} it does not name", key=True)
                break
