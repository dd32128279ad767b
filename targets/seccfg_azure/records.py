"""Key records in the form a key file has, as the JSON text the access block reads."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence

from seccfg.expr.times import print_timestamp
from seccfg.ir.policy import Cidr, KeyRecord
from seccfg.targetapi.escape import json_text

__all__ = ["records_json"]


def records_json(records: Sequence[KeyRecord]) -> str:
    """Canonical JSON: a list of records, times as RFC 3339, addresses as blocks."""
    return json_text([_record(record) for record in records])


def _record(record: KeyRecord) -> dict[str, object]:
    found: dict[str, object] = {
        "id": record.id, "sha256": record.sha256, "subject": record.subject, "roles": sorted(set(record.roles)),
        "scopes": sorted(set(record.scopes)), "attributes": {name: json.loads(text) for name, text in record.attributes},
        "addresses": [_block(block) for block in record.addresses],
    }  # fmt: skip
    moments = {"not_before": record.not_before_s, "expires": record.expires_s}
    return {**found, **{name: print_timestamp(moment) for name, moment in moments.items() if moment is not None}}


def _block(block: Cidr) -> str:
    address = ipaddress.IPv4Address if block.family == 4 else ipaddress.IPv6Address
    return f"{address(block.network)}/{block.bits}"
