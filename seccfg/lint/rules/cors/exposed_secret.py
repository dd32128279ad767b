"""CORS006."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.lint.secret_names import names_secret
from seccfg.spec.loader import Spec

RULE = Rule(
    id="CORS006",
    name="exposed-secret",
    severity="warning",
    why="Scripts of the listed pages, and whatever got onto those pages, read a header that carries a credential.",
    fix="Expose only headers that pages need and that hold no credential.",
    refs=("CWE-200", "OWASP-API-2023:API8"),
    needs=("cors.*.expose",),
    bad=(
        "cors: {web: {origins: [https://app.example.com], expose: [X-Request-Id, Authorization]}}\n"
        "defaults: {cors: web}"
    ),
    good=("cors: {web: {origins: [https://app.example.com], expose: [X-Request-Id]}}\ndefaults: {cors: web}"),
)


@RULE.check
def credentials_are_not_exposed(spec: Spec) -> Iterator[Hit]:
    for name, profile in (spec.cors or {}).items():
        for index, header in enumerate(profile.expose or ()):
            if names_secret(header):
                yield Hit(("cors", name, "expose", index), f"`{name}` lets scripts read `{header}`")
