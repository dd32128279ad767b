"""Steps 9 and 12: which counters a request takes from."""

from __future__ import annotations

import json

from .addresses import Address
from .attributes import AttributeReader, Reading
from .credentials import Verified
from .interface import Charge
from .memo import Memo
from .model import ByAddress, ByPrincipal, RateLimit
from .values import INVALID

_REMEMBERED = 4096


class LimitPlan:
    """
    One limit on one route.

    Limits by address know no principal yet and so no tier; a limit that counts refused credentials is only looked at
    here (`spend` false) and charged when one is refused.
    """

    __slots__ = ("_attribute", "_by_principal", "_charges", "_number", "_suffix", "by_address", "limit")

    def __init__(self, limit: RateLimit, route: str, number: int, attribute: AttributeReader | None) -> None:
        self.limit = limit
        self.by_address = isinstance(limit.key, ByAddress)
        self._by_principal = isinstance(limit.key, ByPrincipal)
        self._attribute = attribute
        self._suffix = f"\x1f{route}" if limit.per_route else ""
        self._number = number
        self._charges: Memo[str, Charge] = Memo(_REMEMBERED)

    @property
    def counts_failures(self) -> bool:
        return self.limit.count == "auth.failed"

    @property
    def reads(self) -> AttributeReader | None:
        """The attribute it counts by, if any."""
        return self._attribute

    def of_address(self, client: Address) -> Charge:
        """The charge for a client's address."""
        charge = self._charges.new.get(client.counted_as)
        if charge is None:
            charge = self._charge(client.counted_as, self.limit.limit)
            self._charges.store(client.counted_as, charge)
        return charge

    def of_principal(self, verified: Verified | None, reading: Reading) -> Charge | None:
        """The charge for a principal or attribute; None when there is nothing to count by."""
        if self._by_principal:
            if verified is None:
                return None
            charge = verified.charges.get(self._number)
            if charge is None:
                charge = verified.charges[self._number] = self._charge(verified.principal.id, self._size(verified))
            return charge
        if self._attribute is None:
            return None
        value = self._attribute.typed(reading)
        if value is None or value is INVALID:
            return None
        key = json.dumps(value, separators=(",", ":"))
        return self._charge(key, self.limit.limit if verified is None else self._size(verified))

    def _size(self, verified: Verified) -> int:
        """The largest among the base limit and the tiers of the principal's roles."""
        roles = verified.principal.roles
        return max(self.limit.limit, *(size for holders, size in self.limit.tiers if not roles.isdisjoint(holders)), 0)

    def _charge(self, key: str, size: int) -> Charge:
        limit = self.limit
        counter = f"{limit.name}\x1f{key}{self._suffix}"
        return Charge(counter, limit.algorithm, size, limit.window_s, limit.burst, not self.counts_failures)
