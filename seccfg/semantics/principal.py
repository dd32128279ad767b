"""Who makes the request, however authenticated: what a verified credential says, roles closed and sets sorted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seccfg.record import Record

__all__ = ["Principal", "closure"]


class Principal(Record):
    """What one verified credential says. `id` is what counters and revocation know the principal by."""

    id: str
    method: str
    """Name of the verifier."""
    subject: str
    roles: tuple[str, ...]
    """After `asserts` and closure, sorted."""
    scopes: tuple[str, ...]
    """Sorted, each once."""
    client: str
    """The client's name in the spec; empty when the credential names none the spec declares."""
    attributes: Mapping[str, object]
    """Principal attribute -> JSON value as the credential has it; text of a certificate already made a value."""
    claims: Mapping[str, object] | None = None
    """Of a token."""


def closure(roles: Mapping[str, tuple[str, ...]], asserted: Iterable[str]) -> tuple[str, ...]:
    """Every declared role that one of *asserted* gives, sorted; undeclared ones are dropped."""
    return tuple(sorted({given for role in asserted for given in roles.get(role, ())}))
