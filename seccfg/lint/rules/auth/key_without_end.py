"""AUTH010."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import api_keys
from seccfg.lint.key_files import listed, records
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

_RECORDS = '[{"id": "p1", "sha256": "' + "0" * 64 + '", "subject": "acme"%s}]'

RULE = Rule(
    id="AUTH010",
    name="key-without-end",
    severity="warning",
    why="A key without `expires` works until somebody remembers it: the one that leaked years ago still does.",
    fix=(
        "Give each record `expires`, and the method `rotation: {max_age: 90d, overlap: 7d}`, which refuses "
        "records that live longer."
    ),
    refs=("OWASP-API-2023:API2", "NIST-SP-800-57:5.3", "PCI-DSS-4.0.1:8.6.3"),
    needs=("auth.*.type=api_key",),
    bad=(
        "auth: {partner: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/endless.json}}}\n"
        "routes: {/notes: {get: {auth: [partner], allow: authenticated}}}"
    ),
    good=(
        "auth: {partner: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/ending.json}}}\n"
        "routes: {/notes: {get: {auth: [partner], allow: authenticated}}}"
    ),
    beside=(
        ("keys/endless.json", _RECORDS % ""),
        ("keys/ending.json", _RECORDS % ', "expires": "2026-03-01T00:00:00Z"'),
    ),
)


@RULE.check_in_context
def keys_end(spec: Spec, context: Context) -> Iterator[Hit]:
    for name, method in api_keys(spec):
        if method.rotation is None:
            endless = [ident for ident, record in records(context, method) if "expires" not in record]
            if endless:
                yield Hit(
                    ("auth", name, "keys"),
                    f"{listed(endless)} of `{name}` never {'expires' if len(endless) == 1 else 'expire'}",
                )
