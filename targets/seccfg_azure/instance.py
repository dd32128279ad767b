"""The instance itself as a template of its own: TLS versions, ciphers, hosts and their certificates.

An instance belongs to more than one API, and a deployment of it sets back what it leaves out: so this template is apart from
the API's, and whoever owns the instance deploys it, or takes its `customProperties` over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from seccfg.ir.policy import Transport
from seccfg_azure.arm_shapes import API_VERSION, SERVICE
from seccfg_azure.plan import AzurePlan

__all__ = ["custom_properties", "instance", "kept_ciphers"]

Json = Mapping[str, object]

_GATEWAY: Final = "Microsoft.WindowsAzure.ApiManagement.Gateway."
_CIPHERS: Final[Mapping[str, str]] = {
    "TripleDes168": "DES-CBC3-SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA": "AES256-SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256": "AES128-SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA256": "AES256-SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
}
"""Those that can be switched off, and what OpenSSL calls them. The others are needed by the platform and stay."""
_SKUS: Final[Mapping[str, str]] = {
    "developer": "Developer", "basic": "Basic", "standard": "Standard", "premium": "Premium", "basic-v2": "BasicV2",
    "standard-v2": "StandardV2", "premium-v2": "PremiumV2", "consumption": "Consumption",
}  # fmt: skip


def kept_ciphers(transport: Transport) -> tuple[str, ...]:
    """Of the ciphers that can be switched off, those the spec asks for: neither profile asks for any."""
    asked = () if isinstance(transport.ciphers, str) else transport.ciphers
    return tuple(name for name, known in _CIPHERS.items() if name in asked or known in asked)


def custom_properties(plan: AzurePlan) -> dict[str, str]:
    """Old protocols off on both sides; weak ciphers off where the tier lets them be."""
    sides = [f"{_GATEWAY}Security.{side}Protocols.{version}" for side in ("", "Backend.") for version in ("Tls10", "Tls11", "Ssl30")]
    found = dict.fromkeys(sides, "False")
    if plan.options.sets_ciphers:
        kept = kept_ciphers(plan.policy.edge.transport)
        found |= {f"{_GATEWAY}Security.Ciphers.{name}": str(name in kept) for name in _CIPHERS}
    return found


def instance(plan: AzurePlan) -> dict[str, object]:
    """The whole template."""
    consumption = plan.options.tier == "consumption"
    parameters: dict[str, Json] = {
        "service": {"type": "string", "defaultValue": plan.options.service, "metadata": {"description": "Name of the instance."}},
        "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
        "publisherEmail": {"type": "string", "metadata": {"description": "Whom the service writes to."}},
        "publisherName": {"type": "string", "metadata": {"description": "Whose APIs these are."}},
        "capacity": {"type": "int", "defaultValue": 0 if consumption else 1},
    }
    hosts: list[Json] = []
    for number, host in enumerate(plan.certificates):
        name = f"certificate{number}"
        parameters[name] = {
            "type": "string", "metadata": {"description": "Identifier of the key vault's secret, without a version so that it is renewed."},
        }  # fmt: skip
        hosts.append({
            "type": "Proxy", "hostName": host, "certificateSource": "KeyVault", "keyVaultId": f"[parameters('{name}')]",
            "defaultSslBinding": number == 0, "negotiateClientCertificate": False,
        })  # fmt: skip
    properties: dict[str, object] = {
        "publisherEmail": "[parameters('publisherEmail')]", "publisherName": "[parameters('publisherName')]",
        "customProperties": custom_properties(plan), "apiVersionConstraint": {"minApiVersion": "2021-08-01"},
    }  # fmt: skip
    if hosts:
        properties["hostnameConfigurations"] = hosts
    resource = {
        "type": SERVICE, "apiVersion": API_VERSION, "name": "[parameters('service')]", "location": "[parameters('location')]",
        "sku": {"name": _SKUS[plan.options.tier], "capacity": 0 if consumption else "[parameters('capacity')]"},
        "identity": {"type": "SystemAssigned"}, "properties": properties,
    }  # fmt: skip
    resources: Sequence[Json] = [resource]
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
        "parameters": parameters, "resources": resources,
    }  # fmt: skip
