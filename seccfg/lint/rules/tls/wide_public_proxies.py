"""TLS010."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import parse_cidr

RULE = Rule(
    id="TLS010",
    name="wide-public-proxies",
    severity="warning",
    why="A block of public addresses that large belongs to many: each of their machines may claim to be any client.",
    fix=(
        "List the exact addresses your provider publishes for its load balancers, or have them reach you over "
        "private ones."
    ),
    refs=("CWE-348", "CWE-290"),
    needs=("network.trusted_proxies",),
    confidence="medium",
    bad="network: {trusted_proxies: [203.0.0.0/8]}",
    good="network: {trusted_proxies: [203.0.113.0/24]}",
)

_LEAST_BITS = {4: 16, 6: 32}
_PRIVATE = tuple(
    parse_cidr(block)
    for block in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
    )
)


@RULE.check
def proxies_are_few(spec: Spec) -> Iterator[Hit]:
    proxies = spec.network.trusted_proxies if spec.network is not None else None
    for index, block in enumerate(proxies or ()):
        family, address, bits = parse_cidr(block)
        if 0 < bits < _LEAST_BITS[family] and not any(_inside(family, address, bits, private) for private in _PRIVATE):
            yield Hit(("network", "trusted_proxies", index), f"`{block}` holds public addresses of many owners")


def _inside(family: int, address: int, bits: int, block: tuple[int, int, int]) -> bool:
    other, network, width = block
    shift = (32 if family == 4 else 128) - width
    return family == other and bits >= width and address >> shift == network >> shift
