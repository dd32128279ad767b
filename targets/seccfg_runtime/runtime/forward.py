"""Step 15: what the upstream receives. Identity headers were removed from the request; verified values are set here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from .attributes import AttributeReader, Reading, declared_attributes
from .credentials import Verified
from .headers import OPEN_CONDITIONS
from .interface import Headers
from .model import Policy, Route
from .values import INVALID

_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f]|[^\x00-\xff]|^ | \\Z")
HTTPS = (b"x-forwarded-proto", b"https")
HTTP = (b"x-forwarded-proto", b"http")
DECIDED = (OPEN_CONDITIONS, b"")


class ForwardPlan:
    """What one route sends on."""

    def __init__(self, route: Route, number: int, policy: Policy) -> None:
        self.number = number
        self.correlation = route.errors.correlation_header.lower().encode("latin-1")
        declared = declared_attributes(policy)
        self._identity = tuple(
            (header.lower().encode("latin-1"), field,
             None if field in _FIELDS else AttributeReader("principal", field, declared))
            for header, field in route.forward.identity
        )  # fmt: skip
        self._from_credential = all(reader is None or reader.from_credential for _, _, reader in self._identity)
        self.sends_identity = bool(self._identity)
        self.strip_cookies = frozenset(name.encode("latin-1", "replace") for name in route.forward.strip_cookies)
        self.strip_query = frozenset(route.forward.strip_query)

    def identity(self, verified: Verified, reading: Callable[[], Reading]) -> Headers | None:
        """The identity headers; None when a verified value cannot be sent in a header."""
        found = self._identity_headers(verified, reading)
        if self._from_credential:
            verified.identity[self.number] = found
        return found

    def _identity_headers(self, verified: Verified, reading: Callable[[], Reading]) -> Headers | None:
        found: Headers = []
        for header, field, reader in self._identity:
            value = _value(verified, field, reader, reading)
            if value is None:
                continue
            if _UNSENDABLE.search(value) is not None:
                return None
            found.append((header, value.encode("latin-1")))
        return found


_FIELDS: Mapping[str, None] = dict.fromkeys(("subject", "roles", "scopes", "method", "client"))


def _value(verified: Verified, field: str, reader: AttributeReader | None, reading: Callable[[], Reading]) -> str | None:
    principal = verified.principal
    if reader is None:
        match field:
            case "subject":
                return principal.subject
            case "method":
                return principal.method
            case "client":
                return principal.client or None
            case "roles":
                return " ".join(sorted(principal.roles))
            case _:
                return " ".join(sorted(principal.scopes))
    value = reader.typed(reading())
    if value is None or value is INVALID:
        return None
    return " ".join(map(_text, value)) if isinstance(value, list) else _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
