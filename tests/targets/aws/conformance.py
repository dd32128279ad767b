"""What the aws target says of itself to the kit. Both lists of exceptions may only shrink."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from seccfg.record import replace
from seccfg.targetapi.kit import Conformance, Survivor
from seccfg.targetapi.kit.hostile_texts import READERS, Parsed

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
_SET = "the order of a set or a map says nothing; what has an order is noticed"
_TOLD = "for people: no request shows it"
_LOGGED = "what is written down and told of decides nothing"
_APART = "decides nothing; test_template.py and test_shapes.py hold it"
_UNREACHED = "an answer no boundary request gets, since the function decides first; test_template.py holds every type"
_REMOVED = "what is removed is no part of what must be equal; test_template.py holds it of every method"
_OPERATOR = "parameters are the operator's"
_DEFAULT = "what it says is the default"
_EVENTS = "events are no part of what must be equal"
_UNREACHED_TYPES = (
    "ApiConfigurationError|AuthorizerConfigurationError|BadRequestParameters|ExpiredToken|IntegrationFailure|"
    "IntegrationTimeout|InvalidSignature|QuotaExceeded|ResourceNotFound|Throttled|UnsupportedMediaType|WafFiltered|BadRequestBody"
)
_ACL = Survivor("", r"Resources/WebAcl(Association)?(/.*)?", "nothing but managed groups, which count")
SURVIVORS: tuple[Survivor, ...] = (
    # the template
    Survivor(
        "", r"AWSTemplateFormatVersion|Description|Outputs.*|.*/(Alarm)?Description|Parameters/.*/Description", _TOLD
    ),
    Survivor("", r"Parameters/.*/(Default|MinLength|MaxLength|NoEcho|AllowedPattern)", _OPERATOR),
    Survivor("", r"Resources/[^/]+/Metadata.*", "for a scanner"),
    Survivor("", r"Resources/[^/]+/(DeletionPolicy|UpdateReplacePolicy)", "about a stack that is taken down"),
    Survivor("", r"Resources/[A-Za-z]+(Alarm|Filter)(/.*)?|Conditions(/.*)?", _LOGGED),
    Survivor(
        "",
        r"Resources/(AccessLog|FunctionLog|Key)(/.*)?|Resources/.*/(KmsKeyArn|KmsKeyId|LoggingConfig)(/.*)?",
        _LOGGED,
    ),
    Survivor("", r"Resources/Stage/Properties/(AccessLogSetting|MethodSettings|TracingEnabled).*", _LOGGED),
    Survivor(
        "", r"Resources/(Preflight)?Function/Properties/(Architectures|MemorySize|Timeout|TracingConfig|Code).*", _APART
    ),
    Survivor(
        "", r"Resources/PreflightFunction/Properties/Environment.*", "the model gives both functions one environment"
    ),
    Survivor(
        "",
        r"Resources/Role/.*",
        "logs, traces and writing encrypted",
        what=r"Policies/0/PolicyDocument/Statement/[01]/|ManagedPolicyArns",
    ),
    Survivor("", r"Resources/Table/.*", "how long items stay and how they are kept on disk"),
    _ACL,
    Survivor("", r"Resources/.*/(SecurityPolicy|EndpointConfiguration/.*|TimeoutInMillis|PassthroughBehavior)", _APART),
    Survivor("", rf"Resources/Response({_UNREACHED_TYPES})(/.*)?", _UNREACHED),
    Survivor("", r"Resources/Response.*/gatewayresponse\.header\.(Content-Type|Cache-Control|X-.*)", _APART),
    Survivor(
        "", r"Resources/Response.*/gatewayresponse\.header\.Access-Control-Expose-Headers", "the example exposes none"
    ),
    Survivor("", r"Resources/.*/RequestParameters(/integration\.request\.header\..*)?", _REMOVED),
    Survivor(
        "flip boolean", r"Resources/.*/RequestParameters/method\.request\.path\..*", "a path parameter is always there"
    ),
    Survivor(
        "flip boolean",
        r"Resources/.*/MethodResponses/.*",
        "whether a response needs its header: API Gateway does not ask",
    ),
    Survivor("delete element", r"Resources/.*/ApiKeyRequired", _DEFAULT),
    Survivor("swap order", r"(Resources|Conditions)/.*", _SET),
    Survivor(
        "drop item", r"Resources/Deployment.*/DependsOn/.*", "a path that some method names: it is made before that"
    ),
    Survivor("", r"Resources/PassKey/Properties/Name|Resources/PassPlan/Properties/UsagePlanName", _TOLD),
    # the policy
    Survivor(
        "swap order", r"ROUTES|Policy\.\w+|(Jwt|Key|Cert)Verifier\.\w+|KeyRecord\.\w+|Cors\.\w+|BodyLimit\.\w+", _SET
    ),
    Survivor(
        "swap order", r"Forward\.\w+|ResponseHeaders\.\w+|Audit\.\w+|Authorize\.\w+|Validate\.\w+|Errors\.status", _SET
    ),
    Survivor("swap order", r"Authenticate\.alternatives|Grant\.conditions|AddressRule\.\w+|Route\.network", _SET),
    Survivor("", r"Audit\.\w+|Route\.audit|Edge\.audit", _EVENTS),
    Survivor("", r"ResponseHeaders\.(set|remove)|Forward\.\w+|Tls\.\w+|Policy\.tls", "the template does it"),
    Survivor(
        "",
        r"(Edge|Route)\.errors|Errors\.status",
        "of a reason that API Gateway answers before",
        what=r"wrong_host|method|errors=",
    ),
    Survivor(
        "",
        r"(Edge|Route)\.errors|Errors\.status",
        "of a reason that does not occur there",
        what=r"internal|too_large|media_type",
    ),
    Survivor("", r"KeySet\.(refresh_s|max_stale_s)|Revocation\.staleness_s", "no engine waits"),
    Survivor("", r"Condition\.(ident|reads)|Policy\.conditions", "read behind a gateway and by handlers only"),
    Survivor("", r"\w+_fails", "a form that no grant and no forbid of the example asks for"),
    Survivor("delete element", r"\w+_holds", "None equals no value", what="without [a-z_]+ is not None$"),
    Survivor("drop item", r"Grant\.role_sets|Policy\.roles|Issuer\.roles", "role sets hold what inherits one of them"),
    Survivor("", r"Param\.required", "a path parameter is always there"),
    Survivor("delete element", r"Param\.schema", "the type was checked before", what='"type"'),
    # the table of rules of the native form
    Survivor("", r"EVENTS", _EVENTS),
    Survivor("swap order", r"ISSUERS|Issuer\.\w+|Rule\.\w+|UNAUTHORIZED", _SET),
    Survivor(
        "swap order",
        r"RULES",
        "methods of one path; paths that both match stand in another example",
        what="path=.* before ",
    ),
)

_SNAPSHOT = re.compile(rb'"Deployment([0-9a-f]{12})"')
_CODE = re.compile(rb'/authorizer-([0-9a-f]{16})\.zip"')
_HEADERS = ("integration.request.header.", "gatewayresponse.header.")


def _template(content: bytes) -> Parsed:
    """
    A template, with what follows its texts set aside, and names of headers read as the texts they are.

    A deployment is made anew whenever anything it takes a snapshot of changes, and code stands under another key when it is
    other code: the logical id and the key end in a digest, and what the digest is is content. That there is one such name
    and no other, and that all that names it does, is not.
    """
    if len(set(_SNAPSHOT.findall(content))) != 1 or len(_CODE.findall(content)) != 1:
        raise ValueError("another number of deployments, or of places where code stands")
    plain = _CODE.sub(b'/authorizer.zip"', _SNAPSHOT.sub(b'"Deployment"', content))
    return READERS[".json"](json.dumps(_named(json.loads(plain))).encode())


def _named(value: object) -> object:
    """The same, every mapping of headers as a list of (kind, name, value)."""
    if isinstance(value, list):
        return [_named(item) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, object] = {}
    headers: list[object] = []
    for key, inner in value.items():
        kind = next((prefix for prefix in _HEADERS if key.startswith(prefix)), "")
        if kind:
            headers.append([{kind: key.removeprefix(kind)}, inner])
        else:
            found[key] = _named(inner)
    return {**found, "headers": headers} if headers else found


_READERS: Mapping[str, Callable[[bytes], Parsed]] = {"template.json": _template, **READERS}

CONFORMANCE = Conformance(
    example=str(EXAMPLES / "orders"),
    today=TODAY,
    engines=("aws-model",),
    mutated=lambda path: path.endswith("/policy.py") or path == "template.json",
    mutated_examples=(str(EXAMPLES / "guide"),),
    leaves=LEAVES,
    values={"targets.aws.region": "us-east-1", "targets.aws.api": "http", "targets.aws.format": "terraform"},
    fields=FIELDS,
    survivors=SURVIVORS,
    readers=_READERS,
    seeds=range(3),
    mutants=60,
)
"""Everything the kit wants to know."""

_NO_KEYS = "without limits there is no key, and without a store no check that cannot be carried out"
NATIVE = replace(
    CONFORMANCE,
    survivors=(
        *(survivor for survivor in SURVIVORS if survivor is not _ACL),
        Survivor("", r"Resources/WebAcl/.*", "managed groups count only", what=r"/Rules/[1-9]"),
        Survivor("", r"Resources/WebAcl/.*", _TOLD, what="VisibilityConfig"),
        Survivor("", r"Resources/WebAcl/.*/(Cache-Control|X-.*|ResponseHeaders/.*|ContentType)", _APART, what="Cache|X-"),
        Survivor("", r"Resources/Response(InvalidApiKey|AuthorizerFailure)(/.*)?", _NO_KEYS),
    ),
)
"""The same of `prefer: native` on the guide, whose web ACL has one rule of its own before the groups."""
