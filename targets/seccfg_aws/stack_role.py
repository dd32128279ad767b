"""What IAM lets the functions of a CloudFormation template do: the statements of their roles that allow something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seccfg.targetapi.observe import EngineFailed

__all__ = ["table_actions"]

Resources = Mapping[str, Mapping[str, Any]]
_DECRYPT = "kms:Decrypt"


def table_actions(resources: Resources) -> frozenset[str]:
    """
    What every function of the stack may do with its table, by names like `UpdateItem`.

    Raises:
        EngineFailed: Lambda may not take on a function's role, or the role may not decrypt what the function is told or
            what stands in its table.
    """
    found: frozenset[str] | None = None
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Lambda::Function":
            allowed = frozenset(_allowed(resources, name, resource["Properties"]))
            found = allowed if found is None else found & allowed
    return found or frozenset()


def _allowed(resources: Resources, name: str, function: Mapping[str, Any]) -> Iterator[str]:
    role = resources[function["Role"]["Fn::GetAtt"][0]]["Properties"]
    if not any(_lambda_may(statement) for statement in role["AssumeRolePolicyDocument"]["Statement"]):
        raise EngineFailed(f"Lambda may not take on the role of {name}")
    statements = [
        statement
        for policy in role.get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    encrypted = "Environment" in function and "KmsKeyArn" in function
    if encrypted and not any(_DECRYPT in statement["Action"] for statement in statements):
        raise EngineFailed(f"{name} may not decrypt its environment")
    for statement in statements:
        resource = statement["Resource"]
        place = resource["Fn::GetAtt"][0] if isinstance(resource, Mapping) else ""
        if place and resources[place]["Type"] == "AWS::DynamoDB::Table":
            yield from (action.removeprefix("dynamodb:") for action in statement["Action"] if action.startswith("dynamodb:"))


def _lambda_may(statement: Mapping[str, Any]) -> bool:
    return bool(
        statement["Effect"] == "Allow"
        and statement["Principal"].get("Service") == "lambda.amazonaws.com"
        and statement["Action"] == "sts:AssumeRole"
    )
