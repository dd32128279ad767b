"""AUTH012."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.credentials import api_keys
from seccfg.lint.key_files import listed, records
from seccfg.lint.model import Context, Hit, Rule
from seccfg.spec.loader import Spec

_RECORDS = '[{"id": "p1", "sha256": "' + "0" * 64 + '", "subject": "acme"%s}]'

RULE = Rule(
    id="AUTH012",
    name="expired-key-record",
    severity="note",
    why=(
        "The record no longer lets anybody in; what is left of it hides which keys are in use, and a wrong clock "
        "would let it work again."
    ),
    fix="Remove the record once nobody asks about it any more.",
    refs=("NIST-SP-800-57:8.4",),
    needs=("auth.*.type=api_key",),
    bad=(
        "auth: {partner: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/expired.json}}}\n"
        "routes: {/notes: {get: {auth: [partner], allow: authenticated}}}"
    ),
    good=(
        "auth: {partner: {type: api_key, in: {header: X-API-Key}, keys: {file: keys/valid.json}}}\n"
        "routes: {/notes: {get: {auth: [partner], allow: authenticated}}}"
    ),
    beside=(
        ("keys/expired.json", _RECORDS % ', "expires": "2021-03-01T00:00:00Z"'),
        ("keys/valid.json", _RECORDS % ', "expires": "2099-03-01T00:00:00Z"'),
    ),
)


@RULE.check_in_context
def records_are_current(spec: Spec, context: Context) -> Iterator[Hit]:
    for name, method in api_keys(spec):
        over = [
            ident
            for ident, record in records(context, method)
            if str(record.get("expires", "9999"))[:10] < context.today
        ]
        if over:
            yield Hit(
                ("auth", name, "keys"), f"{listed(over)} of `{name}` {'has' if len(over) == 1 else 'have'} expired"
            )
