"""DATA209."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA209",
    name="hsts-by-hand",
    severity="warning",
    why=(
        "The header is set on every answer, those over plain http included, where anybody may have written it "
        "and browsers must ignore it; `tls.hsts` is no longer what holds, and nothing checks the value."
    ),
    fix="Use `tls.hsts`.",
    refs=("RFC6797:7.2",),
    needs=("headers.set",),
    bad="headers: {set: {X-Content-Type-Options: nosniff, Strict-Transport-Security: max-age=31536000}}",
    good=("headers: {set: {X-Content-Type-Options: nosniff}}\ntls: {hsts: {max_age: 365d}}"),
)


@RULE.check
def hsts_is_said_once(spec: Spec) -> Iterator[Hit]:
    for header in (spec.headers.set if spec.headers is not None else None) or ():
        if header.lower() == "strict-transport-security":
            yield Hit(
                ("headers", "set", header), "`Strict-Transport-Security` is set by hand on every answer", key=True
            )
