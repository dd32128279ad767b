"""CORS008."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="CORS008",
    name="cors-header-by-hand",
    severity="error",
    why=(
        "The header is set on every answer and replaces what the CORS profile says: one origin, or all of them, "
        "reads everything, refusals included, whatever the profiles list."
    ),
    fix="Remove it, and describe the origins in a `cors` profile.",
    refs=("OWASP-API-2023:API8", "CWE-942"),
    needs=("headers.set",),
    bad="headers: {set: {X-Content-Type-Options: nosniff, Access-Control-Allow-Origin: '*'}}",
    good="headers: {set: {X-Content-Type-Options: nosniff}}",
)


@RULE.check
def profiles_decide(spec: Spec) -> Iterator[Hit]:
    for header in (spec.headers.set if spec.headers is not None else None) or ():
        if header.lower().startswith("access-control-"):
            yield Hit(("headers", "set", header), f"`{header}` is set by hand on every answer", key=True)
