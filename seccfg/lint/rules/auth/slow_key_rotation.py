"""AUTH011."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import api_keys
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import duration_s

_RECORDS = '[{"id": "p1", "sha256": "' + "0" * 64 + '", "subject": "acme"%s}]'

RULE = Rule(
    id="AUTH011",
    name="slow-key-rotation",
    severity="warning",
    why=(
        "The longer a key lives the more copies of it there are, in scripts, tickets and laptops, and the longer "
        "a stolen one works."
    ),
    fix="Set `rotation.max_age` to `365d` or less; `90d` is common.",
    refs=("OWASP-API-2023:API2", "NIST-SP-800-57:5.3"),
    needs=("auth.*.rotation",),
    bad=(
        "auth: {partner: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/ending.json}, rotation: "
        "{max_age: 730d, overlap: 7d}}}\n"
        "routes: {/notes: {get: {auth: [partner], allow: authenticated}}}"
    ),
    good=(
        "auth: {partner: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/ending.json}, rotation: "
        "{max_age: 90d, overlap: 7d}}}\n"
        "routes: {/notes: {get: {auth: [partner], allow: authenticated}}}"
    ),
    beside=(
        ("keys/ending.json", _RECORDS % ', "not_before": "2026-01-01T00:00:00Z", "expires": "2026-03-01T00:00:00Z"'),
    ),
)

_MOST_S = 366 * 86_400


@RULE.check
def keys_are_replaced(spec: Spec) -> Iterator[Hit]:
    for name, method in api_keys(spec):
        if method.rotation is not None and duration_s(method.rotation.max_age) > _MOST_S:
            yield Hit(
                ("auth", name, "rotation", "max_age"), f"a key of `{name}` may live for `{method.rotation.max_age}`"
            )
