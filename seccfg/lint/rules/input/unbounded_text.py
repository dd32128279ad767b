"""INPUT003."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.body_schemas import bodies, listed_plain
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT003",
    name="unbounded-text",
    severity="note",
    why="The text may be as long as the whole body, and is passed on to whatever stores, indexes or prints it.",
    fix="Give it a `maxLength`, an `enum`, a `format` or a `pattern` that bounds it.",
    refs=("OWASP-API-2023:API4", "CWE-1284"),
    needs=("route.body",),
    bad=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {title: "
        "{type: string}}}}}}}"
    ),
    good=(
        "routes: {/notes: {post: {body: {schema: {type: object, additionalProperties: false, properties: {title: "
        "{type: string, maxLength: 80}}}}}}}"
    ),
)


@RULE.check_in_context
def texts_are_bounded(spec: Spec, context: Context) -> Iterator[Hit]:
    for found in bodies(spec, context):
        loose = [
            n.name
            for n in found.nodes()
            if n.is_a("string") and not n.says("maxLength", "enum", "const", "format", "pattern")
        ]
        if loose:
            yield Hit(found.at, f"{listed_plain(loose)} may be of any length", key=True)
