"""CORS002."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="CORS002",
    name="any-origin-with-tokens",
    severity="note",
    why=(
        "Any page may call with a token it was given and read the answer. For an API that everybody's pages may "
        "use that is meant; otherwise it lets a page that got hold of a token use it from where it stands."
    ),
    fix="List the origins whose pages call this API.",
    refs=("OWASP-API-2023:API8", "CWE-942"),
    needs=("cors.*.headers",),
    bad=("cors: {web: {origins: ['*'], headers: [Authorization]}}\ndefaults: {cors: web}"),
    good=("cors: {web: {origins: [https://app.example.com], headers: [Authorization]}}\ndefaults: {cors: web}"),
)


@RULE.check
def origins_are_listed(spec: Spec) -> Iterator[Hit]:
    for name, profile in (spec.cors or {}).items():
        if "*" in profile.origins and any(header.lower() == "authorization" for header in profile.headers or ()):
            yield Hit(
                ("cors", name, "origins", profile.origins.index("*")), f"`{name}` lets any page call with a token"
            )
