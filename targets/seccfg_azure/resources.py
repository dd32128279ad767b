"""The plan as an ARM template: the same bytes as the policy files, and every resource they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seccfg_azure.plan import AzurePlan, Operation, Secret

__all__ = ["API_VERSION", "api_properties", "arm_text", "templates"]

API_VERSION = "2024-05-01"
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_SERVICE = "Microsoft.ApiManagement/service"

_OPERATIONS = 700
"""Operations of one template: a deployment takes 800 resources."""

Json = Mapping[str, object]


def templates(plan: AzurePlan, policy: str, documents: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """
    File name -> deployment template; more than one where one would hold more resources than a deployment takes.

    Args:
        policy: The API's policy document.
        documents: Fragment id -> document.
    """
    named = [_id("namedValues", (secret.name,)) for secret in plan.secrets]
    resources = [
        _resource("namedValues", (secret.name,), {
            "displayName": secret.name, "secret": secret.secret, "value": f"[parameters('{secret.parameter}')]",
        }, [])
        for secret in plan.secrets
    ]  # fmt: skip
    resources += [
        _resource("policyFragments", (ident,), {"format": "xml", "value": documents[ident]}, named) for ident in sorted(documents)
    ]
    resources.append(_resource("apis", (plan.name,), _escaped(api_properties(plan)), []))
    needed = [_id("policyFragments", (ident,)) for ident in sorted(documents)]
    resources.append(_resource(
        "apis/policies", (plan.name, "policy"), {"format": "xml", "value": policy},
        [_id("apis", (plan.name,)), *named, *needed],
    ))  # fmt: skip
    before = [_id("apis/policies", (plan.name, "policy"))]
    made: dict[str, dict[str, object]] = {}
    for part in range(0, max(len(plan.operations), 1), _OPERATIONS):
        for operation in plan.operations[part : part + _OPERATIONS]:
            names = (plan.name, operation.id)
            resources.append(_resource("apis/operations", names, _operation(operation), before))
            before = [_id("apis/operations", names)]
        number = part // _OPERATIONS + 1
        made["azuredeploy.json" if number == 1 else f"azuredeploy.operations-{number}.json"] = _deployment(
            plan, resources, plan.secrets if number == 1 else ()
        )
        resources, before = [], []
    return made


def _deployment(plan: AzurePlan, resources: Sequence[Json], secrets: Sequence[Secret]) -> dict[str, object]:
    service = {"description": "Name of the API Management instance."}
    return {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {
            "service": {"type": "string", "defaultValue": plan.options.service, "metadata": service},
            **{secret.parameter: _parameter(secret) for secret in secrets},
        },
        "resources": list(resources),
    }


def _parameter(secret: Secret) -> Json:
    metadata = {"description": secret.what}
    if secret.environment:
        metadata |= {"environment": secret.environment, "coding": "base64"}
    return {"type": "securestring" if secret.secret else "string", "metadata": metadata}


def _escaped(properties: Json) -> Json:
    return {key: arm_text(value) if isinstance(value, str) else value for key, value in properties.items()}


def arm_text(text: str) -> str:
    """A text that ARM does not take for an expression."""
    return f"[{text}" if text.startswith("[") else text


def _resource(kind: str, names: Sequence[str], properties: Json, needs: Sequence[str]) -> dict[str, object]:
    path = "/".join(names)
    made: dict[str, object] = {
        "type": f"{_SERVICE}/{kind}", "apiVersion": API_VERSION, "name": f"[concat(parameters('service'), '/{path}')]",
    }  # fmt: skip
    if needs:
        made["dependsOn"] = list(needs)
    made["properties"] = properties
    return made


def _id(kind: str, names: Sequence[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"[resourceId('{_SERVICE}/{kind}', parameters('service'), {quoted})]"


def api_properties(plan: AzurePlan) -> Json:
    """Properties of the API."""
    title = plan.evidence.title or plan.name
    return {
        "displayName": title[:300],
        "path": "",
        "protocols": list(plan.protocols),
        "subscriptionRequired": False,
        "subscriptionKeyParameterNames": {"header": f"x-{plan.name}-unused-key", "query": f"{plan.name}-unused-key"},
        "type": "http",
        "apiRevision": "1",
        "isCurrent": True,
    }


def _operation(operation: Operation) -> Json:
    return {
        "displayName": arm_text(operation.title[:300]),
        "method": operation.method,
        "urlTemplate": operation.template,
        "templateParameters": [{"name": name, "type": "string", "required": True} for name in operation.parameters],
    }
