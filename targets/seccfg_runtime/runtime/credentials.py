"""What a verified credential says, in the form every later step uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .interface import Charge, Principal
from .keyset import VerificationKey

_NOT_TEXT = re.compile("[\x00\ufffd\ud800-\udfff]")
INTEGER_LIMIT = 2**53 - 1


class Refused(Exception):
    """A credential that is not good; `message` is for the audit log and holds nothing of the credential."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Verified:
    """
    A credential whose signature (or hash, or chain) and claims were found good.

    What depends on the time is not part of that: `good_from_s <= now < good_until_s` is asked on every request.
    `allowed_on`, `charges` and `identity` remember what follows from the principal alone; credentials of one principal
    may share them.

    Args:
        alike: A credential of the same subject, roles, scopes and client, to share what they charge with; if their
            attributes are the same too (one principal object), identity headers as well.
        allowed_on: The memory all credentials of these roles, scopes and client share.
    """

    __slots__ = (
        "_values", "allowed_on", "charges", "claims", "good_from_s", "good_until_s", "identity", "key", "principal",
    )  # fmt: skip

    def __init__(
        self,
        principal: Principal,
        claims: Mapping[str, object] | None = None,
        good_from_s: float = float("-inf"),
        good_until_s: float = float("inf"),
        key: VerificationKey | None = None,
        alike: Verified | None = None,
        allowed_on: set[int] | None = None,
    ) -> None:
        self.principal = principal
        self.claims = claims
        self.good_from_s = good_from_s
        self.good_until_s = good_until_s
        self.key = key
        """The verification key, to tell when the issuer has withdrawn it."""
        self._values: dict[str, object] | None = None
        self.allowed_on: set[int] = set() if allowed_on is None else allowed_on
        """Numbers of routes whose grants allow it and look at nothing else."""
        self.charges: dict[int, tuple[Charge, ...]] = {} if alike is None else alike.charges
        """What a route's limits by principal charge, by the number of their plan."""
        one_principal = alike is not None and alike.principal is principal
        self.identity: dict[int, list[tuple[bytes, bytes]] | None] = alike.identity if alike and one_principal else {}
        """Identity headers by forwarding plan; None: a value cannot be sent."""

    @property
    def values(self) -> dict[str, object]:
        """The attributes of `principal` for conditions."""
        if self._values is None:
            self._values = principal_values(self.principal)
        return self._values


def principal_values(principal: Principal) -> dict[str, object]:
    """The attributes of `principal` for conditions."""
    values: dict[str, object] = dict(principal.attributes)
    values["subject"] = principal.subject
    values["roles"] = sorted(principal.roles)
    values["scopes"] = sorted(principal.scopes)
    values["method"] = principal.method
    if principal.client:
        values["client"] = principal.client
    return values


def closure(roles: Mapping[str, tuple[str, ...]], asserted: Iterable[str]) -> frozenset[str]:
    """Every declared role that one of *asserted* gives; undeclared ones are dropped."""
    return frozenset(given for role in asserted for given in roles.get(role, ()))


def is_text(value: str) -> bool:
    """Text every target reads alike: no NUL, no U+FFFD, no lone surrogate."""
    return _NOT_TEXT.search(value) is None


def is_whole(value: object) -> bool:
    """A whole number within +-(2^53 - 1); `5.0` is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return -INTEGER_LIMIT <= value <= INTEGER_LIMIT and value == int(value)
