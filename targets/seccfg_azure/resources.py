"""The plan as ARM templates: the same bytes as the policy files, and every resource they need."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from seccfg.record import Record
from seccfg_azure.arm_shapes import API_VERSION, SERVICE
from seccfg_azure.consumers import products
from seccfg_azure.operations import type_of
from seccfg_azure.plan import AzurePlan, Operation, Secret
from seccfg_azure.telemetry import diagnostic, diagnostic_id, loggers

__all__ = ["api_properties", "arm_text", "operation_properties", "templates"]

_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_RESOURCES = 780
"""Resources of one template: a deployment takes 800."""
_OPERATIONS = 700
"""Operations of one template."""

Json = Mapping[str, object]


class _Resource(Record):
    """One resource and what has to be there before it."""

    kind: str
    names: tuple[str, ...]
    properties: Json | None
    needs: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What others name it by."""
        return _id(self.kind, self.names)


def templates(plan: AzurePlan, policy: str, documents: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """
    File name -> deployment template; more than one where one would hold more resources than a deployment takes.

    Args:
        policy: The API's policy document.
        documents: Fragment id -> document.
    """
    every = [*_before(plan, documents), *_api(plan, policy, documents), *_register(plan)]
    operations = list(_operations(plan))
    parts = [every[start : start + _RESOURCES] for start in range(0, len(every), _RESOURCES)]
    room = _RESOURCES - len(parts[-1])
    first = min(_OPERATIONS, room)
    parts[-1] = [*parts[-1], *operations[:first]]
    parts += [operations[start : start + _OPERATIONS] for start in range(first, len(operations), _OPERATIONS)]
    return {
        "azuredeploy.json" if number == 1 else f"azuredeploy.operations-{number}.json": _deployment(plan, part)
        for number, part in enumerate(parts, 1)
    }


def _before(plan: AzurePlan, documents: Mapping[str, str]) -> Iterator[_Resource]:
    """Named values, loggers and fragments: what policies mention has to be there before they are."""
    named = tuple(_id("namedValues", (secret.name,)) for secret in plan.secrets)
    for secret in plan.secrets:
        yield _Resource("namedValues", (secret.name,), {
            "displayName": secret.name, "secret": secret.secret, "value": f"[parameters('{secret.parameter}')]",
        })  # fmt: skip
    for logger in loggers(plan):
        text = json.dumps(logger.properties)
        needs = tuple(_id("namedValues", (s.name,)) for s in plan.secrets if f"{{{{{s.name}}}}}" in text)
        yield _Resource("loggers", (logger.id,), _escaped(logger.properties), needs)
    logs = tuple(_id("loggers", (logger.id,)) for logger in loggers(plan))
    for ident in sorted(documents):
        yield _Resource("policyFragments", (ident,), {"format": "xml", "value": documents[ident]}, (*named, *logs))


def _api(plan: AzurePlan, policy: str, documents: Mapping[str, str]) -> Iterator[_Resource]:
    named = tuple(_id("namedValues", (secret.name,)) for secret in plan.secrets)
    needed = tuple(_id("policyFragments", (ident,)) for ident in sorted(documents))
    logs = tuple(_id("loggers", (logger.id,)) for logger in loggers(plan))
    api = _Resource("apis", (plan.name,), _escaped(api_properties(plan)))
    yield api
    yield _Resource(
        "apis/policies", (plan.name, "policy"), {"format": "xml", "value": policy}, (api.id, *named, *logs, *needed)
    )
    yield _Resource("apis/diagnostics", (plan.name, diagnostic_id(plan)), diagnostic(plan), (api.id, *logs))


def _register(plan: AzurePlan) -> Iterator[_Resource]:
    """Products and subscriptions."""
    api = _id("apis", (plan.name,))
    for product in products(plan):
        made = _Resource("products", (product.id,), _escaped(product.properties))
        yield made
        yield _Resource("products/apis", (product.id, plan.name), None, (made.id, api))
        for subscription in product.subscriptions:
            yield _Resource("subscriptions", (subscription.id,), _escaped(subscription.properties), (made.id,))


def _operations(plan: AzurePlan) -> Iterator[_Resource]:
    """One after the other: the service takes no two changes of an API at once."""
    before = _id("apis/policies", (plan.name, "policy"))
    for operation in plan.operations:
        made = _Resource("apis/operations", (plan.name, operation.id), operation_properties(operation), (before,))
        yield made
        before = made.id


def _deployment(plan: AzurePlan, resources: Sequence[_Resource]) -> dict[str, object]:
    here = {resource.id for resource in resources}
    made = [_spelled(resource, here) for resource in resources]
    text = json.dumps(made)
    service = {"description": "Name of the API Management instance."}
    return {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {
            "service": {"type": "string", "defaultValue": plan.options.service, "metadata": service},
            **{s.parameter: _parameter(s) for s in plan.secrets if f"[parameters('{s.parameter}')]" in text},
        },
        "resources": made,
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


def _spelled(resource: _Resource, here: set[str]) -> dict[str, object]:
    """*resource* as a template spells it; what stands in an earlier template was deployed before."""
    path = "/".join(resource.names)
    made: dict[str, object] = {
        "type": f"{SERVICE}/{resource.kind}", "apiVersion": API_VERSION, "name": f"[concat(parameters('service'), '/{path}')]",
    }  # fmt: skip
    needs = [need for need in resource.needs if need in here]
    if needs:
        made["dependsOn"] = needs
    if resource.properties is not None:
        made["properties"] = resource.properties
    return made


def _id(kind: str, names: Sequence[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"[resourceId('{SERVICE}/{kind}', parameters('service'), {quoted})]"


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


def operation_properties(operation: Operation) -> Json:
    """Properties of an operation; what it asks for is for people and portals, the policies check it."""
    typed = zip(operation.parameters, operation.types or ("string",) * len(operation.parameters), strict=True)
    made: dict[str, object] = {
        "displayName": arm_text(operation.title[:300]),
        "method": operation.method,
        "urlTemplate": operation.template,
        "templateParameters": [{"name": name, "type": kind, "required": True} for name, kind in typed],
    }
    asked: dict[str, object] = {}
    for place, key in (("query", "queryParameters"), ("header", "headers")):
        found = [
            {"name": arm_text(param.name), "type": type_of(param), "required": param.required}
            for param in operation.asked
            if param.place == place
        ]
        if found:
            asked[key] = found
    if operation.content_types:
        asked["representations"] = [{"contentType": arm_text(kind)} for kind in operation.content_types]
    if asked:
        made["request"] = asked
    return made
