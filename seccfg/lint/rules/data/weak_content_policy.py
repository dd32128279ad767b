"""DATA206."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA206",
    name="weak-content-policy",
    severity="warning",
    why=(
        "The policy allows scripts written into the page, scripts made from text, or scripts of any host, which "
        "is what a content security policy is there to stop."
    ),
    fix=(
        "For an API `default-src 'none'; frame-ancestors 'none'` does; pages need nonces or hashes instead of "
        "`unsafe-inline`."
    ),
    refs=("CWE-79", "https://www.w3.org/TR/CSP3/"),
    needs=("headers.set",),
    bad=(
        "headers: {set: {X-Content-Type-Options: nosniff, Content-Security-Policy: \"default-src 'self' "
        "'unsafe-inline'\"}}"
    ),
    good="headers: {set: {X-Content-Type-Options: nosniff, Content-Security-Policy: \"default-src 'none'\"}}",
)

_LOOSE = (
    r"(?:^|;)\s*(?:default-src|script-src(?:-elem|-attr)?)\s[^;]*?"
    r"('unsafe-inline'|'unsafe-eval'|(?<!\S)(?:\*|https?:|data:)(?!\S))"
)


@RULE.check
def scripts_are_listed(spec: Spec) -> Iterator[Hit]:
    for header, value in ((spec.headers.set if spec.headers is not None else None) or {}).items():
        found = re.search(_LOOSE, value) if header.lower() == "content-security-policy" else None
        if found is not None:
            yield Hit(("headers", "set", header), f"the policy allows scripts from `{found[1]}`")
