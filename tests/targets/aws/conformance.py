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
_SET = "a set: its order says nothing"
_TOLD = "for people: no request shows it"
_LOGGED = "what is written down and told of is no part of what must be equal"
_APART = "nothing a request shows; its own test holds it"
_UNREACHED = "an answer that no boundary request gets, since the function decides first"
_REMOVED = "what is removed is no part of what must be equal"
_ACCOUNT = "what the function may do is a matter of the account"
_EVENTS = "events are no part of what must be equal"
_UNREACHED_TYPES = (
    "ApiConfigurationError|AuthorizerConfigurationError|BadRequestParameters|ExpiredToken|IntegrationFailure|"
    "IntegrationTimeout|InvalidSignature|QuotaExceeded|ResourceNotFound|Throttled|UnsupportedMediaType|WafFiltered|BadRequestBody"
)
SURVIVORS: tuple[Survivor, ...] = (
    # the template
    Survivor("", r"AWSTemplateFormatVersion|Description|Outputs.*|.*/(Alarm)?Description|Parameters/.*/Description", _TOLD),
    Survivor("", r"Parameters/.*/(Default|MinLength|MaxLength|NoEcho|AllowedPattern)", "parameters are given by the operator"),
    Survivor("", r"Resources/[^/]+/Metadata.*", "for a scanner"),
    Survivor("", r"Resources/[^/]+/(DeletionPolicy|UpdateReplacePolicy)", "about a stack that is taken down"),
    Survivor("", r"Resources/[A-Za-z]+(Alarm|Filter)(/.*)?|Conditions(/.*)?", _LOGGED),
    Survivor("", r"Resources/(AccessLog|FunctionLog|Key)(/.*)?|Resources/.*/(KmsKeyArn|KmsKeyId|LoggingConfig)(/.*)?", _LOGGED),
    Survivor("", r"Resources/Stage/Properties/(AccessLogSetting|MethodSettings|TracingEnabled).*", _LOGGED),
    Survivor("", r"Resources/(Preflight)?Function/Properties/(Architectures|MemorySize|Timeout|TracingConfig|Code).*", _APART),
    Survivor("", r"Resources/PreflightFunction/Properties/Environment.*", "the model gives both functions one environment"),
    Survivor("", r"Resources/Role/.*|Resources/Table(/.*)?|Resources/.*/Role/Fn::GetAtt.*", _ACCOUNT),
    Survivor("", r"Resources/WebAcl(Association)?(/.*)?", "managed rules count only"),
    Survivor("", r"Resources/.*/(SecurityPolicy|EndpointConfiguration/.*|TimeoutInMillis|PassthroughBehavior)", _APART),
    Survivor("", rf"Resources/Response({_UNREACHED_TYPES})(/.*)?", _UNREACHED),
    Survivor(
        "", r"Resources/Response.*/gatewayresponse\.header\.(Content-Type|Cache-Control|X-.*|Access-Control-Expose-Headers)",
        "no part of what must be equal",
    ),
    Survivor("", r"Resources/.*/RequestParameters(/integration\.request\.header\..*)?", _REMOVED),
    Survivor("swap order", r"Resources/.*", _SET),
    Survivor("drop item", r"Resources/Deployment.*/DependsOn/.*", "a path that some method names: it is made before that"),
    Survivor("", r"Resources/PassKey/Properties/Name|Resources/PassPlan/Properties/UsagePlanName", _TOLD),
    # the policy
    Survivor("swap order", r"ROUTES|Policy\.\w+|(Jwt|Key|Cert)Verifier\.\w+|KeyRecord\.\w+|Cors\.\w+|BodyLimit\.\w+", _SET),
    Survivor("swap order", r"Forward\.\w+|ResponseHeaders\.\w+|Audit\.\w+|Authorize\.\w+|Validate\.\w+", _SET),
    Survivor("swap order", r"Authenticate\.alternatives|Grant\.conditions|AddressRule\.\w+|Route\.network", _SET),
    Survivor("", r"Audit\.\w+|Route\.audit|Edge\.audit", _EVENTS),
    Survivor("", r"ResponseHeaders\.(set|remove)|Forward\.\w+|Tls\.\w+|Policy\.tls", "the template does it"),
    Survivor("delete element", r"(Edge|Route)\.errors|Errors\.status", "the default, or a reason that cannot occur there"),
    Survivor("", r"KeySet\.(refresh_s|max_stale_s)|Revocation\.staleness_s", "no engine waits"),
    Survivor("", r"Condition\.(ident|reads)|Policy\.conditions", "read behind a gateway and by handlers only"),
    Survivor("", r"\w+_fails", "a form that no grant and no forbid of the example asks for"),
    Survivor("delete element", r"\w+_holds", "None equals no value", what="without [a-z_]+ is not None$"),
    Survivor("drop item", r"Grant\.role_sets|Policy\.roles", "role sets hold what inherits one of them"),
    Survivor("", r"Param\.required", "a path parameter is always there"),
    Survivor("delete element", r"Param\.schema", "the type was checked before", what='"type"'),
)

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
    seeds=range(3),
    mutants=60,
)
"""Everything the kit wants to know."""
