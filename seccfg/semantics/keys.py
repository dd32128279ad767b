"""API keys: `<id>.<secret>`, whose SHA-256 is on record. Every refusal here is `invalid_key` (401)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from seccfg.ir.policy import KeyRecord, KeyVerifier
from seccfg.semantics.address import Address, holds
from seccfg.semantics.case import Refusal
from seccfg.semantics.principal import Principal, closure

__all__ = ["judge_key", "principal_of"]


def judge_key(records: Mapping[str, KeyRecord], text: str, client: Address, now_s: int) -> KeyRecord | Refusal:
    """The record of a good key; valid iff `not_before <= now < expires`, from an address the record admits."""
    ident, dot, _ = text.partition(".")
    record = records.get(ident) if dot else None
    if record is None:
        return _invalid("no such key")
    if not text.isascii():
        return _invalid("a key is ASCII")
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()
    if not hmac.compare_digest(digest, record.sha256):
        return _invalid("the key does not fit its record")
    if record.not_before_s is not None and now_s < record.not_before_s:
        return _invalid("the key is not yet valid")
    if record.expires_s is not None and now_s >= record.expires_s:
        return _invalid("the key has expired")
    if record.addresses and not holds(record.addresses, client):
        return _invalid("the key may not be used from this address")
    return record


def principal_of(verifier: KeyVerifier, record: KeyRecord, roles: Mapping[str, tuple[str, ...]]) -> Principal:
    """What an accepted key says."""
    asserted = (role for role in record.roles if role in verifier.asserts)
    attributes = {name: value for name, text in record.attributes if (value := json.loads(text)) is not None}
    return Principal(
        f"key:{verifier.name}\x1f{record.id}", verifier.name, record.subject, closure(roles, asserted),
        tuple(sorted(set(record.scopes))), "", attributes,
    )


def _invalid(message: str) -> Refusal:
    return Refusal("invalid_key", message)
