"""INPUT004."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.body_schemas import bodies, listed_plain
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT004",
    name="unbounded-list",
    severity="note",
    why=(
        "One request may carry as many items as fit into a body: thousands of look-ups, mails or rows for the "
        "price of one request of a rate limit."
    ),
    fix="Give the array `maxItems`.",
    refs=("OWASP-API-2023:API4", "CWE-770"),
    needs=("route.body",),
    bad=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {ids: "
        "{type: array, items: {type: integer, minimum: 1, maximum: 9}}}}}}}}"
    ),
    good=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {ids: "
        "{type: array, maxItems: 50, items: {type: integer, minimum: 1, maximum: 9}}}}}}}}"
    ),
)


@RULE.check_in_context
def lists_are_bounded(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in bodies(spec, context):
        loose = [
            node.name for node in found.nodes() if node.is_a("array") and not node.says("maxItems", "enum", "const")
        ]
        if loose:
            yield Hit(found.at, f"{listed_plain(loose)} may hold any number of items", key=True)
