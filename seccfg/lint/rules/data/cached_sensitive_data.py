"""DATA204."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA204",
    name="cached-sensitive-data",
    severity="note",
    why=(
        "Answers with the data the spec names may be kept by browsers and proxies, where the next person at the "
        "machine finds them."
    ),
    fix="Add `Cache-Control: no-store` to `headers.set`.",
    refs=("CWE-525", "PCI-DSS-4.0.1:3.2.1"),
    needs=("headers.set",),
    bad=(
        "service: {data: [personal], owner: team-notes@example.com}\nheaders: {set: {X-Content-Type-Options: nosniff}}"
    ),
    good=(
        "service: {data: [personal], owner: team-notes@example.com}\n"
        "headers: {set: {X-Content-Type-Options: nosniff, Cache-Control: no-store}}"
    ),
)


@RULE.check
def sensitive_answers_are_not_kept(spec: Spec) -> Iterator[Hit]:
    written = spec.headers.set if spec.headers is not None else None
    if written is None or not spec.service.data:
        return
    kept = next((value for name, value in written.items() if name.lower() == "cache-control"), "")
    if "no-store" not in kept.lower():
        yield Hit(("headers", "set"), f"answers with `{spec.service.data[0]}` data may be cached", key=True)
