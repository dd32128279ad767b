"""What the python target says of itself to the kit. Both lists of exceptions may only shrink."""

from __future__ import annotations

from pathlib import Path

import pytest

from seccfg.targetapi.kit import Conformance, Survivor

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TODAY = "2026-01-05"

_TOKENS = "for whoever sets up the client at the issuer; the package sees tokens only"
_PEOPLE = "for people and reports; decides nothing"
LEAVES = {
    "auth.mesh.host": "for gateways that end TLS on a host of its own; this package takes certificates on every host",
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
    "Audit.subject": "`hash_key` says it too",
    "CertVerifier.ca": "the certificates themselves are emitted",
    "CertVerifier.san_text": "`san` says it piece by piece",
    "CertVerifier.host": "for gateways that end TLS on a host of its own",
    "Edge.target": "no request outside the routes may be upgraded",
    "Forward.credentials": "`strip` and its like say it one by one",
    "Grant.decided_by": "this package asks the application itself",
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

_SET = "a set: its order says nothing"
_EVENTS = "events are no part of what must be equal"
_UNUSED = "a form that no grant and no forbid of the example asks for"
SURVIVORS = (
    Survivor("swap order", r"ROUTES|Policy\.\w+|(Jwt|Key|Cert)Verifier\.\w+|KeyRecord\.\w+|Cors\.\w+|BodyLimit\.\w+", _SET),
    Survivor("swap order", r"Forward\.\w+|ResponseHeaders\.\w+|Audit\.\w+|Authorize\.\w+|Validate\.\w+", _SET),
    Survivor("swap order", r"Authenticate\.alternatives", "methods are told apart by what is presented"),
    Survivor("swap order", r"Grant\.conditions", "all of them must hold"),
    Survivor("swap order", r"AddressRule\.\w+|Route\.network", _SET),
    Survivor("swap order", r"Route\.limits", "two limits of one request are exhausted together in no boundary request"),
    Survivor("", r"Audit\.\w+|Route\.audit|Edge\.audit", _EVENTS),
    Survivor("", r"ResponseHeaders\.(set|remove)", "no part of what must be equal"),
    Survivor("", r"Forward\.(strip|strip_cookies|strip_query)", "what is removed is no part of what must be equal"),
    Survivor("", r"Forward\.(url|timeout_s|verify_tls)", "the upstream of an engine is its own"),
    Survivor("", r"KeySet\.(refresh_s|max_stale_s)|Revocation\.staleness_s", "no engine waits"),
    Survivor("", r"Tls\.\w+|Policy\.tls", "the listener's own tests make handshakes"),
    Survivor("", r"Condition\.(ident|reads)|Policy\.conditions", "read behind a gateway and by handlers only"),
    Survivor("", r"\w+_fails", _UNUSED),
    Survivor("delete element", r"\w+_holds", "None equals no value", what="without [a-z_]+ is not None$"),
    Survivor("drop item", r"Grant\.role_sets", "roles that inherit one of the others"),
    Survivor("drop item", r"Policy\.roles", "role sets hold what inherits one of them"),
    Survivor("drop item", r"KeyRecord\.scopes", "no grant of the examples asks for scopes of a key"),
    Survivor("delete element", r"Route\.plain_http", "only GET and HEAD are redirected", what='"redirect"'),
    Survivor("change number", r"Validate\.json_depth", "the schema refuses what is that deep"),
    Survivor("", r"Param\.required", "a path parameter is always there"),
    Survivor("delete element", r"Param\.schema", "the type was checked before", what='"type"'),
    Survivor("delete element", r"(Edge|Route)\.errors|Errors\.status", "the default, or a reason that cannot occur there"),
)  # fmt: skip


@pytest.fixture(scope="session")
def conformance() -> Conformance:
    """Everything the kit wants to know."""
    return Conformance(
        example=str(EXAMPLES / "orders"),
        today=TODAY,
        engines=("python-asgi", "python-wsgi", "python-sockets"),
        mutated=lambda path: path.endswith("/policy.py"),
        mutated_examples=(str(EXAMPLES / "guide"), str(EXAMPLES / "minimal")),
        leaves=LEAVES,
        values={"targets.python.framework": "wsgi", "targets.python.package": "other_security"},
        fields=FIELDS,
        survivors=SURVIVORS,
        seeds=range(8),
        mutants=0,
    )
