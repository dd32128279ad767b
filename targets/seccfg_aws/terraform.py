"""The stack as Terraform JSON: the same resources under the same names, in the words of the AWS provider.

Made from the CloudFormation form, so that there is one description of the stack. Whatever has no place in `_RESOURCES` or in a
rule of its own is an error, not left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from seccfg.targetapi.escape import json_text
from seccfg_aws.plan import AwsPlan

__all__ = ["PROVIDER", "terraform"]

Json = dict[str, Any]
PROVIDER: Final = ">= 6.0"
_PREFIX: Final = "AWS::"
_KINDS: Final[Mapping[str, str]] = {
    "ApiGateway::ApiKey": "aws_api_gateway_api_key",
    "ApiGateway::Authorizer": "aws_api_gateway_authorizer",
    "ApiGateway::BasePathMapping": "aws_api_gateway_base_path_mapping",
    "ApiGateway::Deployment": "aws_api_gateway_deployment",
    "ApiGateway::DomainName": "aws_api_gateway_domain_name",
    "ApiGateway::GatewayResponse": "aws_api_gateway_gateway_response",
    "ApiGateway::Method": "aws_api_gateway_method",
    "ApiGateway::Model": "aws_api_gateway_model",
    "ApiGateway::RequestValidator": "aws_api_gateway_request_validator",
    "ApiGateway::Resource": "aws_api_gateway_resource",
    "ApiGateway::RestApi": "aws_api_gateway_rest_api",
    "ApiGateway::Stage": "aws_api_gateway_stage",
    "ApiGateway::UsagePlan": "aws_api_gateway_usage_plan",
    "ApiGateway::UsagePlanKey": "aws_api_gateway_usage_plan_key",
    "CloudWatch::Alarm": "aws_cloudwatch_metric_alarm",
    "DynamoDB::Table": "aws_dynamodb_table",
    "IAM::Role": "aws_iam_role",
    "KMS::Key": "aws_kms_key",
    "Lambda::Function": "aws_lambda_function",
    "Lambda::Permission": "aws_lambda_permission",
    "Logs::LogGroup": "aws_cloudwatch_log_group",
    "Logs::MetricFilter": "aws_cloudwatch_log_metric_filter",
    "WAFv2::WebACL": "aws_wafv2_web_acl",
    "WAFv2::WebACLAssociation": "aws_wafv2_web_acl_association",
}
_NAMED_BY: Final = {
    "aws_api_gateway_stage": "stage_name", "aws_api_gateway_model": "name", "aws_api_gateway_domain_name": "domain_name",
    "aws_lambda_function": "function_name", "aws_cloudwatch_log_group": "name", "aws_dynamodb_table": "name",
}  # fmt: skip
"""The attribute that `Ref` stands for; otherwise `id`."""
_ATTRIBUTES: Final = {
    "Arn": "arn", "RootResourceId": "root_resource_id", "RegionalDomainName": "regional_domain_name",
    "RegionalHostedZoneId": "regional_zone_id",
}  # fmt: skip
_PSEUDO: Final = {
    "AWS::Region": "data.aws_region.current.id", "AWS::Partition": "data.aws_partition.current.partition",
    "AWS::AccountId": "data.aws_caller_identity.current.account_id",
}  # fmt: skip
_RENAMED: Final = {
    "ApiKeySourceType": "api_key_source", "AuthorizationType": "authorization", "TracingEnabled": "xray_tracing_enabled",
    "AccessLogSetting": "access_log_settings", "UsagePlanName": "name", "WebACLArn": "web_acl_arn", "Stage": "stage_name",
    "FilterPattern": "pattern", "MetricTransformations": "metric_transformation", "KeyPolicy": "policy",
    "MetricValue": "value", "CloudWatchMetricsEnabled": "cloudwatch_metrics_enabled",
}  # fmt: skip
_MAPS: Final = frozenset({"RequestParameters", "RequestModels", "ResponseParameters", "ResponseTemplates", "Variables"})
"""Their keys are data, not names of arguments."""
_TEXTS: Final = frozenset({"Schema", "AssumeRolePolicyDocument", "KeyPolicy", "Body"})
"""JSON inside a text."""


def terraform(plan: AwsPlan, template: Mapping[str, Any]) -> Json:
    """The document of `main.tf.json`."""
    return _Terraform(plan, template).document()


class _Terraform:
    def __init__(self, plan: AwsPlan, template: Mapping[str, Any]) -> None:
        self._plan = plan
        self._template = template
        self._resources: Mapping[str, Mapping[str, Any]] = template["Resources"]
        self._made: dict[str, Json] = {}

    def document(self) -> Json:
        rules: Mapping[str, Callable[[str, Mapping[str, Any]], None]] = {
            "ApiGateway::Method": self._method, "ApiGateway::Stage": self._stage, "ApiGateway::Deployment": self._deployment,
            "IAM::Role": self._role, "DynamoDB::Table": self._table, "WAFv2::WebACL": self._web_acl,
        }  # fmt: skip
        for ident, resource in self._resources.items():
            kind = resource["Type"].removeprefix(_PREFIX)
            rules.get(kind, self._plain)(ident, resource)
        return {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": PROVIDER}}},
            "data": {
                "aws_region": {"current": {}}, "aws_partition": {"current": {}}, "aws_caller_identity": {"current": {}},
            },
            "variable": {name: _variable(said) for name, said in self._template["Parameters"].items()},
            "resource": self._made,
            "output": {
                name: {"description": _text(said["Description"]), "value": self._value(said["Value"])}
                for name, said in self._template["Outputs"].items()
            },
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------------ resources
    def _add(self, kind: str, ident: str, arguments: Json) -> None:
        self._made.setdefault(kind, {})[ident] = arguments

    def _plain(self, ident: str, resource: Mapping[str, Any]) -> None:
        kind = _KINDS[resource["Type"].removeprefix(_PREFIX)]
        made = self._arguments(resource["Properties"])
        own = f"{self._plan.name}-{ident}"
        match kind:
            case "aws_api_gateway_authorizer":
                made["identity_source"] = ""  # else the provider asks for Authorization, and keys alone are never judged
            case "aws_api_gateway_base_path_mapping":
                made["api_id"] = made.pop("rest_api_id")
            case "aws_api_gateway_rest_api":
                made |= {"put_rest_api_mode": made.pop("mode")} if "mode" in made else {}
            case "aws_lambda_function":
                made["function_name"] = own
                made |= made.pop("code")
                made["logging_config"]["log_format"] = "Text"
            case "aws_cloudwatch_log_group":
                made |= {"name": f"/seccfg/{own}", "skip_destroy": True}
            case "aws_cloudwatch_metric_alarm":
                made["alarm_name"] = own
            case "aws_cloudwatch_log_metric_filter":
                made["name"] = own
                for change in made["metric_transformation"]:
                    change |= {"name": change.pop("metric_name"), "namespace": change.pop("metric_namespace")}
                    change["default_value"] = str(change["default_value"])
            case "aws_kms_key":
                made["lifecycle"] = {"prevent_destroy": True}
            case "aws_api_gateway_usage_plan":
                for stage in made["api_stages"]:
                    stage["stage"] = stage.pop("stage_name")
            case _:
                pass
        self._add(kind, ident, made)

    def _method(self, ident: str, resource: Mapping[str, Any]) -> None:
        properties = dict(resource["Properties"])
        integration = self._arguments(properties.pop("Integration"))
        method = self._arguments(properties)
        self._add("aws_api_gateway_method", ident, method)
        integration["timeout_milliseconds"] = integration.pop("timeout_in_millis", 29_000)
        place = {name: f"${{aws_api_gateway_method.{ident}.{name}}}" for name in ("rest_api_id", "resource_id", "http_method")}
        self._add("aws_api_gateway_integration", ident, {**place, **integration})

    def _stage(self, ident: str, resource: Mapping[str, Any]) -> None:
        properties = dict(resource["Properties"])
        (settings,) = properties.pop("MethodSettings")
        made = self._arguments(properties)
        made["stage_name"] = _text(properties["StageName"])
        self._add("aws_api_gateway_stage", ident, made)
        limits = self._arguments({k: v for k, v in settings.items() if k not in ("ResourcePath", "HttpMethod")})
        self._add("aws_api_gateway_method_settings", ident, {
            "rest_api_id": made["rest_api_id"], "stage_name": f"${{aws_api_gateway_stage.{ident}.stage_name}}",
            "method_path": "*/*", "settings": limits,
        })  # fmt: skip

    def _deployment(self, ident: str, resource: Mapping[str, Any]) -> None:
        """A snapshot: anew whenever the digest in its name is another, after everything that belongs to it."""
        listed: list[str] = []
        for name in resource.get("DependsOn", ()):
            kind = _KINDS[self._resources[name]["Type"].removeprefix(_PREFIX)]
            listed += [f"{kind}.{name}"] + ([f"aws_api_gateway_integration.{name}"] if kind.endswith("_method") else [])
        self._add("aws_api_gateway_deployment", ident, {
            "rest_api_id": self._value(resource["Properties"]["RestApiId"]), "triggers": {"snapshot": ident},
            "lifecycle": {"create_before_destroy": True}, **({"depends_on": sorted(listed)} if listed else {}),
        })  # fmt: skip

    def _role(self, ident: str, resource: Mapping[str, Any]) -> None:
        properties = resource["Properties"]
        self._add("aws_iam_role", ident, {"assume_role_policy": self._json(properties["AssumeRolePolicyDocument"])})
        role = f"${{aws_iam_role.{ident}.name}}"
        for number, arn in enumerate(properties["ManagedPolicyArns"], 1):
            self._add("aws_iam_role_policy_attachment", f"{ident}{number}", {"role": role, "policy_arn": self._value(arn)})
        for policy in properties["Policies"]:
            self._add("aws_iam_role_policy", f"{ident}{_text(policy['PolicyName']).capitalize()}", {
                "role": role, "name": _text(policy["PolicyName"]), "policy": self._json(policy["PolicyDocument"]),
            })  # fmt: skip

    def _table(self, ident: str, resource: Mapping[str, Any]) -> None:
        properties = resource["Properties"]
        kept = properties["SSESpecification"]
        self._add("aws_dynamodb_table", ident, {
            "name": f"{self._plan.name}-{ident}",
            "billing_mode": properties["BillingMode"],
            "hash_key": properties["KeySchema"][0]["AttributeName"],
            "attribute": [
                {"name": a["AttributeName"], "type": a["AttributeType"]} for a in properties["AttributeDefinitions"]
            ],
            "ttl": self._arguments(properties["TimeToLiveSpecification"]),
            "point_in_time_recovery": {
                "enabled": properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
            },
            "server_side_encryption": {"enabled": kept["SSEEnabled"], "kms_key_arn": f"${{aws_kms_key.{_ref(kept)}.arn}}"},
            "lifecycle": {"prevent_destroy": True},
        })  # fmt: skip

    def _web_acl(self, ident: str, resource: Mapping[str, Any]) -> None:
        made = self._arguments(resource["Properties"])
        made["rule"] = made.pop("rules")
        self._add("aws_wafv2_web_acl", ident, {"name": f"{self._plan.name}-{ident}", **made})

    # --------------------------------------------------------------------------------------------------------- values
    def _arguments(self, properties: Mapping[str, Any]) -> Json:
        made: Json = {}
        for key, value in properties.items():
            name = _RENAMED.get(key) or _snake(key)
            if key in _TEXTS:
                made[name] = self._json(value)
            elif key in _MAPS:
                made[name] = {_text(inner): self._value(item) for inner, item in value.items()}
            else:
                made[name] = self._value(value)
        return made

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, Mapping):
            expression = self._expression(value)
            return f"${{{expression}}}" if expression else self._text_of(value) or self._arguments(value)
        return value

    def _list(self, value: list[Any]) -> Any:
        conditional = [v["Fn::If"] for v in value if isinstance(v, Mapping) and "Fn::If" in v]
        if not conditional:
            return [self._value(item) for item in value]
        ((_, given, _),) = conditional
        return f'${{{self._expression(given)} == "" ? [] : [{self._expression(given)}]}}'

    def _expression(self, value: Mapping[str, Any]) -> str:
        """A reference; empty for anything else."""
        if set(value) == {"Ref"}:
            name = value["Ref"]
            if name in self._template["Parameters"]:
                return f"var.{name}"
            kind = self._kind(name)
            return f"{kind}.{name}.{_NAMED_BY.get(kind, 'id')}"
        if set(value) == {"Fn::GetAtt"}:
            name, attribute = value["Fn::GetAtt"]
            return f"{self._kind(name)}.{name}.{_ATTRIBUTES[attribute]}"
        return ""

    def _text_of(self, value: Mapping[str, Any]) -> str:
        """`Fn::Sub`, with what it names between its texts; empty for anything else."""
        if set(value) != {"Fn::Sub"}:
            return ""
        parts = re.split(r"\$\{([A-Za-z0-9:.]+)\}", value["Fn::Sub"])
        return "".join(f"${{{self._named(part)}}}" if at % 2 else _text(part) for at, part in enumerate(parts))

    def _named(self, name: str) -> str:
        if name in _PSEUDO:
            return _PSEUDO[name]
        ident, _, attribute = name.partition(".")
        return self._expression({"Fn::GetAtt": [ident, attribute]} if attribute else {"Ref": ident})

    def _kind(self, ident: str) -> str:
        return _KINDS[self._resources[ident]["Type"].removeprefix(_PREFIX)]

    def _json(self, value: Any) -> str:
        """A document as text, with references inside."""

        def printed(part: Any) -> Any:
            if isinstance(part, Mapping):
                expression = self._expression(part)
                if expression or set(part) == {"Fn::Sub"}:
                    return f"${{{expression}}}" if expression else self._text_of(part)
                return {_text(key): printed(inner) for key, inner in part.items()}
            if isinstance(part, list):
                return [printed(item) for item in part]
            return _text(part) if isinstance(part, str) else part

        return json_text(printed(value))


def _ref(kept: Mapping[str, Any]) -> str:
    return str(kept["KMSMasterKeyId"]["Ref"])


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("S3", "S3_")).lower()


def _text(text: str) -> str:
    """*text* that is no template to Terraform."""
    return text.replace("${", "$${").replace("%{", "%%{")


def _variable(parameter: Mapping[str, Any]) -> Json:
    made: Json = {"description": _text(parameter["Description"]), "type": "number" if parameter["Type"] == "Number" else "string"}
    if "Default" in parameter:
        made["default"] = parameter["Default"]  # a default is no template
    if parameter.get("NoEcho"):
        made["sensitive"] = True
    return made

