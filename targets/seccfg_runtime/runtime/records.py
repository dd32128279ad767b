"""API key records as a file or environment variable holds them: JSON text to typed records."""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import datetime

from .model import KeyRecord

_KEYS = frozenset({"id", "sha256", "subject", "roles", "scopes", "attributes", "not_before", "expires", "addresses"})
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2})")


class RecordsError(ValueError):
    """Key records that cannot be used; the message is one line and shows no hash."""


def parse_records(text: str) -> tuple[KeyRecord, ...]:
    """
    The key records of *text*, a JSON list of objects.

    Raises:
        RecordsError: It is no such list, a record has another shape, or two records share one id.
    """
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordsError("is no JSON") from error
    if not isinstance(entries, list):
        raise RecordsError("is no list of key records")
    records = tuple(_record(entry, place) for place, entry in enumerate(entries, 1))
    if len({record.id for record in records}) != len(records):
        raise RecordsError("has two records with one id")
    return records


def _record(entry: object, place: int) -> KeyRecord:
    if not isinstance(entry, dict):
        raise RecordsError(f"has no object as record {place}")

    def wrong(what: str) -> RecordsError:
        return RecordsError(f"has a record {place} {what}")

    unknown = sorted(entry.keys() - _KEYS)
    if unknown:
        raise wrong(f"with an unknown key `{unknown[0]}`")
    ident, digest, subject = entry.get("id"), entry.get("sha256"), entry.get("subject")
    if not isinstance(ident, str) or not _ID.fullmatch(ident):
        raise wrong("without a usable `id`")
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise wrong("whose `sha256` is not 64 lower-case hex digits")
    if not isinstance(subject, str) or not subject:
        raise wrong("without a `subject`")
    attributes = entry.get("attributes", {})
    if not isinstance(attributes, dict):
        raise wrong("whose `attributes` are no object")
    return KeyRecord(
        id=ident,
        sha256=digest,
        subject=subject,
        roles=_texts(entry.get("roles", []), wrong("whose `roles` are no list of texts")),
        scopes=_texts(entry.get("scopes", []), wrong("whose `scopes` are no list of texts")),
        attributes=tuple(sorted(attributes.items())),
        not_before_s=_moment(entry.get("not_before"), wrong("whose `not_before` is no time")),
        expires_s=_moment(entry.get("expires"), wrong("whose `expires` is no time")),
        addresses=_blocks(entry.get("addresses", []), wrong("whose `addresses` are no addresses or blocks")),
    )


def _texts(value: object, problem: RecordsError) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise problem
    return tuple(value)


def _blocks(value: object, problem: RecordsError) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(item)) for item in _texts(value, problem))
    except ValueError as error:
        raise problem from error


def _moment(value: object, problem: RecordsError) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise problem
    try:
        return int(datetime.fromisoformat(value).timestamp())
    except ValueError as error:
        raise problem from error
