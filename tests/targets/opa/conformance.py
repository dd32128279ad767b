"""What the opa target says of itself to the kit. Both lists of exceptions may only shrink."""

from __future__ import annotations

from pathlib import Path

from seccfg.targetapi.kit import Conformance, Survivor

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TODAY = "2026-01-05"

_TOKENS = "for whoever sets up the client at the issuer; OPA sees tokens only"
_PEOPLE = "for people and reports; decides nothing"
LEAVES = {
    "auth.mesh.host": "for gateways that end TLS on a host of its own",
    "environments.staging.auth.mesh.host": "as auth.mesh.host",
    "clients.web.public": _TOKENS,
    "clients.web.authorization_url": _TOKENS,
    "clients.web.token_url": _TOKENS,
    "clients.web.scopes[0]": _TOKENS,
    "clients.web.scopes[1]": _TOKENS,
    "clients.nightly.secret.env": _TOKENS,
    "clients.nightly.token_url": _TOKENS,
    "clients.nightly.owner": _PEOPLE,
    "clients.kiosk.device_authorization_url": _TOKENS,
    "clients.kiosk.token_url": _TOKENS,
    "clients.kiosk.device.code_lifetime": _TOKENS,
    "clients.kiosk.device.user_code_attempts": _TOKENS,
    "roles.viewer.owner": _PEOPLE,
    "roles.admin.owner": _PEOPLE,
    "roles.customer.owner": _PEOPLE,
    "roles.editor.owner": _PEOPLE,
    "roles.partner.owner": _PEOPLE,
    "roles.service.owner": _PEOPLE,
    "attributes.principal.department.optional": "for lint; a condition holds only where it sees a value",
    "attributes.principal.clearance_level.optional": "as department",
    "attributes.principal.tenant.optional": "as department",
    "tls.certificates[0].owner": _PEOPLE,
    "environments.staging.tls.certificates[0].owner": _PEOPLE,
    "routes./departments/{department}/orders/{order_id}.get.data[0]": _PEOPLE,
    "routes./departments/{department}/orders/{order_id}.delete.compliance[0]": _PEOPLE,
    "waivers[0].owner": _PEOPLE,
}
_CLOSED = "no token of this method is accepted at all, which is a gap"
_KEY_TEXT = "`json` says it too, and is what is emitted"
FIELDS = {
    "Attr.optional": "a condition holds only where it sees a value",
    "CertVerifier.ca": "the certificates themselves are emitted",
    "CertVerifier.san_text": "`san` says it piece by piece",
    "CertVerifier.host": "for gateways that end TLS on a host of its own",
    "Edge.target": "no request outside the routes may be upgraded",
    "Grant.decided_by": "the service passes its own attributes when it asks",
    "Grant.text": "for explanations; the other fields say it",
    "IntrospectVerifier.issuer": _CLOSED,
    "IntrospectVerifier.audiences": _CLOSED,
    "IntrospectVerifier.skew_s": _CLOSED,
    "IntrospectVerifier.max_age_s": _CLOSED,
    "IntrospectVerifier.subject_claim": _CLOSED,
    "IntrospectVerifier.roles_claim": _CLOSED,
    "IntrospectVerifier.scopes_claim": _CLOSED,
    "IntrospectVerifier.attributes": _CLOSED,
    "IntrospectVerifier.clients": _CLOSED,
    "Jwk.kid": _KEY_TEXT,
    "Jwk.kty": _KEY_TEXT,
    "Jwk.alg": _KEY_TEXT,
    "Jwk.use": _KEY_TEXT,
    "Jwks.file": "the keys themselves are emitted",
}
_PEP = "for the PEP; no part of what must be equal"
SURVIVORS = (
    Survivor("", r"answers/.*/(set|remove)(/.*)?", "no part of what must be equal"),
    Survivor("", r"attributes/.*/(source|trust|list)", "what is read of it says the same for these attributes"),
    Survivor("", r"cors/.*/name|service|templates/.*/id", "for readers and logs"),
    Survivor("", r"(errors|titles|events)(/.*)?", _PEP),
    Survivor("", r"forwards/.*/(credentials|verify_tls|timeout_s|url|strip|strip_cookies|strip_query)(/.*)?", _PEP),
    Survivor("delete element", r"keys/.*/(alg|use)", "a key that names none fits as well"),
    Survivor("", r"statuses/.*", "a reason that cannot occur in the example"),
    Survivor("", r"role_sets/.*", "a role that inherits another of the set"),
    Survivor("", r"templates/.*/(websocket|plain_http)", "asked of one route"),
    Survivor("", r"validations/.*/json_depth", "no body is asked about there"),
    Survivor("", r"bodies/.*", "no body is asked about there"),
    Survivor("swap order", r".*", "sets, or told apart by what is presented"),
    Survivor("", r"methods/.*/(max_stale_s|env)", "no engine waits"),
)  # fmt: skip

CONFORMANCE = Conformance(
    example=str(EXAMPLES / "orders"),
    today=TODAY,
    engines=("opa-server",),
    mutated=lambda path: path.startswith("bundle/") and path.endswith("/data.json"),
    mutated_examples=(str(EXAMPLES / "guide"),),
    leaves=LEAVES,
    values={"targets.opa.pep": "envoy", "targets.opa.package": "other.authz"},
    fields=FIELDS,
    survivors=SURVIVORS,
    seeds=range(3),
    mutants=24,
)
"""Everything the kit wants to know."""
