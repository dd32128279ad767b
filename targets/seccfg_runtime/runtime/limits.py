"""Steps 9 and 12: which counters a request takes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from .addresses import Address
from .attributes import AttributeReader, Reading
from .credentials import Verified
from .interface import Charge
from .memo import Memo
from .model import ByAddress, ByPrincipal, RateLimit
from .structs import replace
from .values import INVALID

_REMEMBERED = 4096
_LONGEST_KEY = 128
"""Longer ones are hashed: a caller who chooses the key chooses no memory."""


class LimitPlan:
    """
    One limit on one route.

    Limits by address know no principal yet and so no tier; a limit that counts refused credentials is only looked at
    (`spend` false) and charged when one is refused.
    """

    __slots__ = ("_suffix", "by_address", "by_principal", "limit", "reads")

    def __init__(self, limit: RateLimit, route: str, reads: AttributeReader | None) -> None:
        self.limit = limit
        self.by_address = isinstance(limit.key, ByAddress)
        self.by_principal = isinstance(limit.key, ByPrincipal)
        self.reads = reads
        """The attribute it counts by, if any."""
        self._suffix = f"\x1f{route}" if limit.per_route else ""

    @property
    def counts_failures(self) -> bool:
        return self.limit.count == "auth.failed"

    def of_address(self, client: Address) -> Charge:
        """The charge for a client's address."""
        return self._charge(client.counted_as, self.limit.limit)

    def of_principal(self, verified: Verified | None, reading: Reading) -> Charge | None:
        """The charge for a principal or attribute; None when there is nothing to count by."""
        if self.reads is None:
            return None if verified is None else self.of_credential(verified)
        value = self.reads.typed(reading)
        if value is None or value is INVALID:
            return None
        size = self.limit.limit if verified is None else self._size(verified)
        return self._charge(json.dumps(value, separators=(",", ":")), size)

    def of_credential(self, verified: Verified) -> Charge:
        """The charge for the principal itself."""
        return self._charge(verified.principal.id, self._size(verified))

    def _size(self, verified: Verified) -> int:
        """The largest among the base limit and the tiers of the principal's roles."""
        if not self.limit.tiers:
            return self.limit.limit
        roles = verified.principal.roles
        return max([self.limit.limit, *(size for holders, size in self.limit.tiers if not roles.isdisjoint(holders))])

    def _charge(self, key: str, size: int) -> Charge:
        limit = self.limit
        if len(key) > _LONGEST_KEY:
            key = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        counter = f"{limit.name}\x1f{key}{self._suffix}"
        return Charge(counter, limit.algorithm, size, limit.window_s, limit.burst, not self.counts_failures)


class AddressLimits:
    """The limits of one step 9, and what they charge each address."""

    __slots__ = ("_charges", "limits")

    def __init__(self, limits: Sequence[LimitPlan]) -> None:
        self.limits = tuple(limits)
        self._charges: Memo[str, tuple[Charge, ...]] = Memo(_REMEMBERED)

    def charges(self, client: Address) -> tuple[Charge, ...]:
        """What a request from *client* charges, in order."""
        found = self._charges.new.get(client.counted_as)
        if found is None:
            found = tuple(limit.of_address(client) for limit in self.limits)
            self._charges.store(client.counted_as, found)
        return found


class PrincipalLimits:
    """The limits of one step 12. `number` tells its memory on a credential apart from other steps'."""

    __slots__ = ("_by_principal_alone", "limits", "number")

    def __init__(self, limits: Sequence[LimitPlan], number: int) -> None:
        self.limits = tuple(limits)
        self.number = number
        self._by_principal_alone = all(limit.by_principal for limit in limits)

    def known(self, verified: Verified) -> tuple[Charge, ...] | None:
        """What a request of this principal charges, when that depends on nothing else; kept in `verified.charges`."""
        if not self._by_principal_alone:
            return None
        found = verified.charges.get(self.number)
        if found is None:
            found = verified.charges[self.number] = tuple([limit.of_credential(verified) for limit in self.limits])
        return found

    def charges(self, verified: Verified | None, reading: Reading) -> tuple[tuple[Charge, ...], LimitPlan | None]:
        """What a request charges, in order; if some limit has nothing to count by, those before it and that one."""
        found: list[Charge] = []
        for limit in self.limits:
            charge = limit.of_principal(verified, reading)
            if charge is None:
                return tuple(replace(charge, spend=False) for charge in found), limit
            found.append(charge)
        return tuple(found), None
