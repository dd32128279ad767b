"""Reads a web ACL of a CloudFormation template as AWS WAF would: the rules that block, in the order of their priority."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seccfg.targetapi.observe import EngineFailed
from seccfg_aws.stack_api import AclAnswer, AddressRule, RateRule

__all__ = ["read_acl"]

Resources = Mapping[str, Mapping[str, Any]]
_WINDOWS = (60, 120, 300, 600)
_MOST_HEADERS = 10


def read_acl(resources: Resources) -> tuple[AddressRule | RateRule, ...]:
    """The blocking rules of the web ACL that is associated with a stage; none without an association."""
    associated = [
        resource["Properties"]["WebACLArn"]["Fn::GetAtt"][0]
        for resource in resources.values()
        if resource["Type"] == "AWS::WAFv2::WebACLAssociation" and "/stages/" in str(resource["Properties"]["ResourceArn"])
    ]
    found: list[tuple[int, AddressRule | RateRule]] = []
    for name in associated:
        acl = resources[name]["Properties"]
        if acl["DefaultAction"] != {"Allow": {}} or acl["Scope"] != "REGIONAL":
            raise EngineFailed("a web ACL that lets nothing through, or is for another place")
        for rule in acl["Rules"]:
            if "OverrideAction" in rule:
                if rule["OverrideAction"] != {"Count": {}}:
                    raise EngineFailed("no model of what AWS's managed rules block")
                continue
            found.append((int(rule["Priority"]), _rule(resources, acl, rule)))
    return tuple(rule for _, rule in sorted(found, key=lambda entry: entry[0]))


def _rule(resources: Resources, acl: Mapping[str, Any], rule: Mapping[str, Any]) -> AddressRule | RateRule:
    answer = _answer(acl, rule["Action"]["Block"])
    ((kind, said),) = rule["Statement"].items()
    if kind == "RateBasedStatement":
        window_s, limit = said.get("EvaluationWindowSec", 300), said["Limit"]
        if said["AggregateKeyType"] != "IP" or "ScopeDownStatement" in said or window_s not in _WINDOWS or limit < 10:
            raise EngineFailed("a rate-based rule that AWS WAF refuses, or of which there is no model")
        return RateRule(limit, window_s, answer)
    admitted: tuple[str, ...] | None = None
    refused: list[str] = []
    for part in said["Statements"] if kind == "OrStatement" else [rule["Statement"]]:
        if "NotStatement" in part:
            if admitted is not None:
                raise EngineFailed("two lists of admitted addresses in one rule")
            admitted = tuple(_addresses(resources, part["NotStatement"]["Statement"]))
        else:
            refused += _addresses(resources, part)
    return AddressRule(admitted, tuple(refused), answer)


def _addresses(resources: Resources, statement: Mapping[str, Any]) -> Iterator[str]:
    """The networks of one set, or of any of some sets."""
    ((kind, said),) = statement.items()
    if kind == "OrStatement":
        for part in said["Statements"]:
            yield from _addresses(resources, part)
        return
    if kind != "IPSetReferenceStatement":
        raise EngineFailed(f"no model of {kind}")
    named = resources[said["Arn"]["Fn::GetAtt"][0]]
    properties = named["Properties"]
    if named["Type"] != "AWS::WAFv2::IPSet" or any(text.endswith("/0") for text in properties["Addresses"]):
        raise EngineFailed("a set of addresses that AWS WAF refuses")
    for text in properties["Addresses"]:
        if (":" in text) != (properties["IPAddressVersion"] == "IPV6"):
            raise EngineFailed("a set of addresses of two families")
        yield text


def _answer(acl: Mapping[str, Any], block: Mapping[str, Any]) -> AclAnswer:
    """The custom response; without one AWS WAF answers 403 with nothing of ours."""
    custom = block.get("CustomResponse")
    if custom is None:
        return AclAnswer(403, (), "")
    headers = tuple((header["Name"], header["Value"]) for header in custom.get("ResponseHeaders", ()))
    if len(headers) > _MOST_HEADERS or any(name.lower() == "content-type" for name, _ in headers):
        raise EngineFailed("headers that a custom response cannot have")
    key = custom.get("CustomResponseBodyKey")
    return AclAnswer(custom["ResponseCode"], headers, acl["CustomResponseBodies"][key]["Content"] if key else "")
