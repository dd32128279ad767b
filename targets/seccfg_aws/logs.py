"""Log groups, the access log's format, metric filters and alarms."""

from __future__ import annotations

from typing import Any

from seccfg_aws.plan import AwsPlan

__all__ = ["access_log", "log_resources"]

Resource = dict[str, Any]
_FIELDS = (
    ("requestId", "requestId"), ("extendedRequestId", "extendedRequestId"), ("time", "requestTimeEpoch"),
    ("client", "identity.sourceIp"), ("method", "httpMethod"), ("resource", "resourcePath"), ("status", "status"),
    ("responseType", "error.responseType"), ("reason", "authorizer.reason"), ("principal", "authorizer.principalId"),
    ("authorizerStatus", "authorizer.status"), ("authorizerLatency", "authorizer.latency"),
    ("integrationLatency", "integrationLatency"), ("responseLatency", "responseLatency"),
    ("responseLength", "responseLength"), ("domain", "domainName"), ("tls", "identity.clientCert.subjectDN"),
    ("waf", "waf.status"), ("trace", "xrayTraceId"),
)  # fmt: skip
"""No key, no token, no raw path and no user agent: values are not escaped, so nothing a client words freely is logged."""
_UNKNOWN = ("authorizerStatus", "authorizerLatency", "tls", "waf", "trace")
_HTTP_FIELDS = tuple(
    (name, "routeKey" if name == "resource" else variable) for name, variable in _FIELDS if name not in _UNKNOWN
)
"""Of these HTTP APIs know a part, and a resource by its route."""
_ALARMS = (
    ("AuthorizerFailures", '{ $.responseType = "AUTHORIZER_*" }', 1,
     "The function could not decide: requests are refused until it can"),
    ("RefusedCredentials", '{ $.responseType = "UNAUTHORIZED" }', 100, "Many requests without a good credential"),
    ("DeniedRequests", '{ $.responseType = "ACCESS_DENIED" }', 100, "Many requests that are not allowed"),
    ("LostPassKey", '{ ($.responseType = "INVALID_API_KEY") && ($.reason = "pass") }', 1,
     "Requests within their limits are refused: the pass key is gone from its usage plan"),
)  # fmt: skip


def access_log(plan: AwsPlan) -> str:
    """One line of JSON a request."""
    fields = _FIELDS if plan.options.api == "rest" else _HTTP_FIELDS
    return "{" + ", ".join(f'"{name}": "$context.{variable}"' for name, variable in fields) + "}"


def log_resources(plan: AwsPlan) -> Resource:
    """What is written, how long it is kept, and what somebody is told of."""
    found: Resource = {"AccessLog": _group(plan), "FunctionLog": _group(plan)}
    for name, pattern, threshold, why in _ALARMS:
        if name == "LostPassKey" and not plan.keyed:
            continue
        metric = {"MetricNamespace": f"seccfg/{plan.name}", "MetricName": name}
        found[f"{name}Filter"] = {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": "AccessLog"}, "FilterPattern": pattern,
                "MetricTransformations": [{**metric, "MetricValue": "1", "DefaultValue": 0}],
            },
        }  # fmt: skip
        found[f"{name}Alarm"] = {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmDescription": why, "Namespace": metric["MetricNamespace"], "MetricName": name, "Statistic": "Sum",
                "Period": 300, "EvaluationPeriods": 1, "Threshold": threshold,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]}],
            },
        }  # fmt: skip
    return found


def _group(plan: AwsPlan) -> Resource:
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"RetentionInDays": plan.retention_days, "KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
    }
