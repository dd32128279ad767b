"""INPUT012."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.body_schemas import declared_parameters
from seccfg.lint.model import Hit, Rule
from seccfg.lint.secret_names import names_secret
from seccfg.spec.loader import Spec

RULE = Rule(
    id="INPUT012",
    name="secret-in-url",
    severity="warning",
    why=(
        "URLs end up in access logs, browser histories, referrers and monitoring; the name of this parameter "
        "says that it holds a secret."
    ),
    fix="Take it in the body or in a header that `audit.redact` lists.",
    refs=("OWASP-API-2023:API2", "CWE-598"),
    confidence="medium",
    bad="routes: {/notes: {get: {query: {access_token: {maxLength: 100}}}}}",
    good="routes: {/notes: {get: {query: {page_token: {maxLength: 100}}}}}",
)


@RULE.check
def urls_hold_no_secrets(spec: Spec) -> Iterator[Hit]:
    for at, name, _ in declared_parameters(spec, "query"):
        if names_secret(name):
            yield Hit((*at, name), f"`{name}` is read by everybody who reads URLs", key=True)
    for template in spec.routes if "{" in "".join(spec.routes) else ():
        for part in template.split("/"):
            if part[:1] == "{" and names_secret(part.strip("{}+")):
                yield Hit(("routes", template), f"`{part}` of the path is read by everybody who reads URLs", key=True)
