"""What the azure target says of itself to the kit. Both lists of exceptions may only shrink."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from seccfg.targetapi.kit import Conformance, Survivor
from seccfg.targetapi.kit.hostile_texts import READERS, Parsed

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TODAY = "2026-01-05"

_TOKENS = "for whoever sets up the client at the issuer; the gateway sees tokens only"
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
_KEY_TEXT = "`json` says it too, and is what is emitted"
_NAME = "a name for people, or one that what refers to it has as well"
_ALONE_ASKED = "a change of it alone names an attribute that is not there, which cannot be compiled"
FIELDS: dict[str, str] = {
    "AddressRule.name": _NAME,
    "Cors.name": _NAME,
    "JwtVerifier.name": _NAME,
    "KeyVerifier.name": _NAME,
    "CertVerifier.name": _NAME,
    "IntrospectVerifier.name": _NAME,
    "Attr.side": _ALONE_ASKED,
    "ByAttribute.name": _ALONE_ASKED,
    "Forward.credentials": "`strip` and its like say it one by one",
    **dict.fromkeys(("CertVerifier.ca_pem", "CertVerifier.san", "SanLiteral.text", "SanWildcard.capture"), _CLOSED),
    **dict.fromkeys(
        (
            f"IntrospectVerifier.{name}"
            for name in (
                "issuer", "audiences", "skew_s", "max_age_s", "subject_claim", "roles_claim", "scopes_claim", "attributes",
                "clients",
            )
        ),
        _CLOSED,
    ),
    "Attr.optional": "a condition holds only where it sees a value",
    "Grant.text": "for explanations; the other fields say it",
    "Edge.target": "no request outside the routes may be upgraded",
}

_ALONE = re.compile(r'@\(("(?:[^"\\]|\\.)*")\)')
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')


def _xml(content: bytes) -> Parsed:
    texts: list[str] = []

    def put(found: re.Match[str]) -> str:
        texts.append(json.loads(found.group()))
        return '""'

    def code(text: str) -> str:
        alone = _ALONE.fullmatch(text)
        if alone is not None:  # a text that could be taken for something else, given by an expression
            texts.append(json.loads(alone[1]))
            return ""
        if not text.strip().startswith(("@(", "@{")):
            texts.append(text)
            return ""
        return _LITERAL.sub(put, text)

    def shape(node: ElementTree.Element) -> object:
        attributes = {name: code(value) for name, value in node.attrib.items()}
        return node.tag, attributes, code(node.text or ""), [shape(child) for child in node]

    return Parsed(repr(shape(ElementTree.fromstring(content))), tuple(text for text in texts if text.strip()))


_DOCUMENTS = ("-edge.xml", "-access.xml", "-refuse.xml", "/api.orders.xml", "/api.guide.xml", "/api.notes.xml")
"""Ends of the names of documents in `xml`; what `apiops/` and the template hold of them is compared in a test of its own."""
READ = {**dict.fromkeys(_DOCUMENTS, _xml), ".md": READERS[".md"]}

_REGISTER = "registers and logs decide nothing; test_emit.py holds what they hide and that no product is open"
_PORTAL = "for the portal: the policies check it"
SURVIVORS: tuple[Survivor, ...] = (
    Survivor("", r"\$schema|contentVersion|parameters/.*/(metadata|defaultValue).*", "the operator's to give"),
    Survivor("", r"resources/\*/properties/(displayName|description|apiRevision|isCurrent|type)", "for people"),
    Survivor("", r"resources/\*/properties/subscriptionKeyParameterNames.*", "names nobody sends"),
    Survivor("", r"resources/\*/properties/(alwaysLog|sampling|verbosity|logClientIp|isBuffered)(/.*)?", _REGISTER),
    Survivor("", r"resources/\*/properties/(frontend|backend)(/.*)?", _REGISTER),
    Survivor("", r"resources/\*/properties/(subscriptionRequired|approvalRequired|state|allowTracing)", _REGISTER),
    Survivor("", r"resources/\*/properties/(request|templateParameters)(/.*)?", _PORTAL),
    Survivor("swap order", r"resources/.*", "resources come in the order they wait for each other; lists in them have none"),
    Survivor("drop item", r"resources/\*/dependsOn/.*", "one that another entry waits for"),
    Survivor("delete element", r"trace@severity|set-header@exists-action|send-request@mode", "what it says is the default"),
    Survivor("delete element", r"validate-jwt@require-(expiration-time|signed-tokens)", "what it says is the default"),
    Survivor("swap order", r"\S+/set-header", "headers of two names"),
)
"""Places of the template that decide nothing. Nothing of a policy is among them but defaults."""

CONFORMANCE = Conformance(
    example=str(EXAMPLES / "orders"),
    today=TODAY,
    engines=("azure-policies",),
    mutated=lambda path: path == "azuredeploy.json",
    mutated_examples=(str(EXAMPLES / "guide"),),
    leaves=LEAVES,
    values={"targets.azure.tier": "premium"},
    fields=FIELDS,
    survivors=SURVIVORS,
    readers=READ,
    seeds=range(1),
    mutants=60,
)
"""Everything the kit wants to know."""
