"""
A model of AWS WAF in front of a stage: rules that block, and what they count.

AWS looks at the rates about every ten seconds and publishes no bound; the model looks at every request. A rule with an action
that ends counts nothing for the rules behind it; every request a rate-based rule looks at is counted, those it blocks too.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right, insort
from collections.abc import Sequence

from seccfg_aws.stack_api import AclAnswer, AddressRule, RateRule

__all__ = ["WebAcl"]


class WebAcl:
    """The rules of one web ACL at work."""

    def __init__(self, rules: Sequence[AddressRule | RateRule]) -> None:
        self._rules = tuple(rules)
        self._seen: dict[tuple[int, str], list[int]] = {}

    def forget(self) -> None:
        """Nothing was counted."""
        self._seen.clear()

    def block(self, peer: str, now_s: int) -> AclAnswer | None:
        """How a request of *peer* is answered before API Gateway sees it; None when it goes on."""
        for number, rule in enumerate(self._rules):
            if isinstance(rule, RateRule):
                times = self._seen.setdefault((number, _canonical(peer)), [])
                insort(times, now_s)
                if len(times) - bisect_right(times, now_s - rule.window_s) > rule.limit:
                    return rule.answer
            elif _blocked(rule, peer):
                return rule.answer
        return None


def _blocked(rule: AddressRule, peer: str) -> bool:
    if rule.admitted is not None and not _in(rule.admitted, peer):
        return True
    return _in(rule.refused, peer)


def _canonical(peer: str) -> str:
    """The address as one text; how AWS shows an IPv4 address inside an IPv6 one is not documented: as the former here."""
    address = ipaddress.ip_address(peer)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(address if mapped is None else mapped)


def _in(networks: Sequence[str], peer: str) -> bool:
    address = ipaddress.ip_address(_canonical(peer))
    return any(address in ipaddress.ip_network(network) for network in networks)
