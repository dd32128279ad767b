"""CORS001."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="CORS001",
    name="credentials-for-strangers",
    severity="error",
    why=(
        "With `credentials: true` a page of every listed origin acts with the cookies of whoever opens it. Any "
        "origin (`*`), or one that is not https, where anybody on the network can answer in its name, is a page of "
        "a stranger."
    ),
    fix="List the exact `https` origins that need credentials, or drop `credentials`.",
    refs=("OWASP-API-2023:API8", "CWE-942"),
    needs=("cors",),
    bad="cors: {web: {origins: ['http://app.example.com'], credentials: true}}\ndefaults: {cors: web}",
    good="cors: {web: {origins: [https://app.example.com], credentials: true}}\ndefaults: {cors: web}",
)


@RULE.check
def credentials_for_known_origins(spec: Spec) -> Iterator[Hit]:
    for name, profile in (spec.cors or {}).items():
        if not profile.credentials:
            continue
        for index, origin in enumerate(profile.origins):
            related = ((("cors", name, "credentials"), "credentials are allowed here"),)
            at = ("cors", name, "origins", index)
            if origin == "*":
                yield Hit(at, f"`{name}` lets pages of any origin send credentials", related=related)
            elif not origin.startswith("https://"):
                scheme = origin.split(":", 1)[0]
                yield Hit(at, f"`{name}` lets a page of the scheme `{scheme}` send credentials", related=related)
