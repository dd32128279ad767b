"""The plan as a folder for APIOps: the same documents in its own spelling, and the operations as OpenAPI."""

from __future__ import annotations

import json
from collections.abc import Mapping

from seccfg_azure.consumers import products
from seccfg_azure.document import Element, to_rawxml
from seccfg_azure.operations import type_of
from seccfg_azure.plan import AzurePlan
from seccfg_azure.resources import api_properties
from seccfg_azure.telemetry import diagnostic, diagnostic_id, loggers

__all__ = ["apiops"]


def apiops(plan: AzurePlan, policy: Element, documents: Mapping[str, Element]) -> dict[str, bytes]:
    """Path below the folder -> content."""
    api = f"apis/{plan.name}"
    made = {
        f"{api}/apiInformation.json": _json({"properties": api_properties(plan)}),
        f"{api}/specification.json": _json(_openapi(plan)),
        f"{api}/policy.xml": to_rawxml(policy),
    }
    for ident, document in documents.items():
        made[f"policy fragments/{ident}/policyFragmentInformation.json"] = _json({"properties": {"description": ident}})
        made[f"policy fragments/{ident}/policy.xml"] = to_rawxml(document)
    for secret in plan.secrets:
        properties: dict[str, object] = {"displayName": secret.name, "secret": secret.secret, "tags": ["seccfg"]}
        made[f"named values/{secret.name}/namedValueInformation.json"] = _json({"properties": properties})
    for logger in loggers(plan):
        made[f"loggers/{logger.id}/loggerInformation.json"] = _json({"properties": logger.properties})
    made[f"{api}/diagnostics/{diagnostic_id(plan)}/diagnosticInformation.json"] = _json({"properties": diagnostic(plan)})
    for product in products(plan):
        made[f"products/{product.id}/productInformation.json"] = _json({"properties": product.properties})
        made[f"products/{product.id}/apis/{plan.name}/productApiInformation.json"] = _json({})
        for held in product.subscriptions:
            made[f"subscriptions/{held.id}/subscriptionInformation.json"] = _json({"properties": held.properties})
    return made


def _openapi(plan: AzurePlan) -> dict[str, object]:
    paths: dict[str, dict[str, object]] = {}
    for operation in plan.operations:
        typed = zip(operation.parameters, operation.types, strict=True)
        parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": kind}} for name, kind in typed]
        # an import makes a required query parameter part of the template a request has to match: 404 for 400
        parameters += [
            {"name": p.name, "in": p.place, "required": p.required and p.place == "header", "schema": {"type": type_of(p)}}
            for p in operation.asked
        ]
        made: dict[str, object] = {
            "operationId": operation.id, "summary": operation.title, "parameters": parameters,
            "responses": {"default": {"description": "What the service answers."}},
        }  # fmt: skip
        if operation.content_types:
            made["requestBody"] = {"content": {kind: {} for kind in operation.content_types}}
        paths.setdefault(operation.template, {})[operation.method.lower()] = made
    title = plan.evidence.title or plan.name
    return {"openapi": "3.0.1", "info": {"title": title, "version": "1"}, "paths": paths}


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=True) + "\n").encode()
