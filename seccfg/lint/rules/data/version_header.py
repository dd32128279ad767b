"""DATA202."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA202",
    name="version-header",
    severity="warning",
    why=(
        "The header tells everybody which software answers, often which version, and with it which known holes to try."
    ),
    fix="Do not set it; put its name into `headers.remove`.",
    refs=("CWE-200", "OWASP-API-2023:API8"),
    needs=("headers.set",),
    bad="headers: {set: {X-Content-Type-Options: nosniff, X-Powered-By: Express}}",
    good="headers: {set: {X-Content-Type-Options: nosniff}, remove: [X-Powered-By]}",
)

_NAMES_SOFTWARE = frozenset(
    {"server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "x-runtime", "via"}
)


@RULE.check
def answers_name_no_software(spec: Spec) -> Iterator[Hit]:
    for header in (spec.headers.set if spec.headers is not None else None) or ():
        if header.lower() in _NAMES_SOFTWARE:
            yield Hit(("headers", "set", header), f"`{header}` names the software that answers", key=True)
