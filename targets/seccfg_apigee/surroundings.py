"""What stands around the bundle, as JSON for whoever sets it up: load balancer, environment, maps, products."""

from __future__ import annotations

import json

from seccfg.ir import policy as ir
from seccfg_apigee.plan import ApigeePlan

__all__ = ["surroundings"]


def surroundings(plan: ApigeePlan) -> dict[str, object]:
    """Path -> value of every JSON file beside the bundle."""
    policy, options = plan.policy, plan.options
    made: dict[str, object] = {
        "environment.json": {
            "name": options.environment,
            "clientIpResolutionConfig": {
                "headerIndexAlgorithm": {"ipHeaderName": "X-Forwarded-For", "ipHeaderIndex": options.address_index}
            },
        },
        "environment-group.json": {"name": f"{policy.name}-{options.environment}", "hostnames": list(policy.hosts)},
        "load-balancer.json": _load_balancer(plan),
        "products.json": _products(plan),
        "debug-mask.json": {
            "name": f"organizations/{options.organization}/environments/{options.environment}/debugmask",
            "variables": [f"request.header.{name}" for name in sorted(policy.edge.audit.redact)]
            + ([f"seccfg.token.{check.policy}" for check in plan.tokens] if plan.native is None else ["seccfg.bearer"]),
        },
    }  # fmt: skip
    maps = _maps(plan)
    if maps:
        made["kvm.json"] = maps
    for verifier in policy.verifiers:
        if isinstance(verifier, ir.JwtVerifier) and verifier.jwks.url:
            made[f"jwks/{verifier.name}.json"] = {
                "url": verifier.jwks.url, "keys": [json.loads(key.json) for key in verifier.jwks.keys],
            }  # fmt: skip
    return made


def _load_balancer(plan: ApigeePlan) -> dict[str, object]:
    policy = plan.policy
    transport = policy.edge.transport
    made: dict[str, object] = {
        "appendsToForwardedFor": -plan.options.address_index,
        "forwardedProto": "replaced",
        "hosts": list(policy.hosts),
        "tls": {
            "minTlsVersion": f"TLS_{transport.min_tls.replace('.', '_')}",
            "ciphers": transport.ciphers if isinstance(transport.ciphers, str) else list(transport.ciphers),
        },
        "plainHttp": "forwarded",
    }  # fmt: skip
    authorities = sorted({v.ca_pem for v in policy.verifiers if isinstance(v, ir.CertVerifier)})
    if plan.certificates:
        made["clientCertificates"] = {
            "validation": "ALLOW_INVALID_OR_MISSING_CLIENT_CERT",
            "trustAnchors": authorities,
            "customRequestHeaders": [
                "X-Client-Cert-Present:{client_cert_present}", "X-Client-Cert-Chain-Verified:{client_cert_chain_verified}",
                "X-Client-Cert-Uri-Sans:{client_cert_uri_sans}",
            ],
        }  # fmt: skip
    return made


def _maps(plan: ApigeePlan) -> list[dict[str, object]]:
    maps: list[dict[str, object]] = []
    if plan.revocations:
        maps.append({
            "name": "seccfg-revoked",
            "entries": {
                "filled": "yes, once all others are written",
                "denied-<sha256 of the claim>": "yes",
                "version__<sha256 of the principal's id>": "lowest version that is good",
                "since__<sha256 of the principal's id>": "first second of issue that is good",
            },
        })
    for held in plan.records:
        verifier = next(v for v in plan.policy.verifiers if v.name == held.method)
        source = verifier.store.env if isinstance(verifier, ir.KeyVerifier) else ""
        maps.append({
            "name": held.map, "recordsFrom": source,
            "entries": {"<sha256 of the record's id>": "the record as JSON, as in a file of keys"},
        })
    return maps


def _products(plan: ApigeePlan) -> list[dict[str, object]]:
    """One product with every route: for analytics and the portal; the bundle decides without it."""
    policy, options = plan.policy, plan.options
    operations = [
        {"resource": _resource(route), "methods": [route.method]} for route in policy.routes
    ]
    return [{
        "name": f"{policy.name}-{options.environment}",
        "displayName": policy.evidence.title or policy.name,
        "description": f"Routes of {policy.name}; access is decided by the proxy",
        "approvalType": "manual",
        "attributes": [{"name": "access", "value": "private"}, {"name": "owner", "value": policy.evidence.owner}],
        "environments": [options.environment],
        "operationGroup": {
            "operationConfigType": "proxy",
            "operationConfigs": [{"apiSource": policy.name, "operations": operations}],
        },
    }]


def _resource(route: ir.Route) -> str:
    pieces = []
    for segment in route.path:
        match segment:
            case ir.LiteralSegment(text):
                pieces.append(text)
            case ir.ParamSegment():
                pieces.append("*")
            case ir.RestSegment():
                pieces.append("**")
    return "/" + "/".join(pieces)
