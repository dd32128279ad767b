"""INPUT005."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.body_schemas import bodies, listed_plain
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT005",
    name="unbounded-number",
    severity="note",
    why=(
        "Amounts below zero and numbers beyond what the service's types hold are classic ways to make it do what "
        "nobody meant."
    ),
    fix="Give the number `minimum` and `maximum`.",
    refs=("OWASP-API-2023:API4", "CWE-1284", "CWE-190"),
    needs=("route.body",),
    bad=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: "
        "{amount: {type: integer}}}}}}}"
    ),
    good=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: "
        "{amount: {type: integer, minimum: 1, maximum: 1000}}}}}}}"
    ),
)


@RULE.check_in_context
def numbers_are_bounded(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in bodies(spec, context):
        loose = [
            node.name
            for node in found.nodes()
            if (node.is_a("integer") or node.is_a("number"))
            and not node.says("enum", "const", "multipleOf")
            and not (node.says("minimum", "exclusiveMinimum") and node.says("maximum", "exclusiveMaximum"))
        ]
        if loose:
            yield Hit(found.at, f"{listed_plain(loose)} may be any number", key=True)
