"""TLS009."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec
from seccfg.spec.scalars import parse_cidr

RULE = Rule(
    id="TLS009",
    name="everybody-is-a-proxy",
    severity="error",
    why=(
        "`X-Forwarded-For` and `X-Forwarded-Proto` are believed from these addresses. From anywhere means that "
        "every client says itself where it comes from and whether it used TLS: limits by address, network "
        "profiles and key addresses decide nothing."
    ),
    fix="List the addresses of your own load balancers.",
    refs=("CWE-348", "CWE-290"),
    needs=("network.trusted_proxies",),
    bad="network: {trusted_proxies: [0.0.0.0/0]}",
    good="network: {trusted_proxies: [10.0.0.0/8]}",
)


@RULE.check
def proxies_are_known(spec: Spec) -> Iterator[Hit]:
    proxies = spec.network.trusted_proxies if spec.network is not None else None
    for index, block in enumerate(proxies or ()):
        family, _, bits = parse_cidr(block)
        if bits == 0:
            yield Hit(("network", "trusted_proxies", index), f"every IPv{family} client is believed to be a proxy")
