"""AUTHZ019."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.routes import grants_of, label, routes
from seccfg.spec.loader import Spec

RULE = Rule(
    id="AUTHZ019",
    name="write-by-reader",
    severity="warning",
    why=(
        "The route changes data, and the scope or permission it asks for is, by its name, one for reading: "
        "whoever was given it to read may write."
    ),
    fix="Ask for a scope or permission of its own, such as `notes.write`.",
    refs=("OWASP-API-2023:API5", "CWE-285"),
    needs=("route.put", "route.patch", "route.delete"),
    confidence="medium",
    bad="routes: {/notes: {delete: {allow: [{scopes: [notes.read]}]}}}",
    good="routes: {/notes: {delete: {allow: [{scopes: [notes.delete]}]}}}",
)

_READS = r"(?i)(?:^|[.:/_-])(?:read|readonly|view|list|get)(?:$|[.:/_-])"


@RULE.check
def readers_do_not_write(spec: Spec) -> Iterator[Hit]:
    for route in routes(spec):
        if route.public or route.at[-1] not in ("put", "patch", "delete"):
            continue
        for index, grant in enumerate(grants_of(route)):
            names = (*(grant.scopes or ()), *(grant.permissions or ()))
            if (
                names
                and not grant.roles
                and not grant.clients
                and not grant.if_
                and all(re.search(_READS, name) for name in names)
            ):
                yield Hit((*route.allow_at, index), f"`{names[0]}` is enough for {label(route)}")
