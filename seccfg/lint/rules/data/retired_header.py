"""DATA208."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA208",
    name="retired-header",
    severity="note",
    why=(
        "Browsers no longer read this header, or reading it does harm: the filter of old browsers could be made "
        "to switch off scripts that protect, and a wrong key pin locks people out."
    ),
    fix="Remove it; `Content-Security-Policy` and `Strict-Transport-Security` (`tls.hsts`) do the work.",
    refs=("https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html",),
    needs=("headers.set",),
    bad="headers: {set: {X-Content-Type-Options: nosniff, X-XSS-Protection: 1; mode=block}}",
    good="headers: {set: {X-Content-Type-Options: nosniff, X-XSS-Protection: '0'}}",
)

_RETIRED = frozenset(
    {"public-key-pins", "expect-ct", "feature-policy", "x-content-security-policy", "x-webkit-csp", "p3p"}
)


@RULE.check
def headers_are_read(spec: Spec) -> Iterator[Hit]:
    for header, value in ((spec.headers.set if spec.headers is not None else None) or {}).items():
        name = header.lower()
        if name in _RETIRED or (name == "x-xss-protection" and value.strip() != "0"):
            yield Hit(("headers", "set", header), f"browsers no longer read `{header}`", key=True)
