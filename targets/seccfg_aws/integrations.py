"""Where a method sends what passed, and what of the request it changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from seccfg_aws import function
from seccfg_aws.plan import AwsPlan, MethodPlan

__all__ = ["integration", "mock_integration", "mutual_tls", "preflight_integration", "spellings", "sub", "word"]

Resource = dict[str, Any]


def sub(text: str, **names: Mapping[str, object]) -> Resource:
    """`Fn::Sub`."""
    return {"Fn::Sub": [text, names] if names else text}


def word(text: str) -> str:
    """*text* as part of a logical id."""
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", text))


def integration(plan: AwsPlan, method: MethodPlan) -> Resource:
    """Properties of a method's integration."""
    path = "/".join(re.sub(r"^\{(.*)\}$", r"{\1}", part).replace("+}", "}") for part in method.path)
    verb = method.verb
    mapped: Resource = {f"integration.request.path.{name}": f"method.request.path.{name}" for name, _ in method.names}
    for header in method.strip:
        for spelling in spellings(header):
            mapped[f"integration.request.header.{spelling}"] = "''"
    for name in method.strip_query:
        mapped[f"integration.request.querystring.{name}"] = "''"
    for header, key in method.identity:
        for spelling in spellings(header):
            mapped[f"integration.request.header.{spelling}"] = "''"
        mapped[f"integration.request.header.{header}"] = f"context.authorizer.{key}"
    if plan.sends_open:
        mapped["integration.request.header.X-Authz-Open"] = "context.authorizer.open"
    return {
        "Type": "HTTP_PROXY",
        "IntegrationHttpMethod": verb,
        "Uri": sub(f"${{Upstream{word(method.upstream.name)}}}/{path}"),
        "TimeoutInMillis": method.upstream.timeout_ms,
        "PassthroughBehavior": "NEVER",
        "RequestParameters": mapped,
    }


def spellings(header: str) -> Sequence[str]:
    """The header, and as it looks to a server that takes `_` for `-`."""
    return (header, header.replace("-", "_")) if "-" in header else (header,)


def mutual_tls() -> Resource:
    """Of a domain name that asks every client for a certificate: the trust store, pinned to its version."""
    return {"TruststoreUri": {"Ref": "TruststoreUri"}, "TruststoreVersion": {"Ref": "TruststoreVersion"}}


def preflight_integration() -> Resource:
    """The function that answers OPTIONS."""
    return {
        "Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": function.invocation("PreflightFunction"),
        "PassthroughBehavior": "NEVER",
    }  # fmt: skip


def mock_integration(headers: Sequence[tuple[str, str]]) -> Resource:
    """API Gateway itself answers OPTIONS: 204 with *headers*."""
    return {
        "Type": "MOCK",
        "PassthroughBehavior": "NEVER",
        "RequestTemplates": {"application/json": '{"statusCode": 204}'},
        "IntegrationResponses": [{
            "StatusCode": "204",
            "ResponseParameters": {f"method.response.header.{name}": f"'{value}'" for name, value in headers},
        }],
    }  # fmt: skip
