"""The web ACL in front of the API."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from seccfg.ir.policy import DEFAULT_STATUS, Cidr
from seccfg_aws import function
from seccfg_aws.plan import AwsPlan
from seccfg_aws.responses import edge_headers, refusal_body
from seccfg_aws.statuses import effective_status

__all__ = ["web_acl"]

Resource = dict[str, Any]


def web_acl(plan: AwsPlan) -> Resource:
    """
    The web ACL, and the sets of addresses it names.

    AWS's managed rules count only: what they would block is seen and never decided. With `prefer: native` addresses and rates
    are decided here as well, before anything else sees the request.
    """
    own, sets = _own_rules(plan)
    groups = ("KnownBadInputs", "Common", "AmazonIpReputation")
    rules = [
        {
            "Name": group, "Priority": number, "OverrideAction": {"Count": {}},
            "Statement": {"ManagedRuleGroupStatement": {
                "VendorName": "AWS",
                "Name": f"AWSManagedRules{group}{'List' if group.endswith('Reputation') else 'RuleSet'}",
            }},
            "VisibilityConfig": _visible(f"{plan.name}-{group}"),
        }
        for number, group in enumerate(groups, len(own))
    ]  # fmt: skip
    why = "managed rules count only: a request the spec allows is allowed; set OverrideAction to None to let them block"
    properties: Resource = {
        "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "Rules": [*own, *rules], "VisibilityConfig": _visible(plan.name),
    }  # fmt: skip
    if own:
        properties["CustomResponseBodies"] = {
            key: {"ContentType": "APPLICATION_JSON", "Content": refusal_body(code, reason)}
            for key, code, reason in (("Address", _address_code(plan), "address"), _limited(plan))
            if any(key == rule["Action"]["Block"]["CustomResponse"]["CustomResponseBodyKey"] for rule in own)
        }
    acl = {
        "Type": "AWS::WAFv2::WebACL", "Metadata": function.skipped({"CKV_AWS_192": why}), "Properties": properties,
    }  # fmt: skip
    return {**sets, "WebAcl": acl}


def _address_code(plan: AwsPlan) -> int:
    return dict(effective_status(plan.errors)).get("address", DEFAULT_STATUS["address"])


def _limited(plan: AwsPlan) -> tuple[str, int, str]:
    return "Limited", plan.errors.code("rate_limited"), "rate_limited"


def _own_rules(plan: AwsPlan) -> tuple[list[Resource], Resource]:
    """Rules that block, in the order of the steps: addresses, then rates."""
    rules: list[Resource] = []
    sets: Resource = {}

    def rule(name: str, statement: Resource, code: int, key: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        sent = [{"Name": header, "Value": value} for header, value in (*headers, *edge_headers(plan))]
        answer: Resource = {"ResponseCode": code, "CustomResponseBodyKey": key}
        rules.append({
            "Name": name, "Priority": len(rules), "Statement": statement, "VisibilityConfig": _visible(f"{plan.name}-{name}"),
            "Action": {"Block": {"CustomResponse": {**answer, **({"ResponseHeaders": sent} if sent else {})}}},
        })  # fmt: skip

    for number, admitted in enumerate(plan.native.addresses, 1):
        statements: list[Resource] = []
        everyone = {block.family for block in admitted.allow if block.bits == 0} == {4, 6}
        for kind, blocks in (("Allow", () if everyone else admitted.allow), ("Deny", admitted.deny)):
            named = {f"{kind}{number}V{family}": _set(blocks, family) for family in (4, 6)}
            sets |= {ident: made for ident, made in named.items() if made is not None}
            found = [_in_set(ident) for ident, made in named.items() if made is not None]
            if kind == "Allow" and found:
                statements.append({"NotStatement": {"Statement": _any(found)}})
            else:
                statements += found
        if statements:
            rule(f"Address-{admitted.name}", _any(statements), _address_code(plan), "Address")
    for limit in plan.native.limits:
        counted = {"Limit": limit.limit, "EvaluationWindowSec": limit.window_s, "AggregateKeyType": "IP"}
        key, code, _ = _limited(plan)
        rule(f"Rate-{limit.name}", {"RateBasedStatement": counted}, code, key, (("Retry-After", str(limit.window_s)),))
    return rules, sets


def _any(statements: list[Resource]) -> Resource:
    return statements[0] if len(statements) == 1 else {"OrStatement": {"Statements": statements}}


def _in_set(ident: str) -> Resource:
    return {"IPSetReferenceStatement": {"Arn": {"Fn::GetAtt": [ident, "Arn"]}}}


def _set(blocks: Sequence[Cidr], family: int) -> Resource | None:
    """The blocks of one family; None for none. The whole of a family is two halves, as a set takes no `/0`."""
    texts: list[str] = []
    for block in blocks:
        if block.family == family:
            network = ipaddress.ip_network((block.network, block.bits)) if family == 4 else ipaddress.IPv6Network(
                (block.network, block.bits)
            )  # fmt: skip
            halves = network.subnets() if network.prefixlen == 0 else [network]
            texts += [str(half) for half in halves]
    if not texts:
        return None
    return {
        "Type": "AWS::WAFv2::IPSet",
        "Properties": {"Scope": "REGIONAL", "IPAddressVersion": f"IPV{family}", "Addresses": sorted(set(texts))},
    }


def _visible(metric: str) -> Resource:
    return {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": metric}
