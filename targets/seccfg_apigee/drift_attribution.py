"""What the policies of a bundle enforce, and the parts of the program in its scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from seccfg.targetapi.attribution import Attribution, Code, Meaning, Place, Section
from seccfg.targetapi.meanings import (
    ANSWERS,
    AUDIT,
    EVERYTHING,
    FORWARD,
    HEADERS,
    IDENTITY,
    LIMIT,
    MEMBERS,
    METHOD,
    REASONS,
    ROUTES,
    STEPS,
    UPSTREAM,
)

__all__ = ["ATTRIBUTION"]

_UNSIGNED: Final = Meaning("Authenticate", "signatures of tokens are not checked", "any")
_ALGORITHM: Final = Meaning("Authenticate", "tokens signed by another algorithm are taken", "any")
_CLAIMS: Final = Meaning("Authenticate", "tokens without a claim are taken", "any")
_LATER: Final = Meaning("Authenticate", "tokens are taken longer after they expired", "more")
_MORE: Final = MEMBERS["limit"]
_UNCHECKED: Final = Meaning("Forward", "the upstream's certificate is not checked", "any")
_NOT_RUN: Final = Meaning("every control", "a policy does not run, or runs for other requests", "any")
_REFUSED: Final = Meaning("every control", "what was refused goes on", "any")
_GOES_ON: Final = Meaning("every control", "a policy that fails is passed over", "any")
_TOLD: Final = Meaning("Errors", "refusals are told otherwise")

_ELEMENTS: Final[Mapping[str, Mapping[str, Meaning]]] = {
    "VJ-*": {
        "VerifyJWT": _GOES_ON,
        "Algorithm": _ALGORITHM,
        "Source": _UNSIGNED,
        "IgnoreUnresolvedVariables": _UNSIGNED,
        "PublicKey": MEMBERS["keys"],
        "JWKS": Meaning("Authenticate", "tokens signed with another key are taken", "any"),
        "Issuer": Meaning("Authenticate", "tokens of another issuer are taken", "any"),
        "Audience": Meaning("Authenticate", "tokens minted for another audience are taken", "any"),
        "RequiredClaims": _CLAIMS,
        "TimeAllowance": _LATER,
        "IgnoreIssuedAt": _LATER,
        "IgnoreCriticalHeaders": _CLAIMS,
        "Subject": METHOD,
    },
    "Q*": {
        "Quota": _GOES_ON,
        "Identifier": MEMBERS["by"],
        "Allow": _MORE,
        "Interval": Meaning("RateLimit", "requests are counted over another time"),
        "TimeUnit": Meaning("RateLimit", "requests are counted over another time"),
        "StartTime": LIMIT,
        "Distributed": Meaning("RateLimit", "requests are counted by each node alone", "false"),
        "Synchronous": Meaning("RateLimit", "requests are counted by each node alone", "any"),
        "SharedName": LIMIT,
        "CountOnly|EnforceOnly": LIMIT,
        "AsynchronousConfiguration": LIMIT,
    },
    "SA-*": {"SpikeArrest": _GOES_ON, "Identifier": MEMBERS["by"], "Rate": _MORE, "UseEffectiveCount": LIMIT},
    "AM-Identity": {"AssignMessage": _GOES_ON, "Remove|Headers|Header": IDENTITY},
    "AM-Hsts": {
        "AssignMessage": _GOES_ON,
        "Set|Headers|Header": Meaning("ResponseHeaders", "browsers may come back over plain http", "less"),
    },
    "AM-HideUpstreamError": {"": Meaning("Errors", "errors of the upstream are shown", "any")},
    "KV-Revoked-*": {
        "": Meaning("Revocation", "revoked tokens are taken", "any"),
        "ExpiryTimeInSecs": Meaning("Revocation", "revoked tokens are taken longer", "more"),
    },
    "KV-*": {"": MEMBERS["records"]},
    "VA-*": {"": MEMBERS["records"]},
    "JT-*": {
        "JSONThreatProtection": _GOES_ON,
        "ContainerDepth": MEMBERS["depth"],
        "Source": STEPS["validate"],
        "ArrayElementCount|ObjectEntryCount|ObjectEntryNameLength|StringValueLength": Meaning(
            "Validate", "larger input is taken", "more"
        ),
    },
    "ML-*": {
        "MessageLogging": AUDIT,
        "LogName": Meaning("Audit", "events are written elsewhere", "any"),
        "logLevel": AUDIT,
        "Message|CloudLogging|Syslog|Host|Port": Meaning("Audit", "other events are written", "unknown"),
    },
    "RF-*": {
        "RaiseFault": _REFUSED,
        "IgnoreUnresolvedVariables": _TOLD,
        "StatusCode|ReasonPhrase|Payload|Set|FaultResponse": _TOLD,
    },
    "JS-*": {"Javascript": _GOES_ON, "": Meaning("every control", "other scripts run", "any"), "Property": _TOLD},
    "AC-*": {"AccessControl": _GOES_ON, "": STEPS["address"]},
    "CORS-*": {"": STEPS["preflight"]},
    "DJ-*": {"": METHOD},
    "SC-*": {"": EVERYTHING},
}
"""By the names of policies that the target gives, and the elements in them; under no name: whatever else."""
_SCRIPTS: Final[Mapping[str, Meaning]] = {
    "text": EVERYTHING,
    "request": STEPS["request_target"],
    "identity": METHOD,
    "values": STEPS["validate"],
    "run": EVERYTHING,
    "enter": EVERYTHING,
    "decide": EVERYTHING,
    "answer": ANSWERS,
    "router": ROUTES,
}
_POLICY: Final[Mapping[str, Meaning]] = {
    "POLICY": EVERYTHING,
    "TITLES": _TOLD,
    "HOP_BY_HOP": FORWARD,
    "ROLES": MEMBERS["roles"],
    "METHODS": METHOD,
    "LIMITS": LIMIT,
}


def _policies() -> Iterator[Code]:
    silent = ((r"^\s*//", "a comment"), (r"^\s*\"use strict\"", "how the script is read"))
    for name, elements in _ELEMENTS.items():
        every = elements.get("", next(iter(elements.values())))
        sections = [Section(rf"^\s*<(?:{element})\b", means) for element, means in elements.items() if element]
        yield Code(f"files apiproxy/policies/{name}.xml", (*sections, Section(r"^<", every), Section(r"<", every)), {})
    headers = [Section(rf'<Header name="{name}', means) for name, means in HEADERS.items()]
    yield Code(
        "files apiproxy/policies/AM-Headers.xml",
        (
            Section(r"<Header name=\"x-request-id", MEMBERS["correlation"]),
            Section(r"<Header name=\"X-Request-Id", MEMBERS["correlation"]),
            *headers,
            Section(r"^  <Remove>", MEMBERS["remove"]),
            Section(r"^  <Set>", MEMBERS["set"]),
            Section(r"<Header name=\"[a-z]", MEMBERS["remove"]),
            Section(r"<Header name=\"[A-Z]", MEMBERS["set"]),
            Section(r"^<|<IgnoreUnresolved", _GOES_ON),
        ),
        {},
    )
    yield Code(
        "files apiproxy/targets/*.xml",
        (
            Section(r"<URL>|<LoadBalancer|<Server |<Path>", UPSTREAM),
            Section(
                r"<SSLInfo>|<Enabled>|<Enforce>|<IgnoreValidationErrors>|<TrustStore>|<CommonName|<Protocol", _UNCHECKED
            ),
            Section(r"timeout\.millis", MEMBERS["timeout_s"]),
            Section(r"<(?:Step|Name|Condition)>", _NOT_RUN),
            Section(r"<", FORWARD),
        ),
        {},
    )
    yield Code(
        "files apiproxy/proxies/*.xml",
        (
            Section(r"<(?:RouteRule|TargetEndpoint|URL)\b", UPSTREAM),
            Section(r"<(?:BasePath|VirtualHost)>", ROUTES),
            Section(r"<Name>VJ-", _UNSIGNED),
            Section(r"<Name>(?:Q|SA)", Meaning("RateLimit", "requests are not counted", "less")),
            Section(r"<Name>KV-Revoked", Meaning("Revocation", "revoked tokens are taken", "less")),
            Section(r"<Name>(?:KV|VA)-", MEMBERS["records"]),
            Section(r"<Name>RF-", _REFUSED),
            Section(r"<Name>AM-Identity", IDENTITY),
            Section(r"<Name>AM-Hsts", MEMBERS["hsts"]),
            Section(r"<Name>AM-Headers", MEMBERS["set"]),
            Section(r"<Name>AM-HideUpstreamError", MEMBERS["hidden"]),
            Section(r"<Name>JT-", Meaning("Validate", "bodies nested deeper are taken", "less")),
            Section(r"<Name>ML-", Meaning("Audit", "events are not written", "less")),
            Section(r"<Name>", _NOT_RUN),
            Section(r"<(?:Description)>", _TOLD),
            Section(
                r"<(?:ProxyEndpoint|DefaultFaultRule|AlwaysEnforce|PreFlow|Flows|Flow|PostFlow|PostClientFlow|HTTPProxyConnection)\b",
                _NOT_RUN,
            ),
            Section(r"<Step>", _NOT_RUN),
        ),
        {},
    )
    for name, means in _SCRIPTS.items():
        yield Code(f"files apiproxy/resources/jsc/seccfg-{name}.js", (Section(r"^", means),), {}, silent=silent)
    yield _table(silent)
    yield from _program(silent)


def _table(silent: tuple[tuple[str, str], ...]) -> Code:
    """Methods, limits, roles, conditions and schemas."""
    members = {
        **MEMBERS,
        "notBefore": MEMBERS["not_before"],
        "policies": METHOD,
        "gives": Meaning("Authorize", "a certificate has other roles", "more"),
        "trusted": METHOD,
        "captures": MEMBERS["attributes"],
        "reads": STEPS["request_target"],
        "addressIndex": MEMBERS["trusted_proxies"],
        "edge": ROUTES,
        "errorType": MEMBERS["content_type"],
        "key": MEMBERS["by"],
    }
    return Code(
        "files apiproxy/resources/jsc/seccfg-policy.js",
        (
            *(
                Section(rf"^var {name} = ", means, members=name in ("POLICY", "METHODS", "LIMITS"))
                for name, means in _POLICY.items()
            ),
            Section(r"^function condition_", Meaning("Authorize", "a condition holds for others")),
            Section(r"^function schema_", STEPS["validate"]),
            Section(r"^function screen", MEMBERS["screens"]),
            Section(r"^  case \d+:", ANSWERS, region="headers"),
            Section(r"^function headersOf", ANSWERS),
            Section(r"^function isRoutable", ROUTES),
            Section(r"^(?:function|var) ", EVERYTHING),
        ),
        members,
        head=((r"^  case (\d+):", "{region} {}"), (r"^function (condition_\w+|schema_\d+)", "{}")),
        refers=((r"\b(condition_\w+|schema_\d+)", "{}"),),
        regions=((r"^function headersOf_", "headers"), (r"^function (?!headersOf_)", "code"), (r"^var ", "code")),
        silent=silent,
    )


def _program(silent: tuple[tuple[str, str], ...]) -> Iterator[Code]:
    """Branches and the steps they have."""
    yield Code(
        "files apiproxy/resources/jsc/seccfg-branch-*.js",
        (Section(r"^  case \d+:", EVERYTHING, members=True), Section(r"^function ", EVERYTHING)),
        {
            **MEMBERS,
            "name": ROUTES,
            "identity": Meaning("Forward", "the upstream is told another identity"),
            "kind": ROUTES,
        },
        head=((r"^  case (\d+):", "branch {}"),),
        refers=(
            (r"\[\d+, (\d+), -?\d+\]", "step {}"),
            (r"\[\d+, \d+, (\d+)\]", "headers {}"),
            (r"\b(condition_\w+)", "{}"),
        ),
        route=r'id: "(?:preflight )?([A-Z]+ /[^"]*)"',
        silent=silent,
    )
    yield Code(
        "files apiproxy/resources/jsc/seccfg-step-*.js",
        (Section(r"^  case \d+:", None), Section(r"^function ", EVERYTHING)),
        {},
        head=((r"^  case (\d+):", "step {}"),),
        refers=((r"\b(condition_\w+|schema_\d+)", "{}"),),
        ahead=((r'refusal\("(\w+)"', REASONS), (r"// (\w+)$", {str(step): means for step, means in STEPS.items()})),
        silent=silent,
    )


_GONE: Final[Mapping[str, Meaning]] = {
    "policies/VJ-": Meaning("Authenticate", "signatures of tokens are not checked", "less"),
    "policies/Q": Meaning("RateLimit", "requests are not counted", "less"),
    "policies/SA-": Meaning("RateLimit", "requests are not counted", "less"),
    "policies/KV-Revoked": Meaning("Revocation", "revoked tokens are taken", "less"),
    "policies/AM-Identity": IDENTITY,
    "policies/AM-": Meaning("ResponseHeaders", "answers lack a security header", "less"),
    "policies/JT-": Meaning("Validate", "bodies nested deeper are taken", "less"),
    "policies/ML-": Meaning("Audit", "events are not written", "less"),
    "policies/RF-": Meaning("every control", "what was refused goes on", "less"),
    "targets/": UPSTREAM,
}


def _places() -> Iterator[Place]:
    for name, means in _GONE.items():
        yield Place(f"files apiproxy/{name}* **", means)
    yield Place("files apiproxy/proxies/* **", ROUTES)
    yield Place("files apiproxy/resources/* **", Meaning("every control", "other scripts run", "any"))
    yield Place("files apiproxy/policies/* **", Meaning("every control", "another policy runs", "any"))
    yield Place("files apiproxy/*.xml **", None, "the proxy's own file: names and what Apigee writes anew")
    yield Place("files **", Meaning("every control", "another file is part of the proxy", "any"))


ATTRIBUTION: Final = Attribution(tuple(_places()), tuple(_policies()))
