"""Sets of addresses: what rules admit, exactly."""

from __future__ import annotations

import ipaddress
import random

import pytest

from seccfg.analyse.addresses import EVERYWHERE, NOWHERE_AT_ALL, AddressSet, admitted, of_blocks
from seccfg.ir.policy import AddressRule, Cidr


def blocks(*texts: str) -> tuple[Cidr, ...]:
    networks = [ipaddress.ip_network(text) for text in texts]
    return tuple(Cidr(4 if n.version == 4 else 6, int(n.network_address), n.prefixlen) for n in networks)


def holds(found: AddressSet, text: str) -> bool:
    address = ipaddress.ip_address(text)
    return any(family == address.version and low <= int(address) <= high for family, low, high in found.ranges)


@pytest.mark.parametrize("seed", range(5))
def test_sets_are_sets(seed: int) -> None:
    """Union, intersection and difference agree with asking address by address."""
    r = random.Random(seed)

    def some() -> list[ipaddress.IPv4Network]:
        return [
            ipaddress.IPv4Network(f"{r.randrange(8)}.0.0.0/8").supernet(new_prefix=r.randrange(5, 9)) for _ in range(3)
        ]

    for _ in range(20):
        one, other = some(), some()
        a, b = of_blocks(blocks(*map(str, one))), of_blocks(blocks(*map(str, other)))
        for number in range(0, 9 << 24, 1 << 21):
            address = ipaddress.ip_address(number)
            in_a, in_b = any(address in n for n in one), any(address in n for n in other)
            text = str(address)
            assert holds(a, text) == in_a
            assert holds(a.minus(b), text) == (in_a and not in_b)
            assert holds(a.shared(b), text) == (in_a and in_b)
            assert holds(a.rest(), text) == (not in_a)


def test_all_rules_have_to_admit() -> None:
    rules = (
        AddressRule("a", blocks("10.0.0.0/8"), blocks("10.1.0.0/16")),
        AddressRule("b", blocks("10.0.0.0/9", "::/0"), ()),
    )
    found = admitted(rules)
    assert holds(found, "10.2.0.1")
    assert not any(holds(found, text) for text in ("10.1.0.1", "10.200.0.1", "11.0.0.1", "2001:db8::1"))
    assert admitted(()) == EVERYWHERE


def test_in_words() -> None:
    assert of_blocks(blocks("10.0.0.0/9", "10.128.0.0/9")).words() == "10.0.0.0/8"
    assert of_blocks(blocks("192.0.2.7/32", "2001:db8::/32")).words() == "192.0.2.7, 2001:db8::/32"
    assert EVERYWHERE.minus(of_blocks(blocks("198.51.100.0/24"))).words() == "outside 198.51.100.0/24"
    assert (
        of_blocks(blocks(*(f"10.{n}.0.0/24" for n in range(9)))).words()
        == "10.0.0.0/24, 10.1.0.0/24, 10.2.0.0/24, 10.3.0.0/24 and more"
    )


def test_an_address_of_the_set() -> None:
    """One outside what is to be avoided, where there is one; an IPv4-mapped address is no IPv6 address."""
    block = of_blocks(blocks("10.0.0.0/8"))
    assert holds(block, block.some(NOWHERE_AT_ALL))
    assert not holds(of_blocks(blocks("10.0.0.0/9")), block.some(of_blocks(blocks("10.0.0.0/9"))))
    assert block.some(block) != ""
    assert NOWHERE_AT_ALL.some(NOWHERE_AT_ALL) == ""
    mapped = 0xFFFF << 32
    found = ipaddress.IPv6Address(AddressSet(((6, mapped, mapped + (1 << 40)),)).some(NOWHERE_AT_ALL))
    assert found.ipv4_mapped is None
