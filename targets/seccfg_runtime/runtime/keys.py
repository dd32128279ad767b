"""Step 10, API keys: `<id>.<secret>`, whose SHA-256 is on record. Every refusal is `invalid_key`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from .addresses import Address, Blocks
from .credentials import Refused, Verified, closure
from .interface import PolicyError, Principal
from .model import KeyRecord, KeyVerifier

_NOBODY = "0" * 64
_HEX = frozenset("0123456789abcdef")


class KeyJudge:
    """Judges the keys of one verifier."""

    def __init__(
        self, verifier: KeyVerifier, records: Iterable[KeyRecord], roles: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.verifier = verifier
        self._records: dict[str, tuple[KeyRecord, Blocks, Verified]] = {}
        for record in records:
            if record.id in self._records or not record.id or "." in record.id:
                raise PolicyError(f"method `{verifier.name}` has key records with an id twice, empty or with a dot")
            if len(record.sha256) != 64 or not _HEX.issuperset(record.sha256):
                raise PolicyError(f"method `{verifier.name}`: the `sha256` of a key record is no lower-case hex digest")
            principal = Principal(
                method=verifier.name,
                subject=record.subject,
                roles=closure(roles, verifier.asserts.intersection(record.roles)),
                scopes=frozenset(record.scopes),
                client="",
                attributes={name: value for name, value in record.attributes if value is not None},
                id=f"key:{verifier.name}\x1f{record.id}",
            )
            self._records[record.id] = (record, Blocks(record.addresses), Verified(principal))

    def has_record(self, ident: bytes) -> bool:
        """Some record has this id."""
        return ident.decode("latin-1") in self._records

    def judge(self, text: bytes, client: Address, now_s: int) -> Verified:
        """
        Whose key *text* is. A key no record knows is hashed and compared like any other.

        Raises:
            Refused: No record, another secret, not valid now, or not from this address.
        """
        ident, dot, _ = text.partition(b".")
        # a key is ASCII: two servers would hash other characters from different bytes
        found = self._records.get(ident.decode("latin-1")) if dot and text.isascii() else None
        digest = hashlib.sha256(text).hexdigest()
        if not hmac.compare_digest(digest, _NOBODY if found is None else found[0].sha256) or found is None:
            raise Refused("no record fits the key")
        record, blocks, verified = found
        if record.not_before_s is not None and now_s < record.not_before_s:
            raise Refused("the key is not yet valid")
        if record.expires_s is not None and now_s >= record.expires_s:
            raise Refused("the key has expired")
        if record.addresses and not blocks.hold(client):
            raise Refused("the key may not be used from this address")
        return verified

