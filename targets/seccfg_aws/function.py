"""The Lambda function, its role and permissions, its key, and the table it counts in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seccfg_aws.plan import AwsPlan

__all__ = ["invocation", "resources", "skipped"]

_RUNTIME = "python3.13"
_SKIPPED = {
    "CKV_AWS_115": "an authorizer that is throttled refuses every request: the account's own limit counts",
    "CKV_AWS_116": "API Gateway waits for the answer: there is no event left to be sent anywhere",
    "CKV_AWS_117": "the function reaches DynamoDB and the issuers' key sets, nothing of a private network",
}
Resource = dict[str, Any]


def invocation(name: str) -> Resource:
    """How API Gateway calls the function of that logical id."""
    path = "lambda:path/2015-03-31/functions"
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:{path}/${{{name}.Arn}}/invocations"}


def resources(plan: AwsPlan) -> Resource:
    """Everything the decision runs on."""
    found: Resource = {
        "Key": _key(),
        "Role": _role(plan),
        "Function": _function(plan, "handler", "FunctionLog"),
        "FunctionPermission": _permission(
            "Function",
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${RestApi}/authorizers/"
            + ("${Authorizer}" if plan.form == "resources" else "*"),
        ),
    }
    if plan.preflights:
        found["PreflightFunction"] = _function(plan, "preflight", "FunctionLog")
        found["PreflightPermission"] = _permission(
            "PreflightFunction", "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${RestApi}/*/OPTIONS/*"
        )
    if plan.counts or plan.revokes:
        found["Table"] = _table()
    return found


def _function(plan: AwsPlan, handler: str, log: str) -> Resource:
    variables: Resource = {}
    if plan.counts or plan.revokes:
        variables["AUTHORIZER_TABLE"] = {"Ref": "Table"}
    if plan.options.api == "http":
        variables["AUTHORIZER_GATEWAY"] = "http"
    if plan.keyed:
        variables["AUTHORIZER_PASS_KEY"] = {"Ref": "PassKeyValue"}
    for secret in plan.secrets:
        variables[secret] = {"Ref": "Secret" + "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", secret))}
    properties: Resource = {
        "Runtime": _RUNTIME,
        "Architectures": ["arm64"],
        "Handler": f"index.{handler}",
        "Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "MemorySize": 512,
        "Timeout": 5,
        "TracingConfig": {"Mode": "Active"},
        "KmsKeyArn": {"Fn::GetAtt": ["Key", "Arn"]},
        "LoggingConfig": {"LogGroup": {"Ref": log}},
    }
    if variables:
        properties["Environment"] = {"Variables": variables}
    return {"Type": "AWS::Lambda::Function", "Metadata": skipped(_SKIPPED), "Properties": properties}


def skipped(checks: Mapping[str, str]) -> Resource:
    """Metadata that tells Checkov why a check does not apply."""
    return {"checkov": {"skip": [{"id": ident, "comment": why} for ident, why in sorted(checks.items())]}}


def _permission(function: str, source: str) -> Resource:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction", "FunctionName": {"Ref": function}, "Principal": "apigateway.amazonaws.com",
            "SourceArn": {"Fn::Sub": source},
        },
    }  # fmt: skip


def _role(plan: AwsPlan) -> Resource:
    statements: list[Resource] = [
        {
            "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": ["FunctionLog", "Arn"]},
        },
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": {"Fn::GetAtt": ["Key", "Arn"]}},
    ]  # fmt: skip
    if plan.counts or plan.revokes:
        actions = ["dynamodb:BatchGetItem"] + (["dynamodb:PutItem", "dynamodb:UpdateItem"] if plan.counts else [])
        statements.append({"Effect": "Allow", "Action": actions, "Resource": {"Fn::GetAtt": ["Table", "Arn"]}})
    policy = {"PolicyName": "decide", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
                }],
            },
            "ManagedPolicyArns": [
                {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSXRayDaemonWriteAccess"},
            ],
            "Policies": [policy],
        },
    }  # fmt: skip


def _key() -> Resource:
    root = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    logs = {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}
    used = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    return {
        "Type": "AWS::KMS::Key",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "Description": "Logs, counters and the environment of the function",
            "EnableKeyRotation": True,
            "KeyPolicy": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"},
                    {"Effect": "Allow", "Principal": {"Service": logs}, "Action": used, "Resource": "*"},
                ],
            },
        },
    }


def _table() -> Resource:
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "Key"}},
        },
    }
