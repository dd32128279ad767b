"""AUTH013."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import api_keys
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

_RECORDS = '[{"id": "p1", "sha256": "' + "0" * 64 + '", "subject": "acme"%s}]'

RULE = Rule(
    id="AUTH013",
    name="rotation-without-overlap",
    severity="note",
    why=(
        "Without a time in which the old key and the new one both work, every change of keys is an outage for "
        "somebody, so keys are not changed."
    ),
    fix="Add `overlap` to `rotation`, a few days long.",
    refs=("NIST-SP-800-57:5.3.4",),
    needs=("auth.*.rotation",),
    bad=(
        "auth: {partner: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/ending.json}, rotation: "
        "{max_age: 90d}}}\n"
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


@RULE.check
def keys_can_be_changed(spec: Spec) -> Iterator[Hit]:
    for name, method in api_keys(spec):
        if method.rotation is not None and method.rotation.overlap is None:
            yield Hit(
                ("auth", name, "rotation"), f"an old and a new key of `{name}` are not said to work together", key=True
            )
