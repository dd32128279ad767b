"""What the aws target says of itself to the kit. Both lists of exceptions may only shrink."""

from __future__ import annotations

from pathlib import Path

from seccfg.targetapi.kit import Conformance, Survivor

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TODAY = "2026-01-05"

_TOKENS = "for whoever sets up the client at the issuer; the function sees tokens only"
_PEOPLE = "for people and reports; decides nothing"
LEAVES = {
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
FIELDS = {
    "Attr.optional": "a condition holds only where it sees a value",
    "Audit.subject": "`hash_key` says it too",
    "CertVerifier.ca": "the certificates themselves are emitted",
    "CertVerifier.san_text": "`san` says it piece by piece",
    "Edge.target": "no request outside the routes may be upgraded",
    "Forward.credentials": "`strip` and its like say it one by one",
    "Grant.decided_by": "what an authorizer does not see is left open wherever it stands",
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
}
SURVIVORS: tuple[Survivor, ...] = ()

CONFORMANCE = Conformance(
    example=str(EXAMPLES / "orders"),
    today=TODAY,
    engines=("aws-model",),
    mutated=lambda path: path.endswith("/policy.py") or path == "template.json",
    mutated_examples=(str(EXAMPLES / "guide"),),
    leaves=LEAVES,
    values={"targets.aws.region": "us-east-1", "targets.aws.api": "rest", "targets.aws.format": "terraform"},
    fields=FIELDS,
    survivors=SURVIVORS,
    seeds=range(3),
    mutants=60,
)
"""Everything the kit wants to know."""
