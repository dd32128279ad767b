"""INPUT008."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.body_schemas import schema_patterns
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT008",
    name="unanchored-pattern",
    severity="warning",
    why=(
        "In a JSON Schema a pattern may match anywhere in the text: everything that merely contains something of "
        "this form is accepted."
    ),
    fix="Write `^` before and `$` behind the pattern.",
    refs=("CWE-777", "CWE-185"),
    needs=("route.body",),
    confidence="medium",
    bad=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {code: "
        "{type: string, maxLength: 20, pattern: '[A-Z]{3}-[0-9]{4}'}}}}}}}"
    ),
    good=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {code: "
        "{type: string, maxLength: 20, pattern: '^[A-Z]{3}-[0-9]{4}$'}}}}}}}"
    ),
)


@RULE.check_in_context
def patterns_are_anchored(spec: Spec, context: Context) -> Iterator[Hit]:
    for at, pattern in schema_patterns(spec, context):
        if (
            not (pattern.startswith("^") and pattern.endswith("$"))
            and any(c in pattern for c in "[\\.(")
            and pattern not in (".", ".+")
        ):
            yield Hit(at, f"`{pattern[:60].replace('`', chr(39))}` may match anywhere in the text", key=True)
