"""Step 4: the client's address."""

from __future__ import annotations

import ipaddress

import pytest

from seccfg.ir.policy import AddressRule, Cidr, ClientAddress
from seccfg.semantics import decide
from seccfg.semantics.address import holds, parse_address

REFUSED = (403, "address")


def block(text):
    network = ipaddress.ip_network(text)
    return Cidr(network.version, int(network.network_address), network.prefixlen)


EVERYONE = AddressRule("everyone", (block("0.0.0.0/0"), block("::/0")), (block("203.0.113.66/32"),))
OFFICE = AddressRule("office", (block("198.51.100.0/24"), block("2001:db8:1::/48")), ())
PROXIES = (block("10.0.0.0/8"), block("2001:db8:ffff::/64"))


def policy(kit, *rules, trusted=()):
    return kit.policy(kit.route(address=ClientAddress(rules, trusted)))


@pytest.mark.parametrize("peer, status", [
    ("198.51.100.7", 200), ("198.51.101.7", 403), ("198.51.99.255", 403), ("198.51.100.255", 200), ("2001:db8:1::9",
    200),
    ("2001:db8:2::9", 403), ("::ffff:198.51.100.7", 200), ("::ffff:192.0.2.1", 403),
])  # fmt: skip
def test_an_address_outside_allow_is_403(kit, peer, status):
    """Client address not allowed: 403; IPv4-mapped IPv6 is IPv4."""
    assert decide(policy(kit, OFFICE), kit.request("GET", "/orders", kit.bearer(), peer=peer)).status == status


def test_deny_wins_over_allow(kit):
    """An address passes when it is in `allow` and not in `deny`."""
    assert kit.status(policy(kit, EVERYONE), kit.request(peer="203.0.113.66")) == REFUSED


def test_all_rules_must_pass(kit):
    """A route's network is added to the defaults: every rule must admit the address."""
    assert kit.status(policy(kit, EVERYONE, OFFICE), kit.request(peer="192.0.2.1")) == REFUSED
    assert kit.status(policy(kit, EVERYONE, OFFICE), kit.request(peer="203.0.113.66")) == REFUSED


def test_a_rule_that_admits_nothing_admits_nobody(kit):
    """An empty `allow` lets nobody in."""
    assert kit.status(policy(kit, AddressRule("none", (), ())), kit.request()) == REFUSED


def test_the_route_decides_before_it_is_matched(kit):
    """Steps 1, 3 and 4 use the looked-up route's values."""
    policy = kit.policy(kit.route(), kit.route("DELETE", address=ClientAddress((OFFICE,), ())))
    assert kit.status(policy, kit.request("DELETE", "/orders", peer="192.0.2.1")) == REFUSED
    assert kit.status(policy, kit.request("GET", "/orders", peer="192.0.2.1")) == (401, "no_credential")


def walk(kit, peer, *lines, trusted=PROXIES):
    """The address a policy that admits the office only sees, as allowed or not."""
    headers = (("X-Forwarded-For", line) for line in lines)
    return kit.status(policy(kit, OFFICE, trusted=trusted), kit.request("GET", "/orders", kit.bearer(), *headers, peer=peer))


PASS = (200, "pass")
MALFORMED = (400, "malformed")


@pytest.mark.parametrize("peer, lines, expected", [
    ("10.0.0.1", ("198.51.100.7",), PASS),  # the first untrusted one is the client
    ("10.0.0.1", ("192.0.2.1",), REFUSED),
    ("10.0.0.1", ("192.0.2.1, 198.51.100.7",), PASS),  # the walk stops there
    ("10.0.0.1", ("198.51.100.7, 192.0.2.1",), REFUSED),
    ("10.0.0.1", ("198.51.100.7, 10.9.9.9",), PASS),  # and goes on across trusted ones
    ("10.0.0.1", ("198.51.100.7", "10.9.9.9"), PASS),  # several lines are one list
    ("10.0.0.1", ("192.0.2.1", "198.51.100.7,10.9.9.9"), PASS),
    ("10.0.0.1", ("10.1.1.1, 10.2.2.2",), REFUSED),  # all trusted: the leftmost
    ("10.0.0.1", (), REFUSED),  # the proxy itself
    ("2001:db8:ffff::1", ("2001:db8:1::9",), PASS),
    ("10.0.0.1", ("::ffff:198.51.100.7",), PASS),  # IPv4-mapped IPv6 is IPv4
    ("::ffff:10.0.0.1", ("198.51.100.7",), PASS),
    ("10.0.0.1", ("garbage",), MALFORMED),  # a reached element that does not parse
    ("10.0.0.1", ("",), MALFORMED),
    ("10.0.0.1", ("198.51.100.7,",), MALFORMED),
    ("10.0.0.1", ("198.51.100.7:443",), MALFORMED),  # an element is a bare address
    ("10.0.0.1", ("[2001:db8:1::9]",), MALFORMED),
    ("10.0.0.1", ("fe80::1%eth0",), MALFORMED),
    ("10.0.0.1", ("198.051.100.7",), MALFORMED),
    ("10.0.0.1", ("garbage, 198.51.100.7",), PASS),  # not reached
    ("192.0.2.1", ("198.51.100.7",), REFUSED),  # the peer is not trusted
    ("192.0.2.1", ("garbage",), REFUSED),
])  # fmt: skip
def test_forwarded_for_is_walked_from_the_right(kit, peer, lines, expected):
    """`X-Forwarded-For` walked from the right while the address is trusted; a reached element that does not parse: 400."""
    assert walk(kit, peer, *lines) == expected


def test_without_trusted_proxies_the_header_is_ignored(kit):
    """No `trusted_proxies`: header ignored."""
    assert walk(kit, "198.51.100.7", "garbage", trusted=()) == PASS
    assert walk(kit, "10.0.0.1", "198.51.100.7", trusted=()) == REFUSED


def test_garbage_is_refused_in_step_4(kit):
    """The refusal stands where the address is read."""
    decision = decide(
        policy(kit, OFFICE, trusted=PROXIES), kit.request("GET", "/orders", ("X-Forwarded-For", "x"), peer="10.0.0.1")
    )
    assert decision.step == "address"


def test_a_peer_that_cannot_be_read_is_never_let_in(kit):
    """A check that cannot be carried out is never a pass."""
    decision = decide(kit.policy(kit.route()), kit.request("GET", "/orders", kit.bearer(), peer="unix:"))
    assert (decision.status, decision.reason, decision.events) == (500, "internal", ("check.failed",))


@pytest.mark.parametrize("text", ["1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "::1%1", "[::1]", "", "0x7f.1", "1.2.3.256"])
def test_what_is_no_bare_address(text):
    """Only the two standard text forms are addresses."""
    assert parse_address(text) is None


def test_blocks_of_any_length():
    """A block of n bits holds exactly the addresses that share them."""
    address = parse_address("198.51.100.130")
    assert address is not None
    for bits in range(33):
        network = ipaddress.ip_network(("198.51.100.128", bits), strict=False)
        assert holds((block(str(network)),), address) == (ipaddress.ip_address(address.text) in network)
