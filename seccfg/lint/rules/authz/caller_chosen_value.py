"""AUTHZ003."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.findings import SpecPath
from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import routes
from seccfg.spec.loader import AttributeSource, Spec

RULE = Rule(
    id="AUTHZ003",
    name="caller-chosen-value",
    severity="note",
    why=(
        "The attribute comes from a header, the query or the body, so whoever asks chooses its value, and with it "
        "whether the grant holds. `trust: caller` accepts that; this note keeps it in sight of whoever reviews the "
        "grant."
    ),
    fix=(
        "Take the value from the token, the path or a trusted proxy, or make sure that every value the caller may "
        "choose is harmless."
    ),
    refs=("OWASP-API-2023:API3", "CWE-807"),
    needs=("attributes",),
    bad=(
        "attributes: {resource: {amount: {type: integer, from: {body: amount}, trust: caller}}}\n"
        "conditions: {small: resource.amount <= 100}\n"
        "routes: {/notes: {post: {allow: [{scopes: [notes.write], if: [small]}]}}}"
    ),
    good=(
        "attributes: {resource: {folder: {type: string, from: {path: folder}}}, principal: {folder: {type: "
        "string}}}\n"
        "auth: {users: {claims: {folder: folder}}}\n"
        "conditions: {own-folder: principal.folder == resource.folder}\n"
        "routes: {'/notes/{folder}': {post: {allow: [{scopes: [notes.write], if: [own-folder]}]}}}"
    ),
)


@RULE.check
def callers_do_not_decide(spec: Spec) -> Iterator[Hit]:
    chosen = _chosen_by_caller(spec)
    if not chosen or spec.conditions is None:
        return
    reads = {
        name: [attribute for attribute in chosen if re.search(rf"(?<![\w.]){re.escape(attribute)}(?!\w)", text)]
        for name, text in spec.conditions.items()
    }
    seen: set[SpecPath] = set()
    for route in routes(spec):
        if route.public or route.allow is None or isinstance(route.allow, str):
            continue
        for index, grant in enumerate(route.allow):
            for number, name in enumerate(grant.if_ or ()):
                at: SpecPath = (*route.allow_at, index, "if", number)
                for attribute in reads.get(name, ()):
                    if at not in seen:
                        seen.add(at)
                        yield Hit(
                            at,
                            f"`{name}` reads `{attribute}`, whose value the caller chooses",
                            related=((chosen[attribute], "taken from the request here"),),
                        )


def _chosen_by_caller(spec: Spec) -> dict[str, SpecPath]:
    """`side.name` of every attribute with `trust: caller`, and where it says so."""
    found: dict[str, SpecPath] = {}
    if spec.attributes is not None:
        for side, declared in (("resource", spec.attributes.resource), ("request", spec.attributes.request)):
            for name, attribute in (declared or {}).items():
                if isinstance(attribute.from_, AttributeSource) and attribute.trust == "caller":
                    found[f"{side}.{name}"] = ("attributes", side, name, "trust")
    return found
