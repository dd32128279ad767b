"""Step 4: the client's address, across trusted proxies, and the blocks it must or must not be in."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from .interface import PolicyError
from .memo import Memo
from .model import AddressRule
from .structs import dataclass

_MEMO_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Address:
    """An address; IPv4-mapped IPv6 is IPv4."""

    family: int
    number: int
    text: str
    """Canonical: dotted decimal, or RFC 5952."""
    counted_as: str
    """What limits by address count: the IPv4 address, the IPv6 /64."""
    forwarded: tuple[bytes, bytes]
    """The `X-Forwarded-For` header that names it."""


_parsed: Memo[str, Address] = Memo(_MEMO_SIZE)


def parse_address(text: str) -> Address | None:
    """A bare address: no port, no brackets, no zone; None for anything else."""
    found = _parsed.recall(text)
    if found is None:
        found = _parse(text)
        if found is not None:
            _parsed.store(text, found)
    return found


def _parse(text: str) -> Address | None:
    if "%" in text:
        return None
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        if mapped is None:
            network = ipaddress.IPv6Address(int(parsed) >> 64 << 64)
            return _address(6, int(parsed), str(parsed), f"{network}/64")
        parsed = mapped
    return _address(4, int(parsed), str(parsed), str(parsed))


def _address(family: int, number: int, text: str, counted_as: str) -> Address:
    return Address(family, number, text, counted_as, (b"x-forwarded-for", text.encode("ascii")))


class Blocks:
    """Address blocks of a policy (`10.0.0.0/8`), as (family, first, last)."""

    __slots__ = ("_ranges",)

    def __init__(self, blocks: Sequence[str]) -> None:
        self._ranges = tuple(_range(block) for block in blocks)

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def hold(self, address: Address) -> bool:
        """Some block holds *address*."""
        number, family = address.number, address.family
        return any(kind == family and first <= number <= last for kind, first, last in self._ranges)


def _range(block: str) -> tuple[int, int, int]:
    try:
        network = ipaddress.ip_network(block)
    except ValueError as error:
        raise PolicyError(f"`{block}` is no address block") from error
    return network.version, int(network.network_address), int(network.broadcast_address)


class AddressRules:
    """All rules of a route: an address must be in every `allow` and in no `deny`."""

    __slots__ = ("_admitted", "_rules", "everyone")

    def __init__(self, rules: Sequence[AddressRule]) -> None:
        self._rules = tuple((Blocks(rule.allow), Blocks(rule.deny)) for rule in rules)
        self._admitted: Memo[str, bool] = Memo(_MEMO_SIZE)
        self.everyone = not rules

    def admit(self, address: Address) -> bool:
        """Every rule admits *address*."""
        if self.everyone:
            return True
        found = self._admitted.new.get(address.text)
        if found is None:
            found = all(allow.hold(address) and not deny.hold(address) for allow, deny in self._rules)
            self._admitted.store(address.text, found)
        return found


class TrustedProxies:
    """Who may say for whom a request is made."""

    __slots__ = ("_blocks", "_trusted", "some")

    def __init__(self, blocks: Sequence[str]) -> None:
        self._blocks = Blocks(blocks)
        self._trusted: Memo[str, bool] = Memo(_MEMO_SIZE)
        self.some = bool(blocks)

    def trust(self, address: Address) -> bool:
        """*address* is a trusted proxy's."""
        if not self.some:
            return False
        found = self._trusted.new.get(address.text)
        if found is None:
            found = self._blocks.hold(address)
            self._trusted.store(address.text, found)
        return found

    def client(self, peer: Address, forwarded_for: Sequence[bytes]) -> Address | None:
        """
        Who really asks: `X-Forwarded-For` walked from the right while the address is trusted.

        Args:
            peer: A trusted proxy; for other peers the header must not be looked at.
            forwarded_for: All lines of the header, in order.
        Returns:
            The first address that is not trusted, else the leftmost; None when one that was reached cannot be read.
        """
        current = peer
        elements = b",".join(forwarded_for).split(b",")
        for element in reversed(elements):
            reached = parse_address(element.strip(b" \t").decode("latin-1"))
            if reached is None:
                return None
            current = reached
            if not self.trust(current):
                break
        return current
