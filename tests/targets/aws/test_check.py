"""What CloudFormation refuses before anything answers: the engine's own check of a template."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from seccfg.targetapi.observe import EngineFailed
from seccfg_aws.engine_table import ServiceError, Table
from seccfg_aws.stack_check import check_template
from seccfg_aws.stack_role import table_actions
from tests.targets.aws.test_template import CASES, built


@pytest.fixture
def template() -> dict[str, Any]:
    return copy.deepcopy(built("orders"))


@pytest.mark.parametrize("case", CASES)
def test_what_is_emitted_passes(case: str) -> None:
    """Every example."""
    check_template(built(case))


def _first(template: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in template["Resources"].values() if r["Type"] == f"AWS::{kind}")
    return found


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("ApiGateway::Method", "RestApiId"), ("ApiGateway::Method", "Integration.Uri"),
        ("ApiGateway::DomainName", "RegionalCertificateArn"), ("Lambda::Function", "Code.S3Key"),
        ("Logs::MetricFilter", "FilterPattern"), ("CloudWatch::Alarm", "Period"), ("WAFv2::WebACL", "Scope"),
        ("ApiGateway::Resource", "ParentId"), ("DynamoDB::Table", "KeySchema"), ("IAM::Role", "AssumeRolePolicyDocument.Version"),
    ],
)  # fmt: skip
def test_what_a_resource_cannot_be_made_without(kind: str, path: str, template: dict[str, Any]) -> None:
    """Left out, and left empty."""
    for empty in (False, True):
        changed = copy.deepcopy(template)
        place = _first(changed, kind)["Properties"]
        *above, last = path.split(".")
        for key in above:
            place = place[key]
        if empty:
            place[last] = {}
        else:
            del place[last]
        with pytest.raises(EngineFailed, match="CloudFormation refuses"):
            check_template(changed)


def test_references_lead_somewhere(template: dict[str, Any]) -> None:
    """Of Ref, GetAtt and If; and every function has its arguments."""
    for place, key, value in (
        (_first(template, "ApiGateway::Stage")["Properties"], "RestApiId", {"Ref": "Nothing"}),
        (_first(template, "Lambda::Function")["Properties"], "Role", {"Fn::GetAtt": ["Role"]}),
        (_first(template, "CloudWatch::Alarm")["Properties"], "AlarmActions", [{"Fn::If": ["Unknown", "a", "b"]}]),
    ):
        kept = place[key]
        place[key] = value
        with pytest.raises(EngineFailed):
            check_template(template)
        place[key] = kept
    check_template(template)


def test_what_comes_after_the_deployment_is_said(template: dict[str, Any]) -> None:
    """A method or a response it does not wait for would not be live, or only sometimes."""
    deployment = _first(template, "ApiGateway::Deployment")
    for name in list(deployment["DependsOn"]):
        if template["Resources"][name]["Type"].endswith(("::Method", "::GatewayResponse", "::Authorizer")):
            deployment["DependsOn"].remove(name)
            with pytest.raises(EngineFailed, match="after the deployment"):
                check_template(template)
            deployment["DependsOn"].append(name)


def test_a_path_variable_is_filled_in(template: dict[str, Any]) -> None:
    """Unmapped, the upstream would be asked for braces; undeclared, the mapping is refused."""
    method = next(
        r["Properties"] for r in template["Resources"].values()
        if r["Type"].endswith("::Method") and "method.request.path.order_id" in r["Properties"].get("RequestParameters", {})
    )  # fmt: skip
    mapped = method["Integration"]["RequestParameters"]
    source = mapped.pop("integration.request.path.order_id")
    with pytest.raises(EngineFailed, match="puts nothing into"):
        check_template(template)
    mapped["integration.request.path.order_id"] = source
    del method["RequestParameters"]["method.request.path.order_id"]
    with pytest.raises(EngineFailed, match="does not declare"):
        check_template(template)


def _allow_nothing(role: dict[str, Any]) -> None:
    role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"Service": "ec2.amazonaws.com"}


def _decrypt_nothing(role: dict[str, Any]) -> None:
    for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action != "kms:Decrypt"]


@pytest.mark.parametrize(("change", "why"), [(_allow_nothing, "take on the role"), (_decrypt_nothing, "may not decrypt")])
def test_a_function_that_cannot_run(change: Any, why: str, template: dict[str, Any]) -> None:
    """Its role is nobody's, or cannot read what it is told."""
    change(_first(template, "IAM::Role")["Properties"])
    with pytest.raises(EngineFailed, match=why):
        table_actions(template["Resources"])


def test_a_function_may_do_with_its_table_what_its_role_says(template: dict[str, Any]) -> None:
    """And the table refuses the rest."""
    granted = table_actions(template["Resources"])
    assert granted == {"BatchGetItem", "PutItem", "UpdateItem"}
    table = Table()
    table.grant(granted - {"UpdateItem"})
    with pytest.raises(ServiceError, match="AccessDenied"):
        table.transact_write_items(TransactItems=[{"Update": {}}])
    table.grant(None)
    assert table.batch_get_item(RequestItems={"t": {"Keys": [{"id": {"S": "a"}}]}})["Responses"] == {"t": []}
