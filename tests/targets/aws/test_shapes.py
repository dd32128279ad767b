"""Every enum, range, length and pattern of the service model that a template must keep, and that the check sees a wrong one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from seccfg.targetapi.kit.random_runs import random_policy
from seccfg_aws import TARGET
from tests.targets.aws.service_shapes import problems
from tests.targets.aws.test_template import CASES, built


def wrong(template: dict[str, Any]) -> Iterator[str]:
    for resource in template["Resources"].values():
        yield from problems(resource["Type"], resource["Properties"])


@pytest.mark.parametrize("case", CASES)
def test_the_services_would_take_every_resource(case: str) -> None:
    """Of each example, in either form."""
    assert [*wrong(built(case)), *wrong(built(case, "native"))] == []


@pytest.mark.parametrize("seed", range(2))
def test_the_services_would_take_resources_of_made_up_specs(seed: int) -> None:
    """Names, lists and numbers nobody chose."""
    files = TARGET.compile(random_policy(seed), {}).files
    template = json.loads(next(f.content for f in files if f.path == "template.json"))
    assert list(wrong(template)) == []


WRONG = (
    ("AWS::ApiGateway::RestApi", ("ApiKeySourceType",), "AUTHORISER"),
    ("AWS::ApiGateway::RestApi", ("SecurityPolicy",), "TLS_1_1"),
    ("AWS::ApiGateway::RestApi", ("EndpointConfiguration", "Types"), ["LOCAL"]),
    ("AWS::ApiGateway::Authorizer", ("Type",), "BANANA"),
    ("AWS::ApiGateway::Method", ("Integration", "Type"), "HTTPS"),
    ("AWS::ApiGateway::Method", ("Integration", "Timeout"), 1),
    ("AWS::ApiGateway::Method", ("ApiKeyRequired",), "yes"),
    ("AWS::ApiGateway::GatewayResponse", ("ResponseType",), "FORBIDDEN"),
    ("AWS::ApiGateway::GatewayResponse", ("StatusCode",), "5"),
    ("AWS::ApiGateway::Stage", ("MethodSettings",), [{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "DEBUG"}]),
    ("AWS::ApiGateway::Method", ("AuthorizationType",), "OPEN"),
    ("AWS::ApiGateway::Method", ("HttpMethod",), "PURGE"),
    ("AWS::ApiGateway::UsagePlan", ("Quota",), {"Period": "HOUR", "Limit": 1}),
    ("AWS::Lambda::Function", ("Runtime",), "python2"),
    ("AWS::Lambda::Function", ("Timeout",), 0),
    ("AWS::Lambda::Function", ("MemorySize",), 1),
    ("AWS::DynamoDB::Table", ("BillingMode",), "FREE"),
    ("AWS::WAFv2::WebACL", ("Scope",), "GLOBAL"),
    ("AWS::CloudWatch::Alarm", ("ComparisonOperator",), "AtLeast"),
)


@pytest.mark.parametrize(("kind", "path", "value"), WRONG, ids=[f"{k}.{'.'.join(p)}" for k, p, _ in WRONG])
def test_a_wrong_value_is_seen(kind: str, path: tuple[str, ...], value: object) -> None:
    """A check that finds nothing must be one that could."""
    template = built("orders")
    resource = copy.deepcopy(next(r for r in template["Resources"].values() if r["Type"] == kind))
    place = resource["Properties"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert list(problems(kind, resource["Properties"]))
