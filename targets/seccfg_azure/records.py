"""Key records as the JSON text the access block reads."""

from __future__ import annotations

import json
from collections.abc import Sequence

from seccfg.ir.policy import Cidr, KeyRecord
from seccfg.targetapi.escape import json_text

__all__ = ["records_json"]


def records_json(records: Sequence[KeyRecord]) -> str:
    """Canonical JSON; an address block is its family, and mask and network of either half in hexadecimal."""
    return json_text([_record(record) for record in records])


def _record(record: KeyRecord) -> dict[str, object]:
    found: dict[str, object] = {
        "id": record.id, "sha256": record.sha256, "subject": record.subject, "roles": sorted(set(record.roles)),
        "scopes": sorted(set(record.scopes)), "attributes": {name: json.loads(text) for name, text in record.attributes},
        "addresses": [_block(block) for block in record.addresses],
    }  # fmt: skip
    moments = {"not_before_s": record.not_before_s, "expires_s": record.expires_s}
    return {**found, **{name: moment for name, moment in moments.items() if moment is not None}}


def _block(block: Cidr) -> str:
    width = 32 if block.family == 4 else 128
    mask = (2**width - 1) ^ (2 ** (width - block.bits) - 1)
    halves = (mask >> 64, block.network >> 64, mask & (2**64 - 1), block.network & (2**64 - 1))
    return " ".join((str(block.family), *(f"{half:x}" for half in halves)))
