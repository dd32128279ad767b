"""DATA203."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA203",
    name="guessed-content-type",
    severity="note",
    why=(
        "Without `X-Content-Type-Options: nosniff` a browser may take a JSON answer for a page or a script, with "
        "whatever a stranger put into its texts."
    ),
    fix="Add `X-Content-Type-Options: nosniff` to `headers.set`.",
    refs=("CWE-430", "OWASP-API-2023:API8"),
    needs=("headers.set",),
    bad="headers: {set: {Referrer-Policy: no-referrer}}",
    good="headers: {set: {Referrer-Policy: no-referrer, X-Content-Type-Options: nosniff}}",
)


@RULE.check
def browsers_do_not_guess(spec: Spec) -> Iterator[Hit]:
    written = spec.headers.set if spec.headers is not None else None
    if written is not None and not any(
        name.lower() == "x-content-type-options" and value.lower() == "nosniff" for name, value in written.items()
    ):
        yield Hit(("headers", "set"), "browsers may take answers for pages or scripts", key=True)
