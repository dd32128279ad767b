"""What the kong target says of itself to the kit. Both lists of exceptions may only shrink."""

from __future__ import annotations

from pathlib import Path

from seccfg.targetapi.kit import Conformance, Survivor

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TODAY = "2026-01-05"

_TOKENS = "for whoever sets up the client at the issuer; Kong sees tokens only"
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
_CLOSED = "no credential of this method is accepted at all, which is a gap"
_NAMED = "routes name it: changed by itself it leaves no Policy"
_SHOWN = "for messages; what it names is emitted"
FIELDS = {
    "AddressRule.name": _SHOWN,
    "Attr.optional": "a condition holds only where it sees a value",
    "CertVerifier.ca_pem": _CLOSED,
    "CertVerifier.name": _NAMED,
    "CertVerifier.san": _CLOSED,
    "Cors.name": _SHOWN,
    "Edge.target": "no request outside the routes may be upgraded",
    "Forward.credentials": "`strip`, `strip_cookies` and `strip_query` say it place by place",
    "Grant.decided_by": "the service passes its own attributes when it asks",
    "Grant.text": "for explanations; the other fields say it",
    "IntrospectVerifier.issuer": _CLOSED,
    "IntrospectVerifier.audiences": _CLOSED,
    "IntrospectVerifier.skew_s": _CLOSED,
    "IntrospectVerifier.max_age_s": _CLOSED,
    "IntrospectVerifier.name": _NAMED,
    "IntrospectVerifier.subject_claim": _CLOSED,
    "IntrospectVerifier.roles_claim": _CLOSED,
    "IntrospectVerifier.scopes_claim": _CLOSED,
    "IntrospectVerifier.attributes": _CLOSED,
    "IntrospectVerifier.clients": _CLOSED,
    "Jwks.file": "the keys themselves are emitted",
    "JwtVerifier.name": _NAMED,
    "KeyVerifier.name": _NAMED,
    "SanLiteral.text": _CLOSED,
    "SanWildcard.capture": _CLOSED,
}
SURVIVORS = (
    Survivor("swap order", "lua .*", "members of a table under keys of their own have no order", r"^(\[[^\]]*\]|\w+) = .* before "),
    Survivor("", "lua TITLES", "the title of an error is for people"),
    Survivor("", r".*tags(/\*)?", "tags are for people and decK"),
    Survivor("swap order", r"consumers/\*", "consumers are found by name"),
    Survivor("", r"services/\*/(connect|read|write)_timeout", "no upstream here takes that long"),
    Survivor(
        "drop item", r"services/\*/routes/\*/protocols/\*",
        "of protocols the router asks only whether plain http is redirected: a route for http alone takes https too",
    ),
    Survivor(
        "", r"lua (R\.event|S\.name|T\.(access|auth|authz|check|input|key|rate|token)\.\w+|branches\.id|logged.*)",
        "in log entries only; test_log.py asks for them",
    ),
    Survivor("swap order", r"(services/\*/)?(routes/\*/)?plugins/\*", "Kong runs plugins by their priority"),
    Survivor("swap order", r"(services/\*/)?routes/\*/protocols/\*", "a set"),
    Survivor("", r"services/\*/retries", "nothing is sent to an upstream twice here; test_emit.py reads it"),
    Survivor("", r"services/\*/name", "a service without a name is found by its routes all the same"),
    Survivor(
        "", r"services/\*/routes/\*/(methods|regex_priority|paths/\*)",
        "a route that takes more than its own is told so by the program, which finds the route itself: 404",
    ),
    Survivor("drop item", r"routes/\*/plugins/\*", "the first function answers whatever the last route takes: a second lock"),
    Survivor(
        "delete element", r"services/\*/routes/\*/plugins/\*/config/header_names",
        "the one token stands in Authorization as well, where the jwt plugin looks by itself",
    ),
    Survivor(
        "delete element", "lua check", "nginx refuses two of them", r'head\.count\(q, "(authorization|host|content-length)"\), 1',
    ),
    Survivor("delete element", "lua check", "a place twice is two Authorization headers, which nginx refuses", "filled_twice"),
    Survivor("delete element", "lua check", "a credential of the jwt plugin has one algorithm", r'"alg"'),
    Survivor("", "lua T.(CONNECT|TRACE)", "nginx refuses the method"),
    Survivor("", "lua (user_id|parameters.user_id)", "no condition and no schema of the example reads it"),
    Survivor("", "lua (proxied|trusted|pem)", "the example has none"),
    Survivor("", r"lua (codes|body_too_large|no_route|unavailable|internal)", "of what nginx or an upstream answers by itself"),
    Survivor("", r"services/\*/routes/\*/strip_path", "a decision does not hold the path sent on; test_emit.py does"),
)  # fmt: skip

CONFORMANCE = Conformance(
    example=str(EXAMPLES / "orders"),
    today=TODAY,
    engines=("kong-model",),
    mutated=lambda path: path == "kong.yaml",
    mutated_examples=(str(EXAMPLES / "guide"),),
    leaves=LEAVES,
    fields=FIELDS,
    survivors=SURVIVORS,
    seeds=range(3),
    mutants=60,
)
"""Everything the kit wants to know."""
