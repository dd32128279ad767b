"""Sets of client addresses, exactly: what rules admit, and what one admits that another does not."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from seccfg.ir.policy import AddressRule, Cidr
from seccfg.record import Record

__all__ = ["EVERYWHERE", "NOWHERE_AT_ALL", "AddressSet", "admitted", "of_blocks"]

_LAST = {4: (1 << 32) - 1, 6: (1 << 128) - 1}
_MAPPED = (0xFFFF << 32, (0xFFFF << 32) + (1 << 32) - 1)
"""IPv4-mapped IPv6 addresses, which are IPv4 addresses."""


class AddressSet(Record):
    """Ranges (family, first, last), sorted, neither touching nor overlapping."""

    ranges: tuple[tuple[int, int, int], ...]

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def minus(self, other: AddressSet) -> AddressSet:
        """The addresses that are not in *other*."""
        return self.shared(other.rest())

    def shared(self, other: AddressSet) -> AddressSet:
        """The addresses both hold."""
        found = [
            (family, max(low, low2), min(high, high2))
            for family, low, high in self.ranges
            for family2, low2, high2 in other.ranges
            if family == family2 and max(low, low2) <= min(high, high2)
        ]
        return AddressSet(tuple(sorted(found)))

    def rest(self) -> AddressSet:
        """Every other address."""
        found: list[tuple[int, int, int]] = []
        for family, last in _LAST.items():
            at = 0
            for _, low, high in (r for r in self.ranges if r[0] == family):
                if at < low:
                    found.append((family, at, low - 1))
                at = high + 1
            if at <= last:
                found.append((family, at, last))
        return AddressSet(tuple(found))

    def some(self, avoid: AddressSet) -> str:
        """An address of the set, one outside *avoid* where there is one; empty when the set is."""
        for candidates in (self.minus(avoid), self):
            for family, low, high in candidates.ranges:
                number = low + 7 if low + 7 < high else low
                if family == 6 and _MAPPED[0] <= number <= _MAPPED[1]:
                    number = _MAPPED[1] + 1 if _MAPPED[1] < high else number
                return str(ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number))
        return ""

    def words(self, most: int = 4) -> str:
        """`198.51.100.0/24, 203.0.113.7`, or `outside` them; a long list is cut."""
        blocks = self._blocks()
        if len(blocks) > most:
            others = self.rest()._blocks()
            if len(others) <= most:
                return f"outside {', '.join(others)}"
        return ", ".join(blocks) if len(blocks) <= most else f"{', '.join(blocks[:most])} and more"

    def _blocks(self) -> list[str]:
        blocks: list[str] = []
        for family, low, high in self.ranges:
            networks: Iterable[object]
            if family == 4:
                networks = ipaddress.summarize_address_range(ipaddress.IPv4Address(low), ipaddress.IPv4Address(high))
            else:
                networks = ipaddress.summarize_address_range(ipaddress.IPv6Address(low), ipaddress.IPv6Address(high))
            blocks += (str(network).removesuffix("/32" if family == 4 else "/128") for network in networks)
        return blocks


EVERYWHERE = AddressSet(((4, 0, _LAST[4]), (6, 0, _LAST[6])))
NOWHERE_AT_ALL = AddressSet(())


def of_blocks(blocks: Iterable[Cidr]) -> AddressSet:
    """Every address of *blocks*."""
    found: list[tuple[int, int, int]] = []
    spans = sorted((b.family, b.network, b.network + (1 << ((32 if b.family == 4 else 128) - b.bits)) - 1) for b in blocks)
    for family, low, high in spans:
        if found and found[-1][0] == family and low <= found[-1][2] + 1:
            found[-1] = (family, found[-1][1], max(found[-1][2], high))
        else:
            found.append((family, low, high))
    return AddressSet(tuple(found))


def admitted(rules: Sequence[AddressRule]) -> AddressSet:
    """The addresses every rule lets through."""
    result = EVERYWHERE
    for rule in rules:
        result = result.shared(of_blocks(rule.allow)).minus(of_blocks(rule.deny))
    return result
