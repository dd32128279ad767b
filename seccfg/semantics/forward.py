"""Step 15: what the upstream receives. Identity headers are removed from every request, then set from what was
verified.

A list is joined by spaces; integers, times and durations are decimal digits, booleans `true` and `false`, numbers
JSON. An attribute that is missing or of another type is not sent; an empty text or list is sent empty. A value with a
control or non-Latin-1 character, or with a space at either end (receivers trim it, which would change who it names),
is 403.
"""

from __future__ import annotations

import json
import re

from seccfg.expr.evaluate import Unusable
from seccfg.semantics.attributes import value_of
from seccfg.semantics.case import Case, Refusal
from seccfg.semantics.principal import Principal

__all__ = ["check", "identity"]

_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f]|[^\x00-\xff]|^ | \\Z")


def check(case: Case) -> Refusal | None:
    """Refuse identities that no header can carry."""
    for header, value in identity(case):
        if _UNSENDABLE.search(value) is not None:
            return Refusal("forbidden", f"{header} cannot carry the verified value")
    if case.compiled.policy.host.keeps_client_headers and case.view is not None:
        verified = {header.lower() for header, value in identity(case) if value}
        for entry in case.view.forward.set:
            name = entry.header.lower()
            spelt = name.replace("-", "_")
            if (spelt != name and spelt in case.headers) or (name in case.headers and name not in verified):
                return Refusal("forbidden", f"{name} is not the client's to send")
    return None


def identity(case: Case) -> tuple[tuple[str, str], ...]:
    """The identity headers the upstream receives, sorted."""
    if case.view is None or case.principal is None:
        return ()
    principal = case.principal
    values = ((entry.header, _value(case, principal, entry.field)) for entry in case.view.forward.set)
    empty_sent = not case.compiled.policy.host.keeps_client_headers
    return tuple(sorted((header, value) for header, value in values if value or (value is not None and empty_sent)))


def _value(case: Case, principal: Principal, field: str) -> str | None:
    if field == "client":
        return principal.client or None
    if field in ("subject", "method"):
        return str(getattr(principal, field))
    if field in ("roles", "scopes"):
        return " ".join(getattr(principal, field))
    value = value_of(case, ("principal", field))
    if isinstance(value, Unusable):
        return None
    return " ".join(map(_text, value)) if isinstance(value, tuple) else _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
